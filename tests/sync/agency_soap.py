#!/usr/bin/python3
"""The registry of tools/agency judged by zeep, python-xmlsec and the xmlsec1 program."""

import concurrent.futures
import http.client
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
try:
    import lxml.etree as etree
    import requests
    import stdnum.mx.curp as stdnum_curp
    import zeep
    from zeep.wsse.signature import SignatureVerificationFailed
    import xmlsec  # noqa: F401
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

from agency_client import (ASK, BASE, BY_DATA, BY_KEY, SER, SOAP, TERMINAL, WSU, SoapAnswer, build_envelope,
                           main, new_key)

CONCEPCION = "SABC560626MDFLRN01"
JUAN = dict(primerApellido="HERNANDEZ", segundoApellido="GARCIA", nombre="JUAN",
            fechaNacimiento="15/03/1980", sexo="H", cveAlfaEntFedNac="MC")


def test_a_key_is_answered_with_its_record(agency):
    answer = agency.curp_call(CONCEPCION)
    assert answer.ok and answer.status == 200
    record = answer.records()[0]
    assert record["CURP"] == CONCEPCION and record["nombres"] == "CONCEPCIÓN"
    assert record["apellido2"] == "BRISEÑO" and record["fechNac"] == "26/06/1956"
    assert record["statusCurp"] == "AN" and record["cveEntidadNac"] == "DF"
    assert len(answer.document.get("FolioConstancia")) == 8 and answer.document.get("SessionID")
    assert len(record) == 21 and answer.document.get("TipoError") == ""


def test_an_unknown_key_is_answered_not_found_with_a_folio(agency):
    unknown = "AAAA990101HDFLRL0"
    answer = agency.curp_call(unknown + stdnum_curp.calc_check_digit(unknown))
    assert not answer.ok and answer.document.get("TipoError") == "01"
    assert answer.document.get("SessionID") == "" and len(answer.document.get("FolioConstancia")) == 9


def test_a_malformed_key_is_refused_and_the_refusal_replayed(agency):
    key = new_key()
    for replayed in (None, "true"):
        answer = agency.curp_call("SABC560626MDFLRN09", key)
        assert answer.document.get("TipoError") == "03" and not answer.document.get("FolioConstancia")
        assert answer.headers.get("Idempotent-Replayed") == replayed
    state = agency.inquire(key).document
    assert state.get("estado") == "RECHAZADA" and state.get("motivo") and len(state) == 0
    assert agency.ledger()["kiosk-0001", key] == ("consultarPorCurp", 0, "-")


def test_a_changed_key_is_answered_with_the_new_one(agency):
    record = agency.curp_call("HEGG560427MVZRRL04").records()[0]
    assert record["statusCurp"] == "RCC" and record["CURP"] != "HEGG560427MVZRRL04"
    assert stdnum_curp.is_valid(record["CURP"]) and record["CURP"].startswith("HEGG560427MVZRRD")


def test_a_dead_person_is_answered_as_such(agency):
    assert agency.curp_call("PEGL890909MJCRMS08").records()[0]["statusCurp"] == "BD"


def test_data_find_one_several_and_nobody(agency):
    several = agency.data_call(**JUAN)
    keys = {r["CURP"] for r in several.records()}
    assert several.ok and len(keys) == 2 and all(stdnum_curp.is_valid(k) for k in keys)
    assert len(several.document.get("FolioConstancia")) == 9
    one = agency.data_call(primerApellido="Salgado", segundoApellido="briseño", nombre="Concepcion",
                           fechaNacimiento="26/06/1956")
    assert [r["CURP"] for r in one.records()] == [CONCEPCION]
    assert len(one.document.get("FolioConstancia")) == 8
    none = agency.data_call(primerApellido="QUINTANAR", segundoApellido="INEXISTENTE", nombre="ZENAIDA",
                            fechaNacimiento="01/01/1990", sexo="M", cveAlfaEntFedNac="DF")
    assert not none.ok and none.document.get("TipoError") == "01" and none.records() == []
    assert len(none.document.get("FolioConstancia")) == 9 and none.document.get("SessionID") == ""


def test_optional_data_narrow_and_required_data_are_required(agency):
    bare = {k: JUAN[k] for k in ("primerApellido", "nombre", "fechaNacimiento")}
    assert len(agency.data_call(**bare).records()) == 2
    assert agency.data_call(**bare, sexo="M").records() == []
    assert agency.data_call(**bare, cveAlfaEntFedNac="JC").records() == []
    assert agency.data_call(**bare, segundoApellido="LOPEZ").records() == []
    for missing in bare:
        answer = agency.data_call(**{**bare, missing: ""})
        assert answer.document.get("TipoError") == "02" and not answer.ok, missing
    assert agency.data_call(**{**bare, "fechaNacimiento": "30/02/1980"}).document.get("TipoError") == "02"


