"""The attempts, a row each, and what must be the same after each of them."""
import shutil
import time

# What the terminal is at this moment, a fact a line, with as few processes as possible: the guest is slow.
FACTS = r"""
shopt -s nullglob
echo "ui $(</sys/fs/cgroup/system.slice/ventanilla-ui.service/cgroup.procs)"
echo "console $(</sys/class/tty/tty0/active)"
echo "boot $(</proc/sys/kernel/random/boot_id)"
for interface in /sys/bus/usb/devices/*:*; do
	[ -e "$interface/driver" ] && cd -P "$interface/driver" && echo "driver ${interface##*/} ${PWD##*/}"
done
# The other end of a gadget's cable: what its own kernel makes of it there is none of the terminal's.
is_far_end() { cd -P "$1" 2>/dev/null && [[ $PWD == */gadget* ]]; }
for folder in block class/net class/sound class/bluetooth; do
	for entry in /sys/$folder/*; do is_far_end "$entry" || echo "$folder ${entry##*/}"; done
done
for entry in /dev/ttyUSB* /dev/ttyACM*; do echo "serial ${entry##*/}"; done
while read -r line; do echo "route $line"; done </proc/net/route
while read -r source target rest; do echo "mount $target"; done </proc/self/mounts
nodes=()
for node in /dev/input/event* /dev/input/mouse* /dev/input/js* /dev/hidraw* /dev/snd/*; do
	[ ! -c "$node" ] || is_far_end "/sys/class/sound/${node##*/}" || nodes+=("$node")
done
[ ${#nodes[@]} = 0 ] || stat -c 'node %a %G %n' "${nodes[@]}" | grep -v 'node .00 '
"""
AUDIT = "/var/log/usbguard/usbguard-audit.log"
COUNT = f"""
seen=$(dmesg | grep -c 'New USB device found')
noted=$(grep -cE 'reject|block' {AUDIT} 2>/dev/null)
"""
# HID usage page 7
MOD = {"ctrl": 1, "shift": 2, "alt": 4, "gui": 8}
KEY = {"delete": 0x4C, "esc": 0x29, "tab": 0x2B, "print": 0x46, "sysrq": 0x46, "space": 0x2C, "menu": 0x65, "pause": 0x48,
       "power": 0x66, "right": 0x4F, "left": 0x50, "down": 0x51, "up": 0x52, "insert": 0x49, "mute": 0x7F,
       **{f"f{n}": 0x39 + n for n in range(1, 13)}, **{f"f{n}": 0x68 + n - 13 for n in range(13, 25)},
       **{chr(97 + n): 4 + n for n in range(26)}, **{str(n): 0x1D + n for n in range(1, 10)}, "0": 0x27}
CHORDS = ([f"ctrl+alt+f{n}" for n in range(1, 13)] + ["alt+left", "alt+right", "alt+f2", "alt+f3"] +
          [f"alt+sysrq+{key}" for key in "reisuhtmwk0123456789"])
KEYS = ["alt+f4", "alt+tab", "gui", "gui+d", "gui+l", "ctrl+alt+t", "ctrl+c", "ctrl+z", "ctrl+alt+insert", "print", "pause", "menu",
        "f9", "f10", "f11", "f13", "f24", "mute", "shift*5"]
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


def is_picture(shot):
    """Above a bare console there is always more than two colours."""
    return len({shot.data[i:i + 3] for i in range(0, len(shot.data), 999)}) > 8


