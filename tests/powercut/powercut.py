#!/usr/bin/python3
"""Cuts the power of a whole guest (User-Mode Linux: its own kernel, ext4, page cache) again and again,
while the product's store commits in it; after each cut the store is judged against what it had
acknowledged (README.md).

usage: powercut.py WRITER --cuts N [--control N] [--seed N]
Last line: "cuts N acknowledged N lost N doubled N corrupt N control N of N bad". Exit status 0 only
if nothing was lost, doubled or corrupt and at least one control cut (synchronous=OFF) was bad.
"""

import argparse
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BOOT_S = 120  # a guest that says nothing for so long is a failure of the rig
INIT = """#!/bin/sh
# The guest sees the host's files read-only; only the disk under test is written.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc 2>/dev/null
mount -t tmpfs tmp /mnt
mkdir /mnt/disk
mount -t devtmpfs dev /dev 2>/dev/null
mount -t ext4 /dev/ubdb /mnt/disk || { echo "CHECK bad mount"; exec sleep 1000; }
exec "%s" /mnt/disk %s
"""


class Guest:
    """One life of the guest, from power on to the cut."""

    def __init__(self, work, image, writer, defect):
        init = os.path.join(work, "init")
        with open(init, "w", encoding="utf-8") as out:
            out.write(INIT % (writer, defect))
        os.chmod(init, 0o755)
        self.process = subprocess.Popen(
            ["linux.uml", "mem=128M", "ubd1=" + image, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
             "init=" + init, "quiet", "con=null", "con0=fd:0,fd:1", "umid=vt%d" % os.getpid(), "uml_dir=" + work],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            env=dict(os.environ, TMPDIR=work))
        self.buffer = b""

    def lines(self, until):
        """Complete lines that arrive before the moment `until`; ends at the end of the output."""
        while True:
            left = until - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, left))
            if not ready:
                return
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return
            self.buffer += data
            *whole, self.buffer = self.buffer.split(b"\n")
            for line in whole:
                yield line.decode("ascii", "replace").strip()

    def cut(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        rest = b""
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                break
            rest += data
        self.process.wait()
        *whole, _ = (self.buffer + rest).split(b"\n")
        return [line.decode("ascii", "replace").strip() for line in whole]


class Ledger:
    """What the guest acknowledged over all its lives."""

    def __init__(self):
        self.stage = {}
        self.lost = self.doubled = self.corrupt = self.acknowledged = self.bad_cuts = 0

    def take(self, line):
        words = line.split()
        if len(words) == 3 and words[0] == "ACK":
            self.stage[int(words[1])] = int(words[2])
            self.acknowledged += 1

    def judge(self, rows):
        """rows: stage of each row that the store holds now."""
        lost = [n for n, stage in self.stage.items() if rows.get(n, 0) < stage]
        ahead = sum(stage - self.stage.get(n, 0) for n, stage in rows.items())
        self.lost += len(lost)
        if ahead > 1 and not lost:  # more than the one commit in flight
            self.doubled += ahead - 1
        self.bad_cuts += 1 if lost or ahead > 1 else 0
        self.stage = dict(rows)
        return lost


def boot(guest, ledger):
    """Waits for the judgement of the store; True when the guest works."""
    rows = {}
    for line in guest.lines(time.monotonic() + BOOT_S):
        words = line.split()
        if line.startswith("CHECK bad"):
            ledger.corrupt += 1
            ledger.bad_cuts += 1
            print("corrupt:", line[10:])
            return False
        if len(words) == 3 and words[0] == "ROW":
            rows[int(words[1])] = int(words[2])
        elif line.startswith("CHECK good"):
            for n in ledger.judge(rows)[:5]:
                print("lost: row %d" % n)
        elif line == "READY":
            return True
    sys.exit("powercut: the guest did not come up")


def first_commit(guest, ledger):
    for line in guest.lines(time.monotonic() + BOOT_S):
        ledger.take(line)
        if line.startswith("ACK"):
            return
        if line.startswith("CHECK bad"):
            sys.exit("powercut: the writer failed: " + line)
    sys.exit("powercut: no commit")


def campaign(work, writer, cuts, defect, rng):
    """Lives of one disk; a corrupt one is made anew."""
    image = os.path.join(work, "disk.img")
    ledger = Ledger()

    def fresh():
        with open(image, "wb") as out:
            out.truncate(256 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        ledger.stage = {}

    fresh()
    for number in range(cuts + 1):
        guest = Guest(work, image, writer, defect)
        try:
            if not boot(guest, ledger):
                guest.cut()
                fresh()
                continue
            if number == cuts:
                guest.cut()
                break
            first_commit(guest, ledger)
            for line in guest.lines(time.monotonic() + rng.uniform(0.02, 1.2)):
                ledger.take(line)
        finally:
            if guest.process.poll() is None:
                for line in guest.cut():
                    ledger.take(line)
    return ledger


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("writer")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--control", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20260117)
    args = parser.parse_args()
    if not shutil.which("linux.uml"):
        print("skipped: user-mode-linux is not installed (apt-get install user-mode-linux)")
        sys.exit(77)
    rng = random.Random(args.seed)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vt-powercut-") as work:
        ledger = campaign(work, os.path.abspath(args.writer), args.cuts, "", rng)
        seconds = time.monotonic() - start
        control = campaign(work, os.path.abspath(args.writer), args.control, "off", rng) if args.control else None
    print("%.1f s per cut, seed %d" % (seconds / max(1, args.cuts), args.seed))
    bad = control.bad_cuts if control else 0
    print("cuts %d acknowledged %d lost %d doubled %d corrupt %d control %d of %d bad" % (
        args.cuts, ledger.acknowledged, ledger.lost, ledger.doubled, ledger.corrupt, bad, args.control))
    sys.exit(0 if ledger.lost + ledger.doubled + ledger.corrupt == 0 and (bad or not args.control) else 1)


if __name__ == "__main__":
    main()
