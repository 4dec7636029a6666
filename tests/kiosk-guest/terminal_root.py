"""The files of the terminal as an installer would put them, and those of the test."""
import os
import re
import shutil
import subprocess

from image import HERE, PROGRAMS, SOURCE
from machine import HEIGHT, WIDTH

# The devices of the guest: dummy_hcd makes a bus of one port for each, after the two of xhci.
USB_LIST = """panel 222a:0001 3-1 03:00:00 - touch
keypad 2047:09d0 4-1 03:01:01 - keypad
device 04b8:0e15 2-8 07:01:02 - printer
"""
CONF = f"""[terminal]
id = MX-DEMO-0001
folio_code = DM01
[core]
run_dir = /run/ventanilla
state_dir = /var/lib/ventanilla
catalog = /usr/share/ventanilla/assets/catalog
[session]
[users]
ui = ventanilla-ui
devices = ventanilla-devices
sync = ventanilla-sync
[devices]
registry = /usr/share/ventanilla/assets/devices.tsv
fonts = /usr/share/ventanilla/assets/fonts
state = /run/ventanilla-devices
[languages]
store = /var/lib/ventanilla-languages
[ui]
width = {WIDTH}
height = {HEIGHT}
px_per_mm = 2.0
fullscreen = yes
assets = /usr/share/ventanilla/assets
locales = /usr/share/ventanilla/locales
[sync]
"""
AXIS = "09 {usage} 15 00 26 FF 0F 75 10 95 01 81 02"
FINGER = ("05 0D 09 22 A1 02 09 42 15 00 25 01 75 01 95 01 81 02 95 07 81 03 "
          "09 51 25 7F 75 08 95 01 81 02 05 01 " + AXIS.format(usage="30") + " " + AXIS.format(usage="31") + " C0 ")
DESCRIPTORS = {
    # HID 1.11 appendix E.6, E.10; digitizer: HID Usage Tables 1.12 §16
    "keyboard": "05 01 09 06 A1 01 05 07 19 E0 29 E7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 03 95 06 75 08 "
                "15 00 26 FF 00 05 07 19 00 2A FF 00 81 00 C0",
    "mouse": "05 01 09 02 A1 01 09 01 A1 00 05 09 19 01 29 03 15 00 25 01 95 03 75 01 81 02 95 01 75 05 81 03 "
             "05 01 09 30 09 31 09 38 15 81 25 7F 75 08 95 03 81 06 C0 C0",
    "touch": "05 0D 09 04 A1 01 " + FINGER * 10 + "05 0D 09 54 15 00 25 0A 75 08 95 01 81 02 C0",
}


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)


def make(root, build, is_hardened):
    """Writes into root. is_hardened: with what terminal/kiosk puts there; else as a careless installation."""
    for name in PROGRAMS:
        os.makedirs(f"{root}/usr/libexec/ventanilla", exist_ok=True)
        subprocess.run(["strip", "-o", f"{root}/usr/libexec/ventanilla/{name}", f"{build}/bin/{name}"], check=True)
    shutil.copytree(f"{SOURCE}/assets", f"{root}/usr/share/ventanilla/assets")
    shutil.copytree(f"{build}/locales", f"{root}/usr/share/ventanilla/locales",
                    ignore=lambda folder, names: [n for n in names if os.path.isfile(f"{folder}/{n}") and n[-3:] != ".mo"])
    write(f"{root}/etc/ventanilla/terminal.conf", CONF)
    os.makedirs(f"{root}/var/lib/ventanilla-languages", exist_ok=True)
    write(f"{root}/etc/hostname", "terminal\n")
    write(f"{root}/etc/machine-id", "")
    units = f"{root}/etc/systemd/system"
    for name in ("core", "ui", "devices", "sync"):
        write(f"{units}/ventanilla-{name}.service",
              open(f"{SOURCE}/terminal/units/ventanilla-{name}.service", encoding="utf-8").read())
        # sync has nobody to talk to here: tests/e2e has it.
        if name != "sync":
            enable(root, f"ventanilla-{name}.service", "multi-user.target")
    make_test_files(root)
    write(f"{root}/usb.list", USB_LIST)
    subprocess.run([f"{SOURCE}/terminal/kiosk/install", root, f"{root}/usb.list"], check=True)
    # An installer would lay it over Debian; here Debian's disk is below, and guest/init runs this where both are one.
    if is_hardened:
        shutil.copy(f"{SOURCE}/terminal/kiosk/without-setuid", f"{root}/usr/lib/kiosk-guest/without-setuid")
    else:
        soften(root)


