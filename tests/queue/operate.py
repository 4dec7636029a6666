#!/usr/bin/python3
"""What a person does about the queue: ventanillactl against the real core, sync and agency."""

import json
import pathlib
import shutil
import subprocess
import sys
import uuid

from real_terminal import BIN, CONCEPCION, PATIENCE, SHEET, TERMINAL, Row, Terminal, agency_client


def a_dead_transaction_says_what_a_person_can_do(agency):
    rows = {cause: Row("DEAD", cause) for cause in ("conflict", "timeout")}
    with Terminal(agency, rows.values(), with_sync=False) as terminal:
        for cause, words in (("conflict", "never charge again"), ("timeout", "unknown whether")):
            status, out, _ = terminal.ctl("queue", "show", rows[cause].folio)
            assert status == 0 and words in out and "queue retry" in out and "queue discard" in out, out
        assert "qué hacer" in terminal.ctl("queue", "show", rows["timeout"].folio, lang="es_MX")[1]


def what_is_retried_goes_out_with_its_key_and_counts_once(agency):
    fresh = Row("DEAD", "conflict")
    class_c = Row("DEAD", "timeout")
    with Terminal(agency, [fresh, class_c], with_sync=False) as terminal:
        # A receiver that may know the key is asked first; one that knows no keys is not asked.
        answer = terminal.json("queue", "retry", fresh.id)
        assert answer["schema"] == "ventanilla.queue.retry/1", answer
        assert (answer["verdict"], answer["state"], answer["folio"]) == ("done", "UNKNOWN", fresh.folio)
        assert "JOURNALED" in terminal.ctl("queue", "retry", class_c.folio)[1]
        assert terminal.ctl("queue", "retry", class_c.folio)[0] == 0, "waiting: due again now"
        terminal.start_sync()
        terminal.until(lambda: terminal.state(fresh) == terminal.state(class_c) == "ACCEPTED")
        for row in (fresh, class_c):
            assert agency.ledger()[TERMINAL, row.key][1] == 1
        for verb in (["retry"], ["discard", "--reason", "x"]):
            status, out, err = terminal.ctl("queue", *verb, fresh.folio)
            assert (status, out) == (4, "") and "settled" in err and "ACCEPTED" in err, (status, err)
        assert "tried again by a person" in terminal.log()


def what_is_discarded_never_goes_out_and_keeps_its_reason(agency):
    dead, waiting, lane = Row("DEAD", "conflict"), Row("JOURNALED"), str(uuid.uuid4())
    first, second = Row("JOURNALED", lane=lane), Row("JOURNALED", lane=lane)
    rows = [dead, waiting, first, second]
    with Terminal(agency, rows, with_sync=False) as terminal:
        status, _, err = terminal.ctl("queue", "discard", dead.id)
        assert status == 2 and "--reason" in err
        assert terminal.ctl("queue", "discard", dead.id, "--reason", "")[0] == 2
        assert terminal.ctl("queue", "discard", dead.id, "--reason", "x" * 161)[0] == 2
        assert terminal.ctl("queue", "discard", dead.id, "--reason", "a\nb")[0] == 2
        assert terminal.ctl("queue", "discard", "TS01-9999-0001-ABCD", "--reason", "x")[0] == 3
        status, _, err = terminal.ctl("queue", "retry", second.folio)
        assert status == 8 and "before it" in err, err
        assert terminal.state(dead) == "DEAD"
        why = "oficio 17/2026: ñ pagado en ventanilla"
        answer = terminal.json("queue", "discard", dead.id, "--reason", why)
        assert (answer["schema"], answer["state"]) == ("ventanilla.queue.discard/1", "EXPIRED")
        shown = terminal.json("queue", "show", dead.folio)
        assert (shown["state"], shown["cause"], shown["note"]) == ("EXPIRED", "discarded", why)
        assert why in terminal.ctl("queue", "show", dead.folio)[1]
        assert f"{dead.id}: given up by a person" in terminal.log() and why in terminal.log()
        assert terminal.ctl("queue", "discard", waiting.folio, "--reason", why)[0] == 0
        assert terminal.ctl("queue", "discard", first.folio, "--reason", why)[0] == 0
        terminal.start_sync()
        terminal.until(lambda: terminal.state(second) == "ACCEPTED")
        known = {key for _, key in agency.ledger()}
        assert second.key in known and not known & {dead.key, waiting.key, first.key}


