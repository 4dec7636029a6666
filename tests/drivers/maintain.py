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


class Terminal(unittest.TestCase):
    DEVICES = ["printer"]

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vtm-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        for name in ("run", "state"):
            (self.dir / name).mkdir(mode=0o700)
        self.config = self.dir / "terminal.conf"
        self.config.write_text(CONFIG.format(dir=self.dir, source=SOURCE))
        self.devices = None
        devices = [word for device in self.DEVICES for word in ("--device", device)]
        server = self.start("virtual-devices", "serve", "--root", self.dir / "usb", *devices, "--paper",
                            self.dir / "paper", "--control", self.dir / "control", "--speed", "instant",
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

    def state(self, device="printer"):
        status, answer = self.ctl("device", "show", device)
        return answer["state"] if status == 0 else "none"

    def start_devices(self):
        self.log = self.dir / "devices.log"
        with self.log.open("ab") as log:
            self.devices = self.start("virtual-devices", "run", "--root", self.dir / "usb", "--",
                                      BIN / "ventanilla-devices", "--socket", self.dir / "run" / "devices.sock",
                                      "--config", self.config, stderr=log)
        self.wait(lambda: self.state() == "ready")

    def facts(self):
        return [row["word"] for row in self.ctl("journal", "show")[1]["rows"] if row["event"] == "technician"]



class Maintenance(Terminal):
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


class Readers(Terminal):
    """Scanner, stripe reader, and a keyboard that nobody listed."""
    DEVICES = ["printer", "scanner:unplugged", "stripe:unplugged", "keyboard:unplugged"]

    def show(self, device):
        return self.ctl("device", "show", device)[1]

    def guided(self, device, *act):
        """ventanillactl device test DEVICE, while somebody does what it asks for, again and again."""
        test = subprocess.Popen([BIN / "ventanillactl", "device", "test", device], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "es_MX.UTF-8",
                                                             "VENTANILLA_RUN": str(self.dir / "run")})
        request = test.stderr.readline()
        while test.poll() is None:
            self.control(device, *act)
            try:
                test.wait(0.5)
            except subprocess.TimeoutExpired:
                pass
        out = test.communicate()[0]
        return test.returncode, request, out

    def test_readers(self):
        self.start_devices()
        for device in ("scanner", "stripe"):
            answer = self.show(device)
            self.assertEqual((answer["state"], answer["reason"]), ("absent", "notInstalled"), "nothing is broken")
            status, answer = self.ctl("device", "test", device)
            self.assertEqual((status, answer["outcome"], answer["reason"]), (5, "failed", "notInstalled"))
            self.control("plug", device)
            self.wait(lambda: self.state(device) == "ready")
        status, request, out = self.guided("scanner", "scan", "PRUEBA-123")
        self.assertEqual((status, request), (0, "Ponga cualquier código impreso bajo el lector.\n"))
        self.assertRegex(out, r"prueba: +bien\n")
        self.assertRegex(out, r"detalle: +Se leyó un código\.\n")
        self.assertNotIn("PRUEBA-123", out)
        status, request, out = self.guided("stripe", "swipe", ";9912345678=30120000000?")
        self.assertEqual((status, request), (0, "Deslice una tarjeta que no sea bancaria.\n"))
        self.assertRegex(out, r"prueba: +bien\n")
        facts = self.facts()
        self.assertIn("test scanner passed", facts)
        self.assertIn("test stripe passed", facts)
        for device in ("scanner", "stripe"):
            self.assertGreater(self.show(device).get("reads", 0), 0)
            self.assertEqual(self.ctl("device", "reset", device)[1]["state"], "ready")
            self.control("unplug", device)
            self.wait(lambda: self.state(device) == "absent")
            self.assertEqual(self.show(device)["reason"], "unplugged", "it was here: somebody should look")
        for secret in (b"PRUEBA-123", b"9912345678"):
            self.assertNotIn(secret, self.log.read_bytes())

    def test_a_keyboard_that_appears_is_refused_and_reported(self):
        self.start_devices()
        self.control("plug", "scanner")
        self.wait(lambda: self.state("scanner") == "ready")
        self.control("plug", "keyboard")
        self.wait(lambda: b"046d:c31c is a keyboard that is not listed: refused" in self.log.read_bytes())
        self.control("keyboard", "key", "a{Ctrl+Alt+Delete}")
        listed = {row["id"]: row for row in self.ctl("device", "list")[1]["devices"]}
        self.assertNotIn("046d:c31c", [row.get("usb") for row in listed.values()], "nobody took it")
        self.assertEqual(self.guided("scanner", "scan", "PRUEBA-123")[0], 0, "the others go on")
        self.assertEqual(self.log.read_bytes().count(b"is a keyboard that is not listed"), 1)

    def test_expected_devices_are_missed(self):
        self.config.write_text(self.config.read_text().replace(
            "[devices]\n", "[devices]\nexpected = printer, scanner\n"))
        self.start_devices()
        self.assertEqual(self.show("scanner")["reason"], "unplugged")
        self.assertEqual(self.show("stripe")["reason"], "notInstalled")

    def test_words_of_the_configuration_are_checked(self):
        good = self.config.read_text()
        for line, complaint in (("unknown_readers = maybe", 'unknown_readers: "take" or "refuse"'),
                                ("expected = printer toaster", "expected: no device toaster")):
            self.config.write_text(good.replace("[devices]\n", f"[devices]\n{line}\n"))
            result = subprocess.run([BIN / "ventanilla-devices", "--socket", self.dir / "none.sock", "--config",
                                     self.config], capture_output=True, text=True, timeout=PATIENCE)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(complaint, result.stderr)


if __name__ == "__main__":
    unittest.main()
