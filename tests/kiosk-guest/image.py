"""Builds what the guest boots: Debian's kernel, a read-only disk with Debian and the kernel's modules, and an
initial file system that carries the terminal. Disk and kernel are kept in the build folder, as long as the lists below
that they were made from stay the same; the terminal is packed anew each time.
"""
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ["ventanilla-core", "ventanilla-ui", "ventanilla-devices", "ventanilla-sync", "ventanillactl"]
# What a terminal needs of Debian, and what the judge looks with.
PACKAGES = """systemd-sysv udev dbus libpam-systemd usbguard kmod usbutils iproute2 libsdl2-2.0-0 libsdl2-ttf-2.0-0
libgl1-mesa-dri libegl1 libegl-mesa0 libgles2 libgbm1 libusb-1.0-0 libsqlite3-0 libcurl4 libssl3 libinih1 libjansson4
libxml2 libxmlsec1-openssl libsystemd0 libqrencode4 libfreetype6 libcups2 libpng16-16""".split()
# The drivers of a stock Debian that the rows below could load: all of USB, HID, input, sound, radio.
MODULE_FOLDERS = """drivers/usb drivers/hid drivers/input drivers/net/usb drivers/net/mii.ko drivers/net/phy drivers/bluetooth
drivers/scsi drivers/virtio drivers/block drivers/char drivers/cdrom drivers/media drivers/mmc drivers/firmware
drivers/gpu/drm/virtio drivers/gpu/drm/tiny drivers/gpu/drm/drm.ko drivers/gpu/drm/drm_kms_helper.ko
drivers/gpu/drm/drm_shmem_helper.ko drivers/gpu/drm/drm_vram_helper.ko drivers/gpu/drm/ttm drivers/gpu/drm/drm_ttm_helper.ko
drivers/ata drivers/acpi drivers/i2c drivers/leds drivers/tty sound fs net/bluetooth net/rfkill net/core net/packet crypto lib arch""".split()
FIRST_MODULES = ["virtio_pci", "virtio_blk", "ext4", "overlay", "virtio_console", "virtio_rng"]
# Hardware of a desk that only costs time.
UNUSED = ["drivers/media", "drivers/usb/gadget/legacy", "sound/soc", "sound/pci", "drivers/scsi/qla", "drivers/scsi/lpfc",
          "fs/ocfs2", "fs/xfs", "fs/btrfs", "fs/nfs", "fs/ceph", "fs/cifs", "fs/gfs2"]


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def as_root(*command, **options):
    """Files of root without being root."""
    run(*([] if os.geteuid() == 0 else ["fakeroot", "--"]), *command, **options)


