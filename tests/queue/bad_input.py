#!/usr/bin/python3
"""What is wrong around the queue is said in `ventanillactl status` and in the log, with what to do; nothing
crashes, no row is lost, and service goes on by itself where it can. The real core each time."""

import hashlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

from real_terminal import BIN, CONCEPCION, PATIENCE, Row, Terminal, agency_client

FAST = "storage_check_ms = 100"
BAD_DISK = agency_client.BUILD / "tests" / "libbad_disk.so"


def alter(terminal, *statements):
    db = sqlite3.connect(terminal.state_dir / "queue.db")
    db.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def says(terminal, problem, spanish, english, logged):
    """The problem stands in the status, in both languages, and in the log; and nothing new is taken."""
    terminal.until(lambda: terminal.json("status")["problem"] == problem)
    status = terminal.json("status")
    assert status["storage"] == "failed", status
    assert spanish in terminal.ctl("status", lang="es_MX")[1], terminal.ctl("status", lang="es_MX")
    assert english in terminal.ctl("status")[1]
    assert logged in terminal.log(), terminal.log()


def is_good_again(terminal, rows=()):
    terminal.until(lambda: terminal.json("status")["storage"] == "ok")
    assert terminal.json("status")["problem"] == "none"
    for row in rows:
        assert terminal.state(row) == "JOURNALED"


def without_core(agency, rows, extra=FAST):
    return Terminal(agency, rows, with_sync=False, with_core=False, extra=extra)


def a_corrupt_store_is_put_aside_whole_and_kept_in_sight(agency):
    for damage in ("header", "check", "page"):
        rows = [Row("JOURNALED") for _ in range(20)]
        with without_core(agency, rows) as terminal:
            path = terminal.state_dir / "queue.db"
            if damage == "check":
                alter(terminal, "UPDATE txn SET state = 77 WHERE sequence = 3")
            else:
                data = bytearray(path.read_bytes())
                at = 0 if damage == "header" else 5 * 1024
                data[at:at + 100] = os.urandom(100)
                path.write_bytes(data)
            before = digest(path)
            terminal.start_core()
            status = terminal.json("status")
            assert (status["storage"], status["aside"]) == ("ok", "queue.db.corrupt-1"), (damage, status)
            assert digest(terminal.state_dir / "queue.db.corrupt-1") == before, "nothing of it was changed"
            assert "no borre nada" in terminal.ctl("status", lang="es_MX")[1]
            assert "delete nothing" in terminal.ctl("status")[1]
            assert "store was corrupt" in terminal.log() and "copy it for the office" in terminal.log()
            # A restart does not make it forgotten.
            terminal.stop_all()
            terminal.start_core()
            assert terminal.json("status")["aside"] == "queue.db.corrupt-1"
            assert any(r["word"] == "quarantined" for r in terminal.json("journal", "show")["rows"])


def a_row_that_was_altered_waits_for_a_person_and_hinders_nobody(agency):
    bad, good, question = Row("JOURNALED"), Row("JOURNALED"), Row("UNKNOWN", "timeout")
    with without_core(agency, [bad, question, good]) as terminal:
        alter(terminal, "UPDATE txn SET payload = CAST(substr(payload, 1, 40) || iif(substr(payload, 41, 1) = x'00', x'01', x'00') || "
              "substr(payload, 42) AS BLOB)"
              " WHERE sequence IN (1, 2)")
        terminal.start_core()
        terminal.start_sync()
        terminal.until(lambda: terminal.state(bad) == terminal.state(question) == "DEAD")
        terminal.until(lambda: terminal.state(good) == "ACCEPTED")
        assert f"{bad.id}: its payload was altered on disk" in terminal.log()
        status, out, _ = terminal.ctl("queue", "show", bad.folio)
        assert status == 0 and "row was altered on disk" in out, out
        assert terminal.json("status")["dead"] == 2 and CONCEPCION not in terminal.log()
        known = {key for _, key in agency.ledger()}
        assert good.key in known and not known & {bad.key, question.key}


def a_store_of_a_newer_version_is_left_alone(agency):
    rows = [Row("JOURNALED")]
    with without_core(agency, rows) as terminal:
        db = sqlite3.connect(terminal.state_dir / "queue.db")
        version, = db.execute("PRAGMA user_version").fetchone()
        db.close()
        alter(terminal, "PRAGMA user_version = 99")
        before = digest(terminal.state_dir / "queue.db")
        terminal.start_core()
        says(terminal, "newer", "versión más nueva", "newer version", "install the newer program again")
        assert digest(terminal.state_dir / "queue.db") == before
        status, _, err = terminal.ctl("queue", "list")
        assert status == 1 and "storage failed" in err, err
        db = sqlite3.connect(terminal.state_dir / "queue.db")
        db.execute(f"PRAGMA user_version = {version}")
        db.close()
        is_good_again(terminal, rows)


