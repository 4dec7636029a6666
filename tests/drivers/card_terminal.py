#!/usr/bin/python3
"""Cards with certificates at a terminal of real processes: ventanillactl reads and signs, on readers of every exchange
level, with our own cards and with libcacard's, a card that is not ours; openssl judges each signature. And what is said
of a certificate's revocation when its issuer answers, does not, or cannot be asked."""

import json
import os
import pathlib
import subprocess
import unittest

from device_terminal import BIN, SOURCE, DeviceTerminal, need

DEMO = pathlib.Path(os.environ["VT_BUILD_DIR"]) / "demo-cards"
PIN, WRONG_PIN = "73914628", "73914629"
CURP, RFC = "SABC560626MDFLRN01", "SABC5606262A8"
need("openssl")
subprocess.run([SOURCE / "tools/demo-cards", DEMO, "--pin", PIN], check=True, stdout=subprocess.DEVNULL)


class Revocation:
    """The demo cards' authority, which answers by OCSP and publishes a list."""

    def __init__(self, test):
        self.test, self.order_socket = test, test.dir / "revocation.ctl"
        self.process = test.start("revocation", "--ca", DEMO / "ca", "--control", self.order_socket,
                                  stdout=subprocess.PIPE)
        self.url = "http://127.0.0.1:" + self.process.stdout.readline().split()[1].decode()

    def order(self, *words):
        subprocess.run([BIN / "agency", "control", self.order_socket, *words], check=True, capture_output=True)