def test_a_repetition_is_answered_with_the_original(agency):
    key = new_key()
    first, second = (agency.curp_call(CONCEPCION, key) for _ in range(2))
    assert etree.tostring(first.document) == etree.tostring(second.document)
    assert first.headers.get("Idempotent-Replayed") is None
    assert second.headers.get("Idempotent-Replayed") == "true"
    assert agency.ledger()["kiosk-0001", key] == ("consultarPorCurp", 1, "0")


def test_a_key_with_another_payload_is_refused(agency):
    key = new_key()
    assert agency.curp_call(CONCEPCION, key).ok
    other = agency.curp_call("BEML920313HMCLNS09", key)
    assert other.status == 422 and other.fault == "Client.LlaveReutilizada"
    assert agency.data_call(key, **JUAN).status == 422
    assert agency.ledger()["kiosk-0001", key][1] == 1
    # Who asks, and from where, is no part of the payload.
    assert agency.curp_call(CONCEPCION, key, direccionIp="10.0.0.1").headers["Idempotent-Replayed"]


def test_an_inquiry_finds_what_a_lost_answer_said(agency):
    key = new_key()
    assert agency.inquire(key).document.get("estado") == "DESCONOCIDA"
    agency.control("fault", "ConsultaPorCurpService", "drop-after", "1")
    try:
        agency.curp_call(CONCEPCION, key)
        raise AssertionError("an answer came")
    except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
        pass
    state = agency.inquire(key).document
    assert state.get("estado") == "APLICADA" and state.get("clave") == key
    assert state[0].tag == "CURPStruct" and state[0].findtext("CURP") == CONCEPCION
    again = agency.curp_call(CONCEPCION, key)
    assert etree.tostring(again.document) == etree.tostring(state[0])
    assert agency.ledger()["kiosk-0001", key][1] == 1


def test_nothing_is_applied_when_dropped_before(agency):
    key = new_key()
    agency.control("fault", "drop-before", "1")
    try:
        agency.curp_call(CONCEPCION, key)
        raise AssertionError("an answer came")
    except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
        pass
    assert agency.inquire(key).document.get("estado") == "DESCONOCIDA"
    assert ("kiosk-0001", key) not in agency.ledger()


def test_a_running_original_makes_the_repetition_wait(agency):
    key = new_key()
    agency.control("fault", BY_KEY, "delay", "100000", "1")  # until released below
    with concurrent.futures.ThreadPoolExecutor() as pool:
        original = pool.submit(agency.curp_call, CONCEPCION, key, timeout=100)
        try:
            deadline = time.monotonic() + 60
            while agency.inquire(key).document.get("estado") != "EN PROCESO":
                assert time.monotonic() < deadline and not original.done()
            second = agency.curp_call(CONCEPCION, key)
            assert second.status == 409 and second.fault == "Server.EnProceso"
        finally:
            agency.control("release")
        assert original.result().ok
    assert agency.inquire(key).document.get("estado") == "APLICADA"


def test_parallel_repetitions_apply_once(agency):
    keys = [new_key() for _ in range(5)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: agency.curp_call(CONCEPCION, keys[i % 5]), range(40)))
    assert all(a.ok for a in answers)
    assert len({a.document.get("FolioConstancia") for a in answers}) == 5
    assert all(agency.ledger()["kiosk-0001", k][1] == 1 for k in keys)


def test_a_session_is_confirmed_once(agency):
    asked, key = new_key(), new_key()
    session = agency.curp_call(CONCEPCION, asked).document.get("SessionID")
    assert agency.inquire(key).document.get("estado") == "DESCONOCIDA"
    for replayed in (None, "true"):
        answer = agency.confirm(session, key=key)
        assert answer.text == "OK" and answer.headers.get("Idempotent-Replayed") == replayed
    state = agency.inquire(key).document
    assert state.get("estado") == "APLICADA" and len(state) == 0
    ledger = agency.ledger()
    assert ledger["kiosk-0001", asked][2] == "1"
    assert ledger["kiosk-0001", key] == ("getConfirm", 1, "-")
    again = new_key()
    assert agency.confirm(session, key=again).text == "OK"  # another key, the same session
    assert agency.ledger()["kiosk-0001", again] == ("getConfirm", 0, "-")
    session = agency.data_call(**JUAN).document.get("SessionID")
    assert agency.confirm(session, BY_DATA).text == "OK"
    assert agency.confirm("0" * 32).fault == "Client"
    assert agency.confirm(session, key=key).status == 422


