"""The shift report against shifts whose figures are known beforehand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from controller.clock import SystemClock
from controller.journal import Journal
from controller.journal.schema import SCHEMA
from controller.journal.shift_report import ShiftReport, shift_report
from controller.journal.store import Ledger
from controller.plan.config import LineConfig
from controller.plan.shifts import ShiftSection, rests, shift_of
from controller.web.papers.report import percent, print_report
from controller.web.papers.rows import report_rows
from controller.web.texts import Language
from tests.web.floor import FakeLine, until
from tests.web.staff import hire, signed_in

START = datetime(2026, 11, 30, 8, tzinfo=UTC)
END = START + timedelta(hours=8)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    yield Ledger(connection)
    connection.close()


def enter(ledger: Ledger, minutes: float, kind: str, item: int | None = None, **data: Any) -> None:
    at = START + timedelta(minutes=minutes)
    ledger.at = at.isoformat(timespec="milliseconds")
    ledger.enter(kind, item=item, **data)


def turn(ledger: Ledger, minutes: float, after: str, cause: str = "complete", by: str = "line") -> None:
    enter(ledger, minutes, "unit_state", before="?", after=after, cause=cause, by=by)


def report(ledger: Ledger, now: datetime = END, **more: Any) -> ShiftReport:
    return shift_report(ledger.connection, START, END, now, **more)


def test_the_factors_are_those_of_iso_22400(ledger: Ledger) -> None:
    turn(ledger, -600, "EXECUTE")
    for number in range(90):
        enter(ledger, number, "packed", reason="")
    for number in range(10):
        enter(ledger, 90 + number, "rejected", reason="wrong_part")
    turn(ledger, 120, "STOPPING", "stop", "wang")
    turn(ledger, 121, "STOPPED")
    resting = [(START + timedelta(hours=4), START + timedelta(hours=5))]
    oee = report(ledger, rests=resting, design_per_hour=100).oee
    assert (oee.pbt_s, oee.apt_s, oee.pq, oee.gq) == (7 * 3600, 2 * 3600, 100, 90)
    assert oee.availability == pytest.approx(2 / 7)
    assert oee.effectiveness == pytest.approx(0.5)
    assert oee.quality == pytest.approx(0.9)
    assert oee.oee == pytest.approx(2 / 7 * 0.5 * 0.9)


def test_what_is_not_known_is_not_one(ledger: Ledger) -> None:
    oee = report(ledger).oee
    assert (oee.availability, oee.effectiveness, oee.quality, oee.oee) == (0.0, None, None, None)
    assert percent(oee.oee) == "–"


def test_the_times_of_the_states_add_up_to_the_shift(ledger: Ledger) -> None:
    turn(ledger, -30, "EXECUTE")
    turn(ledger, 60, "HOLDING", "hold", "wang")
    turn(ledger, 61, "HELD")
    turn(ledger, 90, "UNHOLDING", "unhold", "wang")
    turn(ledger, 91, "EXECUTE")
    found = report(ledger)
    assert found.states == {"EXECUTE": (60 + 389) * 60, "HELD": 29 * 60, "HOLDING": 60, "UNHOLDING": 60}
    assert sum(found.states.values()) == 8 * 3600
    assert [(stop.reason, stop.by, stop.count, stop.seconds) for stop in found.stops] == [("hold", "wang", 1, 31 * 60)]


def test_a_stop_by_the_line_is_told_by_its_alarm(ledger: Ledger) -> None:
    turn(ledger, 0, "EXECUTE")
    enter(ledger, 29.99, "alarm_raised", alarm=1, alarm_kind="guard_open", source="conveyor")
    turn(ledger, 30, "ABORTING", "abort")
    turn(ledger, 30.1, "ABORTED")
    turn(ledger, 45, "EXECUTE")
    turn(ledger, 60, "HOLDING", "hold")
    enter(ledger, 60.01, "alarm_raised", alarm=2, alarm_kind="station_fault", source="sealer_1")
    turn(ledger, 70, "EXECUTE")
    found = report(ledger)
    assert [(stop.reason, stop.count) for stop in found.stops] == [("guard_open", 1), ("station_fault", 1)]
    assert found.alarms == {"guard_open": 1, "station_fault": 1}


def test_time_without_a_line_process_is_no_production(ledger: Ledger) -> None:
    turn(ledger, 0, "EXECUTE")
    enter(ledger, 60, "packed", reason="")
    enter(ledger, 180, "line_started", epoch=2)
    found = report(ledger, now=START + timedelta(hours=4))
    assert found.states == {"OFF": 7200, "EXECUTE": 3600, "STOPPED": 3600}
    assert not found.over


def test_a_line_that_died_in_this_shift_and_came_back_in_the_next_was_off(ledger: Ledger) -> None:
    turn(ledger, 0, "EXECUTE")
    enter(ledger, 60, "packed", reason="")
    gone = shift_report(ledger.connection, START, END, START + timedelta(hours=2), heard=False)
    assert gone.states == {"EXECUTE": 3600, "OFF": 3600}
    enter(ledger, 600, "line_started", epoch=2)
    assert report(ledger, now=END + timedelta(hours=3)).states == {"OFF": 7 * 3600, "EXECUTE": 3600}


def test_throughput_rejects_and_trends(ledger: Ledger) -> None:
    turn(ledger, 0, "EXECUTE")
    for place, (low, high) in enumerate(((1399, 1407), (1143, 1152))):
        enter(ledger, place * 60 + 1, "sealing", place + 1, setpoints=[1400, 600, 300, 300])
        measured = {"temperature_min_dc": low, "temperature_max_dc": high}
        enter(ledger, place * 60 + 1.1, "sealed", place + 1, measured=measured, result="OK")
    enter(ledger, 2, "judged", 1, print_grade=2.5, print_contrast=71.0)
    enter(ledger, 3, "packed", 1, reason="")
    enter(ledger, 62, "rejected", 2, reason="seal_out_of_limits")
    enter(ledger, 70, "challenge_called", 3, challenge="wrong_plate", carrier=4)
    enter(ledger, 71, "challenge_passed", 3, challenge="wrong_plate", reason="plate_mismatch")
    found = report(ledger)
    assert found.challenges == {"wrong_plate passed": 1}
    assert [(hour.packed, hour.rejected) for hour in found.hours[:3]] == [(1, 0), (0, 1), (0, 0)]
    assert found.rejects == {"seal_out_of_limits": 1}
    assert (found.seal_deviation.low, found.seal_deviation.high) == (-25.25, 0.3)
    assert [value for _, value in found.print_grade.points] == [2.5]
    assert [value for _, value in found.print_contrast.points] == [71.0]


def test_the_trend_of_print_shows_where_it_begins_anew(ledger: Ledger) -> None:
    for minutes in (-1, 120, 481):
        enter(ledger, minutes, "print_trend_begun", camera="waybill_camera", by="li", first_item=7)
    found = report(ledger, now=END + timedelta(hours=1))
    assert (found.print_grade.breaks, found.print_contrast.breaks, found.seal_deviation.breaks) == ([0.25], [0.25], [])
    assert ("print_trend_begun", "0.2500", "", "") in list(report_rows(found))


def test_what_is_before_or_after_the_shift_is_not_counted(ledger: Ledger) -> None:
    for minutes in (-0.001, 0, 479.999, 480):
        enter(ledger, minutes, "packed", reason="")
    assert report(ledger, now=END + timedelta(hours=1)).oee.pq == 2


def test_shifts_follow_each_other_without_a_gap() -> None:
    section = ShiftSection(starts=("22:00", "06:00", "14:00"))
    now = datetime(2026, 11, 30, 3, tzinfo=UTC)
    shifts = [shift_of(section, now, back) for back in range(12)]
    assert shifts[0] == (datetime(2026, 11, 29, 22, tzinfo=UTC), datetime(2026, 11, 30, 6, tzinfo=UTC))
    assert all(younger[0] == older[1] for younger, older in pairwise(shifts))


def test_rests_are_cut_to_the_shift() -> None:
    section = ShiftSection(breaks=("07:30-08:30", "12:00-12:45", "23:30-00:30"))
    assert [(last - first).seconds // 60 for first, last in rests(section, START, END)] == [30, 45]
    night = rests(section, START + timedelta(hours=12), START + timedelta(hours=20))
    assert [(last - first).seconds // 60 for first, last in night] == [60]


@pytest.mark.parametrize("language", Language)
async def test_it_prints_in_both_languages(ledger: Ledger, config: LineConfig, language: Language) -> None:
    turn(ledger, 0, "EXECUTE")
    enter(ledger, 1, "rejected", 1, reason="wrong_part")
    enter(ledger, 2, "alarm_raised", alarm=1, alarm_kind="guard_open", source="x")
    enter(ledger, 3, "print_trend_begun", camera="waybill_camera", by="li", first_item=1)
    assert print_report(report(ledger), config, language).startswith(b"%PDF")
    assert all(len(row) == 4 for row in report_rows(report(ledger)))


async def test_page_paper_and_table_come_from_the_api(web: str, config: LineConfig, line: FakeLine) -> None:
    hire(config)
    async with Journal(config.store.journal, SystemClock()), signed_in(web, "sun") as viewer:
        figures = (await viewer.get("/api/shift-report")).json()
        assert figures["oee"]["oee"] is None
        assert figures["escape"] == line.shown.escape.model_dump(mode="json")
        assert (await viewer.get("/api/shift-report.pdf")).content.startswith(b"%PDF")
        sheet = await viewer.get("/api/shift-report.csv", params={"back": 1})
        assert sheet.content.startswith("\ufeffwhat,of,value,unit\r\n".encode())
        assert "escape,one_in,5962,parcels" in sheet.text
    await until(lambda: [note["what"] for note in line.notes].count("report_exported") == 2)
