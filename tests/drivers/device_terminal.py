"""A terminal of real processes on virtual devices, in a folder of its own, for the tests of this folder that stand there as
a technician: core, the device process, sync where it is wanted; ventanillactl asks and orders.

Nothing sleeps: wait() looks again whenever a process has said something, and each half second whatever happens."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ["VT_SOURCE_DIR"])
BIN = pathlib.Path(os.environ["VT_BUILD_DIR"]) / "bin"
PATIENCE = 60

CONFIG = """[terminal]
id = T001
folio_code = TS01
[core]
run_dir = {dir}/run
state_dir = {dir}/state
storage_check_ms = 200
catalog = {source}/assets/catalog
[devices]
registry = {source}/assets/devices.tsv
fonts = {source}/assets/fonts
{more}
"""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            print(f"skipped: {program} is not installed")
            sys.exit(77)


def zbar(paper):
    return sorted(subprocess.run(["zbarimg", "-q", paper], capture_output=True, text=True).stdout.split())


class DeviceTerminal(unittest.TestCase):
    more = ""  # of terminal.conf; {dir} and {source} are filled in

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vtd-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        for name in ("run", "state"):
            (self.dir / name).mkdir(mode=0o700)
        self.config = self.dir / "terminal.conf"
        self.config.write_text(CONFIG.format(dir=self.dir, source=SOURCE,
                                             more=self.more.format(dir=self.dir, source=SOURCE)))
        self.said = []  # every line of every process
        self.news = threading.Condition()

    # --- processes ---

    def listen(self, process):
        for line in process.stderr:
            with self.news:
                self.said.append(line.decode(errors="replace"))
                self.news.notify_all()

    def start(self, program, *args, **more):
        process = subprocess.Popen([BIN / program, *map(str, args)], stderr=subprocess.PIPE, **more)
        ear = threading.Thread(target=self.listen, args=(process,))
        ear.start()
        self.addCleanup(self.stop, process, ear)
        return process

    def stop(self, process, ear=None):
        if process.poll() is None:
            process.terminate()
        process.wait()
        for stream in (process.stdout, process.stderr) if ear else ():
            if stream:
                ear.join()
                stream.close()

    def kill(self, process):
        process.kill()
        process.wait()

    def wait(self, ask, what="what was waited for"):
        """The answer of ask, as soon as it is true."""
        until = time.monotonic() + PATIENCE
        while True:
            with self.news:
                heard = len(self.said)
            answer = ask()
            if answer:
                return answer
            with self.news:
                if time.monotonic() > until:
                    self.fail(f"{what} does not come; last words:\n{''.join(self.said[-25:])}")
                self.news.wait_for(lambda: len(self.said) > heard, 0.5)

    def start_virtual(self, *devices, root="usb", **options):
        words = [word for device in devices for word in ("--device", device)]
        server = self.start("virtual-devices", "serve", "--root", self.dir / root, "--control", self.dir / "control",
                            *words, *options.get("more", ()), stdout=subprocess.PIPE)
        self.assertEqual(server.stdout.readline(), b"ready\n")
        return server

    def start_core(self):
        core = self.start("ventanilla-core", "--config", self.config)
        self.wait(lambda: self.ctl("status")[0] == 0, "core")
        return core

    def start_devices(self, root="usb"):
        return self.start("virtual-devices", "run", "--root", self.dir / root, "--", BIN / "ventanilla-devices",
                          "--socket", self.dir / "run" / "devices.sock", "--config", self.config)

    def start_sync(self):
        sync = self.start("ventanilla-sync", "--socket", self.dir / "run" / "sync.sock", "--config", self.config)
        self.wait(lambda: self.ctl("status")[1]["sync"], "sync")
        return sync

    # --- words ---

    def ctl(self, *words, text=None):
        result = subprocess.run([BIN / "ventanillactl", *map(str, words), "--json"], capture_output=True, text=True,
                                input=text, env={**os.environ, "VENTANILLA_RUN": str(self.dir / "run")})
        return result.returncode, json.loads(result.stdout) if result.stdout else {}

    def control(self, *words):
        return subprocess.run([BIN / "virtual-devices", "control", self.dir / "control", *map(str, words)], check=True,
                              capture_output=True, text=True).stdout

    def device(self, name):
        status, answer = self.ctl("device", "show", name)
        return answer if status == 0 else {"state": "none", "model": ""}

    def wait_for(self, name, state):
        self.wait(lambda: self.device(name)["state"] == state, f"{name} {state}")

    def papers(self):
        return sorted((self.dir / "paper").glob("*.png"))
