#!/usr/bin/python3
"""Requests that citizens sign, before tools/agency: signatures made by openssl's command line, each
wrong one in one way. What the agency keeps is judged by openssl again."""

import base64
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from agency_client import BUILD, PROGRAM, SOURCE, main, new_key

CURP, OTHER = "SABC560626MDFLRN01", "HEGG560427MVZRRL04"
SERVICE, OPERATION = "SolicitudCopiaService", "solicitarCopia"
CARDS = BUILD / "demo-cards"
FOLDER = tempfile.TemporaryDirectory(prefix="vt-copies-")
WORK = pathlib.Path(FOLDER.name)


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def text_of(key, curp=CURP):
    return f"Pido lo siguiente y lo firmo con mi e.firma.\nCURP: {curp}\nNúmero de solicitud: {key}\n".encode()


def sign(text, cert="holder", key="holder", *more, cades=True):
    (WORK / "text").write_bytes(text)
    return openssl("cms", "-sign", "-binary", "-in", WORK / "text", "-signer", CARDS / f"{cert}.pem",
                   "-inkey", CARDS / f"{key}.key", "-outform", "DER", "-nosmimecap",
                   *(["-cades"] if cades else []), *(more or ["-md", "sha256"]))


def ask(agency, key, text, cms, curp=CURP):
    encode = lambda data: base64.b64encode(data).decode()
    fields = {**agency.account(), "cveCurp": curp, "solicitud": encode(text), "firma": encode(cms)}
    return agency.soap(SERVICE, OPERATION, fields, key=key)


def refused(agency, answer, key, why):
    document = answer.document
    assert document.get("statusOper") == "NO EXITOSO" and document.get("TipoError") == "04", answer.text
    assert why in document.get("message"), (why, document.get("message"))
    # For good: the same again is answered the same, and nothing was promised.
    assert agency.inquire(key).document.get("estado") == "RECHAZADA"
    assert agency.ledger()["kiosk-0001", key] == (OPERATION, 0, "-")


def kept(agency):
    out = subprocess.run([PROGRAM, "requests", "--dir", agency.dir, "--pki", agency.pki],
                         capture_output=True, text=True, check=True).stdout
    return {line.split("\t")[1]: line.split("\t")[2:] for line in out.splitlines()}


def test_a_signed_request_is_taken_once_and_kept_as_it_came(agency):
    for signer in (("holder", "holder"), ("holder-rsa3072", "rsa3072"), ("holder-ec", "ec"),
                   ("holder-p384", "p384", "-md", "sha384")):
        key = new_key()
        text = text_of(key)
        cms = sign(text, *signer)
        answer = ask(agency, key, text, cms)
        assert answer.ok and len(answer.document.get("FolioConstancia")) == 9, answer.text
        again = ask(agency, key, text, cms)
        assert again.headers.get("Idempotent-Replayed") == "true" and again.text == answer.text
        # Signed again it is another request.
        other = ask(agency, key, text, sign(text, *signer))
        assert other.status in (200, 422)
        assert agency.ledger()["kiosk-0001", key] == (OPERATION, 1, "-")
        state = agency.inquire(key).document
        assert state.get("estado") == "APLICADA" and state[0].tag == "COPIA"
        stored = [base64.b64decode(value) for value in kept(agency)[key]]
        assert stored == [text, cms]
        (WORK / "kept.txt").write_bytes(stored[0])
        (WORK / "kept.cms").write_bytes(stored[1])
        openssl("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", WORK / "kept.cms", "-content",
                WORK / "kept.txt", "-CAfile", CARDS / "ca/ca.pem", "-out", WORK / "out")


def test_every_signature_that_is_not_the_citizens_is_refused_for_good(agency):
    cases = [("unknown-ca", "holder", "no es valida"), ("forged", "holder", "no es valida"),
             ("expired", "holder", "no es valida"), ("not-yet", "holder", "no es valida"),
             ("weak", "weak", "no es valida"),
             ("revoked", "holder", "revocado"), ("other-person", "other", "otra persona"),
             ("company", "holder", "otra persona"), ("wrong-purpose", "holder", "no sirve")]
    before = kept(agency)
    for cert, private, why in cases:
        key = new_key()
        text = text_of(key)
        refused(agency, ask(agency, key, text, sign(text, cert, private)), key, why)
    assert kept(agency) == before


def test_a_signature_over_something_else_is_refused(agency):
    key = new_key()
    refused(agency, ask(agency, key, text_of(key) + b" ", sign(text_of(key))), key, "no es valida")
    key = new_key()
    text = text_of(new_key())
    refused(agency, ask(agency, key, text, sign(text)), key, "es otra")
    key = new_key()
    text = text_of(key, OTHER)
    refused(agency, ask(agency, key, text, sign(text)), key, "otra CURP")
    for text in (b"\xff\xfe" + text_of(key), text_of(key) + b"\0"):
        key = new_key()
        refused(agency, ask(agency, key, text, sign(text)), key, "no es un texto")


def test_a_signature_of_another_form_is_refused(agency):
    forms = {
        "attached": lambda text: sign(text, "holder", "holder", "-nodetach", "-md", "sha256"),
        "no attributes": lambda text: sign(text, "holder", "holder", "-noattr", "-md", "sha256", cades=False),
        "no certificate": lambda text: sign(text, "holder", "holder", "-nocerts", "-md", "sha256"),
        "not bound": lambda text: sign(text, cades=False),
        "SHA-1": lambda text: sign(text, "holder", "holder", "-md", "sha1"),
        "two signers": lambda text: sign(text, "holder", "holder", "-md", "sha256", "-signer",
                                         CARDS / "other-person.pem", "-inkey", CARDS / "other.key"),
        "more behind": lambda text: sign(text) + b"\0",
        "cut": lambda text: sign(text)[:-1],
        "a byte": lambda text: b"0",
    }
    for name, make in forms.items():
        key = new_key()
        text = text_of(key)
        answer = ask(agency, key, text, make(text))
        assert answer.document.get("TipoError") == "04", (name, answer.text)
        assert key not in kept(agency), name


def test_an_agency_without_authorities_believes_no_citizen(agency):
    options, agency.options = agency.options, []
    agency.stop()
    agency.start()
    key = new_key()
    text = text_of(key)
    refused(agency, ask(agency, key, text, sign(text)), key, "no se aceptan")
    agency.options = options
    agency.stop()
    agency.start()
    bad = WORK / "bad.pem"
    for content in ("", (CARDS / "holder.pem").read_text(),
                    (CARDS / "ca/ca.pem").read_text() + openssl("ca", "-config", CARDS / "other-ca/ca.conf",
                                                                "-gencrl").decode()):
        bad.write_text(content)
        done = subprocess.run([PROGRAM, "--dir", agency.dir / "x", "--pki", agency.pki, "--citizens", bad],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "citizens" in done.stderr, done


if __name__ == "__main__":
    subprocess.run([SOURCE / "tools/demo-cards", CARDS, "--pin", "73914628"], check=True)
    citizens = WORK / "citizens.pem"
    citizens.write_text((CARDS / "ca/ca.pem").read_text() + (CARDS / "ca/crl.pem").read_text())
    main(globals(), "--citizens", str(citizens))
