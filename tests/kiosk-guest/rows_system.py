"""The attempts on what runs behind the picture: killed processes, consoles, failed boots, what lies about."""
import shutil
import time

from judge import is_picture

# Who blocks an attempt without terminal/kiosk, too.
UI = "the ui"
UNITS = "terminal/units"
BLACK_S = 40  # of the processor, while a killed ui starts again; some 15 were seen, for what a terminal does at once


class Watch:
    """What the display shows from a kill until the first screen is there again."""

    def __init__(self, waiting):
        self.waiting = waiting
        self.strange = []
        self.is_waiting_seen = False
        self.black_s = 0.0
        self.black_since = None

    def see(self, shot, now):
        """now: in seconds of any clock; black_s is of the same."""
        if self.black_since is not None:
            self.black_s = max(self.black_s, now - self.black_since)
        if not shot.is_black():
            self.black_since = None
        elif self.black_since is None:
            self.black_since = now
        if self.waiting and shot.is_same(self.waiting, has_clock=True):
            self.is_waiting_seen = True
        elif not shot.is_black() and not any(shot.is_same(one) for one in self.strange) and len(self.strange) < 9:
            self.strange.append(shot)
            return True
        return False


class SystemRows:
    # ---- what was killed comes back ----

    def waiting_picture(self):
        """The ui's own screen while core is away."""
        self.guest.sh("systemctl stop ventanilla-core")
        shot = self.guest.settled(lambda one: is_picture(one) and not self.judge.is_known(one), 120)
        self.guest.picture(f"{self.out}/waiting.ppm")
        self.guest.sh("systemctl start ventanilla-core")
        return shot if self.judge.is_back() else None

    def k21(self):
        waiting = self.waiting_picture()
        self.say("K21", "core away: the ui says so, and it comes back", [] if waiting else ["see waiting.ppm"], UI)
        for name, times in (("core", 1), ("devices", 1), ("ui", 3)):
            for number in range(times):
                self.killed(name, number + 1, waiting)

    def killed(self, name, number, waiting):
        unit = f"ventanilla-{name}"
        what = f"{name} killed" + (f", {number}" if name == "ui" else "") + ": back, and nothing of others seen between"
        links = "journalctl -b -u ventanilla-ui --no-pager | grep -c 'core is there'"
        old, linked = self.guest.sh(f"systemctl show -P MainPID {unit}; {links}").split()
        wanted = (f"[ $(systemctl show -P ActiveState {unit}) = active ] && [ $(systemctl show -P MainPID {unit}) != {old} ]" +
                  (f" && [ $({links}) -gt {linked} ]" if name != "devices" else ""))
        watch = Watch(waiting)
        self.guest.sh(f"kill -9 {old}")
        started = asked = time.monotonic()
        is_back = False
        while not is_back and time.monotonic() < started + 300:
            shot = self.judge.look()
            if not self.judge.is_known(shot):
                if watch.see(shot, self.guest.busy_s()):
                    shutil.copy(f"{self.out}/now.ppm", f"{self.out}/K21-{name}{number}-{len(watch.strange)}.ppm")
                asked = time.monotonic()
            elif time.monotonic() > asked + 1:
                is_back = self.guest.sh(f"{wanted} && echo yes || true") == "yes"
                asked = time.monotonic()
            time.sleep(0.05)
        problems = [] if is_back else ["it does not come back"]
        if watch.strange:
            problems.append(f"{len(watch.strange)} other pictures, see K21-{name}{number}-1.ppm")
        if watch.black_s > BLACK_S:
            problems.append("black for too long")
        self.say("K21", what, problems, None if name == "ui" else UI, f"black for {watch.black_s:.1f} s of the processor" +
                 (", the waiting screen" if watch.is_waiting_seen else ""))

    # ---- consoles and starts ----

    def k23(self):
        self.guest.line.sendall(b"\r\n\r\nroot\r\n\r\n\x03\x04\r\n")
        text, until = b"", time.monotonic() + 10
        while b"ogin" not in text and time.monotonic() < until:
            time.sleep(0.5)
            with open(f"{self.guest.work}/serial.log", "rb") as log:
                text = log.read()
        is_silent = not any(word in text for word in (b"ogin", b"assword", b"# "))
        self.say("K23", "serial line: no login, no prompt", [] if is_silent else
                 ["it answers: " + " ".join(text[-60:].decode("ascii", "replace").split())])
        units = self.guest.sh("systemctl list-units --all --no-legend 'getty*' 'serial-getty*' 'console-getty*' 'debug-shell*' | "
                              "grep -oE '[^ ]+ +loaded +active +(running|waiting)' | cut -d' ' -f1 || true").split()
        # The one in front is away from the careless one, too, or nothing could be tried.
        self.say("K23", "nobody waits for a login", units)
        units = self.guest.sh("systemctl show -P ExecStart emergency.service rescue.service | grep -c sulogin || true")
        self.say("K23", "emergency and rescue ask nobody", [f"{units} shells"] if units != "0" else [])

    def k23b(self):
        """Last: the machine starts again by it. So a file system that cannot be mounted does (local-fs.target(5))."""
        self.guest.sh("systemctl --no-block --job-mode=replace-irreversibly start emergency.target")
        if self.guest.has_event("SHUTDOWN", 20 if self.is_careless else 120):
            reason = next(e["data"]["reason"] for e in self.guest.events if e["event"] == "SHUTDOWN")
            problems = [] if reason == "guest-reset" else [reason]
        else:
            problems = ["it waits: " + self.guest.sh("cat /proc/[0-9]*/comm | grep -E 'sulogin' | sort -u | tr '\\n' ' '", must=False)]
        self.say("K23", "a boot that fails starts again", problems)
        if problems and self.is_careless:
            self.guest.sh("systemctl stop emergency.target emergency.service; systemctl restart ventanilla-ui", must=False)
            self.judge.is_back()

    # ---- what lies about ----

    def k25(self):
        listening = self.guest.sh("ss -Hlntu").splitlines()
        self.say("K25", "nothing listens", listening)
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
        self.say("K26", "root: PID 1, journal, udev, logind, USBGuard, the judge", roots)
        ours = [p for p in processes if p[0].startswith("ventanilla")]
        self.say("K26", "our processes: own user, no capability or new privileges",
                 [] if len(ours) >= 3 and all(p[1] != "0" and p[2] == "1" and int(p[3], 16) == 0 for p in ours) else
                 [" ".join(p) for p in ours], UNITS, f"{len(ours)}")
        setuid = self.guest.sh("find / -xdev -type f -perm /6000").splitlines()
        self.say("K26", "no setuid or setgid file", setuid)
        shells = self.guest.sh("grep '^ventanilla' /etc/passwd | grep -v nologin || true").splitlines()
        self.say("K26", "no shell for our users", shells)
        writable = self.guest.sh("find /etc /usr /var /opt /srv -xdev -perm -0002 ! -type l ! -path '*/tmp' ! -path '*/tmp/*' "
                                 "! -path /var/lock 2>/dev/null | head -5").splitlines()
        self.say("K26", "nothing that everybody may write", writable)
