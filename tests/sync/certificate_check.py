#!/usr/bin/python3
"""Certificate.Check: ventanilla-sync against the demo authority's responder and list, with this script
as core. Every row of the policy in terminal/certificate/revocation.h, and every fault of the responder."""

import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("VT_SOURCE_DIR", ".")).resolve()
BIN = pathlib.Path(os.environ.get("VT_BUILD_DIR", "build")).resolve() / "bin"
PATIENCE = 20

CONFIG = """
[adapter fees]
url = https://localhost:9
ca = {demo}/ca/ca.pem
cert = {demo}/holder.pem
key = {demo}/holder.key
[revocation]
timeout_ms = {timeout}
{lines}
"""


class Responder:
    def __init__(self, demo):
        self.control = demo / "control"
        self.process = subprocess.Popen([BIN / "revocation", "--ca", demo / "ca", "--control", self.control],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def order(self, *words):
        done = subprocess.run([BIN / "agency", "control", self.control, *words], capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def asked(self):
        return {line.split()[0]: int(line.split()[1]) for line in self.order("stats").splitlines()
                if line.split()[0] in ("ocsp", "crl")}


class Core:
    running = []

    def __init__(self, folder, demo, lines, timeout=3000):
        self.demo, self.ders = demo, {}
        self.path = folder / "sync.sock"
        self.path.unlink(missing_ok=True)
        config = folder / "terminal.conf"
        config.write_text(CONFIG.format(demo=demo, lines=lines, timeout=timeout))
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(self.path))
        listener.listen(1)
        listener.settimeout(PATIENCE)
        self.log = open(folder / "sync.log", "ab")
        self.process = subprocess.Popen([BIN / "ventanilla-sync", "--socket", self.path, "--config", config,
                                         "--verbose"], stderr=self.log)
        Core.running.append(self.process)
        self.peer, _ = listener.accept()
        listener.close()
        self.peer.settimeout(PATIENCE)
        self.requests = 0

    def der(self, name):
        if name not in self.ders:
            done = subprocess.run(["openssl", "x509", "-in", self.demo / f"{name}.pem", "-outform", "DER"],
                                  capture_output=True, check=True)
            self.ders[name] = base64.b64encode(done.stdout).decode()
        return self.ders[name]

    def send(self, payload):
        self.requests += 1
        header = {"type": "command", "name": "Certificate.Check", "requestId": self.requests, "version": "1.0",
                  "timeout": 0}
        self.peer.send(json.dumps({"header": header, "payload": payload}).encode())
        return self.requests

    def result(self, request):
        while True:
            data = self.peer.recv(1 << 17)
            assert data, "sync closed the connection"
            message = json.loads(data)
            if message["header"]["type"] == "completion" and message["header"]["requestId"] == request:
                assert message["header"].get("completionCode", "success") == "success", message
                return message["payload"]

    def check(self, name, status, source=None, detail="", issuer="ca/ca"):
        got = self.result(self.send({"certificate": self.der(name),
                                     "issuers": [{"certificate": self.der(issuer)}]}))
        assert got["status"] == status, (name, got)
        assert source is None or got.get("source", "") == source, (name, got)
        assert detail in got.get("detail", ""), (name, got)
        if status == "good":
            assert got["thisUpdateUnixMs"] > 0 and got["nextUpdateUnixMs"] > got["thisUpdateUnixMs"], got
        return got

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


FAULTS = ("stale", "future", "wrong-signer", "other", "try-later", "garbage", "error", "drop", "silent",
          "oversized")


def by_ocsp(responder, folder, demo):
    core = Core(folder, demo, f"ocsp_url = {responder.url}/ocsp", timeout=1000)
    core.check("holder", "good", "ocsp")
    core.check("revoked", "revoked", "ocsp")
    for say, status in (("hold", "revoked"), ("unknown", "unknown"), ("revoked", "revoked"), ("good", "good")):
        responder.order("say", say)
        core.check("holder", status, "ocsp")
    responder.order("say", "index")
    core.check("holder", "unavailable", "ocsp", issuer="other-ca/ca")
    for fault in FAULTS:
        responder.order("fault", "ocsp", fault)
        core.check("holder", "unavailable")
    responder.order("fault", "none")
    # What is no question is answered, and the process lives.
    for payload in ({"certificate": "AAAA", "issuers": [{"certificate": core.der("ca/ca")}]},
                    {"certificate": core.der("holder")},
                    {"certificate": core.der("holder") + "=", "issuers": [{"certificate": core.der("ca/ca")}]},
                    {"certificate": "*" * 400, "issuers": [{"certificate": core.der("ca/ca")}]}):
        assert core.result(core.send(payload))["status"] == "unavailable"
    # More at once than it takes.
    responder.order("fault", "ocsp", "silent")
    requests = [core.send({"certificate": core.der("holder"), "issuers": [{"certificate": core.der("ca/ca")}]})
                for _ in range(6)]
    # The two too many are answered first.
    assert "too many" in core.result(requests[4])["detail"]
    assert "too many" in core.result(requests[5])["detail"]
    assert core.result(requests[0])["status"] == "unavailable"
    responder.order("fault", "none")
    core.stop()


def by_list(responder, folder, demo):
    cache = folder / "list.crl"
    lines = f"crl_url = {responder.url}/crl\ncrl_cache = {cache}"
    core = Core(folder, demo, lines, timeout=1000)
    for fault in FAULTS:
        responder.order("fault", "crl", fault)
        core.check("holder", "unavailable")
        # One whose time is over may still be within its grace: then it is kept.
    responder.order("fault", "none")
    cache.unlink(missing_ok=True)
    core.stop()

    core = Core(folder, demo, lines)
    core.check("holder", "good", "crl")
    core.check("revoked", "revoked", "crl")
    assert cache.exists()
    before = responder.asked()["crl"]
    core.check("holder", "good", "crl")
    assert responder.asked()["crl"] == before, "a fresh list is not fetched again"
    core.stop()
    # The next process has it on disk, also without a network; a spoilt one is none.
    responder.order("down")
    core = Core(folder, demo, lines)
    core.check("holder", "good", "crl")
    core.check("revoked", "revoked", "crl")
    core.check("holder", "unavailable", issuer="other-ca/ca")
    core.stop()
    cache.write_bytes(cache.read_bytes()[:-1])
    core = Core(folder, demo, lines)
    core.check("holder", "unavailable", detail="list: no answer")
    core.stop()
    responder.order("up")


def by_both(responder, folder, demo):
    core = Core(folder, demo, f"ocsp_url = {responder.url}/ocsp\ncrl_url = {responder.url}/crl")
    core.check("holder", "good", "ocsp")
    # Answered by OCSP, it has fetched a list for later.
    for _ in range(50):
        if responder.asked()["crl"] > 0:
            break
        core.check("holder", "good", "ocsp")
    responder.order("fault", "ocsp", "error")
    core.check("holder", "good", "crl")
    core.check("revoked", "revoked", "crl")
    responder.order("fault", "none")
    responder.order("down")
    core.check("holder", "good", "crl")
    core.check("revoked", "revoked", "crl")
    responder.order("up")
    # A responder that does not know it does not outweigh a list.
    responder.order("say", "unknown")
    core.check("holder", "good", "crl")
    responder.order("say", "index")
    core.stop()


def unconfigured(responder, folder, demo):
    core = Core(folder, demo, "")
    core.check("holder", "unavailable", detail="no [revocation]")
    core.stop()
    # https would want identities: it is refused at start, and said.
    core = Core(folder, demo, "ocsp_url = ftp://127.0.0.1/")
    core.check("holder", "unavailable", detail="cannot be used")
    core.stop()


def main():
    if not shutil.which("openssl"):
        print("skipped: openssl is not installed")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        demo = folder / "demo"
        made = subprocess.run([SOURCE / "tools/demo-cards", demo], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        responder = Responder(demo)
        try:
            for scenario in (by_ocsp, by_list, by_both, unconfigured):
                try:
                    scenario(responder, folder, demo)
                except BaseException:
                    print((folder / "sync.log").read_text()[-3000:])
                    raise
                print(f"ok {scenario.__name__}")
        finally:
            for process in (responder.process, *Core.running):
                process.kill()
                process.wait()
    return 0


sys.exit(main())