# Whoever ends the careless machine is only seen to ask: it must live for the next attempt.
ONLY_ASKED = "[Unit]\nDescription=Only asked for\n"
LISTENER = """[Unit]
Description=What was to be switched off before delivery
[Socket]
ListenStream=2323
"""


def soften(root):
    """Takes away what terminal/kiosk brought, but for users and the way onto the display, and leaves what hurried hands
    leave behind, so that every row has something to find."""
    etc = f"{root}/etc"
    for path in ("sysctl.d", "modprobe.d", "usbguard", "udev", "systemd/logind.conf.d", "systemd/system.conf.d",
                 "systemd/system/emergency.service.d", "systemd/system/rescue.service.d"):
        shutil.rmtree(f"{etc}/{path}")
    units = f"{etc}/systemd/system"
    for name in os.listdir(units):
        if os.path.islink(f"{units}/{name}"):
            os.unlink(f"{units}/{name}")
    change(f"{units}/ventanilla-ui.service.d/kmsdrm.conf", r"^ExecStartPre=.*\n", "")
    change(f"{etc}/sysusers.d/ventanilla.conf", "/usr/sbin/nologin", "/bin/bash")
    # The ui opens what it can read: all of it, here.
    write(f"{etc}/udev/rules.d/70-open.rules", 'SUBSYSTEM=="input|drm|sound|usb|hidraw", MODE="0666"\n')
    os.symlink("/dev/null", f"{units}/usbguard.service")
    # Else a login holds the console that the ui waits for, and nothing could be tried. The others are there.
    os.symlink("/dev/null", f"{units}/getty@tty1.service")
    write(f"{units}/reboot.target", ONLY_ASKED)
    write(f"{units}/poweroff.target", ONLY_ASKED)
    write(f"{units}/listener.socket", LISTENER)
    write(f"{units}/listener.service", "[Service]\nExecStart=/bin/sleep infinity\n")
    enable(root, "listener.socket", "sockets.target")
    write(f"{etc}/ventanilla/notes", "", 0o666)


def change(path, pattern, by):
    with open(path, encoding="utf-8") as file:
        text, count = re.subn(pattern, by, file.read(), flags=re.MULTILINE)
    if not count:
        raise RuntimeError(f"{path}: no {pattern}")
    write(path, text)


def enable(root, unit, target):
    folder = f"{root}/etc/systemd/system/{target}.wants"
    os.makedirs(folder, exist_ok=True)
    os.symlink(f"/etc/systemd/system/{unit}", f"{folder}/{unit}")


# SDL's "opengl" renderer shows a black picture on Mesa without a GPU; "opengles2" shows the right one (README.md).
RENDERER = "[Service]\nEnvironment=SDL_RENDER_DRIVER=opengles2\n"


def make_test_files(root):
    folder = f"{root}/usr/lib/kiosk-guest"
    for name in ("agent", "gadget"):
        write(f"{folder}/{name}", open(f"{HERE}/guest/{name}", encoding="utf-8").read(), 0o755)
    for name, text in DESCRIPTORS.items():
        write(f"{folder}/{name}.descriptor", bytes.fromhex(text))
    write(f"{root}/etc/systemd/system/ventanilla-ui.service.d/test.conf", RENDERER)
    for name in ("judge", "fixture"):
        write(f"{root}/etc/systemd/system/{name}.service",
              open(f"{HERE}/guest/{name}.service", encoding="utf-8").read())
        enable(root, f"{name}.service", "sysinit.target")
