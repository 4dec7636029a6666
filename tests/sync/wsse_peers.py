#!/usr/bin/python3
"""Other implementations judge our WS-Security, and we judge theirs.

Ours is wsse_tool; the others are the xmlsec1 command line and python3-zeep's BinarySignature.
"""

import datetime
import os
import subprocess
import sys
import tempfile
import uuid

try:
    import xmlsec
    from lxml import etree
    from zeep.exceptions import SignatureVerificationFailed
    from zeep.wsse.signature import BinarySignature
except ImportError as reason:
    print(f"skipped: {reason} (python3-zeep is missing)")
    sys.exit(77)

SOURCE = os.environ.get("VT_SOURCE_DIR", ".")
BUILD = os.environ.get("VT_BUILD_DIR", "build")
TOOL = os.path.join(BUILD, "tests", "wsse_tool")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
DS = "http://www.w3.org/2000/09/xmldsig#"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = WSS + "wssecurity-secext-1.0.xsd"
WSU = WSS + "wssecurity-utility-1.0.xsd"

failures = 0


def check(name, good):
    global failures
    print(("ok     " if good else "FAILED ") + name)
    failures += not good


def run(*args, text=""):
    return subprocess.run(args, input=text.encode(), capture_output=True, check=False)


def envelope(header=""):
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header>{header}</s:Header><s:Body>'
        '<p:consulta xmlns:p="urn:prueba" xmlns:q="urn:q" q:z="1" a="2">'
        "<nombre>Ñandú &amp; &lt;Ávila&gt;</nombre>\n <vacio/></p:consulta></s:Body></s:Envelope>"
    )


def timestamp(ident=""):
    now = datetime.datetime.now(datetime.timezone.utc)
    later = now + datetime.timedelta(minutes=5)
    form = "%Y-%m-%dT%H:%M:%S.000Z"
    return (
        f'<wsu:Timestamp xmlns:wsu="{WSU}"{ident}><wsu:Created>{now.strftime(form)}</wsu:Created>'
        f"<wsu:Expires>{later.strftime(form)}</wsu:Expires></wsu:Timestamp>"
    )


def xmlsec1_verify(path, certificate):
    return run(
        "xmlsec1", "--verify", "--enabled-key-data", "rsa,ecdsa,x509",
        "--pubkey-cert-pem", certificate,
        "--id-attr:Id", f"{WSU}:Timestamp", "--id-attr:Id", f"{SOAP}:Body",
        "--id-attr:Id", f"{WSA}:MessageID", path)  # fmt: skip


def they_verify_ours(folder):
    message = f'<a:MessageID xmlns:a="{WSA}">urn:uuid:{uuid.uuid4()}</a:MessageID>'
    for name in ("agency", "agency-ec"):
        pem, key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
        signed = run(TOOL, "sign", pem, key, text=envelope(message))
        check(f"{name}: we sign", signed.returncode == 0)
        path = f"{folder}/signed.xml"
        with open(path, "wb") as file:
            file.write(signed.stdout)
        check(f"{name}: xmlsec1 verifies ours", xmlsec1_verify(path, pem).returncode == 0)
        root = etree.fromstring(signed.stdout)
        references = root.findall(f".//{{{DS}}}Reference")
        check(f"{name}: three references", len(references) == 3)
        verifier = BinarySignature(key, pem)
        try:
            verifier.verify(root)
            good = True
        except SignatureVerificationFailed:
            good = False
        check(f"{name}: zeep verifies ours", good)

        changed = signed.stdout.replace(b"<nombre>", b"<nombre>X")
        with open(path, "wb") as file:
            file.write(changed)
        check(f"{name}: xmlsec1 refuses a changed one", xmlsec1_verify(path, pem).returncode != 0)
        try:
            verifier.verify(etree.fromstring(changed))
            good = False
        except SignatureVerificationFailed:
            good = True
        check(f"{name}: zeep refuses a changed one", good)


def zeep_sign(folder, name, method, digest):
    # No Security header with a BinarySecurityToken of zeep's own: it makes header and token.
    root = etree.fromstring(envelope(f'<w:Security xmlns:w="{WSSE}">{timestamp()}</w:Security>'))
    signer = BinarySignature(
        f"{folder}/{name}.key", f"{folder}/{name}.pem", None, method, digest)  # fmt: skip
    root, _ = signer.apply(root, {})
    return etree.tostring(root).decode()


def we_verify(folder, text, signer="agency.test"):
    return run(TOOL, "verify", f"{folder}/ca.pem", signer, text=text)


