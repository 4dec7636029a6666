#!/usr/bin/python3
"""Attempts to break out of a terminal that need a kernel (reliability.md 6.7): boots Debian with the terminal and the
configuration of terminal/kiosk, tries, judges from inside and by the picture (README.md).

usage: kiosk_guest.py BUILD --out DIR [--careless] [--only K4,K5]
--careless: without terminal/kiosk; every row that says "lock" must then fail, or the rig proves nothing.
A line for each attempt: "ok K4 …" or "not ok K4 …: why". Exit status 0 only if all are ok (--careless: if what had
to fail failed).
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

import image
import machine
import rows
import terminal_root


def boot(work, build, is_hardened):
    disk = image.Image(f"{build}/kiosk-guest")
    disk.build()
    root = f"{work}/root"
    os.mkdir(root)
    terminal_root.make(root, build, is_hardened)
    initrd = disk.initrd(work, root)
    with open(f"{image.SOURCE}/terminal/kiosk/cmdline", encoding="utf-8") as lines:
        words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return machine.Machine(work, disk, initrd, " ".join(words) if is_hardened else "quiet")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--out", required=True)
    parser.add_argument("--careless", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    work = tempfile.mkdtemp(prefix="kiosk-guest.")
    guest = None
    try:
        started = time.monotonic()
        guest = boot(work, os.path.abspath(arguments.build), not arguments.careless)
        run = rows.Rows(guest, os.path.abspath(arguments.out), os.path.abspath(arguments.build), arguments.careless,
                        [word for word in arguments.only.split(",") if word])
        run.wait_for_terminal()
        print(f"kiosk-guest: the terminal is up after {time.monotonic() - started:.0f} s", flush=True)
        run.all()
        return run.verdict()
    finally:
        if guest:
            guest.close()
            for name in ("serial.log", "qemu.log"):
                shutil.copy(f"{work}/{name}", arguments.out)
        subprocess.run(["rm", "-rf", work], check=False)


if __name__ == "__main__":
    sys.exit(main())
