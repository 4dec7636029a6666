#!/usr/bin/python3
"""Attempts to break out of a terminal that need a kernel (reliability.md 6.7): boots Debian with the terminal and the
configuration of terminal/kiosk, tries, judges from inside and by the picture (README.md).

usage: kiosk_guest.py BUILD --out DIR [--control|--careless] [--only K4,K5]
--careless: without terminal/kiosk; what only that blocks must then get through, or the rig proves nothing.
--control: as shipped, then careless, and both side by side.
A line for each attempt: "ok K4 …" or "not ok K4 …: why". Exit status 0 only if, as shipped, nothing got through and,
careless, all did that nobody else blocks.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import image
import machine
import rows
import terminal_root
from verdicts import table

# The serial line is a console in either: what waits there is the configuration's part.
SERIAL = ["console=ttyS0"]
CARELESS = ["console=tty0", "quiet"]


def boot(work, build, is_hardened):
    disk = image.Image(f"{build}/kiosk-guest")
    disk.build()
    root = f"{work}/root"
    os.mkdir(root)
    terminal_root.make(root, build, is_hardened)
    initrd = disk.initrd(work, root)
    with open(f"{image.SOURCE}/terminal/kiosk/cmdline", encoding="utf-8") as lines:
        shipped = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return machine.Machine(work, disk, initrd, " ".join(SERIAL + (shipped if is_hardened else CARELESS)))


def attempt(build, out, is_careless, only):
    """One machine, all rows; returns their verdicts."""
    os.makedirs(out, exist_ok=True)
    work = tempfile.mkdtemp(prefix="kiosk-guest.")
    guest = None
    try:
        started = time.monotonic()
        guest = boot(work, build, not is_careless)
        run = rows.Rows(guest, out, is_careless, only)
        run.wait_for_terminal()
        print(f"kiosk-guest: {'without terminal/kiosk' if is_careless else 'as shipped'}: the terminal is up after "
              f"{time.monotonic() - started:.0f} s", flush=True)
        run.all()
        return run.verdicts
    finally:
        if guest:
            guest.close()
            for name in ("serial.log", "qemu.log"):
                shutil.copy(f"{work}/{name}", out)
        subprocess.run(["rm", "-rf", work], check=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--out", required=True)
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--careless", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the machine ends with us
    build, out = os.path.abspath(arguments.build), os.path.abspath(arguments.out)
    only = [word for word in arguments.only.split(",") if word]
    shipped = careless = None
    if not arguments.careless:
        shipped = attempt(build, out, False, only)
    if arguments.careless or arguments.control:
        careless = attempt(build, f"{out}/careless", True, only)
    if shipped and careless:
        table(shipped, careless)
    if careless:
        for one in careless.unproven():
            print(f"kiosk-guest: proves nothing, held without the configuration, too: {one.row} {one.what}")
        print(f"kiosk-guest: without terminal/kiosk: {careless.locks() - len(careless.unproven())} of {careless.locks()} "
              "that only it blocks got through", flush=True)
    if shipped:
        print(f"kiosk-guest: {len(shipped.attempts)} attempts, {len(shipped.through())} got through", flush=True)
    return 1 if (shipped and shipped.through()) or (careless and (careless.unproven() or not careless.locks())) else 0


if __name__ == "__main__":
    sys.exit(main())