def we_verify_zeep(folder):
    t = xmlsec.Transform
    for name, method in (("agency", t.RSA_SHA256), ("agency-ec", t.ECDSA_SHA256)):
        text = zeep_sign(folder, name, method, t.SHA256)
        result = we_verify(folder, text)
        check(f"{name}: we verify zeep", result.stdout == b"agency.test consulta\n")
        result = we_verify(folder, text.replace("<nombre>", "<nombre>X"))
        check(f"{name}: we refuse zeep, changed", b"does not match" in result.stderr)
    result = we_verify(folder, zeep_sign(folder, "agency", None, None))
    check("we refuse zeep's default SHA-1", b"not allowed" in result.stderr)
    result = we_verify(folder, zeep_sign(folder, "impostor", t.ECDSA_SHA256, t.SHA256))
    check("we refuse zeep with a certificate of another CA", b"configured CA" in result.stderr)
    result = we_verify(folder, zeep_sign(folder, "other", t.ECDSA_SHA256, t.SHA256))
    check("we refuse zeep signing as somebody else", b"somebody else" in result.stderr)


def xmlsec1_sign(folder, name, method, inclusive=""):
    """An envelope signed by the xmlsec1 program, laid out as Axis2's WSS4J does it."""
    with open(f"{folder}/{name}.pem", encoding="ascii") as file:
        token = "".join(line.strip() for line in file if "-----" not in line)
    c14n = "http://www.w3.org/2001/10/xml-exc-c14n#"
    prefixes = f'<ec:InclusiveNamespaces xmlns:ec="{c14n}" PrefixList="{inclusive}"/>'
    transform = f'<ds:Transform Algorithm="{c14n}">{prefixes if inclusive else ""}</ds:Transform>'
    references = "".join(
        f'<ds:Reference URI="#{ident}"><ds:Transforms>{transform}</ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        "<ds:DigestValue/></ds:Reference>"
        for ident in ("TS-1", "id-2"))  # fmt: skip
    type_ = WSS + "x509-token-profile-1.0#X509v3"
    coding = WSS + "soap-message-security-1.0#Base64Binary"
    security = (
        f'<wsse:Security xmlns:wsse="{WSSE}" s:mustUnderstand="1">'
        f'<wsse:BinarySecurityToken xmlns:wsu="{WSU}" wsu:Id="X-1" EncodingType="{coding}" '
        f'ValueType="{type_}">{token}</wsse:BinarySecurityToken>'
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{c14n}"/><ds:SignatureMethod '
        f'Algorithm="http://www.w3.org/2001/04/xmldsig-more#{method}"/>{references}'
        "</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><wsse:SecurityTokenReference>"
        f'<wsse:Reference URI="#X-1" ValueType="{type_}"/></wsse:SecurityTokenReference>'
        "</ds:KeyInfo></ds:Signature>"
        + timestamp(' wsu:Id="TS-1"') + "</wsse:Security>")  # fmt: skip
    text = envelope(security).replace("<s:Body>", f'<s:Body xmlns:wsu="{WSU}" wsu:Id="id-2">')
    path = f"{folder}/template.xml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    result = run("xmlsec1", "--sign", "--privkey-pem", f"{folder}/{name}.key",
                 "--id-attr:Id", f"{WSU}:Timestamp", "--id-attr:Id", f"{SOAP}:Body", path)
    check(f"{name}: xmlsec1 signs", result.returncode == 0)
    return result.stdout.decode()


def we_verify_xmlsec1(folder):
    for name, method in (("agency", "rsa-sha256"), ("agency-ec", "ecdsa-sha256"),
                         ("agency", "rsa-sha512")):  # fmt: skip
        text = xmlsec1_sign(folder, name, method)
        result = we_verify(folder, text)
        check(f"{name} {method}: we verify xmlsec1", result.stdout == b"agency.test consulta\n")
        result = we_verify(folder, text.replace('a="2"', 'a="3"'))
        check(f"{name} {method}: we refuse it, changed", b"does not match" in result.stderr)
    result = we_verify(folder, xmlsec1_sign(folder, "agency", "rsa-sha256", "s"))
    check("we verify xmlsec1 with a prefix list", result.returncode == 0)


def main():
    with tempfile.TemporaryDirectory(prefix="vt-peers.") as folder:
        subprocess.run([f"{SOURCE}/tests/sync/make_identities", folder], check=True)
        they_verify_ours(folder)
        we_verify_zeep(folder)
        we_verify_xmlsec1(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
