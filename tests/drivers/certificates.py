#!/usr/bin/python3
"""Demo cards of every kind (tools/demo-cards) through the card machine, and certificates, chains,
OCSP answers and lists against openssl's own command line: where ours says good, `openssl verify`
must say OK, and where openssl refuses, ours must.

usage: certificates.py      environment: VT_SOURCE_DIR, VT_BUILD_DIR
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(os.environ.get("VT_SOURCE_DIR", "."))
TOOL = pathlib.Path(os.environ.get("VT_BUILD_DIR", "build")) / "tests" / "smartcard_tool"
SAT = ROOT / "tests/drivers/data/certs"
NOW = int(time.time())
DAY = 86400
failures = []
checks = 0


def run(*words, **options):
    return subprocess.run([str(w) for w in words], capture_output=True, **options)


def tool(*words):
    got = run(TOOL, *words)
    if got.returncode == 77:
        return None
    if got.returncode:
        raise SystemExit(f"{words}: {got.stderr.decode()}")
    return got.stdout.decode().strip()


def openssl(*words):
    got = run("openssl", *words)
    if got.returncode:
        raise SystemExit(f"openssl {' '.join(map(str, words))}: {got.stderr.decode()}")


def check(what, got, wanted):
    global checks
    checks += 1
    if got is None or not got.startswith(wanted):
        failures.append(f"{what}: {got!r}, wanted {wanted!r}")


# --- cards ---

CARDS = {  # card: tries, what is said of its certificate, what of its signature
    "holder": (3, "efirma good", "ok"),
    "holder-t0": (3, "efirma good", "ok"),
    "holder-gzip": (3, "efirma good", "ok"),
    "holder-ec": (3, "efirma good", "ok"),
    "holder-p384": (3, "efirma good", "ok"),
    "holder-rsa3072": (3, "efirma good", "ok"),
    "holder-p15": (3, "efirma good", "ok"),
    "cac": (-1, "efirma good", "ok"),
    "company": (3, "efirma good", "ok"),
    "csd": (3, "csd seal", "ok"),
    "other-person": (3, "efirma good", "ok"),
    "expired": (3, "efirma expired", "ok"),
    "not-yet": (3, "efirma notYet", "ok"),
    "wrong-purpose": (3, "other notEfirma", "ok"),
    "unknown-ca": (3, "efirma unknownIssuer", "ok"),
    "wrong-key": (3, "efirma good", "badSignature"),
    "blocked": (0, "efirma good", "blocked"),
    "last-try": (1, "efirma good", "lastTry"),
    "empty": (-1, None, None),
}


def cards(demo, trust):
    for name, (tries, certificate, signing) in CARDS.items():
        path = demo / "cards" / f"{name}.card"
        if not path.exists():
            print(f"skipped: {name}.card was not made (certutil)")
            continue
        said = tool("card", path, trust, "123456")
        if said is None:
            print(f"skipped: {name}.card (built without libcacard)")
            continue
        lines = said.split("\n")
        check(name, lines[0], "list ok")
        check(name, lines[1].split(" ", 2)[2], f"tries={tries} ")
        found = [line for line in lines if line.startswith("certificate ")]
        check(name, str(bool(found)), str(certificate is not None))
        for line in found:
            check(name, line.split(" ", 2)[2], f"{certificate} {signing} ")
        used = 0 if signing in ("blocked", "lastTry", None) else len(found)
        check(name, lines[-1], f"verifies {used} secret_left=0")


# --- certificates ---

def check_sat(empty):
    at_2024 = 1705276800
    at_2020 = 1579046400
    pair = "rfc=EKU9003173C9 curp= representative=VADA800927DJ3,VADA800927HSRSRL05 " \
        "serial=30001000000500003415 holder=ESCUELA KEMPER URGATE SA DE CV"
    fiel = tool("check", SAT / "fake-fiel.cer", empty, "efirma", at_2024)
    check("fake-fiel 2024", fiel, "unknownIssuer efirma chain=0 " + pair)
    check("fake-fiel 2020", tool("check", SAT / "fake-fiel.cer", empty, "efirma", at_2020), "notYet")
    check("fake-csd", tool("check", SAT / "fake-csd.cer", empty, "efirma", at_2020), "seal csd")
    check("fake-csd to sign", tool("check", SAT / "fake-csd.cer", empty, "sign", at_2020),
          "unknownIssuer csd")
    check("expired-fiel 2020", tool("check", SAT / "expired-fiel.cer", empty, "efirma", at_2020),
          "unknownIssuer efirma")
    check("expired-fiel 2024", tool("check", SAT / "expired-fiel.cer", empty, "efirma", at_2024),
          "expired efirma")


class Authority:
    """A throw-away authority; made by openssl, not by us."""

    def __init__(self, folder, name, parent=None, extra="basicConstraints=critical,CA:TRUE", bits=2048,
                 md="sha256", usage="keyUsage=critical,keyCertSign,cRLSign"):
        self.folder, self.name = folder, name
        self.key, self.pem, self.der = (folder / f"{name}.{e}" for e in ("key", "pem", "der"))
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", self.key)
        words = ["req", "-new", "-x509", "-key", self.key, f"-{md}", "-days", "3000", "-subj",
                 f"/CN={name}", "-out", self.pem, "-addext", extra, "-addext", usage]
        if parent:
            words += ["-CA", parent.pem, "-CAkey", parent.key]
        openssl(*words)
        openssl("x509", "-in", self.pem, "-outform", "DER", "-out", self.der)


FIEL = ("keyUsage=digitalSignature,nonRepudiation,dataEncipherment,keyAgreement",
        "extendedKeyUsage=clientAuth,emailProtection", "basicConstraints=critical,CA:FALSE")
PERSON = "/CN=CONCEPCIÓN/name=CONCEPCIÓN SALGADO BRISEÑO/C=MX/x500UniqueIdentifier=SABC5606262A8" \
    "/serialNumber=SABC560626MDFLRN01"


def leaf(folder, name, authority, subject=PERSON, extensions=FIEL, key=("RSA", "rsa_keygen_bits:2048"),
         md="sha256", days=300):
    pem, der = (folder / f"{name}.{e}" for e in ("pem", "der"))
    private = folder / f"leaf-{key[1].replace(':', '-')}.key"
    if not private.exists():
        openssl("genpkey", "-algorithm", key[0], "-pkeyopt", key[1], "-out", private)
    words = ["req", "-utf8", "-new", "-x509", "-key", private, f"-{md}", "-days", days, "-subj", subject,
             "-CA", authority.pem, "-CAkey", authority.key, "-out", pem,
             "-set_serial", "0x" + b"30001000000500000099".hex()]
    for extension in extensions:
        words += ["-addext", extension]
    openssl(*words)
    openssl("x509", "-in", pem, "-outform", "DER", "-out", der)
    return der


def openssl_says(der, roots, others, at):
    words = ["verify", "-no-CApath", "-no-CAstore", "-attime", at, "-auth_level", "2",
             "-verify_depth", "3", "-CAfile", roots]
    if others:
        words += ["-untrusted", others]
    return run("openssl", *words, der.with_suffix(".pem")).returncode == 0


def differential(work):
    trust, keys = work / "trust", work / "keys"
    for folder in (trust, keys):
        folder.mkdir()
    root = Authority(keys, "root")
    middle = Authority(keys, "middle", root)
    tight = Authority(keys, "tight", root, "basicConstraints=critical,CA:TRUE,pathlen:0")
    below = Authority(keys, "below", tight)
    no_sign = Authority(keys, "nosign", root, usage="keyUsage=critical,cRLSign")
    weak = Authority(keys, "weak", root, md="sha1")
    stranger = Authority(keys, "stranger")
    for authority in (root, middle, tight, below, weak):
        shutil.copy(authority.pem, trust)
    (trust / "README").write_text("not a certificate: another ending is not read\n")
    others = work / "others.pem"
    others.write_text("".join(a.pem.read_text() for a in (middle, tight, below, no_sign, weak)))
    ou = PERSON.replace("/C=MX", "/OU=MATRIZ")
    cases = [  # name, der, what ours says; None: only the comparison with openssl
        ("good", leaf(keys, "good", root), "good efirma chain=1 rfc=SABC5606262A8 curp=SABC560626MDFLRN01"
         " representative=, serial=30001000000500000099 holder=CONCEPCIÓN SALGADO BRISEÑO"),
        ("middle", leaf(keys, "by-middle", middle), "good efirma chain=2"),
        ("pathlen", leaf(keys, "by-below", below), "badChain"),
        ("no keyCertSign", leaf(keys, "by-nosign", no_sign), "unknownIssuer"),
        ("sha1 authority", leaf(keys, "by-weak", weak), "badChain"),
        ("stranger", leaf(keys, "by-stranger", stranger), "unknownIssuer"),
        ("ec", leaf(keys, "ec", root, key=("EC", "ec_paramgen_curve:P-256")), "good efirma"),
        ("ec 384", leaf(keys, "ec384", root, key=("EC", "ec_paramgen_curve:P-384")), "good efirma"),
        ("ec 521", leaf(keys, "ec521", root, key=("EC", "ec_paramgen_curve:P-521")), "weak"),
        ("rsa 1024", leaf(keys, "rsa1024", root, key=("RSA", "rsa_keygen_bits:1024")), "weak"),
        ("sha1", leaf(keys, "sha1", root, md="sha1"), "weak"),
        ("an authority", leaf(keys, "ca-leaf", root, extensions=(
            "basicConstraints=critical,CA:TRUE", FIEL[0], FIEL[1])), "authority"),
        ("no clientAuth", leaf(keys, "no-client", root, extensions=(FIEL[0], FIEL[2])), "notEfirma other"),
        ("three usages", leaf(keys, "three", root, extensions=(
            "keyUsage=digitalSignature,nonRepudiation,dataEncipherment", FIEL[1], FIEL[2])),
         "notEfirma other"),
        ("seal", leaf(keys, "seal", root, ou, ("keyUsage=digitalSignature,nonRepudiation", FIEL[2])),
         "seal csd"),
        ("OU with all usages", leaf(keys, "ou", root, ou), "notEfirma other"),
        ("no RFC", leaf(keys, "no-rfc", root, "/CN=NADIE/C=MX"), "notEfirma other"),
        ("no CURP", leaf(keys, "no-curp", root, PERSON.rsplit("/", 1)[0]), "identity efirma"),
        ("RFC lower case", leaf(keys, "lower", root, PERSON.replace("SABC5606262A8", "sabc5606262a8")),
         "notEfirma other"),
        ("two RFCs", leaf(keys, "two", root, PERSON + "/x500UniqueIdentifier=TLN9901014AA"),
         "notEfirma other"),
        ("CURP pair of a person", leaf(keys, "pair", root, PERSON + " \\/ SABC560626MDFLRN01"),
         "identity efirma"),
        ("company", leaf(keys, "company", root, "/CN=Ñ/name=TORTILLERÍA LA ÑAPA SA DE CV/C=MX"
                         "/x500UniqueIdentifier=TÑA990101AB1 \\/ SABC5606262A8"
                         "/serialNumber= \\/ SABC560626MDFLRN01"),
         "good efirma chain=1 rfc=TÑA990101AB1 curp= representative=SABC5606262A8,SABC560626MDFLRN01"),
        ("critical unknown", leaf(keys, "critical", root, extensions=FIEL + (
            "1.2.3.4=critical,ASN1:NULL",)), "malformed"),
        ("writing direction", leaf(keys, "rlo", root, PERSON.replace(
            "name=CONCEPCIÓN", "name=CONCEPCIÓN\u202e")), None),
    ]
    for name, der, wanted in cases:
        for at in (NOW + 60, NOW - 3 * DAY, NOW + 1000 * DAY, NOW + 4000 * DAY):
            ours = tool("check", der, trust, "sign", at)
            peer = openssl_says(der, root.pem, others, at)
            check(f"{name}: ours {ours}, openssl {peer}", str(peer or not ours.startswith("good ")), "True")
        if wanted:
            check(name, tool("check", der, trust, "efirma", NOW + 60), wanted)
    good = cases[0][1]
    data = good.read_bytes()
    check("not yet", tool("check", good, trust, "efirma", NOW - 3 * DAY), "notYet")
    check("expired", tool("check", good, trust, "efirma", NOW + 1000 * DAY), "expired")
    for name, changed in (("trailing byte", data + b"\0"), ("cut", data[:-1]), ("empty", b""),
                          ("PEM", good.with_suffix(".pem").read_bytes()), ("long", data * 3)):
        (work / "changed.der").write_bytes(changed)
        check(name, tool("check", work / "changed.der", trust, "efirma", NOW), "malformed: ")
    signature = bytearray(data)
    signature[-1] ^= 1
    (work / "changed.der").write_bytes(signature)
    check("another signature", tool("check", work / "changed.der", trust, "efirma", NOW + 60),
          "unknownIssuer")
    (trust / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
    check("malformed store", str(run(TOOL, "check", good, trust, "efirma", NOW).returncode), "2")
    (trust / "bad.pem").unlink()
    shutil.copy(no_sign.der, trust)
    check("an authority that may not certify",
          str(run(TOOL, "check", good, trust, "efirma", NOW).returncode), "2")
    (trust / "nosign.der").unlink()
    shutil.copy(good, trust / "leaf.der")
    check("a leaf in the store", str(run(TOOL, "check", good, trust, "efirma", NOW).returncode), "2")


# --- revocation ---

def revocation(demo, work):
    ca = demo / "ca"
    der = {}
    for name in ("holder", "revoked", "unknown-ca"):
        der[name] = work / f"{name}.der"
        openssl("x509", "-in", demo / f"{name}.pem", "-outform", "DER", "-out", der[name])
    issuer, other = work / "issuer.der", work / "other-issuer.der"
    openssl("x509", "-in", ca / "ca.pem", "-outform", "DER", "-out", issuer)
    openssl("x509", "-in", demo / "other-ca/ca.pem", "-outform", "DER", "-out", other)

    def answer(name, *more, signer=(ca / "ocsp.pem", ca / "ocsp.key")):
        request, response = work / "request", work / f"{name}.ocsp"
        request.write_bytes(run(TOOL, "ocsp-request", der[name], issuer).stdout)
        openssl("ocsp", "-index", ca / "index.txt", "-CA", ca / "ca.pem", "-rsigner", signer[0], "-rkey",
                signer[1], "-reqin", request, "-respout", response, *more)
        return response

    at = int(time.time()) + 1
    good = answer("holder", "-nmin", "60")
    check("ocsp good", tool("ocsp", der["holder"], issuer, good, at), "good fresh=1 source=ocsp")
    check("ocsp too old", tool("ocsp", der["holder"], issuer, good, at + 3700), "unavailable")
    check("ocsp from the future", tool("ocsp", der["holder"], issuer, good, at - 3600), "unavailable")
    check("ocsp of another", tool("ocsp", der["revoked"], issuer, good, at), "unavailable")
    check("ocsp of another issuer", tool("ocsp", der["holder"], other, good, at), "unavailable")
    revoked = answer("revoked", "-nmin", "60")
    check("ocsp revoked", tool("ocsp", der["revoked"], issuer, revoked, at), "revoked fresh=0")
    check("ocsp revoked, old", tool("ocsp", der["revoked"], issuer, revoked, at + 30 * DAY), "revoked")
    by_ca = answer("holder", "-nmin", "60", signer=(ca / "ca.pem", ca / "ca.key"))
    check("ocsp by the issuer", tool("ocsp", der["holder"], issuer, by_ca, at), "good")
    no_certs = answer("holder", "-nmin", "60", "-resp_no_certs", signer=(ca / "ca.pem", ca / "ca.key"))
    check("ocsp without certificates", tool("ocsp", der["holder"], issuer, no_certs, at), "good")
    by_holder = answer("holder", "-nmin", "60", signer=(demo / "holder.pem", demo / "holder.key"))
    check("ocsp by a holder", tool("ocsp", der["holder"], issuer, by_holder, at), "unavailable")
    by_other = answer("holder", "-nmin", "60", signer=(demo / "other-ca/ca.pem", demo / "other-ca/ca.key"))
    check("ocsp by another authority", tool("ocsp", der["holder"], issuer, by_other, at), "unavailable")
    sha1 = answer("holder", "-nmin", "60", "-rmd", "sha1")
    check("ocsp sha1", tool("ocsp", der["holder"], issuer, sha1, at), "unavailable")
    ageless = answer("holder")
    check("ocsp without end", tool("ocsp", der["holder"], issuer, ageless, at), "good")
    check("ocsp without end, old", tool("ocsp", der["holder"], issuer, ageless, at + 7200), "unavailable")
    data = good.read_bytes()
    for name, changed in (("ocsp cut", data[:-9]), ("ocsp longer", data + b"\0"), ("ocsp empty", b""),
                          ("ocsp flipped", data[:-300] + bytes([data[-300] ^ 1]) + data[-299:])):
        (work / "changed.ocsp").write_bytes(changed)
        check(name, tool("ocsp", der["holder"], issuer, work / "changed.ocsp", at), "unavailable")

    crl = ca / "crl.der"
    for path in (crl, ca / "crl.pem"):
        check("crl good", tool("crl", der["holder"], issuer, path, NOW + 60, 0), "good fresh=1 source=crl")
        check("crl revoked", tool("crl", der["revoked"], issuer, path, NOW + 60, 0), "revoked")
    far = NOW + 4000 * DAY
    check("crl old", tool("crl", der["holder"], issuer, crl, far, DAY), "unavailable")
    check("crl in its grace", tool("crl", der["holder"], issuer, crl, far, 5000 * DAY), "good fresh=0")
    check("crl old, revoked", tool("crl", der["revoked"], issuer, crl, far, 0), "revoked")
    check("crl from the future", tool("crl", der["holder"], issuer, crl, NOW - 900 * DAY, 0), "unavailable")
    check("crl of another key", tool("crl", der["holder"], other, crl, NOW + 60, 0), "refused: ")
    data = crl.read_bytes()
    for name, changed in (("crl cut", data[:-1]), ("crl longer", data + b"\0"), ("crl empty", b""),
                          ("crl flipped", data[:-1] + bytes([data[-1] ^ 1]))):
        (work / "changed.crl").write_bytes(changed)
        check(name, tool("crl", der["holder"], issuer, work / "changed.crl", NOW + 60, 0), "refused: ")


def main():
    if not shutil.which("openssl"):
        print("skipped: openssl is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        demo, trust, empty = work / "demo", work / "demo-trust", work / "empty"
        made = run(ROOT / "tools/demo-cards", demo)
        if made.returncode:
            print(made.stderr.decode())
            return 1
        trust.mkdir()
        empty.mkdir()
        shutil.copy(demo / "ca/ca.pem", trust)
        cards(demo, trust)
        check_sat(empty)
        differential(work)
        revocation(demo, work)
    for failure in failures:
        print(failure)
    print(f"{checks} checks, {len(failures)} failures")
    return 1 if failures else 0


sys.exit(main())
