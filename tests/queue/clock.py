#!/usr/bin/python3
"""Clocks that lie, ten years either way or dead since 2000, under the real core and sync: nothing is lost,
doubled, expired or shredded for it; a service's signed answer sets the time, and that survives a restart."""

import datetime
import json
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import time

from canary import Screen
from real_terminal import TERMINAL, Row, Terminal, agency_client

CLOCK = agency_client.BUILD / "tests" / "libbad_clock.so"
YEARS = 10 * 365 * 86400
FAST = "storage_check_ms = 100\n[retention]\nshred_s = 86400\ndelete_s = 864000\n"
BY_DATA = {"primerApellido": "SALGADO", "segundoApellido": "BRISEÑO", "nombres": "CONCEPCIÓN",
           "fechaNacimiento": "26/06/1956", "sexo": "M", "entidad": "DF"}


def by_data():
    row = Row("JOURNALED", payload=BY_DATA)
    row.line = row.line.replace("consultarPorCurp", "consultarCurpDetalle")
    return row


class Wrong(Terminal):
    """Core and sync whose wall clock is off."""

    def __init__(self, agency, rows, off):
        super().__init__(agency, rows, with_core=False, with_sync=False, extra=FAST)
        self.off = self.folder / "off"
        self.step(off)

    def step(self, off):
        # At once or not at all: it is read at each look at the clock.
        fresh = self.folder / "off.new"
        fresh.write_text(str(int(off)))
        fresh.rename(self.off)

    def start(self, program, *args, **more):
        return super().start(program, *args, env=os.environ | {
            "LD_PRELOAD": str(CLOCK), "VT_CLOCK_OFF": str(self.off), "ASAN_OPTIONS": "verify_asan_link_order=0"})

    def clock(self):
        status = self.json("status")
        return status["clockTrusted"], status["clockOffMs"]

    def words(self):
        return [r["word"] for r in self.json("journal", "show", "--last", "1000")["rows"] if r["event"] == "clock"]

    def newest(self):
        """When core thinks that it wrote its newest fact."""
        return self.json("journal", "show", "--last", "1")["rows"][0]["atUnixMs"]

    def sealed(self):
        return self.on_disk("SELECT count(*) FROM txn WHERE wrapped IS NOT NULL")[0][0]


def accepted_once(terminal, agency, rows):
    terminal.until(lambda: {terminal.state(row) for row in rows} == {"ACCEPTED"}, patience=60)
    for row in rows:
        assert agency.ledger()[TERMINAL, row.key][1] == 1, row.line


def a_wrong_start_is_mended_by_a_signed_answer(agency):
    dead_battery = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc).timestamp() - time.time()
    for off, below in ((dead_battery, True), (YEARS, False), (-YEARS, True)):
        rows = [Row("JOURNALED"), by_data(), Row("UNKNOWN", "timeout")]
        with Wrong(agency, rows, off) as terminal:
            terminal.start_core()
            assert terminal.clock()[0] is False and (not below or "battery" in terminal.log())
            terminal.start_sync()
            accepted_once(terminal, agency, rows)
            trusted, ours_off = terminal.clock()
            assert trusted and abs(ours_off - off * 1000) < 60000, (off, ours_off)
            assert "set by a signed answer" in terminal.log()
            assert "signed" in terminal.words() and ("below floor" in terminal.words()) == below
            assert "firmado por un servicio" in terminal.ctl("status", lang="es_MX")[1]
            assert abs(terminal.newest() / 1000 - time.time()) < 300
            # The floor: without any service the date is not before what was signed.
            signed = terminal.newest()
            terminal.stop_all()
            terminal.step(-YEARS)
            terminal.start_core()
            assert terminal.newest() > signed - 300000, "the date fell back"
            assert terminal.clock()[0] is False
            assert {terminal.state(row) for row in rows} == {"ACCEPTED"}


