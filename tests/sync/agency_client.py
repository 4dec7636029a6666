"""A foreign client of tools/agency for its tests: HTTP by http.client, SOAP by zeep and lxml, signatures
by the xmlsec library. Nothing of ours is used to speak, so that agreement means something."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

SOURCE = pathlib.Path(os.environ.get("VT_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("VT_BUILD_DIR", SOURCE / "build"))
PROGRAM = BUILD / "bin" / "agency"
TERMINAL = "kiosk-0001"

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
SER = "http://services.wserv.ecurp.dgti.segob.gob.mx"
XSD = SER + "/xsd"
BASE = "/WebServicesConsulta/services/"
BY_KEY, BY_DATA, ASK = "ConsultaPorCurpService", "ConsultaCurpDetalleService", "ConsultaTransaccionService"


signing = threading.Lock()  # zeep's routine is bent for a moment


def new_key():
    return str(uuid.uuid4())


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Agency:
    """A running agency with a PKI of its own in a folder of its own."""

    def __init__(self, *options):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vt-agency-"))
        self.pki = self.dir / "pki"
        self.options = list(options)
        self.process = None
        subprocess.run([SOURCE / "tools" / "demo-pki", self.pki, "--terminal", TERMINAL], check=True)
        self.password = (self.pki / "renapo.password").read_text().strip()
        self.start()

    def start(self, *options):
        (self.dir / "port").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [PROGRAM, "--dir", self.dir, "--pki", self.pki, "--control", self.control_path,
             "--log", self.dir / "agency.log", *self.options, *options])
        deadline = time.monotonic() + 30
        while not (self.dir / "port").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the agency does not start")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.02)
        self.port = int((self.dir / "port").read_text())

    @property
    def control_path(self):
        return self.dir / "control"

    def stop(self):
        """Ends it the polite way; a sanitizer's complaint is a failure."""
        self.process.terminate()
        if self.process.wait(30) != 0:
            raise AssertionError(f"the agency ended with {self.process.returncode}")

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.process.poll() is None:
                self.stop() if kind is None else self.kill()
        finally:
            if kind is not None:
                sys.stderr.write((self.dir / "agency.log").read_text())
            shutil.rmtree(self.dir)

    def control(self, *words, expect=0):
        done = subprocess.run([PROGRAM, "control", self.control_path, *words], capture_output=True,
                              text=True)
        assert done.returncode == expect, (words, done)
        return done.stdout if expect == 0 else done.stderr

    def ledger(self):
        """key → (terminal, operation, times applied, confirmed)"""
        rows = {}
        for line in self.control("ledger").splitlines():
            terminal, key, operation, applied, confirmed = line.split("\t")
            rows[terminal, key] = (operation, int(applied), confirmed)
        return rows

    def log(self):
        return (self.dir / "agency.log").read_text()

    def context(self, certificate="terminal.pem", key="terminal.key"):
        context = ssl.create_default_context(cafile=self.pki / "ca.pem")
        if certificate:
            context.load_cert_chain(self.pki / certificate, self.pki / key)
        return context

    def connect(self, context=None, timeout=20):
        return http.client.HTTPSConnection("localhost", self.port, context=context or self.context(),
                                           timeout=timeout)

    def request(self, method, path, body=None, headers=None, context=None, timeout=20):
        connection = self.connect(context, timeout)
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    # REST

    def order(self, key, **changes):
        order = {"product": "passport", "validityYears": 3, "fare": "full", "amountCentavos": 179500,
                 "curp": "SABC560626MDFLRN01", "name": "CONCEPCIÓN SALGADO BRISEÑO", "key": key}
        order.update(changes)
        return order

    def post_order(self, order, key=None, context=None, timeout=20, **headers):
        headers = {"Content-Type": "application/json",
                   "Idempotency-Key": f'"{key or order["key"]}"', **headers}
        return self.request("POST", "/fees/v1/sheets", json.dumps(order), headers, context, timeout)

    def ask_order(self, key, context=None):
        return self.request("GET", f"/fees/v1/transactions/{key}", context=context).json()

    # SOAP

    def account(self, user="usuario"):
        return {user: "ventanilla", "password": self.password, "cveEntidadEmisora": "09",
                "direccionIp": "127.0.0.1", "tipoTransaccion": "1"}

    def curp_call(self, curp, key=None, timeout=20, **changes):
        fields = {**self.account(), "cveCurp": curp, **changes}
        return self.soap(BY_KEY, "consultarPorCurp", fields, key=key, timeout=timeout)

    def data_call(self, key=None, **fields):
        fields = {**self.account("cveUsuario"), **fields}
        return self.soap(BY_DATA, "consultarCurpDetalle", fields, key=key)

    def confirm(self, session, service=BY_KEY, key=None):
        return self.soap(service, "getConfirm", {"sessionID": session, "Mssg": "OK"}, key=key)

    def inquire(self, asked, key=None):
        return self.soap(ASK, "consultarTransaccion", {"clave": asked}, key=key)

    def envelope(self, operation, fields, key=None, signer=("terminal-sign.pem", "terminal-sign.key"),
                 created=None, sign_id=True):
        return build_envelope(operation, fields, key or new_key(), self.pki / signer[0],
                              self.pki / signer[1], created, sign_id)

    def post_soap(self, service, action, body, timeout=20, context=None):
        return self.request("POST", BASE + service, body,
                            {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'},
                            context, timeout)

    def soap(self, service, operation, fields, key=None, timeout=20):
        key = key or new_key()
        answer = self.post_soap(service, "urn:" + operation, self.envelope(operation, fields, key), timeout)
        return SoapAnswer(answer, self.pki / "agency-sign.pem", key)


def build_envelope(operation, fields, key, certificate, private, created=None, sign_id=True):
    """Envelope signed by python-xmlsec as zeep does it: Timestamp, Body and MessageID."""
    import xmlsec
    from lxml import etree
    from zeep.wsse import signature as zs

    q = lambda uri, name: f"{{{uri}}}{name}"
    root = etree.Element(q(SOAP, "Envelope"), nsmap={"soapenv": SOAP, "ser": SER, "xsd": XSD, "wsu": WSU})
    header = etree.SubElement(root, q(SOAP, "Header"))
    message_id = etree.SubElement(header, q(WSA, "MessageID"), nsmap={"wsa": WSA})
    message_id.text = "urn:uuid:" + key
    body = etree.SubElement(root, q(SOAP, "Body"))
    payload = etree.SubElement(body, q(SER, operation))
    group, uri = (payload, SER) if operation == "getConfirm" else (
        etree.SubElement(payload, q(SER, "datos")), XSD)
    for name, value in fields.items():
        etree.SubElement(group, q(uri, name)).text = value
    security = etree.Element(q(WSSE, "Security"), {q(SOAP, "mustUnderstand"): "1"}, nsmap={"wsse": WSSE})
    header.insert(0, security)
    stamp = etree.SubElement(security, q(WSU, "Timestamp"))
    now = time.time() if created is None else created
    for name, at in (("Created", now), ("Expires", now + 300)):
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".000Z"
        etree.SubElement(stamp, q(WSU, name)).text = text

    # zeep's own routine, with one more node where it signs the Body.
    with signing:
        original = zs._sign_node

        def sign_node(ctx, signature, target, digest_method=None):
            original(ctx, signature, target, digest_method)
            if sign_id and target.tag == q(SOAP, "Body"):
                original(ctx, signature, message_id, digest_method)

        zs._sign_node = sign_node
        try:
            zs.BinarySignature(str(private), str(certificate), None,
                               signature_method=xmlsec.Transform.RSA_SHA256,
                               digest_method=xmlsec.Transform.SHA256).apply(root, {})
        finally:
            zs._sign_node = original
    return etree.tostring(root)


class SoapAnswer:
    """An answer that zeep's verifier accepted as signed by certificate; raises if it did not."""

    def __init__(self, answer, certificate, key, verify=True):
        from lxml import etree
        from zeep.wsse.signature import verify_envelope

        self.status = answer.status
        self.headers = answer.headers
        self.raw = answer.body
        root = etree.fromstring(answer.body)
        if verify:
            verify_envelope(root, str(certificate))
            signed = {r.get("URI")[1:] for r in root.iter(f"{{{DS}}}Reference")}
            body = root.find(f"{{{SOAP}}}Body")
            assert body.get(f"{{{WSU}}}Id") in signed, "another Body than the signed one"
            relates = root.find(f"{{{SOAP}}}Header/{{{WSA}}}RelatesTo")
            assert relates.text == "urn:uuid:" + key and relates.get(f"{{{WSU}}}Id") in signed
        fault = root.find(f".//{{{SOAP}}}Fault")
        self.fault = None if fault is None else fault.findtext("faultcode").split(":")[-1]
        self.text = root.findtext(f".//{{{SER}}}return")
        self.document = etree.fromstring(self.text.encode()) if "<" in (self.text or "") else None

    @property
    def ok(self):
        return self.document.get("statusOper") == "EXITOSO"

    def records(self):
        found = self.document.findall("CURPStruct") or ([self.document] if self.ok else [])
        return [{child.tag: child.text or "" for child in record} for record in found]


def run(tests, options):
    """Runs the functions given by name order of definition, each named by its sentence."""
    failures = 0
    with Agency(*options) as agency:
        for name, test in tests:
            start = time.monotonic()
            try:
                agency.control("fault", "none")
                test(agency)
                print(f"ok   {time.monotonic() - start:5.2f} s  {name}")
            except Exception as error:  # noqa: BLE001 - one failure must not hide the others
                failures += 1
                import traceback
                traceback.print_exc()
                print(f"FAIL {name}: {type(error).__name__}: {error}")
        private = [w for w in ("SALGADO", "SABC", "BRISE", "HEGG", "JUAN", "1956") if w in agency.log()]
        line = r"^\S+Z kiosk-0001 \S+ [0-9a-f-]{36} \S+ \d+ \d+ms"
        if private or (not sys.argv[1:] and not re.search(line, agency.log(), re.M)):
            failures += 1
            print("FAIL the log: personal data", private, "or no line of the known form")
    print(f"{len(tests)} tests, {failures} failed")
    return 1 if failures else 0


def main(namespace, *options):
    wanted = sys.argv[1:]
    tests = [(n[5:].replace("_", " "), f) for n, f in namespace.items()
             if n.startswith("test_") and (not wanted or n in wanted)]
    sys.exit(run(tests, options))
