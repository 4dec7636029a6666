#!/usr/bin/python3
"""A canary citizen through the real core, sync and agency (this script is the screen): typed, sent, answered,
shown, settled, and after retention found nowhere: not in the state folder with its -wal, not in a temporary
folder, a log or an answer of ventanillactl, not in the memory of core and sync."""

import json
import os
import pathlib
import re
import socket
import sys


from real_terminal import PATIENCE, Row, Terminal, agency_client

CURP = "BEML920313HMCLNS09"
WORDS = (CURP, "BELTRÁN", "LUIS BELTRÁN")
SHRED_S = 3
RETENTION = f"storage_check_ms = 100\n[retention]\nshred_s = {SHRED_S}\ndelete_s = {SHRED_S + 2}\n"


def needles():
    found = []
    for word in WORDS:
        found += [word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")]
    return found + [CURP.lower().encode()]


class Screen:
    """The ui's side of the socket: shows nothing, touches what the journey needs."""

    def __init__(self, terminal):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(str(terminal.folder / "run" / "ui.sock"))
        self.socket.settimeout(PATIENCE)
        self.send("Terminal.Hello", {"program": "ventanilla-ui", "version": "0", "pid": os.getpid()})
        self.model = None

    def send(self, name, payload, kind="unsolicited", **header):
        message = {"header": {"type": kind, "name": name, "version": "1.0", **header}, "payload": payload}
        self.socket.send(json.dumps(message).encode())

    def show(self):
        """The next screen."""
        message = json.loads(self.socket.recv(1 << 17))
        header = message["header"]
        self.send(header["name"], {}, "completion", requestId=header["requestId"], completionCode="success")
        self.model = message["payload"]

    def until(self, *screens):
        while self.model is None or self.model["screen"] not in screens:
            self.show()
        return self.model

    def act(self, action, item="", value=""):
        intent = {"screen": self.model["screen"], "revision": self.model["revision"], "action": action,
                  "consent": True}
        self.send("Intent.Act", intent | {k: v for k, v in (("item", item), ("value", value)) if v})
        last = self.model["revision"]
        while self.model["revision"] == last:
            self.show()

    def submit_the_canary(self):
        """From the attract screen to the confirmation."""
        self.until("attract")
        self.act("start")
        self.act("open", "curp")
        self.act("start")
        self.until("curp")
        self.act("submit", value=CURP)
        if self.model["screen"] == "review":
            self.act("confirm")

    def serve_the_canary(self, core):
        """To the data of the citizen on the screen, and away."""
        self.submit_the_canary()
        self.until("results", "done")
        assert CURP in json.dumps(self.model, ensure_ascii=False), "the screen does show it"
        assert is_searchable(core.pid) or in_memory(core.pid), "core does hold it: the search finds"
        self.act("yes") if self.model["screen"] == "results" else None
        self.until("done", "problem", "printing", "waiting")
        self.act("end")
        self.until("attract")


def is_searchable(pid):
    """Dead memory stays readable under AddressSanitizer, and only root may look into a process that forbade it."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            text = maps.read()
        with open(f"/proc/{pid}/mem", "rb"):
            pass
    except OSError as reason:
        return str(reason)
    return "built with AddressSanitizer" if re.search("^(7fff7000|8fff7000)-", text, re.M) else ""


def in_memory(pid):
    hits = []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_, = line.split()
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            if end - start > 1 << 30:
                continue
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except OSError:
                continue
            hits += [(line.split()[-1], needle) for needle in needles() if needle in data]
    return hits


def in_files(folder, words):
    return [(path.name, word) for path in sorted(folder.rglob("*")) if path.is_file()
            for word in words if word in path.read_bytes()]


def sealed_bytes(terminal):
    """Wrapped key and parts of the sealed texts of each row, as they lie on disk now."""
    rows = terminal.on_disk("SELECT wrapped, payload, answer FROM txn WHERE wrapped IS NOT NULL")
    return [part[:40] if i == 0 else part[12:44] for row in rows for i, part in enumerate(row) if part]


def main():
    with agency_client.Agency("--today", "2026-06-15") as agency:
        extra = Row("JOURNALED", adapter="fees", payload={
            "product": "passport", "validityYears": "3", "fare": "full", "amountCentavos": "179500", "curp": CURP,
            "name": "LUIS BELTRÁN MENDOZA"})
        with Terminal(agency, [extra], with_core=False, with_sync=False, extra=RETENTION) as terminal:
            temporary = terminal.folder / "tmp"
            temporary.mkdir()
            os.environ["TMPDIR"] = str(temporary)
            core = terminal.start_core()
            terminal.start_sync()
            sync = terminal.processes[-1]
            for _ in range(3):
                screen = Screen(terminal)
                screen.serve_the_canary(core)
                screen.socket.close()
            terminal.until(lambda: terminal.json("status")["queued"] == 0)
            # The sealed rows do lie on disk: the search finds what is there.
            sealed = []

            def is_sealed():
                sealed[:] = sealed_bytes(terminal)
                return len(sealed) >= 6

            terminal.until(is_sealed)
            assert in_files(terminal.state_dir, needles()) == [], "in clear, even before"
            folios = [row["folio"] for row in terminal.json("queue", "list")["rows"]]
            assert len(folios) >= 4
            # Retention: first the contents, then the rows.
            terminal.until(lambda: in_files(terminal.state_dir, sealed) == [])
            terminal.until(lambda: terminal.json("queue", "list")["rows"] == [])
            terminal.until(lambda: in_files(terminal.state_dir, [f.encode() for f in folios]) == [])
            assert any(r["event"] == "pruned" for r in terminal.json("journal", "show")["rows"])
            assert terminal.json("journal", "verify")["fault"] == ""

            assert in_files(terminal.folder, needles()) == [] and list(temporary.iterdir()) == []
            assert in_files(agency.dir, needles()[:1]), "the agency knows its people: the search finds"
            assert not [w for w in needles() if w in agency.log().encode()]
            for process in (core, sync):
                limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
                assert re.search(r"Max core file size\s+0\s+0", limits), limits
                why = is_searchable(process.pid)
                if why:
                    print(f"skipped: memory of {process.args[0].name}: {why}")
                    continue
                hits = in_memory(process.pid)
                assert hits == [], (process.args[0].name, hits)
            # A crash leaves no core either, nor does what it leaves tell anything.
            core.kill()
            core.wait(PATIENCE)
            terminal.processes.remove(core)
            assert in_files(terminal.folder, needles()) == []
            terminal.start_core()
            assert terminal.json("status")["storage"] == "ok"
    print("ok")


if __name__ == "__main__":
    main()
