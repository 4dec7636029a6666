#!/usr/bin/python3
"""ventanillactl as a technician runs it: output, JSON, languages, exit codes; against a core that
only answers (fake_core)."""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["VT_SOURCE_DIR"]
BUILD = os.environ["VT_BUILD_DIR"]
CTL = os.path.join(BUILD, "bin", "ventanillactl")
FAKE_CORE = os.path.join(BUILD, "tests", "fake_core")
DATA = os.path.join(SOURCE, "tests", "unit", "data")
CATALOG = os.path.join(SOURCE, "assets", "catalog")


def ctl(*args, lang="es_MX.UTF-8", text="", env=None):
    """Exit status, stdout, stderr."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k != "VENTANILLA_RUN"}
    environment.update({"LANG": lang, "TZ": "America/Mexico_City"} | (env or {}))
    run = subprocess.run([CTL, *args], input=text.encode(), capture_output=True, check=False,
                         env=environment, timeout=30)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


class Core:
    def __init__(self, mode="normal"):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "ctl.sock")
        self.process = subprocess.Popen([FAKE_CORE, self.path, mode], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(10) == 0
        self.process.stdout.close()
        self.folder.cleanup()


class Descriptor(unittest.TestCase):
    """device descriptor: a card reader's bytes, and what is refused."""

    CCID = bytes.fromhex("3621 1001 00 07 03000000 a00f0000 a00f0000 00 002a0000 90d00300 00 f7000000"
                         "00000000 00000000 30000100 0f010000 00 00 0000 00 01")
    ENDS = bytes.fromhex("07058102400000 07050202400000 07058303080010")
    READER = bytes.fromhex("0904 00 00 03 0b 00 00 00")

    @staticmethod
    def device(body):
        return bytes.fromhex("1201 0002 000000 40 2f07 cc90 0001 000000 01") + \
            bytes([9, 2]) + (9 + len(body)).to_bytes(2, "little") + bytes([1, 1, 0, 0x80, 50]) + body

    def run_on(self, data, *args):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            status, out, err = ctl("device", "descriptor", file.name, *args, lang="C")
        return status, out, err

    def test_a_reader_is_told_whole(self):
        status, out, _ = self.run_on(self.device(self.READER + self.CCID + self.ENDS), "--json")
        answer = json.loads(out)
        self.assertEqual(status, 0)
        self.assertEqual(answer["schema"], "ventanilla.device.descriptor/1")
        self.assertEqual((answer["idVendor"], answer["idProduct"]), ("072f", "90cc"))
        interface = answer["interfaces"][0]
        self.assertEqual([(e["address"], e["direction"], e["type"], e["maxPacket"])
                          for e in interface["endpoints"]],
                         [(0x81, "in", "bulk", 64), (2, "out", "bulk", 64), (0x83, "in", "interrupt", 8)])
        ccid = interface["ccid"]
        self.assertEqual((ccid["exchangeLevel"], ccid["protocols"], ccid["voltages"], ccid["pinSupport"]),
                         ("TPDU", ["T=0", "T=1"], ["5V", "3V", "1.8V"], []))
        self.assertEqual((ccid["dwMaxCCIDMessageLength"], ccid["dwMaxDataRate"], ccid["dwMaxIFSD"]),
                         (271, 250000, 247))
        behind = self.run_on(self.device(self.READER + self.ENDS + self.CCID), "--json")
        self.assertEqual(behind[:2], (0, out))
        self.assertIn("TPDU", self.run_on(self.device(self.READER + self.CCID + self.ENDS))[1])

    def test_a_malformed_one_is_refused_with_the_reason(self):
        def ccid(at, *values):
            data = bytearray(self.CCID)
            data[at:at + len(values)] = values
            return self.device(self.READER + bytes(data) + self.ENDS)

        good = self.device(self.READER + self.CCID + self.ENDS)
        cases = [(b"", "no device descriptor"), (good[:17], "no device descriptor"),
                 (good[:-1], "wrong total length"), (good + b"\0", "behind the descriptors"),
                 (bytes(65536), "too long"),
                 (self.device(self.READER + self.ENDS), "has no class descriptor"),
                 (self.device(self.READER + self.CCID + self.ENDS[:14]), "announces 3 endpoints and has 2"),
                 (self.device(self.READER + b"\x35" + self.CCID[1:53] + self.ENDS), "of 53 bytes"),
                 (self.device(self.READER + b"\x37" + self.CCID[1:] + b"\0" + self.ENDS), "of 55 bytes"),
                 (ccid(0, 255), "broken descriptor chain"), (ccid(0, 0), "broken descriptor chain"),
                 (ccid(42, 3), "more than one exchange level"), (ccid(42, 7), "more than one exchange level"),
                 (ccid(44, 0, 0), "hold nothing"), (ccid(44, 10, 0), "hold nothing"),
                 (self.device(self.ENDS), "endpoint before interface"),
                 (self.device(self.READER + self.CCID + self.ENDS[:7] * 3), "endpoint twice")]
        for data, reason in cases:
            with self.subTest(reason=reason, length=len(data)):
                status, out, err = self.run_on(data, "--json")
                self.assertEqual(status, 1)
                self.assertIn(reason, json.loads(out)["error"])
                self.assertIn(reason, err)
        self.assertEqual(ctl("device", "descriptor", "/nonexistent", lang="C")[0], 3)
        self.assertEqual(ctl("device", "descriptor", lang="C")[0], 2)

    def test_no_length_of_a_good_one_crashes_it(self):
        good = self.device(self.READER + self.CCID + self.ENDS)
        for length in range(0, len(good), 7):
            self.assertEqual(self.run_on(good[:length])[0], 1)


