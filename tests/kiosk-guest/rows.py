"""The attempts, a row each."""
import time

from hands import chord, fingers
from judge import COUNT, Judge
from rows_system import UI, SystemRows
from verdicts import Verdicts

# Who blocks an attempt without terminal/kiosk, too.
SDL = "SDL: the console's keyboard is off"
DEBIAN = "Debian's kernel.sysrq"
KERNEL = "the kernel: nobody reads that console"
CHORDS = ([(f"ctrl+alt+f{n}", SDL) for n in range(1, 13)] +
          [(keys, SDL) for keys in ("alt+left", "alt+right", "alt+f2", "alt+f3")] +
          [(f"alt+sysrq+{key}", DEBIAN if key in "eitmw" else None) for key in "reisuhtmwk0123456789"])
KEYS = ["alt+f4", "alt+tab", "gui", "gui+d", "gui+l", "ctrl+alt+t", "ctrl+c", "ctrl+z", "ctrl+alt+insert", "print", "pause", "menu",
        "f9", "f10", "f11", "f13", "f24", "mute", "shift*5"]
# What the kernel itself would serve while the ui is away and its console takes keys: an echo, a text console, a login, a reboot.
AWAY = ["a", "ctrl+alt+f2", "ctrl+alt+f6", "alt+f2", "alt+right", "ctrl+alt+delete"]
# linux/kd.h, linux/vt.h: KDSKBMODE K_UNICODE; VT_ACTIVATE. perl is in every Debian.
KEYBOARD_ON = """perl -e 'open my $t, "+<", "/dev/tty1" or die; ioctl($t, 0x4b45, 3) or die $!'\n"""
FRONT = """perl -e 'open my $t, "+<", "/dev/tty1" or die; ioctl($t, 0x5606, 1) or die $!'\n"""
PLUGS = [
    ("K4", "usb-kbd", {}), ("K4", "usb-mouse", {}), ("K4", "usb-tablet", {}), ("K4", "usb-wacom-tablet", {}),
    ("K4", "usb-braille", {"chardev": "nobody"}),
    ("K5", "usb-hub", {}), ("K5", "usb-storage", {"drive": "stick"}), ("K5", "usb-mtp", {"rootdir": "."}),
    ("K5", "usb-serial", {"chardev": "nobody"}), ("K5", "usb-audio", {"audiodev": "silent"}), ("K5", "usb-ccid", {}),
    ("K6", "usb-net", {"netdev": "wire"}),
]
GADGETS = [
    ("K4", "keystroke injector with a mouse", "1234", "5678", "keyboard mouse"),
    ("K5", "MIDI", "1234", "5679", "midi"), ("K5", "serial line of a modem", "1234", "567a", "serial"),
    ("K5", "stick that is a keyboard, too", "1234", "567b", "storage keyboard"),
    ("K6", "network ECM", "1234", "567c", "ecm"), ("K6", "network RNDIS", "1234", "567d", "rndis"),
    ("K7", "the panel's id at another port", "222a", "0001", "touch"),
    ("K7", "the keypad's id at another port", "2047", "09d0", "keyboard"),
    ("K7", "the id of a root hub", "1d6b", "0002", "keyboard"),
]
AT_HOME = [("the keypad's id with a mouse, at its port", "keyboard mouse"),
           ("the keypad's id with a stick, at its port", "storage"),
           ("the keypad's id with a network, at its port", "keyboard ecm")]


