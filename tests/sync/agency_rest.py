#!/usr/bin/python3
"""The fee service and the border of tools/agency, judged by curl and Python's http.client and ssl."""

import concurrent.futures
import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from agency_client import PROGRAM, main, new_key

LOST = (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError)


def curl(agency, *options):
    return subprocess.run(["curl", "--silent", "--show-error", "--max-time", "20", *options,
                           f"https://localhost:{agency.port}/health"], capture_output=True, text=True)


def identity(agency, certificate, key):
    return ["--cacert", agency.pki / "ca.pem", "--cert", agency.pki / certificate, "--key", agency.pki / key]


def test_only_a_terminal_of_our_authority_gets_in(agency):
    good = identity(agency, "terminal.pem", "terminal.key")
    assert curl(agency, *good).stdout == '{"status":"ok"}'
    assert curl(agency, *good, "--head").stdout.startswith("HTTP/1.1 200 OK")
    assert curl(agency, "--cacert", agency.pki / "ca.pem").returncode != 0
    for bad in ("other-ca-terminal", "expired-terminal"):
        assert curl(agency, *identity(agency, f"bad/{bad}.pem", "bad/tls.key")).returncode != 0, bad
    # A server certificate is no client certificate.
    assert curl(agency, *identity(agency, "server.pem", "server.key")).returncode != 0
    assert curl(agency, *good, "--tls-max", "1.2").returncode != 0
    assert curl(agency, *good, "--tlsv1.3", "--tls-max", "1.3").returncode == 0
    # And the server is who it says, for those who look.
    assert curl(agency, *good[2:], "--cacert", agency.pki / "bad" / "other-ca.pem").returncode == 60


def test_a_sheet_is_issued_with_all_its_fields(agency):
    key = new_key()
    answer = agency.post_order(agency.order(key))
    sheet = answer.json()
    assert answer.status == 201 and answer.headers.get("Idempotent-Replayed") is None
    assert answer.headers["Content-Type"] == "application/json"
    number = sheet.pop("sheetId")
    assert number.startswith("HA2026-")
    assert sheet == {"key": key, "claveReferencia": "024001408", "cadenaDependencia": "01030020000003",
                     "amountCentavos": 179500, "validUntil": "2026-12-31"}
    assert agency.ledger()["kiosk-0001", key] == ("sheets", 1, "-")


def test_every_fare_of_the_year_is_known_and_no_other(agency):
    fares = {3: (1795, 900), 6: (2440, 1220), 10: (4280, 2140)}
    for years, (full, half) in fares.items():
        for fare, amount in (("full", full), ("half", half)):
            order = agency.order(new_key(), validityYears=years, fare=fare, amountCentavos=amount * 100)
            sheet = agency.post_order(order)
            assert sheet.status == 201, (years, fare, sheet.body)
            assert sheet.json()["cadenaDependencia"] == f"010300200000{years:02}"
    # Last year's price, half of the full one, pesos for centavos, one centavo off, swapped fares.
    for fare, amount in (("full", 173000), ("half", 89750), ("full", 1795), ("full", 179501),
                         ("half", 179500), ("full", 90000), ("full", 0), ("full", -179500)):
        answer = agency.post_order(agency.order(new_key(), fare=fare, amountCentavos=amount))
        assert answer.status == 412 and answer.json()["code"] == "fee-changed", (fare, amount)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:ventanilla:problem:fee-changed"


def test_other_refusals_are_typed(agency):
    for change, code in (({"product": "licence"}, "product-not-available"),
                         ({"validityYears": 5}, "product-not-available"),
                         ({"fare": "free"}, "fare-not-applicable"),
                         ({"validityYears": 1, "amountCentavos": 92000}, "not-entitled")):
        answer = agency.post_order(agency.order(new_key(), **change))
        assert answer.status == 412 and answer.json()["code"] == code, change
    child = agency.order(new_key(), validityYears=1, amountCentavos=92000, curp="AAAA240229HDFLRLA1")
    from stdnum.mx.curp import calc_check_digit
    child["curp"] = child["curp"][:17] + calc_check_digit(child["curp"][:17])
    assert agency.post_order(child).status == 201  # 2 years old in June 2026


def test_the_table_of_the_day_rules(agency):
    agency.stop()
    agency.start("--today", "2025-12-31")
    assert agency.post_order(agency.order(new_key(), amountCentavos=173000)).status == 201
    assert agency.post_order(agency.order(new_key())).json()["code"] == "fee-changed"
    agency.stop()
    agency.start("--today", "2031-01-01")
    assert agency.post_order(agency.order(new_key())).json()["code"] == "product-not-available"
    agency.stop()
    agency.start("--today", "2026-06-15")


def test_repetitions_get_the_original_refusals_included(agency):
    for change, first_status in (({}, 201), ({"amountCentavos": 1}, 412)):
        order = agency.order(new_key(), **change)
        first, second = agency.post_order(order), agency.post_order(order)
        assert first.status == first_status and second.status == (200 if first_status == 201 else 412)
        assert first.body == second.body
        assert second.headers["Idempotent-Replayed"] == "true"
    # The order of the members is no other payload.
    order = agency.order(new_key())
    agency.post_order(order)
    assert agency.post_order(dict(reversed(order.items()))).status == 200