def test_a_wrong_account_is_told_apart_and_not_remembered(agency):
    key = new_key()
    for wrong in ({"password": "x"}, {"usuario": "x"}, {"cveEntidadEmisora": "x"}):
        answer = agency.curp_call(CONCEPCION, key, **wrong)
        assert answer.fault == "FailedAuthentication" and answer.status == 500
    assert agency.curp_call(CONCEPCION, key).ok


def refused(agency, body, **post):
    answer = agency.post_soap(BY_KEY, "urn:consultarPorCurp", body, **post)
    return SoapAnswer(answer, None, None, verify=False).fault


def test_unsigned_foreign_old_and_altered_requests_are_refused(agency):
    fields = {**agency.account(), "cveCurp": CONCEPCION}
    ask = lambda **how: agency.envelope("consultarPorCurp", fields, **how)
    good = ask()
    assert refused(agency, re.sub(rb"(?s)<wsse:Security.*</wsse:Security>", b"", good)) == "InvalidSecurity"
    assert refused(agency, good.replace(CONCEPCION.encode(), b"BEML920313HMCLNS09")) == "FailedCheck"
    assert refused(agency, ask(signer=("bad/other-ca-sign.pem", "bad/sign.key"))) == "InvalidSecurityToken"
    assert refused(agency, ask(signer=("bad/expired-sign.pem", "bad/sign.key"))) == "InvalidSecurityToken"
    other = ask(signer=("bad/other-terminal-sign.pem", "bad/sign.key"))
    assert refused(agency, other) == "FailedAuthentication"
    assert refused(agency, ask(created=time.time() - 3600)) == "MessageExpired"
    assert refused(agency, ask(created=time.time() + 3600)) == "MessageExpired"
    assert refused(agency, ask(sign_id=False)) == "InvalidSecurity"
    assert refused(agency, good) is None


def test_a_wrapped_request_is_refused(agency):
    good = agency.envelope("consultarPorCurp", {**agency.account(), "cveCurp": CONCEPCION})
    root = etree.fromstring(good)
    body = root.find(f"{{{SOAP}}}Body")
    evil = etree.fromstring(etree.tostring(body))
    del evil.attrib[f"{{{WSU}}}Id"]
    evil.find(".//{*}cveCurp").text = "BEML920313HMCLNS09"
    moved = etree.SubElement(root.find(f"{{{SOAP}}}Header"), "moved")
    root.remove(body)
    moved.append(body)
    root.append(evil)
    assert refused(agency, etree.tostring(root)) == "InvalidSecurity"


def test_hostile_xml_is_refused(agency):
    good = agency.envelope("consultarPorCurp", {**agency.account(), "cveCurp": CONCEPCION})
    dtd = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
    for bad in (b"", b"<", b"nonsense", dtd + good, good[: len(good) // 2], b"<a>" * 5000,
                b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"/>'):
        assert refused(agency, bad) in ("Client", "VersionMismatch"), bad[:40]
    try:
        assert agency.post_soap(BY_KEY, "urn:consultarPorCurp", b" " * 300000).status == 413
    except (OSError, http.client.HTTPException):
        pass  # cut off while we were still sending
    unknown = good.replace(b"</soapenv:Header>",
                           b'<x:y xmlns:x="urn:x" soapenv:mustUnderstand="1"/></soapenv:Header>')
    assert refused(agency, unknown) == "MustUnderstand"


def test_payloads_that_the_wsdl_does_not_know_are_refused(agency):
    fields = {**agency.account(), "cveCurp": CONCEPCION}
    for bad in ({**fields, "extra": "1"}, {**fields, "cveCurp": "A" * 300}):
        answer = agency.soap(BY_KEY, "consultarPorCurp", bad)
        assert answer.fault == "Client"
    wrong = agency.envelope("consultarCurpDetalle", agency.account("cveUsuario"))
    assert refused(agency, wrong) == "Client"
    body = agency.envelope("consultarPorCurp", fields)
    assert agency.post_soap(BY_KEY, "urn:other", body).status == 404
    assert agency.post_soap("OtherService", "urn:consultarPorCurp", body).status == 404
    no_key = agency.envelope("consultarPorCurp", fields, key="not-a-uuid")
    assert refused(agency, no_key) == "Client"


def test_ordered_signature_faults_are_seen_by_zeep(agency):
    """Each fault spoils what it names, and the work is done all the same."""
    for fault in ("bad-signature", "unsigned", "wrapped", "wrong-ca"):
        key = new_key()
        agency.control("fault", fault, "1")
        try:
            agency.curp_call(CONCEPCION, key)
            raise RuntimeError(f"{fault} not noticed")
        except (SignatureVerificationFailed, AssertionError, AttributeError):
            pass
        assert agency.ledger()["kiosk-0001", key][1] == 1
    agency.control("fault", "wrapped", "1")
    answer = agency.post_soap(BY_KEY, "urn:consultarPorCurp", agency.envelope(
        "consultarPorCurp", {**agency.account(), "cveCurp": CONCEPCION}))
    root = etree.fromstring(answer.body)
    zeep.wsse.signature.verify_envelope(root, str(agency.pki / "agency-sign.pem"))  # naively "valid"
    assert len(list(root.iter(f"{{{SOAP}}}Body"))) == 2
    agency.control("fault", "expired", "1")
    answer = agency.curp_call(CONCEPCION)  # zeep does not look at the clock; the signature is good
    created = re.search(rb"Created>([^<]*)Z<", answer.raw).group(1).decode()
    assert created < time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 3000))