class Rows(SystemRows):
    def __init__(self, guest, out, is_careless, only):
        self.guest, self.out, self.is_careless, self.only = guest, out, is_careless, only
        self.judge = Judge(guest, out)
        self.verdicts = Verdicts()
        self.say = self.verdicts.say

    def facts(self, script=""):
        return self.judge.facts(script)

    def compare(self, before, script="", keep_as=None):
        return self.judge.compare(before, script, keep_as)

    def is_going_down(self, wait_s):
        """Whether the machine begins to end. The careless one only says so (terminal_root.py)."""
        if not self.is_careless:
            return self.guest.has_event("SHUTDOWN", wait_s)
        is_asked = self.guest.until("systemctl is-active reboot.target poweroff.target | grep -qx active", wait_s)
        self.guest.sh("systemctl stop reboot.target poweroff.target", must=False)
        return is_asked

    # ---- the start ----

    def wait_for_terminal(self):
        presses = 0
        while not self.guest.is_up(2) and not self.guest.has_event("SHUTDOWN"):
            # Not the firmware's: that is the hardware's part. Without the configuration the machine would start again.
            if not self.is_careless and time.monotonic() > self.guest.started + 10:
                for keys in (["ctrl", "alt", "delete"], ["esc"], ["shift"], ["e"], ["ctrl", "alt", "f2"]):
                    self.guest.keys(*keys)
                presses += 1
        if self.guest.has_event("SHUTDOWN"):
            raise RuntimeError("the machine went down while it started; see serial.log")
        self.guest.wait_up()
        if not self.guest.until("systemctl is-active ventanilla-ui ventanilla-devices", 900):
            raise RuntimeError("the terminal did not start: " + self.guest.sh("journalctl -b --no-pager | tail -40"))
        if not self.guest.until("journalctl -b -u ventanilla-ui | grep -q 'core is there'", 600):
            raise RuntimeError("the ui has no core")
        is_shown = self.judge.learn()
        self.guest.picture(f"{self.out}/first.ppm")
        if not is_shown:
            raise RuntimeError("no picture; see first.ppm: " + self.guest.sh("journalctl -b -u ventanilla-ui --no-pager | tail"))
        print(f"kiosk-guest: the first screen has {len(self.judge.known)} pictures", flush=True)
        if not self.is_careless:
            self.say("K23", "keys held while it boots", [] if presses else ["none was pressed"], note=f"{presses} rounds")

    def all(self):
        names = ["K0", "K4", "K7", "K1", "K1b", "K26", "K25", "K23", "K2", "K2b", "K21", "K8", "K9"]
        # The last one ends the machine.
        names += ["K23b", "K1c"] if self.is_careless else ["K1c", "K23b"]
        for name in names:
            if not self.only or name in self.only:
                getattr(self, name.lower())()

    # ---- the rows ----

    def k0(self):
        """What the others stand on."""
        log = self.guest.sh("journalctl -b -u ventanilla-ui --no-pager | grep -o 'texture presenter on KMSDRM' || true")
        self.say("K0", "the ui draws on KMSDRM", [] if log else ["another driver"], UI)
        # udev makes sequencer and timer of ALSA for the group audio, in which nobody is.
        members = self.guest.sh("getent group audio").split(":")[3]
        nodes = [fact for fact in self.facts() if fact.startswith("node") and (members or " 660 audio " not in fact)]
        self.say("K0", "panel and keypad are the only nodes of others than root",
                 [] if len(nodes) == 2 and all(" 640 ventanilla-ui " in node for node in nodes) else nodes)

    def k1(self):
        before = self.facts()
        for keys, held_by in CHORDS:
            problems = self.compare(before, chord(keys))
            self.say("K1", f"{keys} on the keypad's port", problems, held_by)
            if problems:
                self.judge.is_back()
                before = self.facts()
        for keys in ("ctrl+alt+f3", "alt+sysrq+h"):
            self.guest.keys(*keys.split("+"))
            problems = self.compare(before)
            self.say("K1", f"{keys} on the board's keyboard", problems, None if "sysrq" in keys else SDL)
            if problems:
                before = self.facts()
        for times in (1, 7):
            self.guest.sh(chord("ctrl+alt+delete") * times)
            self.guest.keys("ctrl", "alt", "delete")
            problems = ["the machine goes down"] if self.guest.has_event("SHUTDOWN", 2) else self.compare(before)
            self.say("K1", f"ctrl+alt+delete, {times} times", problems, SDL)

    def away(self):
        """Takes the ui away and gives its console the keys back, as a ui that ends by itself would; what is the same then."""
        self.guest.sh("systemctl stop ventanilla-ui\n" + KEYBOARD_ON)
        self.shown, self.judge.known = self.judge.known, [self.guest.settled(lambda shot: True)]
        self.guest.picture(f"{self.out}/away.ppm")
        return self.facts()

    def k1b(self):
        before = self.away()
        self.say("K1", "the ui away: the display is black", [] if self.judge.known[0].is_black() else ["it is not: away.ppm"])
        for keys in AWAY:
            problems = self.compare(before, chord(keys) + "sleep 1\n", "K1-" + keys)
            if keys.endswith("delete") and self.is_going_down(20):
                problems = ["the machine goes down"]
            self.say("K1", f"the ui away: {keys}", problems, KERNEL if keys == "a" else None)
            if problems:
                self.guest.sh(FRONT)
                before = self.facts(KEYBOARD_ON)
        self.judge.known = self.shown
        self.guest.sh("systemctl start ventanilla-ui")
        self.say("K1", "the ui away: it comes back", [] if self.judge.is_back() else ["it does not"], UI)

    def k1c(self):
        """The last one of the careless machine, which goes down by it."""
        before = self.away()
        self.guest.sh("\n".join([chord("ctrl+alt+delete*7")] * 3), must=False)
        problems = ["the machine goes down"] if self.guest.has_event("SHUTDOWN", 20) else self.compare(before)
        self.say("K1", "the ui away: ctrl+alt+delete, 21 times", problems)
        if not problems:
            self.judge.known = self.shown
            self.guest.sh("systemctl start ventanilla-ui")
            self.judge.is_back()

    def k2(self):
        before = self.facts()
        for keys in KEYS:
            problems = self.compare(before, chord(keys))
            self.say("K2", keys, problems, UI)

    def k2b(self):
        before = self.facts()
        for what, press in (("power key of the keypad", lambda: self.guest.sh(chord("power"))),
                            ("power button of the board", lambda: self.guest.qmp("system_powerdown"))):
            press()
            problems = ["the machine goes down"] if self.is_going_down(20) else self.compare(before)
            self.say("K2", what, problems)

    def plugged(self, row, what, before, unplug):
        """Judges a device that was just plugged in, and takes it out."""
        seen, noted = self.judge.seen, self.judge.noted
        wanted = f"[ $seen -gt {seen} ]" + ("" if self.is_careless else f" && [ ${{noted:-0}} -gt {noted} ]")
        wait = "for n in $(seq 60); do" + COUNT + wanted + " && break; sleep 0.2; done; udevadm settle\n"
        # A driver that is let in needs its moment; one that is not would never come.
        problems = self.compare(before, wait + ("sleep 3\n" if self.is_careless else ""))
        if self.judge.seen <= seen:
            problems = ["the kernel never saw it"]
        elif not self.is_careless and self.judge.noted <= noted:
            problems.append("USBGuard did not note it")
        self.say(row, what, problems)
        unplug()
        if problems:
            before[:] = self.facts("udevadm settle\n")  # what came with it and stays is not the next one's

    def k4(self):
        """K4 to K6."""
        with open(f"{self.guest.work}/stick.img", "wb") as stick:
            stick.truncate(1 << 20)
        self.guest.qmp("blockdev-add", **{"driver": "file", "node-name": "stick", "filename": f"{self.guest.work}/stick.img"})
        self.guest.qmp("netdev_add", type="user", id="wire", restrict=True)
        self.guest.qmp("chardev-add", id="nobody", backend={"type": "ringbuf", "data": {"size": 4096}})
        before = self.facts()
        for number, (row, driver, options) in enumerate(PLUGS):
            options = {key: self.guest.work if value == "." else value for key, value in options.items()}
            try:
                self.guest.qmp("device_add", driver=driver, id=f"plug{number}", bus="xhci.0", port="3", **options)
            except RuntimeError as error:
                print(f"kiosk-guest: {driver}: this QEMU cannot: {error}", flush=True)
                continue
            if driver == "usb-kbd":
                self.guest.keys("ctrl", "alt", "f2")
            self.plugged(row, f"{driver} in a free port", before, lambda n=number: self.guest.unplug(f"plug{n}"))
        for row, what, vid, pid, functions in [row for row in GADGETS if row[0] != "K7"]:
            self.gadget(row, what, before, "foreign", 2, f"{vid} {pid} - {functions}")

    def gadget(self, row, what, before, name, port, device):
        self.guest.sh(f"/usr/lib/kiosk-guest/gadget plug {name} {port} {device}")
        self.plugged(row, what, before, lambda: self.guest.sh(f"/usr/lib/kiosk-guest/gadget unplug {name}"))

    def k7(self):
        before = self.facts()
        for row, what, vid, pid, functions in [row for row in GADGETS if row[0] == "K7"]:
            self.gadget(row, what, before, "clone", 2, f"{vid} {pid} - {functions}")
        before = self.facts("/usr/lib/kiosk-guest/gadget unplug keypad; sleep 1; udevadm settle\n")
        for what, functions in AT_HOME:
            self.gadget("K7", what, before, "changed", 1, f"2047 09d0 - {functions}")
        self.guest.sh("/usr/lib/kiosk-guest/gadget plug keypad 1 2047 09d0 - keyboard")
        # Without the configuration it opens others, too.
        is_back = self.guest.until("ls -l /proc/$(</sys/fs/cgroup/system.slice/ventanilla-ui.service/cgroup.procs)/fd | "
                                   f"grep -c /dev/input/event | grep -q {'.' if self.is_careless else '^2$'}", 120)
        self.say("K7", "the true keypad is let in again, the ui opens it", [] if is_back else
                 ["not opened"] + self.compare(before), UI)

    def k8(self):
        if self.is_careless:
            return  # minutes, for what the programs and the kernel hold
        memory = "for name in usbguard ventanilla-devices ventanilla-ui; do cat /sys/fs/cgroup/system.slice/$name.service/memory.current; done"
        before, first = self.facts(), self.guest.sh(memory, must=False).split()
        seen, started = self.judge.seen, time.monotonic()
        for number in range(200):
            self.guest.qmp("device_add", driver=("usb-kbd", "usb-mouse", "usb-tablet")[number % 3], id=f"storm{number}",
                           bus="xhci.0", port=str(3 + number % 4))
            self.guest.sh("sleep 0.15")  # what the kernel waits before it believes in a plug (HUB_DEBOUNCE_STABLE)
            self.guest.unplug(f"storm{number}")
        took = time.monotonic() - started
        self.guest.sh("udevadm settle")
        last = self.guest.sh(memory, must=False).split()
        problems = self.compare(before)
        count = self.judge.seen - seen
        if count < 100:
            problems.append(f"the kernel saw {count} only")
        problems += [f"memory {a} to {b}" for a, b in zip(first, last) if b.isdigit() and int(b) > int(a) + (32 << 20)]
        self.say("K8", "200 times plugged in and out", problems, UI, f"{took:.0f} s, {count} seen by the kernel, "
                 "memory of usbguard, devices, ui grew by " +
                 ", ".join(f"{(int(b) - int(a)) >> 10} KiB" for a, b in zip(first, last) if b.isdigit()))

    def touch(self, *frames):
        return "".join(fingers(*self.judge.size, *points) for points in frames)

    def k9(self):
        w, h = self.judge.size
        attract = self.judge.known
        self.guest.sh(self.touch([(w // 2, h * 82 // 100)], []))
        # More than a pressed button, and none of the first screen's own.
        home = self.guest.settled(lambda shot: min(shot.differs(one) for one in attract) > w * h // 4, 120)
        self.say("K9", "control: a finger opens the first screen", [] if home else ["nothing happened"], UI)
        if not home:
            return
        self.guest.picture(f"{self.out}/home.ppm")
        self.judge.known, self.judge.has_clock = [home], True
        before = self.facts()
        across = [w * n // 8 for n in range(1, 8)]
        down = [h * n // 8 for n in range(1, 8)]
        tries = [
            ("swipe from the left edge", [[(x, 2)] for x in [0] + across]),
            ("swipe from the right edge", [[(x, h - 3)] for x in [w - 1] + across[::-1]]),
            ("swipe down from the top edge", [[(w - 2, y)] for y in [0] + down]),
            ("swipe up from the bottom edge", [[(1, y)] for y in [h - 1] + down[::-1]]),
            # The first finger alone acts; here it is where nothing is.
            ("five fingers pinch", [[(1, h // 2)] + [(w // 2 + d * dx, h // 2 + d * dy) for dx, dy in
                                                     ((-1, -1), (1, -1), (-1, 1), (1, 1))] for d in (120, 80, 40)]),
            ("ten fingers at the edge", [[(1, h * n // 11) for n in range(1, 11)]] * 3),
            ("the four corners in turn", [[(0, 0)], [], [(w - 1, 0)], [], [(0, h - 1)], [], [(w - 1, h - 1)]]),
        ]
        for number, (what, frames) in enumerate(tries):
            self.say("K9", what, self.compare(before, self.touch(*frames, []), f"K9-{number}"), UI)
        script = self.touch([(1, h // 2)]) + "sleep 8\n" + self.touch([])
        self.say("K9", "long press at the edge", self.compare(before, script, "K9-long"), UI)
        self.judge.known, self.judge.has_clock = attract, False
