#!/usr/bin/python3
"""The technician's orders to devices, end to end: ventanillactl, the real core, the real device process and the
virtual printer; zbarimg reads the test sheet."""

import os
import shutil
import sqlite3
import subprocess
import unittest

from device_terminal import BIN, PATIENCE, DeviceTerminal, need, zbar

need("zbarimg")


class Terminal(DeviceTerminal):
    DEVICES = ["printer"]

    def setUp(self):
        super().setUp()
        self.start_virtual(*self.DEVICES, more=("--paper", self.dir / "paper", "--speed", "instant"))
        self.core = self.start_core()

    def begin(self):
        """The device process, and its printer is ready."""
        self.devices = self.start_devices()
        self.wait_for("printer", "ready")

    def words(self):
        return "".join(self.said)

    def facts(self):
        return [row["word"] for row in self.ctl("journal", "show")[1]["rows"] if row["event"] == "technician"]


class Maintenance(Terminal):
    def test_orders(self):
        self.assertEqual(self.ctl("print", "test")[0], 6, "without a device process")
        self.assertEqual(self.ctl("device", "reset", "printer")[0], 6)
        self.begin()
        status, answer = self.ctl("print", "test")
        self.assertEqual((status, answer["outcome"], answer["device"]), (0, "passed", "printer"))
        papers = self.papers()
        self.assertEqual(len(papers), 1)
        self.assertEqual(zbar(papers[0]), ["CODE-128:PRUEBA-T001", "QR-Code:PRUEBA-T001"])
        self.assertEqual(self.ctl("queue", "list")[1]["rows"], [], "a test is nobody's transaction")

        status, answer = self.ctl("device", "reset", "printer")
        self.assertEqual((status, answer["id"], answer["state"]), (0, "printer", "ready"))
        self.assertEqual(self.ctl("device", "reset", "kiosk")[0], 3)
        status, answer = self.ctl("device", "test", "reader", "--timeout", "30")
        self.assertEqual((status, answer["outcome"]), (5, "failed"), "there is no reader")

        answer = self.device("printer")
        self.assertEqual([answer[name] for name in ("sheets", "cuts", "errors", "resets")], [1, 1, 0, 1])
        self.assertEqual(answer["run"] if "run" in answer else "", "")
        self.control("paper", "out")
        self.wait_for("printer", "failed")
        status, answer = self.ctl("print", "test")
        self.assertEqual((status, answer["outcome"], answer["reason"]), (5, "failed", "paper"))
        status, answer = self.ctl("device", "reset", "printer")
        self.assertEqual((status, answer["state"], answer["reason"]), (0, "failed", "paper"), "a reset loads no paper")
        self.assertEqual(self.facts(), [
            "device reset printer", "test printer failed", "device test printer", "test reader failed",
            "device test reader", "device reset printer", "test printer passed", "device test printer"])

    def counters(self):
        answer = self.device("printer")
        return [answer[name] for name in ("sheets", "cuts", "reads", "errors", "resets")]

    def test_counters_outlive_every_process(self):
        """kill -9 of devices, of core, of both at once: nothing that was told is lost, nothing counts twice."""
        self.begin()
        self.assertEqual(self.ctl("print", "test")[0], 0)
        self.assertEqual(self.counters(), [1, 1, 0, 0, 0])
        self.kill(self.devices)
        self.wait(lambda: self.ctl("print", "test")[0] == 6)
        self.begin()
        self.assertEqual(self.ctl("print", "test")[0], 0)
        self.assertEqual(self.counters(), [2, 2, 0, 0, 0])
        self.kill(self.core)
        self.core = self.start_core()
        self.wait_for("printer", "ready")
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
        self.core = self.start_core()
        self.begin()
        self.assertEqual(self.counters(), [3, 3, 0, 0, 1])
        listed = self.ctl("device", "list")[1]["devices"]
        self.assertEqual([row["sheets"] for row in listed if row["id"] == "printer"], [3])


class Readers(Terminal):
    """Scanner, stripe reader, and a keyboard that nobody listed."""
    DEVICES = ["printer", "scanner:unplugged", "stripe:unplugged", "keyboard:unplugged"]

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
        self.begin()
        for device in ("scanner", "stripe"):
            answer = self.device(device)
            self.assertEqual((answer["state"], answer["reason"]), ("absent", "notInstalled"), "nothing is broken")
            status, answer = self.ctl("device", "test", device)
            self.assertEqual((status, answer["outcome"], answer["reason"]), (5, "failed", "notInstalled"))
            self.control("plug", device)
            self.wait_for(device, "ready")
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
            self.assertGreater(self.device(device).get("reads", 0), 0)
            self.assertEqual(self.ctl("device", "reset", device)[1]["state"], "ready")
            self.control("unplug", device)
            self.wait_for(device, "absent")
            self.assertEqual(self.device(device)["reason"], "unplugged", "it was here: somebody should look")
        for secret in ("PRUEBA-123", "9912345678"):
            self.assertNotIn(secret, self.words())

    def test_a_keyboard_that_appears_is_refused_and_reported(self):
        self.begin()
        self.control("plug", "scanner")
        self.wait_for("scanner", "ready")
        self.control("plug", "keyboard")
        self.wait(lambda: "046d:c31c is a keyboard that is not listed: refused" in self.words())
        self.control("keyboard", "key", "a{Ctrl+Alt+Delete}")
        listed = {row["id"]: row for row in self.ctl("device", "list")[1]["devices"]}
        self.assertNotIn("046d:c31c", [row.get("usb") for row in listed.values()], "nobody took it")
        self.assertEqual(self.guided("scanner", "scan", "PRUEBA-123")[0], 0, "the others go on")
        self.assertEqual(self.words().count("is a keyboard that is not listed"), 1)

    def test_expected_devices_are_missed(self):
        self.config.write_text(self.config.read_text().replace(
            "[devices]\n", "[devices]\nexpected = printer, scanner\n"))
        self.begin()
        self.assertEqual(self.device("scanner")["reason"], "unplugged")
        self.assertEqual(self.device("stripe")["reason"], "notInstalled")

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