def a_decision_survives_the_death_of_core(agency):
    dead = Row("DEAD", "conflict")
    with Terminal(agency, [dead], with_sync=False) as terminal:
        assert terminal.ctl("queue", "discard", dead.id, "--reason", "x")[0] == 0
        process = terminal.processes.pop()
        process.kill()
        process.wait(PATIENCE)
        terminal.start("ventanilla-core", "--config", terminal.config)
        terminal.until(lambda: terminal.ctl("status")[0] == 0)
        assert terminal.json("queue", "show", dead.id)["note"] == "x"


def what_may_have_taken_effect_is_not_given_up(agency):
    row = Row("JOURNALED")
    agency.control("fault", agency_client.BY_KEY, "delay", "100000", "1")  # until released below
    with Terminal(agency, [row]) as terminal:
        terminal.until(lambda: terminal.state(row) == "LEASED")
        for verb in (["retry"], ["discard", "--reason", "x"]):
            status, out, err = terminal.ctl("queue", *verb, row.folio)
            assert (status, out) == (8, "") and "under way" in err, (status, err)
        terminal.stop_sync()
        assert terminal.state(row) == "UNKNOWN"
        status, out, err = terminal.ctl("queue", "discard", row.folio, "--reason", "x")
        assert (status, out) == (4, "") and "may have taken effect" in err, (status, err)
        agency.control("release")
        terminal.start_sync()
        terminal.until(lambda: terminal.state(row) == "ACCEPTED")
        assert agency.ledger()[TERMINAL, row.key][1] == 1


def both_ledgers_are_compared(agency):
    # Delivered by the terminal itself: both sides agree.
    good = [Row("JOURNALED"), Row("JOURNALED", adapter="fees"),
            Row("JOURNALED", adapter="fees", payload=SHEET | {"amountCentavos": "1"})]
    with Terminal(agency, good) as terminal:
        terminal.until(lambda: terminal.json("status")["queued"] == 0)
        assert terminal.state(good[2]) == "REJECTED"
        answer = terminal.json("queue", "reconcile")
        assert answer["schema"] == "ventanilla.queue.reconcile/1"
        # RENAPO's query has its confirmation beside it.
        assert (answer["compared"], answer["differences"], answer["rows"]) == (4, 0, []), answer
        before = agency.ledger()
        assert terminal.ctl("queue", "reconcile", "--since", "2999-01-01")[0] == 0
        assert terminal.json("queue", "reconcile", "--since", "2999-01-01")["compared"] == 0

    # The same keys in a store that tells another story, and rows the agency never saw.
    lost = [Row("ACCEPTED", answer='{"outcome":"sheet"}') for _ in range(20)]
    found = Row("DEAD", "conflict", key=good[0].key)
    open_there = Row("DEAD", "conflict")
    other = Row("ACCEPTED", adapter="fees", key=good[1].key, answer='{"outcome":"another"}')
    turned = Row("ACCEPTED", adapter="fees", key=good[2].key)
    rows = lost + [found, open_there, other, turned]
    with Terminal(agency, rows, with_sync=False) as terminal:
        status, out, _ = terminal.ctl("queue", "reconcile")
        assert status == 6 and "service does not answer" in out, out
        terminal.start_sync()
        answer = terminal.json("queue", "reconcile", code=9)
        # And the confirmation of RENAPO's query, which only the first store knew.
        assert (answer["compared"], answer["differences"], answer["unanswered"]) == (24, 24, 0), answer
        findings = {row["transaction"]: (row["finding"], row["there"]) for row in answer["rows"]}
        assert all(findings[row.id] == ("unknownThere", "unknown") for row in lost)
        assert findings[found.id] == ("notSettledHere", "accepted")
        assert findings[other.id] == ("different", "accepted")
        assert findings[turned.id] == ("different", "rejected")
        assert open_there.id not in findings
        status, out, _ = terminal.ctl("queue", "reconcile", lang="es_MX")
        assert status == 9 and "terminada allá, aquí no" in out and "diferencias: " in out, out
        assert terminal.state(found) == "DEAD" and agency.ledger() == before, "nothing was changed"
        agency.control("down")
        answer = terminal.json("queue", "reconcile", code=6)
        # Each row, and the ledgers of both services.
        assert (answer["compared"], answer["unanswered"]) == (0, 26), answer
        agency.control("up")


