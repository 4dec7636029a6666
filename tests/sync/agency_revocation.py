#!/usr/bin/python3
"""The demo authority's OCSP answers and lists before clients we did not write: openssl ocsp, openssl crl, openssl
verify, curl. Every switch of tools/agency's program `revocation` is turned, and none is believed."""
import base64
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("VT_SOURCE_DIR", ".")).resolve()
BIN = pathlib.Path(os.environ.get("VT_BUILD_DIR", "build")).resolve() / "bin"


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen([BIN / "revocation", "--ca", folder / "ca", "--control", folder / "ctl"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        word, port = self.process.stdout.readline().split()
        assert word == "port"
        self.port = int(port)
        self.url = f"http://127.0.0.1:{port}"

    def order(self, *words, good=True):
        done = subprocess.run([BIN / "agency", "control", self.folder / "ctl", *words], capture_output=True, text=True)
        assert (done.returncode == 0) == good, (words, done.stdout, done.stderr)
        return done.stdout

    def ask(self, name, *options, authority="ca"):
        """What openssl's client says about NAME.pem; its own verification is in the text too."""
        done = subprocess.run(
            ["openssl", "ocsp", "-issuer", f"{authority}/ca.pem", "-cert", f"{name}.pem", "-url", f"{self.url}/ocsp",
             "-CAfile", "ca/ca.pem", *options], cwd=self.folder, capture_output=True, text=True, timeout=30)
        return done.stdout + done.stderr

    def fetch_list(self):
        with urllib.request.urlopen(f"{self.url}/crl", timeout=10) as answer:
            assert answer.headers["Content-Type"] == "application/pkix-crl"
            (self.folder / "fetched.der").write_bytes(answer.read())
        subprocess.run(["openssl", "crl", "-inform", "DER", "-in", "fetched.der", "-out", "fetched.pem"],
                       cwd=self.folder, capture_output=True)

    def verify(self, name):
        self.fetch_list()
        return subprocess.run(["openssl", "verify", "-CAfile", "ca/ca.pem", "-CRLfile", "fetched.pem", "-crl_check",
                               f"{name}.pem"], cwd=self.folder, capture_output=True, text=True).stderr


def answers(server):
    good = server.ask("holder")
    assert "Response verify OK" in good and "holder.pem: good" in good and "Next Update" in good, good
    revoked = server.ask("revoked")
    assert "Response verify OK" in revoked and "revoked.pem: revoked" in revoked, revoked
    assert "Reason: keyCompromise" in revoked, revoked
    # Of another authority, even if it calls itself the same: not ours to know.
    for name, authority in (("unknown-ca", "other-ca"), ("forged", "forged-ca")):
        unknown = server.ask(name, authority=authority)
        assert f"{name}.pem: unknown" in unknown, unknown
    assert "no nonce in response" not in good.lower(), good
    # GET with the request in the path (RFC 6960 appendix A)
    subprocess.run(["openssl", "ocsp", "-issuer", "ca/ca.pem", "-cert", "holder.pem", "-no_nonce", "-reqout", "q.der"],
                   cwd=server.folder, check=True)
    question = (server.folder / "q.der").read_bytes()
    path = urllib.request.quote(base64.b64encode(question).decode(), safe="")
    with urllib.request.urlopen(f"{server.url}/ocsp/{path}", timeout=10) as answer:
        (server.folder / "a.der").write_bytes(answer.read())
    told = subprocess.run(["openssl", "ocsp", "-issuer", "ca/ca.pem", "-cert", "holder.pem", "-no_nonce", "-respin",
                           "a.der", "-CAfile", "ca/ca.pem"], cwd=server.folder, capture_output=True, text=True)
    assert "holder.pem: good" in told.stdout and "Response verify OK" in told.stderr, told


def says(server):
    for say, text in (("good", "revoked.pem: good"), ("revoked", "holder.pem: revoked"),
                      ("hold", "Reason: certificateHold"), ("unknown", "holder.pem: unknown")):
        server.order("say", say)
        told = server.ask("revoked" if say == "good" else "holder")
        assert text in told and "Response verify OK" in told, (say, told)
    server.order("say", "revoked")
    assert "certificate revoked" in server.verify("holder")
    server.order("say", "index")


def lists(server):
    assert server.verify("holder") == ""
    assert "certificate revoked" in server.verify("revoked")
    for fault, text in (("stale", "CRL has expired"), ("future", "CRL is not yet valid"),
                        ("wrong-signer", "CRL signature failure"), ("other", "unable to get certificate CRL")):
        server.order("fault", "crl", fault)
        told = server.verify("holder")
        assert text in told, (fault, told)
    server.order("fault", "crl", "none")


def faults(server):
    for fault, text in (("stale", "expired"), ("future", "not yet valid"),
                        ("wrong-signer", "Response Verify Failure"), ("other", "ERROR: No Status found"),
                        ("try-later", "trylater"), ("garbage", "Error querying OCSP responder"),
                        ("error", "Error querying OCSP responder"), ("drop", "Error querying OCSP responder"),
                        ("oversized", "Error querying OCSP responder")):
        server.order("fault", "ocsp", fault)
        told = server.ask("holder")
        assert text in told, (fault, told)
        assert not ("Response verify OK" in told and "holder.pem: good" in told and "rror" not in told), told
    server.order("fault", "silent")
    assert "rror" in server.ask("holder", "-timeout", "1")
    done = subprocess.run(["curl", "-s", "-m", "1", f"{server.url}/crl"])
    assert done.returncode == 28, done
    server.order("fault", "none")
    assert "holder.pem: good" in server.ask("holder")
    server.order("down")
    done = subprocess.run(["curl", "-s", "-m", "5", f"{server.url}/crl"])
    assert done.returncode == 7, done
    server.order("down", good=False)
    server.order("up")
    assert "holder.pem: good" in server.ask("holder")


def nonsense(server):
    for words in (("say", "nothing"), ("fault", "x"), ("fault", "both", "stale"), ("hello",)):
        server.order(*words, good=False)
    for path, data, status in (("/", None, 404), ("/ocsp", b"", 400), ("/ocsp/abc", None, 400),
                               ("/ocsp/%00%00%00%00", None, 400), ("/ocsp", b"x" * 10000, 413),
                               ("/ocsp/" + "A" * 12000, None, 400)):
        try:
            urllib.request.urlopen(server.url + path, data=data, timeout=10)
            raise AssertionError(f"{path} was answered")
        except urllib.error.HTTPError as error:
            assert error.code == status, (path, error.code)
    # Not DER, and DER of something else: malformedRequest (1).
    for data in (b"nonsense", (server.folder / "ca/crl.der").read_bytes()[:5000]):
        with urllib.request.urlopen(f"{server.url}/ocsp", data=data, timeout=10) as answer:
            assert answer.read() == bytes.fromhex("30030a0101")
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(b"\0\1\2\3 HTTP\r\n\r\n")
    assert "holder.pem: good" in server.ask("holder")
    assert "ocsp " in server.order("stats")


for program in ("openssl", "curl"):
    if not shutil.which(program):
        print(f"skipped: {program} is not installed")
        sys.exit(77)
with tempfile.TemporaryDirectory(prefix="revocation-") as name:
    folder = pathlib.Path(name)
    subprocess.run([SOURCE / "tools/demo-cards", folder], check=True, stderr=subprocess.DEVNULL)
    server = Server(folder)
    for part in (answers, says, lists, faults, nonsense):
        part(server)
    server.order("quit")
    assert server.process.wait(20) == 0
print("ok")