def test_other_ordered_faults_do_what_they_say(agency):
    fields = {**agency.account(), "cveCurp": CONCEPCION}
    post = lambda: agency.post_soap(BY_KEY, "urn:consultarPorCurp",
                                    agency.envelope("consultarPorCurp", fields))
    agency.control("fault", "malformed", "1")
    cut = post()
    assert cut.status == 200 and b"</soap:Envelope>" not in cut.body
    agency.control("fault", "oversized", "1")
    assert len(post().body) > 1024 * 1024
    agency.control("fault", "status", "503", "retry-after", "7", "2")
    for _ in range(2):
        busy = post()
        assert busy.status == 503 and busy.headers["Retry-After"] == "7"
    assert post().status == 200
    agency.control("fault", "latin1", "1")
    latin = post()
    assert "utf-8" in latin.headers["Content-Type"] and b"CONCEPCI\xd3N" in latin.body
    record = agency.request("POST", BASE + BY_DATA, agency.envelope("consultarCurpDetalle", {
        **agency.account("cveUsuario"), "primerApellido": "ÑANDÚ", "nombre": "MARÍA DE LOS ÁNGELES",
        "fechaNacimiento": "02/10/1975"}), {"SOAPAction": "urn:consultarCurpDetalle"})
    assert "ARGÜELLO".encode("latin-1") in record.body  # one record is always so
    agency.control("fault", "slow-drip", "1")
    connection = agency.connect()
    start = time.monotonic()
    connection.request("POST", BASE + BY_KEY, agency.envelope("consultarPorCurp", fields),
                       {"SOAPAction": "urn:consultarPorCurp"})
    assert connection.getresponse().read(8) == b"<?xml ve" and time.monotonic() - start > 0.5
    connection.close()  # the agency notices and goes on


def test_a_terminal_is_told_its_own_ledger_page_by_page(agency):
    keys = [new_key() for _ in range(103)]
    for key in keys:
        agency.curp_call("SABC560626MDFLRN01", key=key)
    refused = new_key()
    agency.curp_call("SABC560626MDFLRN0", key=refused)
    listed, after = {}, "0"
    while after is not None:
        answer = agency.soap(ASK, "consultarMovimientos", {"desde": after, "puntoControl": "7 " + 64 * "a"})
        page = {m.get("clave"): m.get("estado") for m in answer.document}
        assert len(page) <= 100
        listed |= page
        after = answer.document.get("siguiente") if answer.document.get("siguiente") != "0" else None
    assert all(listed[key] == "APLICADA" for key in keys) and listed[refused] == "RECHAZADA"
    assert set(listed) == {key for terminal, key in agency.ledger() if terminal == TERMINAL}
    assert agency.soap(ASK, "consultarMovimientos", {"desde": "x"}).fault == "Client"
    # What it showed of its journal is kept, once, and nothing else is.
    agency.soap(ASK, "consultarMovimientos", {"desde": "0", "puntoControl": "rubbish"})
    assert agency.control("checkpoints").count("hash " + 64 * "a") == agency.control("checkpoints").count("hash ") == 1