def what_only_the_services_hold_is_found(agency):
    sent = [Row("JOURNALED") for _ in range(230)] + [Row("JOURNALED", adapter="fees"),
            Row("JOURNALED", adapter="fees", payload=SHEET | {"amountCentavos": "1"})]
    with Terminal(agency, sent) as terminal:
        terminal.until(lambda: terminal.json("status")["queued"] == 0, patience=120)
        key = terminal.json("journal", "verify")["publicKey"]
        assert terminal.json("queue", "reconcile")["differences"] == 0
        status, kept, _ = terminal.ctl("journal", "checkpoint")
        assert status == 0
        # The ledgers were asked with a checkpoint: the agency is a witness now.
        witness = agency.control("checkpoints")
        assert witness.startswith(f"ventanilla journal checkpoint 1\nterminal {TERMINAL}\nsequence "), witness
        (terminal.folder / "witness").write_text(witness.removesuffix("ok\n"))
        assert terminal.ctl("journal", "verify", "--checkpoint", terminal.folder / "witness")[0] == 0
    # Another store under the same name, as after a loss: it knows none of them.
    known = Row("ACCEPTED", key=sent[0].key)
    with Terminal(agency, [known]) as terminal:
        assert terminal.json("journal", "verify")["publicKey"] != key
        answer = terminal.json("queue", "reconcile", code=9)
        lost = {row["key"]: row for row in answer["rows"] if row["finding"] == "onlyThere"}
        # Confirmations are rows of their own.
        assert set(lost) == {key for _, key in agency.ledger()} - {known.key} and len(lost) > 400
        assert (answer["compared"], answer["unanswered"]) == (1, 0)
        assert lost[sent[230].key]["there"] == "accepted" and lost[sent[230].key]["service"] == "fees"
        assert lost[sent[231].key]["there"] == "rejected"
        status, out, _ = terminal.ctl("queue", "reconcile", lang="es_MX")
        assert status == 9 and "solo allá" in out and sent[1].key in out
        assert terminal.json("queue", "reconcile", "--since", "2999-01-01")["rows"] == []
        (terminal.folder / "witness").write_text(witness.removesuffix("ok\n"))
        assert terminal.ctl("journal", "verify", "--checkpoint", terminal.folder / "witness")[0] == 9
        # A service that answers garbage is not taken for one that holds nothing.
        agency.control("fault", "consultarMovimientos", "malformed")
        answer = terminal.json("queue", "reconcile", code=9)
        assert [r["service"] for r in answer["rows"] if r["finding"] == "unanswered"] == ["renapo"]
        agency.control("fault", "none")