class Rows:
    def __init__(self, guest, out, build, is_careless, only):
        self.guest, self.out, self.build, self.is_careless, self.only = guest, out, build, is_careless, only
        self.count = self.bad = self.locks = self.broken = self.seen = self.noted = 0
        self.shown = None
        self.judged_from = 0  # pixels above are not judged: a clock

    # ---- judging ----

    def say(self, row, what, problems, is_lock=True):
        """One line. is_lock: must fail without the configuration."""
        self.count += 1
        self.bad += 1 if problems else 0
        self.locks += is_lock
        self.broken += bool(is_lock and problems)
        if any("pixels changed" in problem for problem in problems):
            shutil.copy(f"{self.out}/now.ppm", f"{self.out}/{row}-{self.count}.ppm")
        print(f"{'not ok' if problems else 'ok'} {row} {what}" + (f": {'; '.join(problems)}" if problems else ""), flush=True)

    def verdict(self):
        if self.is_careless:
            print(f"kiosk-guest: careless: {self.count} attempts, {self.broken} of {self.locks} got through", flush=True)
            return 0 if self.broken > 0 else 1
        print(f"kiosk-guest: {self.count} attempts, {self.bad} got through", flush=True)
        return 1 if self.bad else 0

    def facts(self, script=""):
        """Runs the script, then looks: one turn of the slow guest. Counts what kernel and USBGuard saw, too."""
        lines = self.guest.sh(script + COUNT + FACTS + 'echo "counts $seen ${noted:-0}"').splitlines()
        self.seen, self.noted = map(int, lines.pop().split()[1:])
        return sorted(set(lines))

    def compare(self, before, script=""):
        """What is not as before, the picture included, after the script."""
        now = self.facts(script)
        problems = [f"new: {fact}" for fact in now if fact not in before]
        problems += [f"gone: {fact}" for fact in before if fact not in now]
        differs = self.shown.differs(self.guest.picture(f"{self.out}/now.ppm"), self.judged_from)
        if differs:
            problems.append(f"{differs} pixels changed")
        return problems[:6]

    # ---- the panel and the keypad ----

    def fingers(self, *points):
        """One report: (x, y) in pixels of each finger that is down; fewer than before are lifted."""
        report = b""
        for number in range(10):
            if number < len(points):
                x = points[number][0] * 4096 // self.shown.width
                y = points[number][1] * 4096 // self.shown.height
                report += bytes([1, number, x & 255, x >> 8, y & 255, y >> 8])
            else:
                report += bytes([0, number, 0, 0, 0, 0])
        return self.report("panel.touch", report + bytes([10]))

    @staticmethod
    def report(node, data):
        text = "".join(f"\\x{byte:02x}" for byte in data)
        return f"printf '{text}' >/dev/gadget/{node}\n"

    def chord(self, text, node="keypad.keyboard"):
        """A chord pressed key by key and let go."""
        text, _, times = text.partition("*")
        script, modifiers, keys = "", 0, []
        for word in text.split("+"):
            if word in MOD:
                modifiers |= MOD[word]
            else:
                keys.append(KEY[word])
            script += self.report(node, bytes([modifiers, 0] + keys + [0] * (6 - len(keys))))
        return (script + self.report(node, bytes(8))) * int(times or 1)

    # ---- the start ----

    def wait_for_terminal(self):
        self.guest.wait_up()
        if not self.guest.until("systemctl is-active ventanilla-ui ventanilla-devices", 900):
            raise RuntimeError("the terminal did not start: " + self.guest.sh("journalctl -b --no-pager | tail -40"))
        if not self.guest.until("journalctl -b -u ventanilla-ui | grep -q 'core is there'", 600):
            raise RuntimeError("the ui has no core")
        # SDL 2.26 on KMSDRM makes its surface anew within the first present and shows the empty one (README.md): a second
        # picture is needed, and the screen that rests draws none. Without core for a while the ui draws another one.
        self.guest.sh("systemctl stop ventanilla-core; sleep 6; systemctl start ventanilla-core; for n in $(seq 60); do "
                      "journalctl -b -u ventanilla-ui --no-pager | grep 'core is' | tail -n 1 | grep -q there && break; sleep 1; done; "
                      "sleep 5")
        self.shown = self.guest.settled(is_picture, 300)
        self.guest.picture(f"{self.out}/first.ppm")
        if not self.shown:
            raise RuntimeError("no picture; see first.ppm: " + self.guest.sh("journalctl -b -u ventanilla-ui --no-pager | tail"))

    def all(self):
        for name in ("K0", "K4", "K7", "K1", "K26", "K25", "K23", "K2", "K21", "K8", "K9", "K2b"):
            if not self.only or name in self.only:
                getattr(self, name.lower())()

    # ---- the rows ----

    def k0(self):
        """What the others stand on."""
        log = self.guest.sh("journalctl -b -u ventanilla-ui --no-pager | grep -o 'texture presenter on KMSDRM' || true")
        self.say("K0", "the ui draws on KMSDRM", [] if log else ["another driver"], is_lock=False)
        # udev makes sequencer and timer of ALSA for the group audio, in which nobody is.
        members = self.guest.sh("getent group audio").split(":")[3]
        nodes = [fact for fact in self.facts() if fact.startswith("node") and (members or " 660 audio " not in fact)]
        self.say("K0", "panel and keypad are the only nodes of others than root",
                 [] if len(nodes) == 2 and all(" 640 ventanilla-ui " in node for node in nodes) else nodes)

    def k1(self):
        before = self.facts()
        for chord in CHORDS:
            self.say("K1", f"{chord} on the keypad's port", self.compare(before, self.chord(chord)))
        for chord in ("ctrl+alt+f3", "alt+sysrq+h"):
            self.guest.keys(*chord.split("+"))
            self.say("K1", f"{chord} on the board's keyboard", self.compare(before))
        if self.is_careless:
            return
        for times in (1, 7):
            self.guest.sh(self.chord("ctrl+alt+delete") * times)
            self.guest.keys("ctrl", "alt", "delete")
            problems = ["the machine goes down"] if self.guest.has_event("SHUTDOWN", 2) else self.compare(before)
            self.say("K1", f"ctrl+alt+delete, {times} times", problems)

    def k2(self):
        before = self.facts()
        for chord in KEYS:
            self.say("K2", chord, self.compare(before, self.chord(chord)), is_lock=False)

    def k2b(self):
        """Last: without the configuration the machine is off afterwards."""
        self.shown = self.guest.settled(lambda shot: True)
        before = self.facts()
        self.guest.sh(self.chord("power"))
        self.guest.qmp("system_powerdown")
        problems = ["the machine goes down"] if self.guest.has_event("SHUTDOWN", 60) else self.compare(before)
        self.say("K2", "power key of keypad and board", problems)

    def plugged(self, row, what, before, unplug):
        """Judges a device that was just plugged in, and takes it out."""
        seen, noted = self.seen, self.noted
        wanted = f"[ $seen -gt {seen} ]" + ("" if self.is_careless else f" && [ ${{noted:-0}} -gt {noted} ]")
        wait = "for n in $(seq 60); do" + COUNT + wanted + " && break; sleep 0.2; done; udevadm settle\n"
        # A driver that is let in needs its moment; one that is not would never come.
        problems = self.compare(before, wait + ("sleep 3\n" if self.is_careless else ""))
        if self.seen <= seen:
            problems = ["the kernel never saw it"]
        elif not self.is_careless and self.noted <= noted:
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
        is_back = self.guest.until("ls -l /proc/$(</sys/fs/cgroup/system.slice/ventanilla-ui.service/cgroup.procs)/fd | "
                                   "grep -c /dev/input/event | grep -qx 2", 120)
        self.say("K7", "the true keypad is let in again, the ui opens it", [] if is_back else
                 ["not opened"] + self.compare(before), is_lock=False)

    def k8(self):
        memory = "for name in usbguard ventanilla-devices ventanilla-ui; do cat /sys/fs/cgroup/system.slice/$name.service/memory.current; done"
        before, first = self.facts(), self.guest.sh(memory, must=False).split()
        started = time.monotonic()
        for number in range(200):
            self.guest.qmp("device_add", driver=("usb-kbd", "usb-mouse", "usb-tablet")[number % 3], id=f"storm{number}",
                           bus="xhci.0", port=str(3 + number % 4))
            self.guest.sh("true")
            self.guest.unplug(f"storm{number}")
        took = time.monotonic() - started
        self.guest.sh("udevadm settle")
        last = self.guest.sh(memory, must=False).split()
        problems = self.compare(before)
        problems += [f"memory {a} to {b}" for a, b in zip(first, last) if b.isdigit() and int(b) > int(a) + (32 << 20)]
        self.say("K8", f"200 times plugged in and out, {took:.0f} s", problems, is_lock=False)

    def k9(self):
        w, h = self.shown.width, self.shown.height
        attract = self.shown
        self.guest.sh(self.fingers((w // 2, h * 82 // 100)) + self.fingers())
        home = self.guest.settled(lambda shot: shot.differs(attract) > w * h // 4, 120)  # more than a pressed button
        self.say("K9", "control: a finger opens the first screen", [] if home else ["nothing happened"], is_lock=False)
        if not home:
            return
        self.guest.picture(f"{self.out}/home.ppm")
        self.shown, self.judged_from = home, h // 10
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
        for what, frames in tries:
            script = "".join(self.fingers(*points) for points in frames) + self.fingers()
            self.say("K9", what, self.compare(before, script), is_lock=False)
        script = self.fingers((1, h // 2)) + "sleep 8\n" + self.fingers()
        self.say("K9", "long press at the edge", self.compare(before, script), is_lock=False)

    def k21(self):
        for number in range(3):
            self.guest.sh("kill -9 $(</sys/fs/cgroup/system.slice/ventanilla-ui.service/cgroup.procs)")
            colours, until = 0, time.monotonic() + 300
            while time.monotonic() < until:
                shot = self.guest.picture(f"{self.out}/now.ppm")
                if shot.differs(self.shown) == 0 and self.guest.sh("systemctl is-active ventanilla-ui", must=False) == "active" and \
                        self.guest.sh("journalctl -b -u ventanilla-ui --no-pager | grep -c 'core is there'") >= str(number + 2):
                    break
                if shot.differs(self.shown) and not shot.is_blank():
                    colours += 1
                    self.guest.picture(f"{self.out}/k21.ppm")
            else:
                self.say("K21", f"ui killed, {number + 1}", ["the picture did not come back"], is_lock=False)
                return
            self.say("K21", f"ui killed, {number + 1}: back with the same picture, nothing else seen between",
                     [f"{colours} other pictures, see k21.ppm"] if colours else [], is_lock=False)

    def k23(self):
        self.guest.line.sendall(b"\r\n\r\nroot\r\n\r\n\x03\x04\r\n")
        self.guest.until("false", 5)
        with open(f"{self.guest.work}/serial.log", "rb") as log:
            text = log.read()
        self.say("K23", "serial line: no login, no prompt", [] if b"login" not in text and b"Password" not in text
                 and b"# " not in text else ["it answers: " + text[-60:].decode("ascii", "replace").strip()])
        units = self.guest.sh("systemctl list-units --all --no-legend 'getty*' 'serial-getty*' 'console-getty*' 'debug-shell*' | "
                              "grep -E 'active +(running|waiting)' || true")
        self.say("K23", "nobody waits for a login", [units] if units else [])
        if self.is_careless:
            return
        before = self.facts()
        self.guest.sh("grep -qw root /etc/shadow && grep -q '^root:[*!]' /etc/shadow", must=False)
        unit = self.guest.sh("systemctl show -P ExecStart emergency.service rescue.service | grep -c sulogin || true")
        self.say("K23", "a boot that fails asks nobody", [f"{unit} shells"] if unit != "0" else [])
        self.say("K23", "… and the terminal is as before", self.compare(before), is_lock=False)

    def k25(self):
        listening = self.guest.sh("ss -Hlntu")
        self.say("K25", "nothing listens", [listening] if listening else [], is_lock=False)
        cores = self.guest.sh("cat /proc/sys/kernel/core_pattern; find / -xdev -name 'core*' -type f -size +64k -newer /etc/machine-id "
                              "2>/dev/null | head -3")
        self.say("K25", "no core dumps", [] if cores == "|/bin/false" else [cores])
        values = {"kernel.sysrq": "0", "kernel.dmesg_restrict": "1", "kernel.kptr_restrict": "2",
                  "kernel.yama.ptrace_scope": "3", "kernel.kexec_load_disabled": "1", "kernel.unprivileged_bpf_disabled": "1"}
        bad = [f"{key} is {value}" for key, value in
               ((key, self.guest.sh(f"cat /proc/sys/{key.replace('.', '/')}", must=False)) for key in values) if value != values[key]]
        self.say("K25", "the kernel has what sysctl.d says", bad)
        lockdown = self.guest.sh("cat /sys/kernel/security/lockdown", must=False)
        self.say("K25", "the kernel is locked down", [] if "[confidentiality]" in lockdown else [lockdown])

    def k26(self):
        script = ("for pid in /proc/[0-9]*; do [ -e $pid/exe ] || continue; while read -r key value rest; do case $key in Uid:) u=$value;; "
                  "NoNewPrivs:) n=$value;; CapEff:) c=$value;; Name:) name=$value;; esac; done <$pid/status; "
                  "readlink $pid/exe >/dev/null 2>&1 && echo $name $u $n $c; done")
        processes = [line.split() for line in self.guest.sh(script).splitlines()]
        allowed = {"systemd", "systemd-journal", "systemd-udevd", "(udev-worker)", "systemd-logind", "usbguard-daemon", "agent", "bash",
                   "timeout", "base64", "readlink"}
        roots = sorted({p[0] for p in processes if p[1] == "0"} - allowed)
        self.say("K26", "root is PID 1, journal, udev, logind, USBGuard (and the judge)", roots)
        ours = [p for p in processes if p[0].startswith("ventanilla")]
        self.say("K26", f"{len(ours)} of our processes: own user, no capability, no new privileges",
                 [] if len(ours) >= 3 and all(p[1] != "0" and p[2] == "1" and int(p[3], 16) == 0 for p in ours) else
                 [" ".join(p) for p in ours], is_lock=False)
        shells = self.guest.sh("grep '^ventanilla' /etc/passwd | grep -v nologin || true")
        self.say("K26", "no shell for our users", [shells] if shells else [], is_lock=False)
        writable = self.guest.sh("find /etc /usr /var /opt /srv -xdev -perm -0002 ! -type l ! -path '*/tmp' ! -path '*/tmp/*' "
                                 "! -path /var/lock 2>/dev/null | head -5")
        self.say("K26", "nothing that everybody may write", [writable] if writable else [], is_lock=False)