class Curp(unittest.TestCase):
    def test_every_vector_gets_its_line(self):
        with open(os.path.join(DATA, "curp-vectors.json"), encoding="utf-8") as file:
            vectors = json.load(file)
        keys = [(v["curp"], "valid") for v in vectors["valid"]]
        keys += [(v["curp"], "invalid " + v["error"].split("-")[0]) for v in vectors["invalid"]]
        expected = "".join(f"{key} {word}\n" for key, word in keys)
        today = ["--today", "2026-11-23"]
        self.assertEqual(ctl("curp", "check", *today, *[k for k, _ in keys]), (9, expected, ""))
        self.assertEqual(ctl("curp", "check", "-", *today, text="\n".join(k for k, _ in keys)),
                         (9, expected, ""))
        self.assertEqual(ctl("curp", "check", "SABC560626MDFLRN01", lang="C")[0], 0)

    def test_json_has_a_schema_and_decodes(self):
        status, out, _ = ctl("curp", "check", "sabc-560626-mdflrn01", "Ñ\"", "--json")
        answer = json.loads(out)
        self.assertEqual(status, 9)
        self.assertEqual(answer["schema"], "ventanilla.curp.check/1")
        self.assertEqual(answer["keys"][0], {"key": "sabc-560626-mdflrn01", "valid": True,
                                             "birthDate": "1956-06-26", "sex": "M", "entity": "DF"})
        self.assertEqual(answer["keys"][1], {"key": "Ñ\"", "valid": False, "error": "FORMAT"})

    def test_blank_lines_are_skipped_and_blanks_do_not_break_lines(self):
        status, out, _ = ctl("curp", "check", "-", text="\n  \nSABC 560626 MDFLRN01\r\n\n")
        self.assertEqual((status, out), (0, "SABC560626MDFLRN01 valid\n"))
        self.assertEqual(ctl("curp", "check", "-", text=""), (0, "", ""))
        status, out, _ = ctl("curp", "check", "A\nB invalid")
        self.assertEqual(out, "ABinvalid invalid FORMAT\n")

    def test_today_decides_about_the_future(self):
        key = "AAAA000229HDFLRLA0"
        self.assertEqual(ctl("curp", "check", key, "--today", "2000-02-29")[0], 0)
        self.assertEqual(ctl("curp", "check", key, "--today", "2000-02-28")[1], key + " invalid FUTURE\n")
        self.assertEqual(ctl("curp", "check", key, "--today", "2000-02-30")[0], 2)

    def test_root(self):
        person = ["curp", "root", "--first-surname", "Salgado", "--second-surname", "Briseño",
                  "--names", "Concepción", "--birth", "1956-06-26", "--sex", "M", "--entity", "DF"]
        self.assertEqual(ctl(*person), (0, "SABC560626MDFLRN\n", ""))
        self.assertEqual(json.loads(ctl(*person, "--json")[1]),
                         {"schema": "ventanilla.curp.root/1", "root": "SABC560626MDFLRN"})
        self.assertEqual(ctl(*person[:4], *person[6:])[1], "SAXC560626MDFLXN\n")
        for wrong in (["--birth", "1956-02-30"], ["--sex", "F"], ["--sex", "MM"], ["--entity", "CX"], ["--names", "1"]):
            status, out, err = ctl(*person, *wrong)
            self.assertEqual((status, out), (2, ""), wrong)
            self.assertTrue(err.startswith("ventanillactl: "), err)
        self.assertEqual(ctl("curp", "root")[0], 2)


