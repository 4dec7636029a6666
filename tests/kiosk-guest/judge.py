"""Looks at the terminal from inside and at its picture, before and after an attempt."""
import shutil
import time

# What the terminal is at this moment, a fact a line, with as few processes as possible: the guest is slow.
FACTS = r"""
shopt -s nullglob
echo "ui $(cat /sys/fs/cgroup/system.slice/ventanilla-ui.service/cgroup.procs 2>/dev/null)"
echo "console $(</sys/class/tty/tty0/active)"
echo "boot $(</proc/sys/kernel/random/boot_id)"
read -r level rest </proc/sys/kernel/printk
echo "kernel says $level and above"
echo "SysRq served $(grep 'sysrq: ' <<<"$log" | grep -vc 'is disabled')"
for device in /sys/bus/usb/devices/*/authorized; do
	name=${device%/*}
	[[ $name == *:* || $(<"$device") == 0 ]] || echo "let in ${name##*/}"
done
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
while read -r source target type options rest; do echo "mount $target ${options%%,*}"; done </proc/self/mounts
nodes=()
for node in /dev/input/event* /dev/input/mouse* /dev/input/js* /dev/hidraw* /dev/snd/*; do
	[ ! -c "$node" ] || is_far_end "/sys/class/sound/${node##*/}" || nodes+=("$node")
done
[ ${#nodes[@]} = 0 ] || stat -c 'node %a %G %n' "${nodes[@]}" | grep -v 'node .00 '
"""
AUDIT = "/var/log/usbguard/usbguard-audit.log"
COUNT = f"""
log=$(dmesg)
seen=$(grep -c 'New USB device found' <<<"$log")
noted=$(grep -cE 'reject|block' {AUDIT} 2>/dev/null)
"""


def is_picture(shot):
    """Above a bare console there is always more than two colours."""
    return len({shot.data[i:i + 3] for i in range(0, len(shot.data), 999)}) > 8


class Judge:
    def __init__(self, guest, out):
        self.guest, self.out = guest, out
        self.seen = self.noted = 0
        self.known = []       # what the display shows while nobody does anything: the first screen's services take turns
        self.has_clock = False  # there: it is not judged

    @property
    def size(self):
        return self.known[0].width, self.known[0].height

    def facts(self, script=""):
        """Runs the script, then looks: one turn of the slow guest. Counts what kernel and USBGuard saw, too."""
        lines = self.guest.sh(script + COUNT + FACTS + 'echo "counts $seen ${noted:-0}"').splitlines()
        self.seen, self.noted = map(int, lines.pop().split()[1:])
        return sorted(set(lines))

    def look(self):
        return self.guest.picture(f"{self.out}/now.ppm")

    def is_known(self, shot):
        return any(shot.is_same(known, self.has_clock) for known in self.known)

    def strange_pixels(self, looks=5):
        """0 once the display shows what is known; else how many pixels are not as in the most alike of these. A look may
        fall into the moment in which one picture follows another."""
        for _ in range(looks):
            shot = self.look()
            if self.is_known(shot):
                return 0
            time.sleep(0.3)
        return min(shot.differs(known, self.has_clock) for known in self.known)

    def compare(self, before, script="", keep_as=None):
        """What is not as before, the picture included, after the script."""
        now = self.facts(script)
        problems = [f"new: {fact}" for fact in now if fact not in before]
        problems += [f"gone: {fact}" for fact in before if fact not in now]
        strange = self.strange_pixels()
        if strange:
            problems.append(f"{strange} pixels changed")
            if keep_as:
                shutil.copy(f"{self.out}/now.ppm", f"{self.out}/{keep_as}.ppm")
        return problems[:6]

    def learn(self, wait_s=300):
        """Waits for the first screen and keeps its pictures until they come round again. False: there is none."""
        self.known = []
        first = self.guest.settled(is_picture, wait_s)
        if not first:
            return False
        self.known = [first]
        until = time.monotonic() + 60  # each stands for 8 s of the guest's; with less motion there is one only
        while time.monotonic() < until:
            shot = self.guest.settled(is_picture, 60)
            if shot and not self.is_known(shot):
                # A service's card changes, the rest of the screen does not.
                if shot.differs(first) > shot.width * shot.height // 6:
                    return False
                self.known.append(shot)
            elif shot and len(self.known) > 1 and shot.is_same(first):
                break
        return True

    def is_back(self, wait_s=300):
        """Whether the display shows what is known again."""
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if self.is_known(self.look()):
                return True
            time.sleep(0.3)
        return False
