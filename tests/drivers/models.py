#!/usr/bin/python3
"""One receipt on printers of several makes: ventanillactl, the real core and device process, virtual printers that differ in
width, cutter and commands; zbarimg reads each paper."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["VT_SOURCE_DIR"])
BIN = pathlib.Path(os.environ["VT_BUILD_DIR"]) / "bin"
PATIENCE = 60
MARGINS = 64  # dots of paper beside the head, left and right
if not shutil.which("zbarimg"):
    print("skipped: zbarimg is not installed")
    sys.exit(77)

CONFIG = """[terminal]
id = T001
folio_code = TS01
[core]
run_dir = {dir}/run
state_dir = {dir}/state
catalog = {source}/assets/catalog
[devices]
registry = {source}/assets/devices.tsv
fonts = {source}/assets/fonts
"""


class Models(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vtp-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        for name in ("run", "state"):
            (self.dir / name).mkdir(mode=0o700)
        self.config = self.dir / "terminal.conf"
        self.config.write_text(CONFIG.format(dir=self.dir, source=SOURCE))

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
        subprocess.run([BIN / "virtual-devices", "control", self.dir / "control", *words], check=True, capture_output=True)

    def device(self):
        status, answer = self.ctl("device", "show", "printer")
        return answer if status == 0 else {"state": "none", "model": ""}

    def begin(self, model):
        server = self.start("virtual-devices", "serve", "--root", self.dir / "usb", "--device", f"printer:model={model}",
                            "--paper", self.dir / "paper", "--control", self.dir / "control", "--speed", "instant",
                            stdout=subprocess.PIPE)
        self.assertEqual(server.stdout.readline(), b"ready\n")
        self.addCleanup(server.stdout.close)
        self.start("ventanilla-core", "--config", self.config)
        self.wait(lambda: self.ctl("status")[0] == 0)
        self.log = self.dir / "devices.log"
        with open(self.log, "wb") as log:
            self.start("virtual-devices", "run", "--root", self.dir / "usb", "--", BIN / "ventanilla-devices",
                       "--socket", self.dir / "run" / "devices.sock", "--config", self.config, stderr=log)

    def print_on(self, model, name, width, has_cutter=True):
        self.begin(model)
        self.wait(lambda: self.device()["state"] == "ready")
        self.assertEqual(self.device()["model"], name)
        status, answer = self.ctl("print", "test")
        self.assertEqual((status, answer["outcome"]), (0, "passed"))
        if not has_cutter:
            self.assertEqual(list((self.dir / "paper").glob("*.png")), [], "nothing came off by itself")
            self.control("paper", "take")
        papers = sorted((self.dir / "paper").glob("*.png"))
        self.assertEqual(len(papers), 1)
        self.assertEqual(struct.unpack(">I", papers[0].read_bytes()[16:20])[0], width + MARGINS)
        codes = subprocess.run(["zbarimg", "-q", papers[0]], capture_output=True, text=True).stdout
        self.assertEqual(sorted(codes.split()), ["CODE-128:PRUEBA-T001", "QR-Code:PRUEBA-T001"])
        keep = os.environ.get("VT_KEEP_PAPERS")
        if keep:
            shutil.copy(papers[0], pathlib.Path(keep) / f"{model}.png")

    def test_one_id_of_a_family_is_told_apart_by_its_name(self):
        self.print_on("tm-t88iv", "Epson TM-T88IV", 512)

    def test_narrow_paper_without_cutter(self):
        self.print_on("pos-58", "Zjiang POS5890 Series", 384, has_cutter=False)

    def test_no_raster_command_and_in_no_list_of_ids(self):
        self.print_on("th230", "Wincor Nixdorf TH230", 576)

    def test_nobody_knows_it_but_it_says_what_it_speaks(self):
        self.print_on("noname", "Receipt printer", 384, has_cutter=False)

    def refuse(self, model, reason):
        self.begin(model)
        self.wait(lambda: "refused" in self.log.read_text())
        self.assertIn(reason, self.log.read_text())
        self.wait(lambda: self.device()["state"] == "absent")
        self.assertEqual(self.ctl("print", "test")[0], 5)
        self.assertEqual(list((self.dir / "paper").glob("*.png")), [])

    def test_a_page_printer_is_left_alone(self):
        self.refuse("laser", "NONAME L-100 speaks no language of ours")

    def test_a_stranger_that_lies_about_its_name_is_left_alone(self):
        self.refuse("liar", "says 248 bytes, has 48")


if __name__ == "__main__":
    unittest.main()
