#!/usr/bin/python3
"""The audit journal of the real core: its facts, its proof by ventanillactl and by a judge that shares
no code with it (tools/journal-verify), and what each kind of tampering is called."""

import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys

from real_terminal import CONCEPCION, PATIENCE, Row, Terminal, agency_client

JUDGE = pathlib.Path(os.environ["VT_SOURCE_DIR"]) / "tools" / "journal-verify"


def rows(terminal):
    """Oldest first."""
    return terminal.json("journal", "show", "--last", "100000")["rows"][::-1]


def judge(terminal, *options):
    run = subprocess.run([sys.executable, JUDGE, terminal.state_dir / "queue.db", *options], capture_output=True,
                         text=True, check=False)
    assert run.stderr == "", run.stderr
    return run.returncode, run.stdout.strip()


def public_key(terminal):
    path = terminal.folder / "public.pem"
    path.write_text(terminal.json("journal", "verify")["publicKey"])
    return path


def checkpoint(terminal):
    path = terminal.folder / "kept"
    status, out, err = terminal.ctl("journal", "checkpoint")
    assert status == 0, err
    path.write_text(out)
    return path


def tamper(terminal, *sql):
    """As somebody who holds the disk: core is down, its file is written."""
    terminal.stop_all()
    db = sqlite3.connect(terminal.state_dir / "queue.db")
    for statement in sql:
        db.execute(statement)
    db.commit()
    db.close()
    terminal.start_core()


def what_happens_stands_in_the_journal(agency):
    dead, waiting = Row("DEAD", "conflict"), Row("JOURNALED")
    with Terminal(agency, [dead, waiting]) as terminal:
        terminal.until(lambda: terminal.state(waiting) == "ACCEPTED")
        assert terminal.ctl("queue", "discard", dead.id, "--reason", "oficio 12")[0] == 0
        assert terminal.ctl("queue", "reconcile")[0] == 0
        terminal.stop_sync()
        terminal.stop_all()
        terminal.start_core()
        facts = [(r["event"], r["subject"], r["word"]) for r in rows(terminal)]
        for fact in (("started", "", ""), ("connected", "", "sync"), ("gone", "", "sync"), ("stopped", "", ""),
                     ("technician", dead.id, "queue discard"), ("technician", "", "queue reconcile"),
                     ("state", dead.id, "discarded")):
            assert fact in facts, (fact, facts)
        technician = [r for r in rows(terminal) if r["event"] == "technician"]
        assert {r["first"] for r in technician} == {os.getuid()}
        # The decision and who took it are one commit: nothing between them.
        at = facts.index(("state", dead.id, "discarded"))
        assert facts[at + 1] == ("technician", dead.id, "queue discard")
        whole = str(facts)
        assert CONCEPCION not in whole and "oficio" not in whole
        status, out, _ = terminal.ctl("journal", "show", "--last", "3", lang="es_MX")
        assert status == 0 and "HECHO" in out and len(out.splitlines()) == 4, out
        assert terminal.ctl("journal", "show", "--last", "0")[0] == 2


def it_is_proven_by_core_and_by_a_stranger(agency):
    # Made without a key, as stores before the journal had one; more than a checkpoint's worth.
    with Terminal(agency, [Row("ACCEPTED") for _ in range(40)], with_sync=False) as terminal:
        key = public_key(terminal)
        kept = checkpoint(terminal)
        proof = terminal.json("journal", "verify", "--checkpoint", str(kept), "--public-key", str(key))
        assert (proof["fault"], proof["broken"]) == ("", 0) and proof["rows"] == proof["last"] > 120, proof
        assert proof["lastSigned"] == proof["last"] and proof["checkpoints"] >= 2, proof
        assert judge(terminal, "--public-key", key, "--checkpoint", kept) == (
            0, f"rows {proof['rows']} checkpoints {proof['checkpoints']}")
        text, signature = re.fullmatch(r"(.*\n)signature ([0-9a-f]+)\n", kept.read_text(), re.S).groups()
        (terminal.folder / "text").write_text(text)
        (terminal.folder / "sig").write_bytes(bytes.fromhex(signature))
        subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", terminal.folder / "sig",
                        terminal.folder / "text"], check=True, stdout=subprocess.DEVNULL)
        assert (terminal.state_dir / "journal.key").stat().st_mode & 0o777 == 0o600
        other = terminal.folder / "other.pem"
        other.write_bytes(subprocess.run(["openssl", "pkey", "-in", agency.pki / "ca.key", "-pubout"],
                                         capture_output=True, check=True).stdout)
        status, out, _ = terminal.ctl("journal", "verify", "--public-key", str(other))
        assert status == 9 and "another key signs" in out, out
        assert terminal.ctl("journal", "verify", "--checkpoint", str(other))[0] == 2
        assert terminal.ctl("journal", "verify", "--checkpoint", "/nowhere")[0] == 3


