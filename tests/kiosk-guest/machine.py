"""A guest: QEMU without KVM, its monitor (QMP), the judge's hand inside it, and its picture."""
import base64
import json
import os
import select
import signal
import socket
import subprocess
import time

WAIT_S = 900  # only a limit: nothing waits for it to pass
WIDTH, HEIGHT = 544, 960  # the framebuffer wants multiples of eight


class Picture:
    """A screendump: width, height, rows of RGB bytes."""

    def __init__(self, path):
        with open(path, "rb") as file:
            magic, size, depth, self.data = file.read().split(b"\n", 3)
        if magic != b"P6" or depth != b"255":
            raise RuntimeError(f"{path}: not a picture")
        self.width, self.height = map(int, size.split())

    def judged(self, has_clock=False):
        """The bytes that count: all, or all but the corner of the header where the clock is."""
        if not has_clock:
            return self.data
        pitch, kept, rows = 3 * self.width, 3 * (self.width * 3 // 4), self.height // 10
        return b"".join(self.data[y * pitch:y * pitch + kept] for y in range(rows)) + self.data[rows * pitch:]

    def is_black(self):
        return not any(self.data)

    def is_same(self, other, has_clock=False):
        return (self.width, self.height) == (other.width, other.height) and self.judged(has_clock) == other.judged(has_clock)

    def differs(self, other, has_clock=False):
        """How many pixels are not the same."""
        if (self.width, self.height) != (other.width, other.height):
            return self.width * self.height
        a, b = self.judged(has_clock), other.judged(has_clock)
        return 0 if a == b else sum(a[i:i + 3] != b[i:i + 3] for i in range(0, len(a), 3))


class Machine:
    def __init__(self, work, image, initrd, cmdline, memory_mb=1024):
        self.work = work
        self.events = []
        self.request = 0
        self.shots = 0
        command = ["nice", "-n", "5", "qemu-system-x86_64", "-accel", "tcg", "-machine", "q35", "-cpu",
                   "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt", "-smp", "1", "-m", str(memory_mb), "-nodefaults", "-no-user-config",
                   "-display", "none", "-no-reboot", "-kernel", image.kernel, "-initrd", initrd, "-append", cmdline,
                   "-drive", f"file={image.disk},format=raw,if=virtio,readonly=on",
                   "-device", f"VGA,xres={WIDTH},yres={HEIGHT},edid=on", "-device", "virtio-rng-pci",
                   "-device", "virtio-serial-pci", "-chardev", f"socket,id=judge,path={work}/judge,server=on,wait=off",
                   "-device", "virtserialport,chardev=judge,name=judge",
                   "-chardev", f"socket,id=line,path={work}/line,server=on,wait=off,logfile={work}/serial.log",
                   "-serial", "chardev:line", "-audiodev", "none,id=silent", "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
                   "-qmp", f"unix:{work}/qmp,server=on,wait=off"]
        self.started = time.monotonic()
        with open(f"{work}/qemu.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        self.monitor = self.connect("qmp")
        self.inbox = b""
        self.read_monitor(time.monotonic() + WAIT_S)  # the greeting
        self.qmp("qmp_capabilities")
        self.judge = self.connect("judge")
        self.line = self.connect("line")
        self.answer = b""
        self.commands = 0

    def connect(self, name):
        until = time.monotonic() + WAIT_S
        while True:
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(f"{self.work}/{name}")
                return sock
            except OSError:
                sock.close()
                if self.process.poll() is not None or time.monotonic() > until:
                    with open(f"{self.work}/qemu.log", encoding="utf-8") as log:
                        raise RuntimeError("qemu did not start: " + log.read()) from None
                time.sleep(0.05)

    # ---- outside ----

    def read_monitor(self, until):
        """The next message of the monitor; None at its end or when the time is over."""
        while b"\n" not in self.inbox:
            ready, _, _ = select.select([self.monitor], [], [], max(0, until - time.monotonic()))
            data = self.monitor.recv(65536) if ready else b""
            if not data:
                return None
            self.inbox += data
        line, self.inbox = self.inbox.split(b"\n", 1)
        return json.loads(line)

    def qmp(self, name, **arguments):
        self.request += 1
        self.monitor.sendall(json.dumps({"execute": name, "arguments": arguments, "id": self.request}).encode())
        while True:
            message = self.read_monitor(time.monotonic() + WAIT_S)
            if message is None:
                raise RuntimeError(f"{name}: the machine is gone")
            if "event" in message:
                self.events.append(message)
            elif message.get("id") == self.request:
                if "error" in message:
                    raise RuntimeError(f"{name}: {message['error']['desc']}")
                return message["return"]

    def has_event(self, name, wait_s=0):
        until = time.monotonic() + wait_s
        while not any(event["event"] == name for event in self.events):
            message = self.read_monitor(until)
            if message is None:
                return False
            if "event" in message:
                self.events.append(message)
        return True

    def busy_s(self):
        """Seconds of the processor that the guest has had: how slow the machine is at the moment does not matter."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def unplug(self, name):
        self.events = [e for e in self.events if e["event"] != "DEVICE_DELETED"]
        self.qmp("device_del", id=name)
        if not self.has_event("DEVICE_DELETED", WAIT_S):
            raise RuntimeError(f"{name} stays")

    def keys(self, *names, hold_ms=60):
        """A chord on the keyboard of the board."""
        self.qmp("send-key", keys=[{"type": "qcode", "data": name} for name in names], **{"hold-time": hold_ms})

    def picture(self, name=None):
        self.shots += 1
        path = name or f"{self.work}/shot-{self.shots}.ppm"
        self.qmp("screendump", filename=path)
        return Picture(path)

    def settled(self, is_wanted, wait_s=WAIT_S):
        """The picture once it is wanted and twice the same."""
        until = time.monotonic() + wait_s
        before = self.picture(f"{self.work}/now.ppm")
        while time.monotonic() < until:
            now = self.picture(f"{self.work}/now.ppm")
            if is_wanted(now) and now.data == before.data:
                return now
            before = now
            time.sleep(0.3)
        return None

    # ---- inside ----

    def read_answer(self, wanted):
        until = time.monotonic() + WAIT_S
        while True:
            while b"\n" in self.answer:
                line, self.answer = self.answer.split(b"\n", 1)
                words = line.split(b" ")
                if int(words[0]) == wanted:
                    return int(words[1]), base64.b64decode(words[2]).decode("utf-8", "replace").rstrip("\n")
            ready, _, _ = select.select([self.judge], [], [], max(0, until - time.monotonic()))
            data = self.judge.recv(65536) if ready else b""
            if not data:
                raise RuntimeError("the guest says nothing; see serial.log")
            self.answer += data

    def is_up(self, wait_s):
        """Whether the judge's hand is there; waits for it."""
        return bool(select.select([self.judge], [], [], wait_s)[0])

    def wait_up(self):
        self.read_answer(0)

    def sh(self, script, must=True):
        """What the script prints in the guest, as root."""
        self.commands += 1
        self.judge.sendall(b"%d %s\n" % (self.commands, base64.b64encode(script.encode())))
        status, output = self.read_answer(self.commands)
        if must and status != 0:
            raise RuntimeError(f"guest: {script}: {status}: {output}")
        return output

    def until(self, script, wait_s=WAIT_S):
        """Waits until the script succeeds; False when it never does."""
        end = time.monotonic() + wait_s
        while time.monotonic() < end:
            if self.sh(f"({script}) >/dev/null 2>&1 && echo yes || true") == "yes":
                return True
            time.sleep(2)  # each look costs the guest what it needs to start
        return False

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for sock in (self.monitor, self.judge, self.line):
            sock.close()