class Cards(DeviceTerminal):
    def setUp(self):
        super().setUp()
        (self.dir / "authorities").mkdir()
        (self.dir / "authorities/ca.pem").write_bytes((DEMO / "ca/ca.pem").read_bytes())
        self.authority = Revocation(self)
        with open(self.config, "a", encoding="utf-8") as config:
            config.write(f"[card]\nauthorities = {self.dir}/authorities\n"
                         f"[revocation]\nocsp_url = {self.authority.url}/ocsp\ncrl_url = {self.authority.url}/crl\n"
                         "timeout_ms = 2000\n"
                         # sync wants a service; nobody asks it anything here
                         f"[adapter fees]\nurl = https://localhost:1\nca = {DEMO}/ca/ca.pem\n"
                         f"cert = {DEMO}/holder.pem\nkey = {DEMO}/holder.key\n")
        self.data = self.dir / "data"
        self.data.write_bytes(os.urandom(1000))
        self.start_core()

    def begin_reader(self, options, root="usb"):
        server = self.start_virtual("ccid" + options, root=root)
        devices = self.start_devices(root)
        self.wait_for("reader", "ready")
        return server, devices

    def insert(self, name):
        """The card's facts, once core knows of it."""
        self.control("card", "insert", DEMO / "cards" / f"{name}.card")

        def facts():
            status, answer = self.ctl("card", "show")
            return answer if status == 0 else None
        return self.wait(facts, f"the card {name}")

    def remove(self):
        self.control("card", "remove")
        self.wait(lambda: self.ctl("card", "show")[0] == 3, "that the card is gone")

    def sign(self, pin, *more):
        return self.ctl("card", "sign", "--data", self.data, "--pin-file", "-", "--out", self.dir / "signature", *more,
                        text=pin + "\n")

    def expect_signature(self, certificate):
        status, answer = self.sign(PIN)
        self.assertEqual((status, answer["outcome"]), (0, "signed"))
        key = self.dir / "key.pem"
        key.write_bytes(subprocess.run(["openssl", "x509", "-in", DEMO / f"{certificate}.pem", "-noout", "-pubkey"],
                                       check=True, capture_output=True).stdout)
        told = subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", self.dir / "signature",
                               self.data], capture_output=True, text=True).stdout
        self.assertEqual(told, "Verified OK\n")

    def expect_card(self, name, application, certificate):
        facts = self.insert(name)
        self.assertEqual(facts["schema"], "ventanilla.card.show/1")
        self.assertRegex(facts["atr"], "^3[bf]([0-9a-f]{2}){2,32}$")
        self.assertEqual(facts["application"], application)
        for its in facts["certificates"]:
            self.assertEqual((its["status"], its["rfc"], its["curp"], its["purpose"]), ("good", RFC, CURP, "efirma"))
            self.assertEqual((its["revocation"]["status"], its["revocation"]["source"]), ("good", "ocsp"))
            self.assertLess(its["notBeforeUnixMs"], its["notAfterUnixMs"])
            self.assertTrue(its["holder"].startswith("CONCEPCI"))
        status, answer = self.sign(WRONG_PIN)
        self.assertEqual((status, answer["outcome"]), (4, "wrongPin"))
        self.assertNotIn("signature", {k: v for k, v in answer.items() if v})
        self.expect_signature(certificate)
        self.remove()

    def on_reader(self, options, cards):
        self.start_sync()
        self.begin_reader(options)
        for name, application, certificate in cards:
            with self.subTest(card=name):
                self.expect_card(name, application, certificate)

    def cac(self):
        if not (DEMO / "cards/cac.card").exists():
            print("without libcacard's card: certutil is not installed")
            return []
        return [("cac", "cac", "holder")]

    def test_t0_blocks(self):
        self.on_reader(":level=tpdu,protocols=0",
                       [*self.cac(), ("holder-t0", "piv", "holder"), ("holder-p15", "pkcs15", "holder")])

    def test_t1_blocks(self):
        self.on_reader(":level=tpdu,protocols=1", [("holder", "piv", "holder"), ("holder-rsa3072", "piv", "holder-rsa3072"),
                                                      ("holder-p15", "pkcs15", "holder")])

    def test_short_apdus(self):
        self.on_reader(":level=short", [*self.cac(), ("holder-ec", "piv", "holder-ec"),
                                        ("holder-p384", "piv", "holder-p384"),
                                        ("holder-p15", "pkcs15", "holder")])

    def test_extended_apdus(self):
        self.on_reader(":level=extended,message=65556", [*self.cac(), ("holder-gzip", "piv", "holder")])

    # --- revocation ---

    def revocation(self, name="holder"):
        facts = self.insert(name)
        self.remove()
        first = facts["certificates"][0]
        return first["status"], first["revocation"]

    def test_what_is_known_of_revocation(self):
        self.begin_reader(":level=short")
        status, told = self.revocation()
        self.assertEqual((status, told["status"], told["detail"]), ("good", "unknown", "sync is not connected"))
        self.start_sync()
        self.assertEqual(self.revocation("revoked")[1]["status"], "revoked")
        status, told = self.revocation("expired")
        self.assertEqual((status, told["status"], told["source"]), ("card-expired", "notAsked", ""))
        self.assertEqual([self.revocation()[1][name] for name in ("status", "source")], ["good", "ocsp"])
        self.authority.order("fault", "ocsp", "stale")
        told = self.revocation()[1]
        self.assertEqual((told["status"], told["source"]), ("good", "crl"), "the list, when the responder says nothing")
        self.assertLess(told["thisUpdateUnixMs"], told["nextUpdateUnixMs"])

    def test_offline_it_says_unknown(self):
        self.start_sync()
        self.begin_reader(":level=short")
        self.stop(self.authority.process)
        first = self.insert("holder")["certificates"][0]
        self.assertEqual((first["status"], first["revocation"]["status"]), ("good", "unknown"))
        self.assertTrue(first["revocation"]["detail"])
        for language, words in (("es_MX.UTF-8", "revocación: +no se sabe.*: "), ("C", "revocation: +not known.*: ")):
            text = subprocess.run([BIN / "ventanillactl", "card", "show"], capture_output=True, text=True,
                                  env={**os.environ, "VENTANILLA_RUN": str(self.dir / "run"), "LC_ALL": language}).stdout
            self.assertRegex(text, words)

    # --- refusals ---

    def test_what_is_refused(self):
        self.assertEqual(self.ctl("card", "show")[0], 5, "without a reader")
        self.begin_reader(":level=short,pin=verify")
        self.assertEqual(self.ctl("card", "show")[0], 3, "without a card")
        self.assertEqual(self.sign(PIN)[0], 3)
        self.insert("last-try")
        for pin in (PIN, WRONG_PIN, "12"):
            status, answer = self.sign(pin)
            self.assertEqual((status, answer["outcome"]), (4, "lastTry"), "the warning comes first")
        status, answer = self.sign("12", "--last-try")
        self.assertEqual((status, answer["outcome"]), (4, "pinForm"))
        status, answer = self.sign(WRONG_PIN, "--last-try")
        self.assertEqual((status, answer["outcome"], answer["triesLeft"]), (4, "blocked", 0))
        self.remove()
        self.insert("wrong-key")
        self.assertEqual(self.sign(PIN)[1]["outcome"], "failed")
        self.remove()
        # On the reader's own pad: an empty PIN.
        self.insert("holder")
        waiting = subprocess.Popen([BIN / "ventanillactl", "card", "sign", "--data", self.data, "--pin-file", "-",
                                    "--out", self.dir / "signature", "--json"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "VENTANILLA_RUN": str(self.dir / "run")})
        waiting.stdin.write("\n")
        waiting.stdin.close()
        self.control("wait", "waiting=pin", "60000")
        self.assertEqual(self.ctl("card", "show")[0], 8, "the card is at work")
        self.control("pin", "enter", PIN)
        self.assertEqual(json.loads(waiting.stdout.read())["outcome"], "signed")
        self.assertEqual(waiting.wait(), 0)
        waiting.stdout.close()


if __name__ == "__main__":
    unittest.main()