class Catalog(unittest.TestCase):
    def test_lint_passes_what_ships_and_points_at_what_is_wrong(self):
        files = [os.path.join(CATALOG, n) for n in sorted(os.listdir(CATALOG)) if n.endswith(".json")]
        status, out, err = ctl("catalog", "lint", *files)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.count("correcto"), 22)
        self.assertIn("(22 servicios)", ctl("catalog", "lint", CATALOG)[1])
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"id": "x", "surprise": 1}')
            file.flush()
            status, out, _ = ctl("catalog", "lint", file.name, files[0])
            self.assertEqual(status, 9)
            self.assertIn("$.surprise: unknown member", out)
            answer = json.loads(ctl("catalog", "lint", file.name, files[0], "--json")[1])
            self.assertEqual(answer["schema"], "ventanilla.catalog.lint/1")
            self.assertEqual([f["ok"] for f in answer["files"]], [False, True])
            self.assertEqual(ctl("catalog", "show", file.name)[0], 9)
        self.assertEqual(ctl("catalog", "lint", "/nowhere.json")[0], 3)
        self.assertEqual(ctl("catalog", "show", "/nowhere.json")[0], 3)

    def test_show_tells_fees_of_the_day(self):
        file = os.path.join(CATALOG, "passport-fee.json")
        self.assertIn("$ 4,120.00 / $ 2,060.00", ctl("catalog", "show", file, "--today", "2025-05-05")[1])
        self.assertIn("ninguna", ctl("catalog", "show", file, "--today", "2027-01-01")[1])
        answer = json.loads(ctl("catalog", "show", file, "--json", "--today", "2026-11-23")[1])
        self.assertEqual(answer["schema"], "ventanilla.catalog.show/1")
        self.assertEqual(len(answer["services"][0]["feesToday"]), 4)
        answer = json.loads(ctl("catalog", "show", CATALOG, "--json")[1])
        self.assertEqual(len(answer["services"]), 22)
        self.assertEqual([w["id"] for w in answer["services"][0]["ways"]], ["by-key", "by-data"])


