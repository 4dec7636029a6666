#!/usr/bin/python3
"""The technicians' way in, against the real core: a screen made of a socket asks for it. What the hidden gesture
cannot do without a code, how wrong codes lock it, and that a lock and "out of service" outlive a kill."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["VT_SOURCE_DIR"])
BIN = pathlib.Path(os.environ["VT_BUILD_DIR"]) / "bin"
PATIENCE = 60
CODE, WRONG = "902714", "902715"

CONFIG = """[terminal]
id = T001
folio_code = TS01
[core]
run_dir = {dir}/run
state_dir = {dir}/state
catalog = {source}/assets/catalog
{technician}
"""


class Screen:
    """The touch process, as far as core can tell."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.model = {}
        self.send("Terminal.Hello", {"program": "test", "version": "0", "pid": os.getpid()})
        self.read()

    def send(self, name, payload):
        self.socket.send(json.dumps({"header": {"type": "unsolicited", "name": name, "version": "1.0"},
                                     "payload": payload}).encode())

    def read(self):
        while True:
            message = json.loads(self.socket.recv(65536))
            if message["header"]["name"] == "Screen.Show":
                self.model = message["payload"]
                return self.model

    def act(self, action, item="", value=""):
        self.send("Intent.Act", {"screen": self.model["screen"], "revision": self.model["revision"],
                                 "action": action, "item": item, "value": value})
        return self.read()

    def code(self, code):
        """The screen after the judgement."""
        self.act("submit", value=code)
        return self.read()