def a_second_comparison_waits_its_turn(agency):
    with Terminal(agency, [Row("ACCEPTED")]) as terminal:
        agency.control("fault", agency_client.ASK, "delay", "100000")  # until released below
        both = [subprocess.Popen([BIN / "ventanillactl", "queue", "reconcile", "--socket",
                                  terminal.folder / "run" / "ctl.sock"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL) for _ in range(2)]
        terminal.until(lambda: any(process.poll() is not None for process in both))
        assert sorted(str(process.poll()) for process in both) == ["8", "None"]
        for process in both:
            process.kill()
            process.wait(PATIENCE)
        agency.control("fault", agency_client.ASK, "none")
        agency.control("release")
        # Who asked is gone: the next one is served.
        terminal.until(lambda: terminal.ctl("queue", "reconcile")[0] == 9)


def ingest(agency, package):
    run = subprocess.run([BIN / "agency", "ingest", package, "--dir", agency.dir, "--pki", agency.pki,
                          "--today", "2026-06-15"], capture_output=True, text=True, check=False, timeout=60)
    words = run.stdout.split()
    return run.returncode, dict(zip(words[::2], words[1::2])), run.stderr


def offline(agency, rows, **options):
    agency.control("down")
    terminal = Terminal(agency, rows, with_sync=False, **options)
    terminal.start_sync(online=False)
    # Each has been tried once and waits: nobody answers.
    terminal.until(lambda: "LEASED" not in terminal.ctl("queue", "list")[1])
    return terminal


def export(terminal):
    stick = terminal.folder / "stick"
    stick.mkdir(exist_ok=True)
    status, out, err = terminal.ctl("queue", "export", "--to", stick, "--json")
    assert status == 0, err
    return json.loads(out)


def by_stick_and_by_network_it_counts_once(agency):
    data = {"primerApellido": "SALGADO", "segundoApellido": "BRISEÑO", "nombres": "CONCEPCIÓN",
            "fechaNacimiento": "26/06/1956", "sexo": "M", "entidad": "DF"}
    by_data = Row("JOURNALED", payload=data)
    by_data.line = by_data.line.replace("consultarPorCurp", "consultarCurpDetalle")
    rows = [Row("JOURNALED") for _ in range(40)] + [by_data, Row("JOURNALED", adapter="fees"),
            Row("JOURNALED", adapter="fees", payload=SHEET | {"amountCentavos": "1"}), Row("UNKNOWN", "timeout")]
    dead = Row("DEAD", "conflict")
    with offline(agency, rows + [dead]) as terminal:
        answer = export(terminal)
        assert answer["schema"] == "ventanilla.queue.export/1"
        assert (answer["transactions"], answer["skipped"]) == (44, 0) and answer["parts"] >= 3, answer
        package = pathlib.Path(answer["file"])
        assert package.stat().st_mode & 0o777 == 0o600 and list(package.parent.iterdir()) == [package]
        sealed = package.read_bytes()
        for word in (CONCEPCION, "SALGADO", rows[0].key, TERMINAL):
            assert word.encode() not in sealed
        # What is on a stick may take effect: it cannot be given up, and it is asked about first.
        assert {terminal.state(row) for row in rows} == {"UNKNOWN"}
        assert terminal.ctl("queue", "discard", rows[0].id, "--reason", "x")[0] == 4
        for times in range(2):
            status, sums, err = ingest(agency, package)
            assert status == 0, err
            assert sums["terminal"] == TERMINAL
            expected = ("0", "44") if times else ("43", "0")
            assert (sums["applied"], sums["replayed"]) == expected, sums
            assert (sums["refused"], sums["failed"]) == ("0" if times else "1", "0"), sums
        agency.control("up")
        terminal.until(lambda: terminal.json("status")["queued"] == 0)
        ledger = agency.ledger()
        refused = rows[42]
        for row in rows:
            assert terminal.state(row) == ("REJECTED" if row is refused else "ACCEPTED"), row.line
            assert ledger[TERMINAL, row.key][1] == (0 if row is refused else 1)
        assert (TERMINAL, dead.key) not in ledger
        assert ingest(agency, package)[1]["replayed"] == "44", "the stick came once more"
        # The package showed where the journal stands: whoever takes it is a witness.
        (terminal.folder / "witness").write_text(agency.control("checkpoints").removesuffix("ok\n"))
        assert terminal.ctl("journal", "verify", "--checkpoint", terminal.folder / "witness")[0] == 0
        assert terminal.json("queue", "reconcile")["differences"] == 0
        assert export(terminal)["transactions"] == 0
        assert CONCEPCION not in terminal.log()


def what_the_network_brought_first_is_not_done_again_by_stick(agency):
    row = Row("JOURNALED")
    with offline(agency, [row]) as terminal:
        package = export(terminal)["file"]
        agency.control("up")
        # Asked about, not known, so sent with the same key.
        terminal.until(lambda: terminal.state(row) == "ACCEPTED")
        status, sums, err = ingest(agency, package)
        assert (status, sums["applied"], sums["replayed"]) == (0, "0", "1"), (sums, err)
        assert agency.ledger()[TERMINAL, row.key][1] == 1


def a_package_that_cannot_be_believed_is_refused(agency):
    row = Row("JOURNALED")
    with offline(agency, [row]) as terminal:
        package = pathlib.Path(export(terminal)["file"])
        good = package.read_text()
        half = len(good) // 2
        swapped = "A" if good[half] != "A" else "B"
        for text in ("", "\n", "hello\n", good[:-1], good[:half] + "\n", good[:half] + swapped + good[half + 1:],
                     "A" * 70000):
            package.write_text(text)
            status, sums, err = ingest(agency, package)
            assert (status, sums["applied"]) == (1, "0") and err.startswith("agency: "), (text[:20], sums, err)
        assert ingest(agency, terminal.folder / "nothing")[0] == 1
        assert (TERMINAL, row.key) not in agency.ledger()
    agency.control("up")
    for signer in ("other-ca-sign", "expired-sign", "other-terminal-sign"):
        shutil.copy(agency.pki / "bad" / "sign.key", agency.pki / "bad-sign.key")
        row = Row("JOURNALED")
        with offline(agency, [row], signer="bad/" + signer, signer_key="bad-sign") as terminal:
            status, sums, err = ingest(agency, export(terminal)["file"])
            assert (status, sums["applied"]) == (1, "0"), (signer, sums, err)
            assert (TERMINAL, row.key) not in agency.ledger()
        agency.control("up")


def an_export_that_cannot_be_written_marks_nothing(agency):
    row = Row("JOURNALED")
    with Terminal(agency, [row], with_sync=False) as terminal:
        assert terminal.ctl("queue", "export")[0] == 2
        assert terminal.ctl("queue", "export", "--to", "/nowhere")[0] == 1
        status, _, err = terminal.ctl("queue", "export", "--to", terminal.folder)
        assert status == 8 and "sync" in err, err
        assert not list(terminal.folder.glob("*.cms")) and not list(terminal.folder.glob(".*.cms"))
        assert terminal.state(row) == "JOURNALED"


def main():
    tests = [a_dead_transaction_says_what_a_person_can_do, what_is_retried_goes_out_with_its_key_and_counts_once,
             what_is_discarded_never_goes_out_and_keeps_its_reason, a_decision_survives_the_death_of_core,
             what_may_have_taken_effect_is_not_given_up, both_ledgers_are_compared,
             a_second_comparison_waits_its_turn, by_stick_and_by_network_it_counts_once,
             what_the_network_brought_first_is_not_done_again_by_stick,
             a_package_that_cannot_be_believed_is_refused, an_export_that_cannot_be_written_marks_nothing]
    # Whose numbers are of the whole ledger has an agency of its own.
    alone = [both_ledgers_are_compared, what_only_the_services_hold_is_found, by_stick_and_by_network_it_counts_once]
    wanted = [test for test in tests + [what_only_the_services_hold_is_found]
              if not sys.argv[1:] or test.__name__ in sys.argv[1:]]
    for group in [[test] for test in wanted if test in alone] + [[test for test in wanted if test not in alone]]:
        with agency_client.Agency("--today", "2026-06-15") as agency:
            for test in group:
                test(agency)
                print("ok     ", test.__name__, flush=True)


main()