class Asking(unittest.TestCase):
    def test_status_as_table_and_json(self):
        with Core() as core:
            status, out, err = ctl("status", "--socket", core.path)
            self.assertEqual((status, err), (0, ""))
            self.assertRegex(out, r"terminal: +T001\n")
            self.assertRegex(out, r"en línea: +sí\n")
            self.assertRegex(out, r"el más antiguo: +2 h 5 min\n")
            self.assertRegex(out, r"en marcha: +1 d 1 h\n")
            self.assertRegex(ctl("status", "--socket", core.path, lang="C")[1], r"online: +yes\n")
            answer = json.loads(ctl("status", "--socket", core.path, "--json")[1])
            self.assertEqual(answer["schema"], "ventanilla.status/1")
            self.assertEqual((answer["terminal"], answer["queued"], answer["sync"]), ("T001", 3, False))

    def test_status_says_where_it_stands_and_how_its_panel_is(self):
        with Core() as core:
            out = ctl("status", "--socket", core.path)[1]
            self.assertRegex(out, r"lugar: +no se ha dicho\n")
            self.assertRegex(out, r"tamaño de la imagen: +según terminal.conf\n")
            self.assertRegex(out, r"pantalla táctil: +sin calibrar aquí\n")
            place = json.loads(ctl("status", "--socket", core.path, "--json")[1])["place"]
            self.assertEqual((place["entity"], place["panel"]["pxPerM"], place["panel"]["touch"]["xx"]), ("", 0, 0))
        with Core("placed") as core:
            out = ctl("status", "--socket", core.path)[1]
            self.assertRegex(out, r"lugar: +Mercado\?\[31m, Oaxaca, Oaxaca\n")
            self.assertRegex(out, r"tamaño de la imagen: +4.05 px/mm\n")
            self.assertRegex(out, r"altura de la pantalla: +900 mm\n")
            self.assertRegex(out, r"pantalla táctil: +calibrada, 0.7 mm\n")
            self.assertRegex(ctl("status", "--socket", core.path, lang="C")[1], r"touch screen: +calibrated, 0.7 mm\n")
            place = json.loads(ctl("status", "--socket", core.path, "--json")[1])["place"]
            self.assertEqual((place["entity"], place["municipality"]), ("OC", "Oaxaca"))
            self.assertEqual((place["panel"]["pxPerM"], place["panel"]["bottomMm"]), (4053, 900))
            self.assertEqual(place["panel"]["touch"]["errorUm"], 740)

    def test_the_socket_may_come_from_the_environment(self):
        with Core() as core:
            self.assertEqual(ctl("status", env={"VENTANILLA_RUN": core.folder.name})[0], 0)

    def test_devices(self):
        with Core() as core:
            status, out, _ = ctl("device", "list", "--socket", core.path)
            self.assertEqual(status, 0)
            self.assertEqual(len(out.splitlines()), 3)
            self.assertRegex(out, r"printer +Printer +Demo 80 mm\?\[31m +04b8:0e15 +pide atención +por acabarse +-")
            status, out, _ = ctl("device", "show", "printer", "--socket", core.path)
            self.assertRegex(out, r"qué hacer: +Load a new roll of paper\.\n")
            self.assertRegex(out, r"hojas: +41\ncortes: +43\nlecturas: +0\nerrores: +0\nreinicios: +2\n")
            answer = json.loads(ctl("device", "list", "--socket", core.path, "--json")[1])
            self.assertEqual(answer["schema"], "ventanilla.device.list/1")
            self.assertEqual(answer["devices"][1]["id"], "reader")
            answer = json.loads(ctl("device", "show", "printer", "--socket", core.path, "--json")[1])
            self.assertEqual((answer["schema"], answer["sheets"]), ("ventanilla.device/1", 41))
            status, out, err = ctl("device", "show", "scanner", "--socket", core.path)
            self.assertEqual((status, out), (3, ""))
            self.assertIn("scanner", err)

    def test_a_device_is_reset(self):
        with Core() as core:
            status, out, _ = ctl("device", "reset", "printer", "--socket", core.path)
            self.assertEqual(status, 0)
            self.assertRegex(out, r"estado: +pide atención\n")
            out = ctl("device", "reset", "printer", "--socket", core.path, env={"LC_ALL": "C"})[1]
            self.assertRegex(out, r"state: +degraded\n")
            answer = json.loads(ctl("device", "reset", "printer", "--socket", core.path, "--json")[1])
            self.assertEqual((answer["schema"], answer["state"]), ("ventanilla.device.reset/1", "degraded"))
            for device in ("scanner", "x" * 40):
                self.assertEqual(ctl("device", "reset", device, "--socket", core.path)[:2], (3, ""))
        for mode, expected in (("busy", 8), ("absent", 6), ("denied", 4), ("close", 6)):
            with Core(mode) as core:
                self.assertEqual(ctl("device", "reset", "printer", "--socket", core.path)[:2], (expected, ""))

    def test_a_device_is_tested(self):
        for words in (("print", "test"), ("device", "test", "printer")):
            with Core() as core:
                status, out, _ = ctl(*words, "--socket", core.path)
                self.assertEqual(status, 0)
                self.assertRegex(out, r"prueba: +bien\n")
                self.assertRegex(ctl(*words, "--socket", core.path, lang="C")[1], r"test: +passed\n")
            with Core("failed") as core:
                status, out, _ = ctl(*words, "--socket", core.path, "--json")
                self.assertEqual((status, json.loads(out)),
                                 (5, {"schema": "ventanilla.device.test/1", "device": "printer", "outcome": "failed",
                                      "reason": "paper", "detail": "Load a new roll of paper."}))
            with Core("unknown") as core:
                status, out, _ = ctl(*words, "--socket", core.path)
                self.assertEqual(status, 5)
                self.assertRegex(out, r"prueba: +no se sabe\n")
            for mode, expected in (("busy", 8), ("absent", 6), ("denied", 4)):
                with Core(mode) as core:
                    self.assertEqual(ctl(*words, "--socket", core.path)[:2], (expected, ""))
        with Core() as core:
            self.assertEqual(ctl("device", "test", "scanner", "--socket", core.path)[:2], (3, ""))

    def test_a_device_speaks_spanish(self):
        """Every sentence that devices and core have for technicians, and what they have to do for a test."""
        words = pathlib.Path(SOURCE, "terminal/ctl/ctl_device_words.c").read_text()
        said = set(re.findall(r'[.]en\s*=\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', words))
        said = {"".join(re.findall(r'"([^"]*)"', text)) for text in said}
        for name in ("drivers/advice.c", "drivers/hid_slot.c", "drivers/reader_slot.c", "terminal/core/maintain.c"):
            text = pathlib.Path(SOURCE, name).read_text()
            for group in re.findall(r'((?:"[^"\n]*"\s*)+)', text):
                sentence = "".join(re.findall(r'"([^"]*)"', group))
                if re.fullmatch(r"[A-Z].*[.]", sentence):
                    self.assertIn(sentence, said, name)
        with Core("unswiped") as core:
            status, out, err = ctl("device", "test", "stripe", "--socket", core.path)
            self.assertEqual((status, err), (5, "Deslice una tarjeta que no sea bancaria.\n"))
            self.assertRegex(out, r"motivo: +no se deslizó ninguna tarjeta\n")
            self.assertRegex(out, r"qué hacer: +Deslice una tarjeta que no sea bancaria\.\n")

    def test_the_queue_is_read_page_by_page(self):
        with Core() as core:
            status, out, _ = ctl("queue", "list", "--socket", core.path)
            self.assertEqual((status, len(out.splitlines())), (0, 251))
            self.assertRegex(out, r"T001-0010-0249-AAAA +curp +JOURNALED +PROVISIONAL +2 +timeout +"
                                  r"2026-11-22 20:13 +1 min\n")
            answer = json.loads(ctl("queue", "list", "--socket", core.path, "--json", "--unsettled")[1])
            self.assertEqual(answer["schema"], "ventanilla.queue.list/1")
            self.assertEqual(len(answer["rows"]), 5)
            answer = json.loads(ctl("queue", "show", "T001-0010-0007-AAAA", "--socket", core.path, "--json")[1])
            self.assertEqual((answer["schema"], answer["state"]), ("ventanilla.queue.row/1", "JOURNALED"))
            self.assertRegex(ctl("queue", "show", "T001-0010-0007-AAAA", "--socket", core.path)[1],
                             r"folio: +T001-0010-0007-AAAA\n")
            self.assertEqual(ctl("queue", "show", "T001-0010-0008-AAAA", "--socket", core.path)[0], 3)
            self.assertEqual(ctl("queue", "show", "x" * 99, "--socket", core.path)[0], 3)

    def test_an_empty_terminal_is_no_error(self):
        with Core("empty") as core:
            self.assertEqual(len(ctl("queue", "list", "--socket", core.path)[1].splitlines()), 1)
            self.assertEqual(json.loads(ctl("queue", "list", "--socket", core.path, "--json")[1])["rows"], [])
            self.assertEqual(json.loads(ctl("device", "list", "--socket", core.path, "--json")[1])["devices"], [])
            self.assertEqual(ctl("queue", "show", "T001-0010-0007-AAAA", "--socket", core.path)[0], 3)

    def test_each_trouble_has_its_exit_code(self):
        for mode, code in (("denied", 4), ("close", 6), ("garbage", 1), ("other", 1)):
            with Core(mode) as core:
                status, out, err = ctl("status", "--socket", core.path, "--json")
                self.assertEqual((status, out), (code, ""), mode)
                self.assertTrue(err.startswith("ventanillactl: "), err)
        with Core("silent") as core:
            self.assertEqual(ctl("status", "--socket", core.path, "--timeout", "1")[0], 7)
        status, out, err = ctl("status", "--socket", "/nowhere/ctl.sock")
        self.assertEqual((status, out), (6, ""))
        self.assertIn("/nowhere/ctl.sock", err)
        self.assertEqual(ctl("status", "--socket", "x" * 300)[0], 2)


