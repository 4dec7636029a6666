"""The real core and sync on a store made of rows, beside the real agency, for the tests of this folder."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.environ["VT_SOURCE_DIR"], "tests", "sync"))
try:
    import agency_client
except ImportError as reason:
    print(f"skipped: {reason}")
    sys.exit(77)

BIN = agency_client.BUILD / "bin"
TERMINAL = agency_client.TERMINAL
CONCEPCION = "SABC560626MDFLRN01"
PATIENCE = 30
CONFIG = """
[terminal]
id = {terminal}
folio_code = TS01
[core]
run_dir = {run}
state_dir = {state}
catalog = {source}/assets/catalog
{extra}
[sync]
probe_ms = 50
probe_up_ms = 50
[export]
sign_cert = {pki}/{signer}.pem
sign_key = {pki}/{signer_key}.key
recipient = {pki}/agency-seal.pem
[adapter renapo]
url = https://localhost:{port}
ca = {pki}/ca.pem
cert = {pki}/terminal.pem
key = {pki}/terminal.key
sign_cert = {pki}/terminal-sign.pem
sign_key = {pki}/terminal-sign.key
trust = {pki}/ca.pem
signer = RENAPO
user = ventanilla
password_file = {pki}/renapo.password
entity = 09
[adapter fees]
url = https://localhost:{port}
ca = {pki}/ca.pem
cert = {pki}/terminal.pem
key = {pki}/terminal.key
"""
SHEET = {"product": "passport", "validityYears": "3", "fare": "full", "amountCentavos": "179500",
         "curp": CONCEPCION, "name": "CONCEPCIÓN SALGADO BRISEÑO"}


class Row:
    count = 0

    def __init__(self, state, cause="", adapter="renapo", payload=None, answer="-", key=None, lane="-"):
        Row.count += 1
        self.id, self.key = str(uuid.uuid4()), key or str(uuid.uuid4())
        self.folio = f"TS01-0001-{Row.count:04d}-ABCD"
        service, operation = ("passport-fee", "sheet") if adapter == "fees" else ("curp", "consultarPorCurp")
        payload = payload or (SHEET if adapter == "fees" else {"curp": CONCEPCION})
        self.line = "\t".join([self.id, self.key, self.folio, service, adapter, operation, lane, state, cause,
                               json.dumps(payload, ensure_ascii=False), answer])


class Terminal:
    """The real core, and sync when it is wanted, on a store made of rows."""

    def __init__(self, agency, rows, with_sync=True, signer="terminal-sign", signer_key="terminal-sign", extra="",
                 with_core=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vt-operate-"))
        for name in ("run", "state"):
            (self.folder / name).mkdir(mode=0o700)
        self.config = self.folder / "terminal.conf"
        self.config.write_text(CONFIG.format(terminal=TERMINAL, run=self.folder / "run", pki=agency.pki,
                                             state=self.folder / "state", port=agency.port,
                                             signer=signer, signer_key=signer_key,
                                             source=os.environ["VT_SOURCE_DIR"], extra=extra))
        subprocess.run([agency_client.BUILD / "tests" / "made_store", self.folder / "state", TERMINAL],
                       input="".join(r.line + "\n" for r in rows).encode(), check=True)
        self.processes = []
        (self.folder / "log").touch()
        if with_core:
            self.start_core()
        if with_sync:
            self.start_sync()

    def start(self, program, *args, **more):
        with open(self.folder / "log", "ab") as log:
            self.processes.append(subprocess.Popen([BIN / program, *args], stderr=log, **more))
        return self.processes[-1]

    def start_core(self, **more):
        process = self.start("ventanilla-core", "--config", self.config, **more)
        # A dead core's socket still lies there.
        self.until(lambda: process.poll() is not None or self.ctl("status")[0] == 0)
        return process

    def stop_all(self):
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            assert process.wait(PATIENCE) == 0

    @property
    def state_dir(self):
        return self.folder / "state"

    def start_sync(self, online=True):
        self.start("ventanilla-sync", "--socket", self.folder / "run" / "sync.sock", "--config", self.config)
        self.until(lambda: self.json("status")["sync"])
        self.until(lambda: self.json("status")["online"] == online)

    def stop_sync(self):
        process = self.processes.pop()
        process.terminate()
        assert process.wait(PATIENCE) == 0
        self.until(lambda: not self.json("status")["sync"])

    def until(self, fact, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not fact():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def on_disk(self, query):
        """The queue's file as it lies there, read past core's locks; again while core writes it and it looks broken."""
        found = []

        def is_read():
            db = sqlite3.connect(f"file:{self.state_dir}/queue.db?mode=ro&immutable=1", uri=True)
            try:
                found.append(db.execute(query).fetchall())
            except sqlite3.DatabaseError:
                pass
            db.close()
            return found != []

        self.until(is_read)
        return found[0]

    def ctl(self, *args, lang="C"):
        run = subprocess.run([BIN / "ventanillactl", "--socket", self.folder / "run" / "ctl.sock", *args],
                             capture_output=True, check=False, timeout=200, env={"LANG": lang, "TZ": "UTC"})
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def json(self, *args, code=0):
        status, out, err = self.ctl(*args, "--json")
        assert status == code, (args, status, out, err)
        return json.loads(out)

    def state(self, row):
        return self.json("queue", "show", row.folio)["state"]

    def log(self):
        return (self.folder / "log").read_text()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            sys.stderr.write(self.log())
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            assert process.wait(PATIENCE) == 0
        shutil.rmtree(self.folder)