class Image:
    def __init__(self, cache):
        self.cache = cache
        os.makedirs(cache, exist_ok=True)
        self.disk = f"{cache}/debian.img"
        self.kernel = f"{cache}/vmlinuz"

    @staticmethod
    def is_made_of(file, recipe):
        """Whether the file is there and was made of this; what an older list brought would be judged as if shipped."""
        try:
            with open(f"{file}.recipe", encoding="utf-8") as said:
                return os.path.exists(file) and said.read() == recipe
        except FileNotFoundError:
            return False

    @staticmethod
    def note(file, recipe):
        with open(f"{file}.recipe", "w", encoding="utf-8") as said:
            said.write(recipe)

    def build(self):
        """Only what is not there yet: some minutes the first time."""
        tar = f"{self.cache}/debian.tar"
        packages = "\n".join(PACKAGES)
        if not self.is_made_of(tar, packages):
            print("kiosk-guest: Debian for the guest, some minutes the first time", flush=True)
            with open(f"{self.cache}/debian.log", "w", encoding="utf-8") as log:
                run("mmdebstrap", "--variant=essential", "--include=" + ",".join(PACKAGES),
                    *[f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")],
                    "bookworm", f"{self.cache}/new.tar", stdout=log, stderr=log)
            os.rename(f"{self.cache}/new.tar", tar)
            self.note(tar, packages)
        if not os.path.exists(self.kernel):
            self.fetch_kernel()
        self.version = os.listdir(f"{self.cache}/kernel/lib/modules")[0]
        disk = "\n".join(PACKAGES + MODULE_FOLDERS + UNUSED + [self.version])
        if not self.is_made_of(self.disk, disk):
            self.make_disk()
            self.note(self.disk, disk)

    def fetch_kernel(self):
        """Unpacked, never installed: it is the guest's."""
        names = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], check=True, capture_output=True,
                               text=True).stdout
        name = re.search(r"Depends: (linux-image-\S+)", names).group(1)
        folder = f"{self.cache}/packages"
        os.makedirs(folder, exist_ok=True)
        run("apt-get", "download", "-q", name, "busybox-static", cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for package in os.listdir(folder):
            run("dpkg", "-x", f"{folder}/{package}", f"{self.cache}/kernel")
        version = os.listdir(f"{self.cache}/kernel/lib/modules")[0]
        shutil.copy(f"{self.cache}/kernel/boot/vmlinuz-{version}", self.kernel)

    def make_disk(self):
        version = self.version
        root = f"{self.cache}/root"
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        script = f"""
            tar -xf {self.cache}/debian.tar -C {root} --exclude=./dev/*
            from={self.cache}/kernel/lib/modules/{version} to={root}/usr/lib/modules/{version}
            mkdir -p $to/kernel
            cp $from/modules.* $to/
            for one in {" ".join(MODULE_FOLDERS)}; do
                [ -e $from/kernel/$one ] || continue
                mkdir -p $to/kernel/$(dirname $one)
                cp -r $from/kernel/$one $to/kernel/$(dirname $one)/
            done
            for one in {" ".join(UNUSED)}; do rm -rf $to/kernel/$one*; done
            /sbin/depmod -b {root} {version}
            rm -rf {root}/var/cache/apt {root}/var/lib/apt/lists {root}/usr/share/i18n
            /sbin/mke2fs -q -t ext4 -O ^has_journal -L debian -d {root} {self.disk}.new 900M
            mv {self.disk}.new {self.disk}
            rm -rf {root}"""
        as_root("sh", "-ec", script, stdout=subprocess.DEVNULL)

    def initrd(self, work, root):
        """Packs init, the first modules and the folder root, which is laid over Debian. Returns the file."""
        top = f"{work}/initrd"
        os.makedirs(f"{top}/bin")
        os.makedirs(f"{top}/modules")
        shutil.copy(f"{self.cache}/kernel/bin/busybox", f"{top}/bin/busybox")
        order = []
        kernel = f"{self.cache}/kernel/lib/modules/{self.version}"
        needs = {}
        with open(f"{kernel}/modules.order", encoding="ascii") as names:
            paths = {os.path.basename(path.strip())[:-3].replace("-", "_"): path.strip() for path in names}
        def add(name):
            path = paths.get(name.replace("-", "_"))
            if not path or path in order:
                return
            if path not in needs:
                found = subprocess.run(["/sbin/modinfo", "-F", "depends", f"{kernel}/{path}"], check=True,
                                       capture_output=True, text=True).stdout
                needs[path] = [word for word in found.strip().split(",") if word]
            for other in needs[path]:
                add(other)
            order.append(path)
        for name in ["crc32c_generic"] + FIRST_MODULES:
            add(name)
        for number, path in enumerate(order):
            shutil.copy(f"{kernel}/{path}", f"{top}/modules/{number:02d}-{os.path.basename(path)}")
        shutil.copy(f"{HERE}/guest/init", f"{top}/init")
        os.chmod(f"{top}/init", 0o755)
        shutil.copytree(root, f"{top}/terminal", symlinks=True)
        file = f"{work}/initrd.cpio"
        as_root("sh", "-ec", f"chown -R 0:0 {top}; cd {top}; find . | cpio -o -H newc --quiet >{file}")
        return file