class Card(unittest.TestCase):
    PIN = "73914628"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.data, self.pin, self.out = (os.path.join(self.folder, name) for name in ("data", "pin", "out"))
        with open(self.data, "wb") as file:
            file.write(b"lo que se firma\n")
        with open(self.pin, "w", encoding="ascii") as file:
            file.write(self.PIN + "\n")

    def sign(self, core, *more, pin=None, **options):
        return ctl("card", "sign", "--data", self.data, "--pin-file", pin or self.pin, "--socket", core.path, *more,
                   **options)

    def test_show(self):
        with Core() as core:
            answer = json.loads(ctl("card", "show", "--socket", core.path, "--json")[1])
            self.assertEqual((answer["schema"], answer["atr"], answer["application"]),
                             ("ventanilla.card.show/1", "3b80", "piv"))
            self.assertEqual([its["revocation"]["status"] for its in answer["certificates"]],
                             ["notAsked", "good", "revoked", "unknown"])
            status, out, err = ctl("card", "show", "--socket", core.path)
            self.assertEqual((status, err), (0, ""))
            self.assertRegex(out, r"PIN: +en las teclas del lector\n")
            self.assertRegex(out, r"titular: +CONCEPCIÓN\?\[31m\n")
            self.assertRegex(out, r"estado: +vencido\nrevocación: +sin consultar\n")
            self.assertRegex(out, r"estado: +vigente\nrevocación: +no revocado \(ocsp, 2026-11-22 \d\d:\d\d\)\n")
            self.assertRegex(out, r"revocación: +REVOCADO\n")
            self.assertRegex(out, r"revocación: +no se sabe: sync is not connected\n")
            self.assertRegex(ctl("card", "show", "--socket", core.path, lang="C")[1], r"revocation: +not known: sync")
            self.assertEqual(ctl("card", "show", "x", "--socket", core.path)[0], 2)

    def test_sign(self):
        digest = hashlib.sha256(b"lo que se firma\n").digest()
        with Core() as core:
            self.assertEqual(self.sign(core), (0, base64.b64encode(digest).decode() + "\n", ""))
            self.assertEqual(self.sign(core, pin="-", text=self.PIN)[0], 0, "the last line without its end")
            answer = json.loads(self.sign(core, "--json")[1])
            self.assertEqual((answer["schema"], answer["outcome"]), ("ventanilla.card.sign/1", "signed"))
            self.assertEqual(self.sign(core, "--out", self.out), (0, "", ""))
            with open(self.out, "rb") as file:
                self.assertEqual(file.read(), digest)

    def test_each_refusal_has_its_exit_code_and_no_signature(self):
        for mode, code, word in (("wrongPin", 4, "PIN incorrecto; intentos que quedan: 2"), ("pinForm", 4, "largo"),
                                 ("lastTry", 4, "--last-try"), ("blocked", 4, "PUK"), ("removed", 5, "se retiró"),
                                 ("canceled", 1, "cancelado"), ("timedOut", 7, "no respondió"), ("refused", 5, "clave"),
                                 ("failed", 5, "no corresponde"), ("busy", 8, ""), ("absent", 5, ""), ("denied", 4, ""),
                                 ("close", 6, "")):
            with self.subTest(mode=mode), Core(mode) as core:
                status, out, err = self.sign(core, "--out", self.out)
                self.assertEqual((status, out), (code, ""))
                self.assertIn(word, err)
                self.assertNotIn(self.PIN, err)
                self.assertFalse(os.path.exists(self.out))

    def test_a_pin_that_is_none_never_leaves(self):
        with Core() as core:
            self.assertEqual(self.sign(core, pin="-", text="0" * 33)[0], 2)
            self.assertEqual(self.sign(core, pin="-", text="")[0], 2)
            self.assertEqual(self.sign(core, pin="-", text="1234567890123456789012345678901")[0], 4)
            self.assertEqual(self.sign(core, pin="/nonexistent")[0], 3)
        self.assertEqual(ctl("card", "sign")[0], 2)
        self.assertEqual(ctl("card", "sign", "--data", "/nonexistent", "--pin-file", self.pin)[0], 3)
        self.assertEqual(ctl("card", "sign", "--data", self.data, "--pin-file", self.pin, "--socket", "/nowhere")[0], 6)
        with Core() as core:
            self.assertEqual(self.sign(core, "--out", "/nonexistent/signature")[0], 1)