def a_key_of_another_store_is_named_and_nothing_overwritten(agency):
    rows = [Row("JOURNALED")]
    with without_core(agency, rows) as terminal:
        key = terminal.state_dir / "queue.key"
        true = key.read_bytes()
        key.write_bytes(os.urandom(32))
        before = digest(terminal.state_dir / "queue.db")
        terminal.start_core()
        says(terminal, "key", "no son las de este almacén", "do not belong to this store", "put back queue.key")
        assert digest(terminal.state_dir / "queue.db") == before
        key.write_bytes(true)
        is_good_again(terminal, rows)


def a_second_core_ends_and_leaves_the_first_alone(agency):
    rows = [Row("JOURNALED")]
    with Terminal(agency, rows, with_sync=False) as terminal:
        second = subprocess.run([BIN / "ventanilla-core", "--config", terminal.config], capture_output=True,
                                text=True, check=False, timeout=PATIENCE)
        assert second.returncode == 1, second
        assert "another ventanilla-core has the store" in second.stderr and "state_dir" in second.stderr
        assert terminal.json("status")["storage"] == "ok" and terminal.state(rows[0]) == "JOURNALED"


def a_store_that_vanishes_is_not_begun_anew(agency):
    rows = [Row("JOURNALED") for _ in range(3)]
    with Terminal(agency, rows, with_sync=False, extra=FAST) as terminal:
        away = terminal.folder / "away"
        terminal.state_dir.rename(away)
        says(terminal, "missing", "monte de nuevo", "mount the disk", "mount the disk of state_dir again")
        # An empty mount point is no reason for a new store.
        terminal.state_dir.mkdir(mode=0o700)
        checks = terminal.json("status")["uptimeMs"]
        terminal.until(lambda: terminal.json("status")["uptimeMs"] > checks + 500)
        assert list(terminal.state_dir.iterdir()) == [] and terminal.json("status")["problem"] == "missing"
        assert terminal.ctl("queue", "list")[0] == 1
        terminal.state_dir.rmdir()
        away.rename(terminal.state_dir)
        is_good_again(terminal, rows)
        events = [r["event"] for r in terminal.json("journal", "show")["rows"]]
        assert "storage-failed" in events and "storage-good" in events
        assert terminal.json("journal", "verify")["fault"] == ""


def a_disk_that_fails_is_named_and_nothing_is_lost(agency):
    rows = [Row("JOURNALED") for _ in range(3)] + [Row("DEAD", "conflict")]
    with without_core(agency, rows) as terminal:
        trigger = terminal.folder / "bad"
        terminal.start_core(env=os.environ | {"LD_PRELOAD": str(BAD_DISK), "VT_BAD_DISK": str(trigger),
                                              "VT_BAD_PATH": "/state/", "ASAN_OPTIONS": "verify_asan_link_order=0"})
        trigger.touch()
        # Whoever writes first notices; what was asked for is refused, not half done.
        status, _, err = terminal.ctl("queue", "discard", rows[3].id, "--reason", "x")
        assert status == 1, err
        says(terminal, "io", "el disco falla", "the disk fails", "check the disk")
        trigger.unlink()
        is_good_again(terminal, rows[:3])
        # Whether a commit whose sync failed took place only the disk knew; never half of it.
        facts = [(r["event"], r["subject"]) for r in terminal.json("journal", "show")["rows"]]
        is_done = terminal.state(rows[3]) == "EXPIRED"
        assert is_done == (("technician", rows[3].id) in facts)


class Namespace:
    """Mounts of core's own, without being root outside."""

    ENTER = ["nsenter", "--user", "--preserve-credentials", "--mount", "--target"]

    def __init__(self, terminal, mount):
        script = f'set -e; {mount}; exec "$@"'
        self.state = terminal.state_dir
        self.prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
        self.terminal = terminal

    def start_core(self):
        terminal = self.terminal
        with open(terminal.folder / "log", "ab") as log:
            self.core = subprocess.Popen([*self.prefix, BIN / "ventanilla-core", "--config", terminal.config],
                                         stderr=log)
        terminal.processes.append(self.core)
        terminal.until(lambda: terminal.ctl("status")[0] == 0)

    def run(self, *command):
        subprocess.run([*self.ENTER, str(self.core.pid), *command], check=True)

    @staticmethod
    def is_permitted():
        return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0


def a_read_only_disk_is_named(agency):
    if not Namespace.is_permitted():
        print("skipped: no user namespaces here: a_read_only_disk_is_named")
        return
    rows = [Row("JOURNALED")]
    with without_core(agency, rows) as terminal:
        state = terminal.state_dir
        space = Namespace(terminal, f"mount --bind {state} {state}; mount -o remount,ro,bind {state}")
        space.start_core()
        says(terminal, "readOnly", "solo lectura", "read-only", "mount it writable")
        space.run("mount", "-o", "remount,rw,bind", state)
        is_good_again(terminal, rows)