class Staff(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vts-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        for name in ("run", "state"):
            (self.dir / name).mkdir(mode=0o700)
        self.kept = self.dir / "state" / "technician"
        self.core = None
        made = subprocess.run([BIN / "ventanillactl", "technician", "code"], input=CODE, capture_output=True,
                              text=True, check=True).stdout
        self.assertNotIn(CODE, made)
        self.technician = made
        self.configure(made)
        self.addCleanup(self.kill)

    def configure(self, technician):
        self.config = self.dir / "terminal.conf"
        self.config.write_text(CONFIG.format(dir=self.dir, source=SOURCE, technician=technician))

    def kill(self):
        if self.core:
            self.core.kill()
            self.core.wait()
            self.log.close()
            self.core = None

    def begin(self):
        """Core anew, with a screen."""
        self.kill()
        (self.dir / "run" / "ui.sock").unlink(missing_ok=True)
        self.log = open(self.dir / "log", "ab")
        self.core = subprocess.Popen([BIN / "ventanilla-core", "--config", self.config], stderr=self.log)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                screen = Screen(self.dir / "run" / "ui.sock")
                self.addCleanup(screen.socket.close)
                return screen
            except (FileNotFoundError, ConnectionRefusedError):  # not listening yet
                self.assertLess(time.monotonic(), until)
                self.assertIsNone(self.core.poll())
                time.sleep(0.02)

    def ctl(self, *words):
        out = subprocess.run([BIN / "ventanillactl", "--json", *words], capture_output=True, text=True, check=True,
                             env={**os.environ, "VENTANILLA_RUN": str(self.dir / "run")}).stdout
        return json.loads(out)

    def acts(self):
        rows = self.ctl("journal", "show")["rows"]
        return [(r["word"], r["first"]) for r in rows if r["event"] == "technician"][::-1]

    def test_the_right_code_opens_and_everything_is_in_the_journal(self):
        screen = self.begin()
        self.assertEqual(screen.act("staff")["screen"], "staff")
        self.assertEqual(screen.code(WRONG)["field"]["error"], "staff.wrong")
        self.assertEqual(screen.code(CODE)["screen"], "maintenance")
        self.assertEqual([i["id"] for i in screen.model["items"] if i["kind"] == "tab"],
                         ["devices", "network", "queue", "version", "log"])
        screen.act("open", "tab-queue")
        self.assertIn("storage", [i["id"] for i in screen.model["items"]])
        screen.act("close")
        self.assertEqual(screen.model["screen"], "attract")
        self.assertEqual(self.acts(), [("code wrong", -1), ("screen entered", -1), ("screen left", -1)])
        self.assertEqual(self.ctl("status")["sessions"], 0)
        # Neither code stands anywhere.
        for path in [self.dir / "log", *(self.dir / "state").iterdir()]:
            for code in (CODE, WRONG):
                self.assertNotIn(code.encode(), path.read_bytes(), path)

    def test_without_a_code_nobody_gets_in(self):
        self.configure("")
        screen = self.begin()
        screen.send("Intent.Act", {"screen": "attract", "revision": screen.model["revision"], "action": "staff"})
        self.assertEqual(screen.act("start")["screen"], "home")
        screen.send("Intent.Act", {"screen": "home", "revision": screen.model["revision"], "action": "staff"})
        self.assertEqual(screen.act("help")["screen"], "help")

    def test_a_lock_outlives_a_kill(self):
        self.kept.write_text("[lock]\nfailures = 4\nuntil = 0\n[duty]\nreason = none\nuntil = none\n")
        screen = self.begin()
        screen.act("staff")
        self.assertEqual(screen.code(WRONG)["field"]["error"], "staff.wait")
        self.assertIn("failures = 5", self.kept.read_text())
        screen = self.begin()
        screen.act("staff")
        locked = screen.code(CODE)
        self.assertEqual((locked["screen"], locked["field"]["error"]), ("staff", "staff.wait"))
        # About 15 minutes, less what passed since; a clock of 1970 would not make it more.
        self.assertGreater(locked["expectedMs"], 600000)
        self.assertLessEqual(locked["expectedMs"], 900000)
        self.assertEqual(self.acts(), [("code wrong and locked", -1)])

    def test_a_damaged_memory_is_a_lock(self):
        self.kept.write_text("[lock]\nfailures = -1\n")
        screen = self.begin()
        screen.act("staff")
        self.assertEqual(screen.code(CODE)["field"]["error"], "staff.wait")

    def test_out_of_service_outlives_a_kill(self):
        screen = self.begin()
        screen.act("staff")
        screen.code(CODE)
        screen.act("no")
        screen.act("open", "test-damage")
        screen.act("open", "test-tomorrow")
        self.assertEqual(screen.act("close")["screen"], "out-of-service")
        screen = self.begin()
        self.assertEqual((screen.model["screen"], screen.model["outcome"]), ("out-of-service", "tomorrow"))
        self.assertEqual(screen.act("staff")["screen"], "staff")
        screen.code(CODE)
        screen.act("no")
        self.assertEqual(screen.act("close")["screen"], "attract")
        self.assertEqual(self.begin().model["screen"], "attract")

    def test_the_first_start_outlives_a_kill_and_ends_with_activation(self):
        self.configure(self.technician + "first_start = yes\n")
        screen = self.begin()
        self.assertEqual(screen.model["screen"], "out-of-service")
        screen.act("staff")
        self.assertEqual((screen.code(CODE)["screen"], screen.model["step"]), ("setup", 1))
        self.assertIn("zone", [i["id"] for i in screen.model["items"]])
        screen.act("confirm")
        self.assertEqual((screen.model["screen"], screen.model["step"]), ("setup", 2))
        screen = self.begin()
        self.assertEqual(screen.model["screen"], "out-of-service")
        screen.act("staff")
        self.assertEqual(screen.code(CODE)["step"], 2)
        while screen.model["step"] < screen.model["steps"]:
            screen.act("confirm")
        states = {i["id"]: i["reason"] for i in screen.model["items"]}
        # No device process and no services here: ready is only the storage.
        self.assertEqual((states["storage"], states["devices"], states["tests"]), ("ok", "warn", "warn"))
        self.assertEqual(screen.act("confirm")["screen"], "maintenance")
        self.assertEqual(screen.act("close")["screen"], "attract")
        self.assertIn(("activated", -1), self.acts())
        self.assertEqual(self.begin().model["screen"], "attract")

    def test_place_and_panel_outlive_a_kill_and_a_trial_does_not(self):
        self.configure(self.technician + "first_start = yes\n")
        screen = self.begin()
        screen.act("staff")
        screen.code(CODE)
        while screen.model["step"] < 4:
            screen.act("confirm")
        for row, value in (("state", "OC"), ("municipality", "OAXACA DE JUÁREZ"), ("site", "MERCADO"),
                           ("height", "850")):
            screen.act("open", f"test-{row}")
            self.assertEqual(screen.model["field"]["name"], row)
            screen.act("submit", value=value)
        screen.act("open", "test-density")
        self.assertEqual(screen.act("submit", "density", "5560")["panel"]["pxPerM"], 5560)
        screen.act("yes")
        screen.act("open", "test-density")
        self.assertEqual(screen.act("submit", "density", "7000")["panel"]["pxPerM"], 7000)
        screen = self.begin()  # killed in the middle of the trial
        self.assertEqual(screen.model["panel"], {"pxPerM": 5560, "bottomMm": 850})
        screen.act("staff")
        screen.code(CODE)
        values = {i["id"]: i["value"] for i in screen.model["items"]}
        self.assertEqual((values["state"], values["municipality"], values["site"], values["density"]),
                         ("Oaxaca", "OAXACA DE JUÁREZ", "MERCADO", "{1} px/mm|5.56"))
        while screen.model["step"] < 6:
            screen.act("confirm")
        screen.act("open", "test-touch")
        screen.act("submit", "touch", "-1000000 0 1000000 0 1000000 0 700")
        self.assertEqual(screen.act("yes")["panel"]["touch"]["x0"], 1000000)
        self.assertEqual(self.begin().model["panel"]["touch"]["errorUm"], 700)
        # A file that cannot be right counts as none, and core goes on.
        place = self.dir / "state" / "place"
        place.write_text(place.read_text().replace("px_per_m = 5560", "px_per_m = 12"))
        self.assertNotIn("panel", self.begin().model)
        self.assertIn("not believed", (self.dir / "log").read_text())

    def test_a_malformed_line_stops_core_with_words(self):
        self.configure("[technician]\ncode = 902714\n")
        result = subprocess.run([BIN / "ventanilla-core", "--config", self.config], capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("ventanillactl technician code", result.stderr)
        self.assertNotIn(CODE, result.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