class Usage(unittest.TestCase):
    def test_wrong_usage_ends_with_2_and_says_where_help_is(self):
        for args in ([], ["fly"], ["curp"], ["curp", "fly"], ["curp", "check"], ["device", "show"],
                     ["device", "show", "a", "b"], ["status", "x"], ["status", "--fly"], ["status", "--socket"],
                     ["status", "--today", "2026-01-01"], ["queue", "list", "--sex", "H"], ["catalog", "lint"],
                     ["queue", "retry"], ["queue", "retry", "a", "--reason", "x"], ["queue", "discard", "--reason", "x"],
                     ["queue", "reconcile", "a"], ["queue", "list", "--to", "x"], ["queue", "reconcile", "--since", "2026-02-30"],
                     ["status", "--timeout", "0"], ["status", "--timeout", "x"]):
            status, out, err = ctl(*args)
            self.assertEqual((status, out), (2, ""), args)
            self.assertIn("ventanillactl --help", err)

    def test_help_for_all_and_for_each_noun_in_both_languages(self):
        self.assertIn("códigos de salida", ctl("--help")[1])
        self.assertIn("exit codes", ctl("--help", lang="C")[1])
        self.assertIn("exit codes", ctl("--help", lang="en_US.UTF-8")[1])
        self.assertIn("códigos", ctl("--help", lang="")[1])
        self.assertIn("exit codes", ctl("--help", env={"LC_ALL": "C"})[1])
        for noun in ("status", "device", "queue", "catalog", "curp", "card"):
            status, out, err = ctl(noun, "--help")
            self.assertEqual((status, err), (0, ""))
            self.assertIn(noun, out)
        self.assertNotIn("--first-surname", ctl("queue", "--help")[1])
        self.assertIn("sin datos personales", ctl("queue", "--help")[1])
        self.assertRegex(ctl("--version")[1], r"^ventanillactl \d+\.\d+\.\d+\n$")

    def test_completion_comes_from_the_same_table(self):
        script = ctl("completion", "bash")[1]

        def words(*typed):
            line = " ".join(f"'{w}'" for w in ("ventanillactl", *typed))
            run = subprocess.run(["bash", "-c", f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(typed)}\n"
                                                "_ventanillactl; echo ${COMPREPLY[@]}"],
                                 capture_output=True, check=True)
            return run.stdout.decode().split()

        self.assertEqual(words("st"), ["status"])
        self.assertEqual(words("queue", ""), ["list", "show", "retry", "discard", "reconcile", "export", "--help"])
        self.assertIn("--reason", words("queue", "discard", "--"))
        self.assertNotIn("--reason", words("queue", "retry", "--"))
        self.assertIn("--entity", words("curp", "root", "--"))
        self.assertNotIn("--entity", words("curp", "check", "--"))

    def test_a_full_disk_behind_stdout_is_a_failure(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w", encoding="utf-8") as full:
            run = subprocess.run([CTL, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
