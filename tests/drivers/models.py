#!/usr/bin/python3
"""One receipt on printers of several makes: ventanillactl, the real core and device process, virtual printers that differ in
width, cutter and commands; zbarimg reads each paper."""

import os
import pathlib
import shutil
import struct
import unittest

from device_terminal import DeviceTerminal, need, zbar

MARGINS = 64  # dots of paper beside the head, left and right
need("zbarimg")


class Models(DeviceTerminal):
    def begin(self, model):
        self.start_virtual(f"printer:model={model}", more=("--paper", self.dir / "paper", "--speed", "instant"))
        self.start_core()
        self.start_devices()

    def print_on(self, model, name, width, has_cutter=True):
        self.begin(model)
        self.wait_for("printer", "ready")
        self.assertEqual(self.device("printer")["model"], name)
        status, answer = self.ctl("print", "test")
        self.assertEqual((status, answer["outcome"]), (0, "passed"))
        if not has_cutter:
            self.assertEqual(self.papers(), [], "nothing came off by itself")
            self.control("paper", "take")
        papers = self.papers()
        self.assertEqual(len(papers), 1)
        self.assertEqual(struct.unpack(">I", papers[0].read_bytes()[16:20])[0], width + MARGINS)
        self.assertEqual(zbar(papers[0]), ["CODE-128:PRUEBA-T001", "QR-Code:PRUEBA-T001"])
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
        for word in ("refused", reason):
            self.wait(lambda word=word: any(word in line for line in list(self.said)), word)
        self.wait_for("printer", "absent")
        self.assertEqual(self.ctl("print", "test")[0], 5)
        self.assertEqual(self.papers(), [])

    def test_a_page_printer_is_left_alone(self):
        self.refuse("laser", "NONAME L-100 speaks no language of ours")

    def test_a_stranger_that_lies_about_its_name_is_left_alone(self):
        self.refuse("liar", "says 248 bytes, has 48")


if __name__ == "__main__":
    unittest.main()