def test_zeep_loads_each_wsdl_and_calls(agency):
    session = requests.Session()
    session.trust_env = False
    session.verify = str(agency.pki / "ca.pem")
    session.cert = (str(agency.pki / "terminal.pem"), str(agency.pki / "terminal.key"))
    url = f"https://localhost:{agency.port}{BASE}"
    transport = zeep.transports.Transport(session=session)
    operations = {}
    for service in (BY_KEY, BY_DATA, ASK):
        client = zeep.Client(f"{url}{service}?wsdl", transport=transport)
        operations[service] = set(client.service._operations)
    assert operations == {BY_KEY: {"consultarPorCurp", "getConfirm"},
                          BY_DATA: {"consultarCurpDetalle", "getConfirm"},
                          ASK: {"consultarTransaccion", "consultarMovimientos"}}

    class Signer:
        """Puts a MessageID in, signs as zeep does, verifies the answer with the agency's certificate."""

        def apply(self, envelope, headers):
            payload = envelope.find(f"{{{SOAP}}}Body")[0]
            operation = etree.QName(payload).localname
            leaves = payload if operation == "getConfirm" else payload[0]
            fields = {etree.QName(e).localname: e.text or "" for e in leaves}
            assert all(etree.QName(e).namespace in (SER, SER + "/xsd") for e in leaves)
            self.key = new_key()
            signed = build_envelope(operation, fields, self.key, agency.pki / "terminal-sign.pem",
                                    agency.pki / "terminal-sign.key")
            return etree.fromstring(signed), headers

        def verify(self, envelope):
            zeep.wsse.signature.verify_envelope(envelope, str(agency.pki / "agency-sign.pem"))
            return envelope

    signer = Signer()
    client = zeep.Client(f"{url}{BY_KEY}?wsdl", transport=transport, wsse=signer)
    document = etree.fromstring(
        client.service.consultarPorCurp(datos={**agency.account(), "cveCurp": CONCEPCION}).encode())
    assert document.findtext("CURP") == CONCEPCION
    client.service.getConfirm(sessionID=document.get("SessionID"), Mssg="OK")
    try:
        client.service.consultarPorCurp(datos={**agency.account(), "password": "x", "cveCurp": CONCEPCION})
        raise AssertionError("no Fault")
    except zeep.exceptions.Fault as fault:
        assert fault.code.endswith("FailedAuthentication")
    session.close()


def test_the_xmlsec1_program_accepts_our_signature(agency):
    answer = agency.curp_call(CONCEPCION)
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(answer.raw)
        file.flush()
        done = subprocess.run(
            ["xmlsec1", "--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem",
             agency.pki / "agency-sign.pem", "--id-attr:Id", f"{WSU}:Timestamp", "--id-attr:Id",
             f"{SOAP}:Body", "--id-attr:Id", "http://www.w3.org/2005/08/addressing:RelatesTo", file.name],
            capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_another_terminal_has_another_ledger(agency):
    key = new_key()
    first = agency.curp_call(CONCEPCION, key)
    body = agency.envelope("consultarPorCurp", {**agency.account(), "cveCurp": "BEML920313HMCLNS09"}, key,
                           signer=("bad/other-terminal-sign.pem", "bad/sign.key"))
    other = SoapAnswer(agency.post_soap(BY_KEY, "urn:consultarPorCurp", body, context=agency.context(
        "bad/other-terminal.pem", "bad/tls.key")), agency.pki / "agency-sign.pem", key)
    assert first.ok and other.ok and other.document.findtext("CURP") == "BEML920313HMCLNS09"
    rows = agency.ledger()
    assert rows["kiosk-0001", key][1] == 1 and rows["kiosk-0001-other", key][1] == 1


def test_the_ledger_outlives_kill_and_restart(agency):
    key = new_key()
    first = agency.curp_call(CONCEPCION, key)
    agency.kill()
    agency.start()
    again = agency.curp_call(CONCEPCION, key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert etree.tostring(again.document) == etree.tostring(first.document)
    assert agency.ledger()["kiosk-0001", key][1] == 1


def test_down_refuses_and_up_serves_on_the_same_port(agency):
    connection = agency.connect()
    connection.request("GET", "/health")
    assert connection.getresponse().read() == b'{"status":"ok"}'
    agency.control("down")
    try:
        connection.request("GET", "/health")
        connection.getresponse()
        raise AssertionError("an old connection still answers")
    except (http.client.HTTPException, OSError):
        connection.close()
    try:
        socket.create_connection(("127.0.0.1", agency.port), 5)
        raise AssertionError("still listening")
    except ConnectionRefusedError:
        pass
    assert "down" in agency.control("down", expect=1)
    agency.control("up")
    assert agency.request("GET", "/health").status == 200
    assert "up" in agency.control("up", expect=1)


main(globals())
