#!/usr/bin/python3
"""ventanilla-sync against tools/agency, with this script as core: every word of the table of outcomes as
the real processes speak it."""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

try:
    import agency_client
except ImportError as reason:
    print(f"skipped: {reason}")
    sys.exit(77)

SYNC = agency_client.BUILD / "bin" / "ventanilla-sync"
CONCEPCION = "SABC560626MDFLRN01"
RENAPO, FEES = "renapo", "fees"
PATIENCE = 20

CONFIG = """
[sync]
probe_ms = 50
probe_up_ms = {up}
[adapter renapo]
url = https://localhost:{port}
ca = {pki}/ca.pem
cert = {pki}/{tls}.pem
key = {pki}/{tls}.key
sign_cert = {pki}/terminal-sign.pem
sign_key = {pki}/terminal-sign.key
trust = {pki}/ca.pem
signer = {signer}
user = ventanilla
password_file = {pki}/renapo.password
entity = 09
[adapter fees]
url = https://localhost:{port}
ca = {pki}/ca.pem
cert = {pki}/{tls}.pem
key = {pki}/{tls}.key
"""


class Core:
    """Core's side of the sync socket."""

    running = []
    pids = set()

    def __init__(self, folder, agency, tls="terminal", signer="RENAPO", wrapper=(), up=0):
        self.path = folder / "sync.sock"
        self.log_path = folder / "sync.log"
        self.config = folder / "terminal.conf"
        self.config.write_text(
            CONFIG.format(port=agency.port, pki=agency.pki, tls=tls, signer=signer, up=up))
        self.requests = 0
        self.links = {}
        self.listener = None
        self.listen()
        self.process = subprocess.Popen(
            [*wrapper, SYNC, "--socket", self.path, "--config", self.config, "--verbose"],
            stderr=open(self.log_path, "ab"),
            # LeakSanitizer and strace exclude each other.
            env=os.environ | ({"ASAN_OPTIONS": "detect_leaks=0"} if wrapper else {}))
        Core.running.append(self.process)
        self.accept()

    def listen(self):
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(self.path))
        self.listener.listen(1)

    def accept(self):
        self.listener.settimeout(PATIENCE)
        self.peer, _ = self.listener.accept()
        hello = self.receive()
        assert hello["header"]["name"] == "Terminal.Hello", hello
        assert hello["payload"]["program"] == "ventanilla-sync"
        self.pid = hello["payload"]["pid"]
        Core.pids.add(self.pid)

    def receive(self):
        self.peer.settimeout(PATIENCE)
        data = self.peer.recv(1 << 17)
        if not data:
            raise ConnectionError("sync closed the connection")
        return json.loads(data)

    def next(self, wanted):
        """The next message that wanted() likes; link events are noted on the way."""
        while True:
            message = self.receive()
            if message["header"]["name"] == "Work.LinkEvent":
                self.links[message["payload"]["adapter"]] = (
                    message["payload"]["online"], message["payload"].get("reason", ""))
            if wanted(message):
                return message

    def await_link(self, adapter, online):
        while self.links.get(adapter, (None,))[0] is not online:
            self.next(lambda m: m["header"]["name"] == "Work.LinkEvent")

    def send(self, adapter, operation, payload, key=None, **changes):
        self.requests += 1
        work = {"lease": str(uuid.uuid4()), "transaction": str(uuid.uuid4()),
                "key": key or str(uuid.uuid4()), "service": "prueba", "adapter": adapter,
                "operation": operation, "inquiry": False, "attempt": 1, "deadlineMs": 10000,
                "payload": json.dumps(payload, ensure_ascii=False), **changes}
        header = {"type": "command", "name": "Work.Deliver", "requestId": self.requests,
                  "version": "1.0", "timeout": 0}
        self.peer.send(json.dumps({"header": header, "payload": work}).encode())
        return self.requests, work

    def result(self, request, work):
        message = self.next(lambda m: m["header"]["type"] == "completion"
                            and m["header"]["requestId"] == request)
        assert message["header"].get("completionCode", "success") == "success", message
        result = message["payload"]
        assert result["lease"] == work["lease"] and result["transaction"] == work["transaction"]
        return result

    def deliver(self, *args, **changes):
        return self.result(*self.send(*args, **changes))

    def by_curp(self, curp=CONCEPCION, key=None, **changes):
        return self.deliver(RENAPO, "consultarPorCurp", {"curp": curp}, key, **changes)

    def sheet(self, key=None, amount=179500, **changes):
        order = {"product": "passport", "validityYears": 3, "fare": "full", "amountCentavos": amount,
                 "curp": CONCEPCION, "name": "CONCEPCIÓN SALGADO BRISEÑO"}
        return self.deliver(FEES, "sheet", order, key, **changes)

    def log(self):
        return self.log_path.read_text()

    def stop(self):
        # The hello names the process itself, which strace would keep a signal from.
        os.kill(self.pid, signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        Core.pids.discard(self.pid)
        assert status == 0, f"sync ended with {status}:\n{self.log()}"


def check(result, kind, cause=None):
    assert result["result"] == kind, result
    assert cause is None or result.get("cause", "") == cause, result
    if kind in ("unknown", "retryAfter", "notKnown"):
        assert not result.get("answer"), result
    return json.loads(result["answer"]) if result.get("answer") else None


def queries_and_their_confirmation(agency, core):
    key = str(uuid.uuid4())
    answer = check(core.by_curp(key=key), "accepted", "")
    assert answer["outcome"] == "one" and answer["count"] == "1", answer
    assert answer["records"][0]["nombres"] == "CONCEPCIÓN"
    confirm = core.deliver(RENAPO, "confirm",
                           {"sessionId": answer["sessionId"], "query": "consultarPorCurp"})
    assert check(confirm, "accepted")["outcome"] == "confirmed"
    row = agency.ledger()[agency_client.TERMINAL, key]
    assert row[1] == 1 and row[2] not in ("", "-", "no", "0"), row

    again = core.by_curp(key=key)
    assert again["replayed"] and check(again, "accepted")["sessionId"] == answer["sessionId"]
    assert agency.ledger()[agency_client.TERMINAL, key][1] == 1
    check(core.by_curp("BEML920313HMCLNS09", key), "rejected", "conflict")

    assert check(core.by_curp("SABC560626MDFLRN19"), "accepted")["outcome"] == "none"
    inactive = check(core.by_curp("PEGL890909MJCRMS08"), "accepted")
    assert inactive["outcome"] == "inactive", inactive
    changed = check(core.by_curp("HEGG560427MVZRRL04"), "accepted")
    assert changed["changed"] == "true" and changed["records"][0]["curp"] != changed["asked"]


def queries_by_data(agency, core):
    data = {"primerApellido": "SALGADO", "segundoApellido": "BRISEÑO", "nombres": "CONCEPCIÓN",
            "fechaNacimiento": "26/06/1956", "sexo": "M", "entidad": "DF"}
    answer = check(core.deliver(RENAPO, "consultarCurpDetalle", data), "accepted")
    assert answer["outcome"] == "one" and answer["records"][0]["curp"] == CONCEPCION
    data = {k: data[k] for k in ("primerApellido", "nombres", "fechaNacimiento")}
    assert check(core.deliver(RENAPO, "consultarCurpDetalle", data), "accepted")["outcome"] == "one"
    data["nombres"] = "NADIE"
    assert check(core.deliver(RENAPO, "consultarCurpDetalle", data), "accepted")["outcome"] == "none"


def sheets(agency, core):
    key = str(uuid.uuid4())
    answer = check(core.sheet(key), "accepted", "")
    assert answer["amountCentavos"] == "179500" and answer["cadenaDependencia"].isdigit()
    again = core.sheet(key)
    assert again["replayed"] and check(again, "accepted") == answer
    check(core.sheet(key, amount=90000), "rejected", "conflict")
    check(core.sheet(amount=179400), "rejected", "business")
    inquiry = core.sheet(key, inquiry=True)
    assert check(inquiry, "accepted") == answer
    check(core.sheet(inquiry=True), "notKnown", "not-known")


def applied_but_unreadable(agency, core, kind, ask):
    """The work is done, its answer cannot be believed: unknown, and the inquiry brings the answer."""
    key = str(uuid.uuid4())
    agency.control("fault", *kind, "1")
    check(ask(key=key), "unknown")
    answer = check(ask(key=key, inquiry=True), "accepted")
    assert answer["outcome"] in ("one", "sheet")
    assert agency.ledger()[agency_client.TERMINAL, key][1] == 1


def doubtful_answers_are_resolved_by_inquiry(agency, core):
    for kind in ("malformed", "oversized", "drop-after", "expired", "bad-signature", "unsigned",
                 "wrong-ca", "wrapped"):
        applied_but_unreadable(agency, core, [kind], core.by_curp)
    for kind in ("malformed", "oversized", "drop-after"):
        applied_but_unreadable(agency, core, [kind], core.sheet)


def work_that_never_arrived_is_sent_again_with_its_key(agency, core):
    for ask in (core.by_curp, core.sheet):
        key = str(uuid.uuid4())
        agency.control("fault", "drop-before", "1")
        check(ask(key=key), "unknown", "timeout")
        check(ask(key=key, inquiry=True), "notKnown")
        check(ask(key=key, attempt=2), "accepted")
        assert agency.ledger()[agency_client.TERMINAL, key][1] == 1


def statuses_mean_what_the_table_says(agency, core):
    for status, kind, cause in (
            ("302", "unknown", "lane"), ("400", "rejected", "defect"), ("401", "retryAfter", "lane"),
            ("403", "retryAfter", "lane"), ("404", "rejected", "defect"),
            ("408", "unknown", "server"), ("409", "unknown", "running"),
            ("425", "unknown", "server"), ("429", "retryAfter", "later"),
            ("500", "unknown", "server"), ("503", "unknown", "server")):
        for ask in (core.by_curp, core.sheet):
            agency.control("fault", "status", status, "1")
            check(ask(), kind, cause)
    agency.control("fault", "status", "503", "retry-after", "7", "1")
    result = core.by_curp()
    check(result, "retryAfter", "later")
    assert result["retryAfterMs"] == 7000


def slow_services_run_into_the_deadline(agency, core):
    key = str(uuid.uuid4())
    agency.control("fault", "ConsultaPorCurpService", "delay", "100000", "1")  # until released below
    check(core.by_curp(key=key, deadlineMs=1000), "unknown", "timeout")
    check(core.by_curp(key=key, inquiry=True), "unknown", "running")
    agency.control("release")
    while True:
        result = core.by_curp(key=key, inquiry=True)
        if result["result"] == "accepted":
            break
        check(result, "unknown", "running")
    agency.control("fault", "none")


def lanes_do_not_wait_for_each_other(agency, core):
    agency.control("fault", "ConsultaPorCurpService", "delay", "100000", "1")  # until released below
    slow = core.send(RENAPO, "consultarPorCurp", {"curp": CONCEPCION})
    fast = [core.send(FEES, "sheet", {"product": "passport", "validityYears": 10, "fare": "half",
                                      "amountCentavos": 214000, "curp": CONCEPCION, "name": "X"})
            for _ in range(5)]
    order = []
    while len(order) < 6:
        message = core.next(lambda m: m["header"]["type"] == "completion")
        check(message["payload"], "accepted")
        order.append(message["header"]["requestId"])
        if len(order) == len(fast):
            agency.control("release")
    assert order[-1] == slow[0] and sorted(order[:-1]) == [r for r, _ in fast]


def latin1_answers_are_repaired(agency, core):
    agency.control("fault", "latin1", "1")
    answer = check(core.by_curp(), "accepted")
    assert answer["records"][0]["segundoApellido"] == "BRISEÑO", answer


def defects_are_answered_not_sent(agency, core):
    before = len(agency.log().splitlines())
    check(core.deliver("otro", "x", {}), "retryAfter", "lane")
    check(core.by_curp("corto"), "rejected", "defect")
    check(core.deliver(RENAPO, "registrarCurp", {"curp": CONCEPCION}), "rejected", "defect")
    check(core.deliver(FEES, "sheet", {"product": "passport"}), "rejected", "defect")
    check(core.by_curp("corto", lease="no uuid", inquiry=True), "unknown")
    requests = [line for line in agency.log().splitlines()[before:] if "health" not in line]
    assert not requests, requests


def an_agency_that_is_away_is_noticed_and_found_again(agency, core):
    agency.control("down")
    check(core.by_curp(), "retryAfter", "network")
    core.await_link(RENAPO, False)
    assert core.links[RENAPO][1] == "connect"
    check(core.sheet(inquiry=True), "unknown", "network")
    core.await_link(FEES, False)
    agency.control("up")
    core.await_link(RENAPO, True)
    core.await_link(FEES, True)
    check(core.by_curp(), "accepted")


def core_may_go_and_come_back(agency, core):
    agency.control("fault", "ConsultaPorCurpService", "delay", "1000", "1")
    core.send(RENAPO, "consultarPorCurp", {"curp": CONCEPCION})
    core.peer.close()
    core.listener.close()
    core.links.clear()
    time.sleep(0.25)  # the point is that core is away for a while, not that something happens in it
    core.listen()
    core.accept()
    core.await_link(RENAPO, True)
    core.await_link(FEES, True)
    agency.control("fault", "none")
    check(core.by_curp(), "accepted")


def a_core_that_breaks_the_grammar_is_left(agency, core):
    core.peer.send(b'{"header":{}}')
    try:
        while core.peer.recv(1 << 17):
            pass
    except ConnectionResetError:
        pass
    core.peer.close()
    core.accept()
    check(core.by_curp(), "accepted")


def one_connection_serves_many_requests(agency, core):
    for _ in range(30):
        check(core.sheet(), "accepted")


def the_log_holds_no_personal_data(agency, core):
    text = core.log()
    for word in (CONCEPCION, "CONCEPCI", "SALGADO", "BRISE", agency.password, "SABC56"):
        assert word not in text, word
    assert "transaction" in text


def an_idle_terminal_notices_that_the_agency_went(agency, folder):
    core = Core(folder, agency, up=50)
    core.await_link(RENAPO, True)
    agency.control("down")
    core.await_link(RENAPO, False)
    core.await_link(FEES, False)
    agency.control("up")
    core.await_link(RENAPO, True)
    core.await_link(FEES, True)
    core.stop()


def wrong_identities_stop_the_lane(agency, folder):
    for tls, reason in (("bad/other-ca-terminal", "lane"), ("bad/expired-terminal", "lane")):
        # demo-pki keeps one key for the bad TLS identities.
        shutil.copy(agency.pki / "bad/tls.key", agency.pki / f"{tls}.key")
        core = Core(folder, agency, tls=tls)
        core.await_link(RENAPO, False)
        check(core.by_curp(), "retryAfter", reason)
        core.stop()
    core = Core(folder, agency, signer="OTRO")
    core.await_link(RENAPO, True)
    check(core.by_curp(), "unknown", "answer")
    core.stop()


def bad_configuration_is_told_not_fatal(agency, folder):
    core = Core(folder, agency)
    text = core.config.read_text()
    core.stop()
    core.config.write_text(text.replace("renapo.password", "nothing"))
    core.process = subprocess.Popen([SYNC, "--socket", core.path, "--config", core.config],
                                    stderr=open(core.log_path, "ab"))
    Core.running.append(core.process)
    core.links.clear()
    core.accept()
    core.await_link(RENAPO, False)
    assert core.links[RENAPO][1] == "configuration"
    check(core.by_curp(), "retryAfter", "lane")
    check(core.sheet(), "accepted")
    core.stop()
    core.config.write_text("[sync]\n")
    done = subprocess.run([SYNC, "--socket", core.path, "--config", core.config],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and "adapter" in done.stderr
    done = subprocess.run([SYNC], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "usage" in done.stderr


def the_systems_certificates_are_never_read(agency, folder):
    trace = folder / "trace"
    probe = subprocess.run(["strace", "-f", "-o", trace, "true"], capture_output=True) \
        if shutil.which("strace") else None
    if not probe or probe.returncode != 0:
        print("        (not traced: strace does not run here)")
        return
    core = Core(folder, agency, wrapper=("strace", "-f", "-qq", "-e", "trace=openat,open", "-o", trace))
    check(core.by_curp(), "accepted")
    core.stop()
    lines = trace.read_text()
    assert "/ca.pem" in lines
    for place in ("/etc/ssl/certs", "ca-certificates.crt", "/usr/share/ca-certificates"):
        assert place not in lines, place


def main():
    with_core = [queries_and_their_confirmation, queries_by_data, sheets,
                 doubtful_answers_are_resolved_by_inquiry,
                 work_that_never_arrived_is_sent_again_with_its_key,
                 statuses_mean_what_the_table_says, slow_services_run_into_the_deadline,
                 lanes_do_not_wait_for_each_other, latin1_answers_are_repaired,
                 defects_are_answered_not_sent, an_agency_that_is_away_is_noticed_and_found_again,
                 core_may_go_and_come_back, a_core_that_breaks_the_grammar_is_left,
                 one_connection_serves_many_requests, the_log_holds_no_personal_data]
    alone = [an_idle_terminal_notices_that_the_agency_went, wrong_identities_stop_the_lane, bad_configuration_is_told_not_fatal,
             the_systems_certificates_are_never_read]
    wanted = sys.argv[1:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vt-sync-"))
    core = None
    try:
        with agency_client.Agency("--today", "2026-06-15") as agency:
            core = Core(folder, agency)
            core.await_link(RENAPO, True)
            core.await_link(FEES, True)
            for test in with_core:
                if not wanted or test.__name__ in wanted:
                    test(agency, core)
                    print("ok     ", test.__name__, flush=True)
            core.stop()
            for test in alone:
                if not wanted or test.__name__ in wanted:
                    test(agency, folder)
                    print("ok     ", test.__name__, flush=True)
    except BaseException:
        if core:
            sys.stderr.write(core.log())
        for pid in Core.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in Core.running:
            process.kill()
            process.wait()
        raise
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