def a_full_disk_is_named_before_it_is_full(agency):
    if not Namespace.is_permitted():
        print("skipped: no user namespaces here: a_full_disk_is_named_before_it_is_full")
        return
    rows = [Row("JOURNALED"), Row("DEAD", "conflict")]
    with without_core(agency, rows) as terminal:
        state, real = terminal.state_dir, terminal.folder / "real"
        shutil.copytree(state, real)
        space = Namespace(terminal, f"mount -t tmpfs -o size=24m,mode=700 tmpfs {state}; cp -p {real}/* {state}")
        space.start_core()
        is_good_again(terminal, rows[:1])
        # Below the floor nothing new is taken, but what is under way is still written down.
        space.run("sh", "-c", f"head -c 10000000 /dev/zero > {state}/ballast")
        says(terminal, "full", "libere espacio", "free space", "free space on the disk")
        assert terminal.ctl("queue", "discard", rows[1].id, "--reason", "x")[0] == 0
        # Quite full: refused whole.
        space.run("sh", "-c", f"cat /dev/zero > {state}/more 2>&1 || true")
        before = len(terminal.json("journal", "show", "--last", "1000")["rows"])
        refused = 0
        for _ in range(400):
            refused += terminal.ctl("journal", "checkpoint")[0] != 0
            if refused:
                break
        assert refused, "the disk never was full"
        space.run("rm", state / "ballast", state / "more")
        is_good_again(terminal, rows[:1])
        assert terminal.state(rows[1]) == "EXPIRED"
        assert len(terminal.json("journal", "show", "--last", "2000")["rows"]) >= before
        assert terminal.json("journal", "verify")["fault"] == ""


def a_service_that_answers_garbage_is_named_and_asked_again(agency):
    row = Row("JOURNALED")
    agency.control("fault", "malformed")
    with Terminal(agency, [row]) as terminal:
        terminal.until(lambda: [s["trouble"] for s in terminal.json("status")["services"]
                                if s["adapter"] == "renapo"] == ["answer"], patience=60)
        assert terminal.state(row) in ("UNKNOWN", "INQUIRY")
        assert "no se entienden" in terminal.ctl("status", lang="es_MX")[1]
        assert "not understood or not authentic" in terminal.ctl("status")[1]
        assert f"transaction {row.id} needs attention" in terminal.log()
        agency.control("fault", "none")
        # It may be asked again, and be answered, by itself before this command is read.
        assert terminal.ctl("queue", "retry", row.id)[0] in (0, 8) or terminal.state(row) == "ACCEPTED"
        terminal.until(lambda: terminal.state(row) == "ACCEPTED", patience=60)
        assert agency.ledger()[agency_client.TERMINAL, row.key][1] == 1
        # renapo's trouble is over with its first good answer.
        assert all(s["trouble"] == "" for s in terminal.json("status")["services"])


def a_service_that_fails_is_left_alone_and_the_others_go_on(agency):
    rows = [Row("JOURNALED") for _ in range(12)]
    other = [Row("JOURNALED", adapter="fees") for _ in range(2)]
    agency.control("fault", agency_client.BY_KEY, "status", "500")
    agency.control("fault", agency_client.ASK, "status", "500")
    with without_core(agency, rows + other) as terminal:
        terminal.start_core()
        terminal.start_sync()
        trouble = lambda: {s["adapter"]: s["trouble"] for s in terminal.json("status")["services"]}
        terminal.until(lambda: trouble().get("renapo") == "server")
        terminal.until(lambda: {terminal.state(row) for row in other} == {"ACCEPTED"})
        # The breaker is open: nobody asks for a while, however much is due.
        asked = agency.log().count("fault=status")
        quiet = terminal.json("status")["uptimeMs"] + 3000
        terminal.until(lambda: terminal.json("status")["uptimeMs"] > quiet)
        assert agency.log().count("fault=status") == asked, "asked although the breaker is open"
        assert {terminal.state(row) for row in rows} <= {"JOURNALED", "UNKNOWN"}
        assert trouble()["fees"] == ""
        agency.control("fault", "none")


def main():
    tests = [a_corrupt_store_is_put_aside_whole_and_kept_in_sight,
             a_row_that_was_altered_waits_for_a_person_and_hinders_nobody,
             a_store_of_a_newer_version_is_left_alone, a_key_of_another_store_is_named_and_nothing_overwritten,
             a_second_core_ends_and_leaves_the_first_alone, a_store_that_vanishes_is_not_begun_anew,
             a_disk_that_fails_is_named_and_nothing_is_lost, a_read_only_disk_is_named,
             a_full_disk_is_named_before_it_is_full, a_service_that_answers_garbage_is_named_and_asked_again,
             a_service_that_fails_is_left_alone_and_the_others_go_on]
    with agency_client.Agency("--today", "2026-06-15") as agency:
        for test in tests:
            if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
                test(agency)
                print("ok     ", test.__name__, flush=True)


main()