def test_a_key_with_another_body_is_refused(agency):
    order = agency.order(new_key())
    assert agency.post_order(order).status == 201
    for change in ({"name": "OTRA PERSONA"}, {"curp": "BEML920313HMCLNS09"}, {"amountCentavos": 1}):
        answer = agency.post_order({**order, **change})
        assert answer.status == 422 and answer.json()["code"] == "key-reused"
    assert agency.ledger()["kiosk-0001", order["key"]][1] == 1


def test_the_key_must_be_there_quoted_and_the_same(agency):
    order = agency.order(new_key())
    post = lambda headers: agency.request("POST", "/fees/v1/sheets", json.dumps(order), headers)
    assert post({}).json()["code"] == "key-missing"
    for bad in (order["key"], f'"{order["key"].upper()}"', '"x"', '""', f'"{order["key"]}'):
        answer = post({"Idempotency-Key": bad})
        assert answer.status == 400 and answer.json()["code"] == "key-malformed", bad
    answer = post({"Idempotency-Key": f'"{new_key()}"'})
    assert answer.status == 400 and answer.json()["code"] == "key-mismatch"
    assert ("kiosk-0001", order["key"]) not in agency.ledger()


def test_malformed_bodies_are_refused_and_not_remembered(agency):
    key = new_key()
    good = json.dumps(agency.order(key))
    headers = {"Idempotency-Key": f'"{key}"'}
    for bad in ("", "{", "[]", "null", good[:-1], good + "x", good.replace("179500", '"179500"'),
                good.replace("179500", "179500.0"), good[:-1] + ', "extra": 1}',
                good[:-1] + ', "fare": "half"}', good.replace('"curp"', '"cur"'),
                good.replace("3", "1e400", 1), "[" * 100000, '{"product": "\\ud800"}'):
        answer = agency.request("POST", "/fees/v1/sheets", bad, headers)
        assert answer.status == 400 and answer.json()["code"] == "body-malformed", bad[:60]
    answer = agency.post_order(agency.order(key, curp="SABC560626MDFLRN09"))
    assert answer.status == 400 and answer.json()["code"] == "curp-malformed"
    assert agency.ask_order(key)["state"] == "unknown"
    assert agency.request("POST", "/fees/v1/sheets", good, headers).status == 201


def test_an_inquiry_tells_each_state(agency):
    applied, rejected = agency.order(new_key()), agency.order(new_key(), amountCentavos=1)
    sheet = agency.post_order(applied).json()
    agency.post_order(rejected)
    unknown = new_key()
    assert agency.ask_order(unknown) == {"key": unknown, "state": "unknown", "result": None, "reason": None}
    assert agency.ask_order(applied["key"]) == {"key": applied["key"], "state": "applied", "result": sheet,
                                               "reason": None}
    assert agency.ask_order(rejected["key"]) == {"key": rejected["key"], "state": "rejected",
                                                "result": None, "reason": "fee-changed"}
    assert agency.request("GET", "/fees/v1/transactions/x").status == 400
    other = agency.context("bad/other-terminal.pem", "bad/tls.key")
    assert agency.ask_order(applied["key"], other)["state"] == "unknown"  # not its key


def test_a_lost_answer_is_found_by_its_key(agency):
    for fault, state in (("drop-before", "unknown"), ("drop-after", "applied")):
        order = agency.order(new_key())
        agency.control("fault", "/fees/v1/sheets", fault, "1")
        try:
            agency.post_order(order)
            raise AssertionError("an answer came")
        except LOST:
            pass
        assert agency.ask_order(order["key"])["state"] == state
        assert agency.post_order(order).status == (201 if state == "unknown" else 200)
        assert agency.ledger()["kiosk-0001", order["key"]][1] == 1


def wait_for_state(agency, key, state):
    deadline = time.monotonic() + 60
    while agency.ask_order(key)["state"] != state:
        assert time.monotonic() < deadline, state


def test_a_client_that_gives_up_changes_nothing(agency):
    """The work is done although nobody waits for it any more."""
    order = agency.order(new_key())
    agency.control("fault", "sheets", "delay", "100000", "1")  # until released below
    connection = agency.connect()
    connection.request("POST", "/fees/v1/sheets", json.dumps(order), {
        "Content-Type": "application/json", "Idempotency-Key": f'"{order["key"]}"'})
    wait_for_state(agency, order["key"], "in-progress")
    connection.close()
    agency.control("release")
    wait_for_state(agency, order["key"], "applied")
    assert agency.ledger()["kiosk-0001", order["key"]][1] == 1


