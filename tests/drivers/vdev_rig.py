"""A server of virtual devices in a folder of its own, for the scripts that put foreign hosts before it."""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap

PROGRAM = pathlib.Path(os.environ.get("VT_BUILD_DIR", "build")) / "bin/virtual-devices"
PYTHON = "/usr/bin/python3"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


class Server:
    """A running server in a folder of its own; control() talks to it, client() runs a program."""

    def __init__(self, *options, roots=1, device="printer"):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vdev-"))
        self.roots = [self.dir / f"r{i}" for i in range(roots)]
        self.paper = self.dir / "paper"
        self.pcap = self.dir / "run.pcap"
        devices = device if isinstance(device, list) else [device]
        command = [PROGRAM, "serve", "--control", self.dir / "ctl", "--paper", self.paper,
                   "--pcap", self.pcap, *options]
        for root in self.roots:
            command += ["--root", root]
        for text in devices:
            command += ["--device", text]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        ready = self.process.stdout.readline()
        assert ready == "ready\n", (ready, self.process.stderr.read())

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        _, errors = self.process.communicate(timeout=20)
        if exception[0]:
            print(errors, file=sys.stderr)
        assert self.process.returncode == 0, (self.process.returncode, errors)
        left = [str(root) for root in self.roots if root.exists()]
        shutil.rmtree(self.dir)
        assert not left, f"roots left behind: {left}"

    def control(self, *words, check=True):
        done = subprocess.run([PROGRAM, "control", self.dir / "ctl", *words], capture_output=True,
                              text=True, timeout=30)
        assert not check or done.returncode == 0, (words, done.stderr)
        return done.stdout

    def start(self, *command, root=0, **options):
        return subprocess.Popen([PROGRAM, "run", "--root", self.roots[root], "--", *command],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.PIPE, text=True, **options)

    def client(self, *command, root=0, env=None):
        done = subprocess.run([PROGRAM, "run", "--root", self.roots[root], "--", *command],
                              capture_output=True, text=True, timeout=60, env=env)
        assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def python(self, code, root=0):
        return self.client(PYTHON, "-c", "import usb.core, usb.util\n" + textwrap.dedent(code),
                           root=root)

    def out_bytes(self):
        """Every byte that crossed to bulk OUT, from the capture."""
        data = self.pcap.read_bytes()
        at, result = 24, b""
        assert struct.unpack("<IHHiIII", data[:24])[6] == 220
        while at < len(data):
            captured = struct.unpack("<I", data[at + 8:at + 12])[0]
            record = data[at + 16:at + 16 + captured]
            if record[8:9] == b"S" and record[9] == 3 and record[10] == 0x01:
                result += record[64:]
            at += 16 + captured
        return result


def need_pyusb():
    done = subprocess.run([PYTHON, "-c", "import usb.core"], capture_output=True)
    if done.returncode != 0:
        skip("python3-usb is not installed")
