#!/usr/bin/python3
"""The technician's orders to devices, end to end: ventanillactl, the real core, the real device process and the
virtual printer; zbarimg reads the test sheet."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["VT_SOURCE_DIR"])
BIN = pathlib.Path(os.environ["VT_BUILD_DIR"]) / "bin"
PATIENCE = 30
if not shutil.which("zbarimg"):
    print("skipped: zbarimg is not installed")
    sys.exit(77)

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
"""


class Maintenance(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vtm-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        for name in ("run", "state"):
            (self.dir / name).mkdir(mode=0o700)
        self.config = self.dir / "terminal.conf"
        self.config.write_text(CONFIG.format(dir=self.dir, source=SOURCE))
        self.devices = None
        server = self.start("virtual-devices", "serve", "--root", self.dir / "usb", "--device", "printer",
                            "--paper", self.dir / "paper", "--control", self.dir / "control", "--speed", "instant",
                            stdout=subprocess.PIPE)
        self.assertEqual(server.stdout.readline(), b"ready\n")
        self.addCleanup(server.stdout.close)
        self.core = self.start("ventanilla-core", "--config", self.config)
        self.wait(lambda: self.ctl("status")[0] == 0)

    def start(self, program, *args, **more):
        process = subprocess.Popen([BIN / program, *map(str, args)], **more)

        def stop():
            process.terminate()
            process.wait()
        self.addCleanup(stop)
        return process

    def wait(self, ask):
        until = time.monotonic() + PATIENCE
        while not ask():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def ctl(self, *words):
        result = subprocess.run([BIN / "ventanillactl", *words, "--json"], capture_output=True, text=True,
                                env={**os.environ, "VENTANILLA_RUN": str(self.dir / "run")})
        return result.returncode, json.loads(result.stdout) if result.stdout else {}

    def control(self, *words):
        subprocess.run([BIN / "virtual-devices", "control", self.dir / "control", *words], check=True,
                       capture_output=True)

    def state(self):
        status, answer = self.ctl("device", "show", "printer")
        return answer["state"] if status == 0 else "none"

    def start_devices(self):
        self.devices = self.start("virtual-devices", "run", "--root", self.dir / "usb", "--", BIN / "ventanilla-devices",
                                  "--socket", self.dir / "run" / "devices.sock", "--config", self.config)
        self.wait(lambda: self.state() == "ready")

    def facts(self):
        return [row["word"] for row in self.ctl("journal", "show")[1]["rows"] if row["event"] == "technician"]

    def test_orders(self):
        self.assertEqual(self.ctl("print", "test")[0], 6, "without a device process")
        self.assertEqual(self.ctl("device", "reset", "printer")[0], 6)
        self.start_devices()
        status, answer = self.ctl("print", "test")
        self.assertEqual((status, answer["outcome"], answer["device"]), (0, "passed", "printer"))
        papers = sorted((self.dir / "paper").glob("*.png"))
        self.assertEqual(len(papers), 1)
        codes = subprocess.run(["zbarimg", "-q", papers[0]], capture_output=True, text=True).stdout
        self.assertEqual(sorted(codes.split()), ["CODE-128:PRUEBA-T001", "QR-Code:PRUEBA-T001"])
        self.assertEqual(self.ctl("queue", "list")[1]["rows"], [], "a test is nobody's transaction")

        status, answer = self.ctl("device", "reset", "printer")
        self.assertEqual((status, answer["id"], answer["state"]), (0, "printer", "ready"))
        self.assertEqual(self.ctl("device", "reset", "kiosk")[0], 3)
        status, answer = self.ctl("device", "test", "reader", "--timeout", "30")
        self.assertEqual((status, answer["outcome"]), (5, "failed"), "there is no reader")

        answer = self.ctl("device", "show", "printer")[1]
        self.assertEqual([answer[name] for name in ("sheets", "cuts", "errors", "resets")], [1, 1, 0, 1])
        self.assertEqual(answer["run"] if "run" in answer else "", "")
        self.control("paper", "out")
        self.wait(lambda: self.state() == "failed")
        status, answer = self.ctl("print", "test")
        self.assertEqual((status, answer["outcome"], answer["reason"]), (5, "failed", "paper"))
        status, answer = self.ctl("device", "reset", "printer")
        self.assertEqual((status, answer["state"], answer["reason"]), (0, "failed", "paper"), "a reset loads no paper")
        self.assertEqual(self.facts(), [
            "device reset printer", "test printer failed", "device test printer", "test reader failed",
            "device test reader", "device reset printer", "test printer passed", "device test printer"])

    def counters(self):
        answer = self.ctl("device", "show", "printer")[1]
        return [answer[name] for name in ("sheets", "cuts", "reads", "errors", "resets")]

    def kill(self, process):
        process.kill()
        process.wait()

    def test_counters_outlive_every_process(self):
        """kill -9 of devices, of core, of both at once: nothing that was told is lost, nothing counts twice."""
        self.start_devices()
        self.assertEqual(self.ctl("print", "test")[0], 0)
        self.assertEqual(self.counters(), [1, 1, 0, 0, 0])
        self.kill(self.devices)
        self.wait(lambda: self.ctl("print", "test")[0] == 6)
        self.start_devices()
        self.assertEqual(self.ctl("print", "test")[0], 0)
        self.assertEqual(self.counters(), [2, 2, 0, 0, 0])
        self.kill(self.core)
        self.core = self.start("ventanilla-core", "--config", self.config)
        self.wait(lambda: self.state() == "ready")
        self.assertEqual(self.counters(), [2, 2, 0, 0, 0], "the same process tells the same again")
        self.assertEqual(self.ctl("print", "test")[0], 0)
        self.assertEqual(self.ctl("device", "reset", "printer")[0], 0)
        self.assertEqual(self.counters(), [3, 3, 0, 0, 1])
        # What is committed before both die; the tick takes along what came within a second of a commit.
        def stored():
            with sqlite3.connect(f"file:{self.dir}/state/copy.db?mode=ro", uri=True) as db:
                return db.execute("SELECT sheets, cuts, resets FROM counter WHERE device = 'printer'").fetchone()

        def copied():
            for suffix in ("", "-wal"):
                source = self.dir / f"state/queue.db{suffix}"
                if source.exists():
                    shutil.copy(source, self.dir / f"state/copy.db{suffix}")
            try:
                return stored() == (3, 3, 1)
            except sqlite3.DatabaseError:  # copied while it was written
                return False
        self.wait(copied)
        self.kill(self.devices)
        self.kill(self.core)
        self.core = self.start("ventanilla-core", "--config", self.config)
        self.start_devices()
        self.assertEqual(self.counters(), [3, 3, 0, 0, 1])
        listed = self.ctl("device", "list")[1]["devices"]
        self.assertEqual([row["sheets"] for row in listed if row["id"] == "printer"], [3])


if __name__ == "__main__":
    unittest.main()