def test_a_running_original_is_a_conflict(agency):
    order = agency.order(new_key())
    agency.control("fault", "sheets", "delay", "100000", "1")  # until released below
    with concurrent.futures.ThreadPoolExecutor() as pool:
        original = pool.submit(agency.post_order, order, timeout=100)
        try:
            wait_for_state(agency, order["key"], "in-progress")
            second = agency.post_order(order)
            assert second.status == 409 and second.json()["code"] == "in-progress"
            assert agency.post_order(agency.order(new_key())).status == 201  # others go on
        finally:
            agency.control("release")
        assert original.result().status == 201


def test_parallel_repetitions_issue_one_sheet_each(agency):
    orders = [agency.order(new_key()) for _ in range(10)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda i: agency.post_order(orders[i % 10]), range(100)))
    assert sorted({a.status for a in answers}) == [200, 201]
    assert sum(a.status == 201 for a in answers) == 10
    assert len({a.json()["sheetId"] for a in answers}) == 10
    assert all(agency.ledger()["kiosk-0001", o["key"]][1] == 1 for o in orders)


def test_two_servers_on_one_ledger_apply_once(agency):
    """Uniqueness is the database's, not the process's."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        first = (agency.port, agency.process)
        (agency.dir / "port").unlink()
        agency.process = None
        control, agency.options = agency.options, ["--control", agency.dir / "control2"]
        try:
            agency.start("--today", "2026-06-15")
            ports = (first[0], agency.port)
            orders = [agency.order(new_key()) for _ in range(5)]

            def post(i):
                order = orders[i % 5]
                connection = http.client.HTTPSConnection("localhost", ports[i % 2],
                                                         context=agency.context(), timeout=20)
                connection.request("POST", "/fees/v1/sheets", json.dumps(order),
                                   {"Idempotency-Key": f'"{order["key"]}"'})
                return connection.getresponse().status

            statuses = list(pool.map(post, range(40)))
            agency.stop()
        finally:
            if agency.process and agency.process.poll() is None:
                agency.kill()
            agency.options = control
            agency.port, agency.process = first
        assert statuses.count(201) == 5 and statuses.count(200) == 35
        assert all(agency.ledger()["kiosk-0001", o["key"]][1] == 1 for o in orders)


def test_faults_meet_whom_they_name_and_count_down(agency):
    agency.control("fault", "/fees", "status", "503", "retry-after", "3", "2")
    agency.control("fault", "bad-signature", "1")  # SOAP only: must not meet us
    assert agency.request("GET", "/health").status == 200
    busy = agency.post_order(agency.order(new_key()))
    assert busy.status == 503 and busy.headers["Retry-After"] == "3"
    assert agency.request("GET", f"/fees/v1/transactions/{new_key()}").status == 503
    assert agency.post_order(agency.order(new_key())).status == 201
    agency.control("fault", "none")
    agency.control("fault", "status", "500")
    assert agency.request("GET", "/health").status == 200  # spared unless named
    assert [agency.post_order(agency.order(new_key())).status for _ in range(3)] == [500] * 3
    agency.control("fault", "none")
    agency.control("fault", "/health", "status", "502", "1")
    assert agency.request("GET", "/health").status == 502
    agency.control("fault", "malformed", "1")
    order = agency.order(new_key())
    cut = agency.post_order(order)
    try:
        cut.json()
        raise AssertionError("whole")
    except json.JSONDecodeError:
        assert agency.ask_order(order["key"])["state"] == "applied"
    agency.control("fault", "oversized", "1")
    assert len(agency.post_order(agency.order(new_key())).body) > 1 << 20


def test_the_control_socket_refuses_what_it_does_not_know(agency):
    for bad in (["fault"], ["fault", "x"], ["fault", "x", "y"], ["fault", "delay"],
                ["fault", "delay", "-1"], ["fault", "status", "99"], ["fault", "none", "0"],
                ["fault", "malformed", "1", "2"], ["nonsense"], ["fault", "status", "500", "retry-after"]):
        assert agency.control(*bad, expect=1).startswith("error: "), bad
    assert "persons 2011\n" in agency.control("stats")


def test_other_paths_and_methods_are_refused(agency):
    assert agency.request("HEAD", "/").status == 200  # the terminal's probe
    assert agency.request("GET", "/nothing").status == 404
    assert agency.request("GET", "/fees/v1/sheets").status == 405
    assert agency.request("POST", "/health").status == 405
    assert agency.request("GET", "/WebServicesConsulta/services/NoService?wsdl").status == 404
    assert agency.request("GET", "/../../etc/passwd").status == 404
    assert agency.request("DELETE", "/fees/v1/sheets").status in (405, 501)


def test_a_wrong_command_line_is_told(agency):
    for bad in ([], ["--dir", "x"], ["--dir", "x", "--pki", "y", "--port", "70000"],
                ["--dir", "x", "--pki", "y", "--today", "tomorrow"], ["control"]):
        done = subprocess.run([PROGRAM, *bad], capture_output=True, text=True)
        assert done.returncode == 2 and "usage" in done.stderr, bad
    done = subprocess.run([PROGRAM, "--dir", agency.dir / "x", "--pki", agency.dir / "none"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "server.pem" in done.stderr and done.stderr.startswith("agency: ")


main(globals(), "--today", "2026-06-15")