def a_step_in_the_middle_changes_nothing(agency):
    first, later = Row("JOURNALED"), [by_data(), Row("JOURNALED", adapter="fees")]
    agency.control("fault", agency_client.BY_DATA, "status", "503", "retry-after", "1")
    agency.control("fault", "/fees/v1/sheets", "status", "503", "retry-after", "1")
    with Wrong(agency, [first, *later], 0) as terminal:
        terminal.start_core()
        terminal.start_sync()
        terminal.until(lambda: terminal.state(first) == "ACCEPTED")
        terminal.until(lambda: terminal.clock()[0])
        for off in (YEARS, -YEARS, 3600, -3600):
            terminal.step(off)
            terminal.until(lambda off=off: abs(terminal.clock()[1] - off * 1000) < 10000)
            assert {terminal.state(row) for row in later} <= {"JOURNALED", "LEASED"}
            assert abs(terminal.newest() / 1000 - time.time()) < 60
            assert terminal.sealed() >= 3, "shredded before its time"
        assert "system wrong" in terminal.words()
        assert "revise pila" in terminal.ctl("status", lang="es_MX")[1]
        agency.control("fault", "none")
        accepted_once(terminal, agency, later)
        terminal.step(0)
        terminal.until(lambda: terminal.clock() == (True, 0))
        assert terminal.words()[0] == "system right"
        assert terminal.json("journal", "verify")["fault"] == ""


def an_unconfirmed_leap_shreds_nothing(agency):
    rows = [Row("ACCEPTED") for _ in range(3)]
    with Wrong(agency, rows, 0) as terminal:
        terminal.start_core()
        terminal.step(YEARS)
        terminal.until(lambda: "stepped" in terminal.words())
        checks = terminal.json("status")["uptimeMs"]
        terminal.until(lambda: terminal.json("status")["uptimeMs"] > checks + 600)
        assert terminal.sealed() == 3
        # Nor does a start in the future: it was off for longer than a terminal is.
        terminal.stop_all()
        terminal.step(2 * YEARS)
        terminal.start_core()
        checks = terminal.json("status")["uptimeMs"]
        terminal.until(lambda: terminal.json("status")["uptimeMs"] > checks + 600)
        assert terminal.sealed() == 3 and len(terminal.json("queue", "list")["rows"]) == 3


def what_was_never_sent_in_time_is_given_up_by_a_signed_time_alone(agency):
    first, agreed = Row("JOURNALED"), {"priority": 3, "expires_minutes": 1, "in_order": True}
    with Wrong(agency, [first], -300) as terminal:
        catalog = terminal.folder / "catalog"
        shutil.copytree(pathlib.Path(os.environ["VT_SOURCE_DIR"]) / "assets" / "catalog", catalog)
        service = json.loads((catalog / "curp.json").read_text())
        (catalog / "curp.json").write_text(json.dumps(service | agreed))
        config = terminal.config.read_text()
        terminal.config.write_text(re.sub("^catalog = .*", f"catalog = {catalog}", config, flags=re.M))
        core = terminal.start_core()
        screen = Screen(terminal)
        screen.submit_the_canary()
        terminal.until(lambda: len(terminal.json("queue", "list")["rows"]) == 2)
        late = terminal.json("queue", "list")["rows"][0]["folio"]
        screen.socket.close()
        core.kill()
        core.wait()
        terminal.processes.remove(core)
        db = sqlite3.connect(terminal.state_dir / "queue.db")
        lane, priority = db.execute("SELECT lane IS NOT NULL, priority FROM txn ORDER BY sequence DESC").fetchone()
        assert (lane, priority) == (1, 3), "as the catalogue asks"
        db.close()
        # A clock that says so is not enough; it takes a signed one, which the row of higher priority brings.
        terminal.step(0)
        terminal.start_core()
        terminal.start_sync()
        terminal.until(lambda: terminal.state(first) == "ACCEPTED")
        terminal.until(lambda: terminal.json("queue", "show", late)["state"] == "EXPIRED")
        assert terminal.json("queue", "show", late)["cause"] == "expired"
        assert "its time was over before it could be sent" in terminal.log()
        # It never left: given up here and unknown there is the same.
        rows = json.loads(terminal.ctl("queue", "reconcile", "--json")[1])["rows"]
        assert {row["finding"] for row in rows} <= {"onlyThere"}, rows


def main():
    tests = [a_wrong_start_is_mended_by_a_signed_answer, a_step_in_the_middle_changes_nothing,
             an_unconfirmed_leap_shreds_nothing, what_was_never_sent_in_time_is_given_up_by_a_signed_time_alone]
    with agency_client.Agency("--today", "2026-06-15") as agency:
        for test in tests:
            if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
                test(agency)
                print("ok     ", test.__name__, flush=True)


main()