def each_tampering_is_named_with_its_first_row(agency):
    with Terminal(agency, [Row("ACCEPTED") for _ in range(30)], with_sync=False) as terminal:
        key, kept = public_key(terminal), checkpoint(terminal)
        terminal.stop_all()
        clean = terminal.folder / "clean"
        shutil.copytree(terminal.state_dir, clean)
        last_kept = int(re.search(r"sequence (\d+)", kept.read_text())[1])
        for sql, broken, fault in (
                ("UPDATE journal SET word = 'none' WHERE sequence = 40", 40, "altered"),
                ("DELETE FROM journal WHERE sequence = 17", 17, "missing"),
                ("UPDATE journal SET at_ms = at_ms + 1 WHERE sequence = 5", 5, "altered"),
                ("UPDATE checkpoint SET signature = x'3006020101020101' WHERE sequence ="
                 " (SELECT min(sequence) FROM checkpoint)", None, "signature"),
                ("UPDATE checkpoint SET hash = zeroblob(32) WHERE sequence ="
                 " (SELECT min(sequence) FROM checkpoint)", None, "checkpoint")):
            tamper(terminal, sql)
            proof = terminal.json("journal", "verify", code=9)
            assert proof["fault"] == fault and broken in (None, proof["broken"]), (sql, proof)
            assert judge(terminal, "--public-key", key)[0] == 9
            assert judge(terminal, "--public-key", key)[1].startswith(f"row {proof['broken']}: "), (sql, proof)
            status, out, _ = terminal.ctl("journal", "verify", lang="es_MX")
            assert status == 9 and "avise a la oficina" in out, out
            assert f"audit journal is damaged: row {proof['broken']}" in terminal.log()
            # The store, and the citizens' transactions in it, go on.
            assert terminal.json("status")["storage"] == "ok"
            terminal.stop_all()
            shutil.rmtree(terminal.state_dir)
            shutil.copytree(clean, terminal.state_dir)
        # Rows and their checkpoints cut off together: only a checkpoint that had left tells.
        tamper(terminal, f"DELETE FROM journal WHERE sequence >= {last_kept - 70}",
               f"DELETE FROM checkpoint WHERE sequence >= {last_kept - 70}")
        assert terminal.json("journal", "verify")["fault"] == "", "not seen from inside: see README.md"
        assert judge(terminal, "--public-key", key)[0] == 0
        proof = terminal.json("journal", "verify", "--checkpoint", str(kept), code=9)
        assert proof["fault"] == "truncated", proof
        assert judge(terminal, "--public-key", key, "--checkpoint", kept)[0] == 9


def an_old_story_under_new_rows_is_named_rewritten(agency):
    with Terminal(agency, [Row("ACCEPTED")], with_sync=False) as terminal:
        terminal.stop_all()
        shutil.copytree(terminal.state_dir, terminal.folder / "old")
        terminal.start_core()
        kept = checkpoint(terminal).read_text()
        path = terminal.folder / "first"
        path.write_text(kept)
        terminal.stop_all()
        # The whole folder put back, and life went on.
        shutil.rmtree(terminal.state_dir)
        shutil.copytree(terminal.folder / "old", terminal.state_dir)
        terminal.start_core()
        sequence = int(re.search(r"sequence (\d+)", kept)[1])
        while terminal.json("journal", "verify")["last"] <= sequence:
            checkpoint(terminal)
        assert terminal.json("journal", "verify")["fault"] == ""
        proof = terminal.json("journal", "verify", "--checkpoint", str(path), code=9)
        assert (proof["fault"], proof["broken"]) == ("rewritten", sequence), proof
        assert judge(terminal, "--checkpoint", path)[1].startswith(f"row {sequence}: rewritten")


def a_fact_is_as_durable_as_what_it_tells(agency):
    dead = Row("DEAD", "conflict")
    with Terminal(agency, [dead], with_sync=False) as terminal:
        assert terminal.ctl("queue", "discard", dead.id, "--reason", "x")[0] == 0
        process = terminal.processes.pop()
        process.kill()
        process.wait(PATIENCE)
        terminal.start_core()
        facts = [(r["event"], r["subject"]) for r in rows(terminal)]
        assert ("technician", dead.id) in facts
        assert terminal.json("journal", "verify")["fault"] == ""


def main():
    tests = [what_happens_stands_in_the_journal, it_is_proven_by_core_and_by_a_stranger,
             each_tampering_is_named_with_its_first_row, an_old_story_under_new_rows_is_named_rewritten,
             a_fact_is_as_durable_as_what_it_tells]
    with agency_client.Agency("--today", "2026-06-15") as agency:
        for test in tests:
            if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
                test(agency)
                print("ok     ", test.__name__, flush=True)


main()
