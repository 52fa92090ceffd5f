"""Suspects: answered for at the line until something happens again; whose a scanned code is; rejects by reason."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from order_bench import car_order, rows

from controller.flow.calling import call_next
from controller.journal import Journal, Ledger
from controller.journal.alarm_reading import FLOOD_AT, Raised, Wanted, count_alarms, past_alarms
from controller.journal.backlog import due_counts
from controller.journal.epochs import begin_epoch
from controller.journal.owner import owner_of
from controller.journal.reject_reading import pareto, remakes
from controller.journal.store import open_reading
from controller.journal.suspects import NotSuspect, answer_suspect, open_items
from controller.orders.parts_ledger import spoil_part
from controller.orders.work_orders import accept_orders
from controller.plan.config import LineConfig

T = TypeVar("T")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
async def called(journal: Journal, example: LineConfig) -> Journal:
    """Three orders; the first is called to carrier 17."""

    def prepare(ledger: Ledger) -> None:
        late = car_order(2, due="2026-11-30T11:00:00+00:00")
        accept_orders(ledger, rows(car_order(1, due="2026-11-30T10:00:00+00:00"), late, car_order(3)), example.recipes)
        assert call_next(ledger, 17, example.recipes) is not None

    await journal.write(prepare)
    return journal


def ask(journal: Journal, question: Callable[[sqlite3.Connection], T]) -> T:
    with closing(open_reading(journal.path)) as connection:
        return question(connection)


def answered(journal: Journal) -> bool:
    (suspect,) = ask(journal, open_items)
    return suspect.answered


async def test_an_answer_names_the_carrier_that_stands_there(called: Journal) -> None:
    assert not answered(called)
    with pytest.raises(NotSuspect, match="carrier 17, not on 18"):
        await called.write(lambda ledger: answer_suspect(ledger, 1, 18, "li"))
    with pytest.raises(NotSuspect, match="item 9 is not open"):
        await called.write(lambda ledger: answer_suspect(ledger, 9, 17, "li"))
    assert not answered(called)
    await called.write(lambda ledger: answer_suspect(ledger, 1, 17, "li"))
    assert answered(called)


@pytest.mark.parametrize(
    "happens",
    [
        lambda ledger: ledger.enter("unit_state", before="STOPPED", after="ABORTING", cause="abort", by="line"),
        lambda ledger: ledger.enter("unit_state", before="STARTING", after="EXECUTE", cause="complete", by="line"),
        lambda ledger: ledger.enter("alarm_raised", alarm=3, alarm_kind="guard_open", source=""),
        lambda ledger: ledger.enter("alarm_raised", alarm=3, alarm_kind="disturbance", source=""),
        lambda ledger: begin_epoch(ledger, "GZ01-L1"),
    ],
    ids=["abort", "motion", "guard", "disturbance", "restart"],
)
async def test_what_happens_at_the_line_undoes_an_answer(called: Journal, happens: Callable[[Ledger], int]) -> None:
    await called.write(lambda ledger: answer_suspect(ledger, 1, 17, "li"))
    await called.write(
        lambda ledger: ledger.enter("unit_state", before="ABORTED", after="CLEARING", cause="clear", by="li")
    )
    await called.write(lambda ledger: ledger.enter("alarm_raised", alarm=2, alarm_kind="pool_low", source=""))
    assert answered(called), "clearing and a low pool move nothing"
    await called.write(happens)
    assert not answered(called)


@pytest.mark.parametrize(
    ("code", "found"),
    [("PM0000000002", ("part", "front", 17)), ("GA000001", ("order", "", 17)), ("GA000002", ("order", "", 0))],
)
async def test_a_scanned_code_names_its_order(called: Journal, code: str, found: tuple[str, str, int]) -> None:
    owner = ask(called, lambda journal: owner_of(journal, code))
    assert owner is not None
    assert (owner.code_of, owner.role, owner.carrier) == found


async def test_a_strange_code_has_no_owner(called: Journal) -> None:
    assert ask(called, lambda journal: owner_of(journal, "PM404")) is None


async def test_what_waits_is_counted_by_its_due_time(called: Journal) -> None:
    assert ask(called, lambda journal: due_counts(journal, NOW)) == (0, 1), "the called one waits no more"
    before = NOW - timedelta(hours=2)
    assert ask(called, lambda journal: due_counts(journal, before)) == (1, 0)


async def test_rejects_are_counted_by_reason(called: Journal, example: LineConfig) -> None:
    def end(ledger: Ledger) -> None:
        for reason in ("seam_flaw", "wrong_part", "seam_flaw"):
            ledger.connection.execute(
                "INSERT INTO items (acceptance, attempt, product, carrier, zone, stage, outcome, reason, called_at,"
                " ended_at) VALUES ('GA000002', (SELECT COUNT(*) + 1 FROM items), 'small_car_plates', 3, 'divert',"
                " 'ended', 'rejected', ?, ?, ?)",
                (reason, ledger.at, ledger.at),
            )

    await called.write(end)
    counted = ask(called, lambda journal: pareto(journal, 8, NOW))
    assert counted.reasons == (("seam_flaw", 2, 66.7), ("wrong_part", 1, 100.0))
    assert (counted.rejected, counted.packed) == (3, 0)
    assert ask(called, lambda journal: pareto(journal, 1, NOW)).rejected == 0


async def test_a_spoiled_part_is_asked_again_until_another_has_come(called: Journal, example: LineConfig) -> None:
    await called.write(lambda ledger: spoil_part(ledger, "PM0000000004", "scratched", "li", witness="wang"))
    (asked,) = ask(called, remakes)
    assert (asked.code, asked.role, asked.reason, asked.waiting) == ("PM0000000004", "front", "scratched", True)
    entry = ask(
        called, lambda journal: journal.execute("SELECT data FROM history WHERE kind = 'part_spoiled'").fetchone()
    )
    assert '"witness":"wang"' in entry[0]


def test_ten_alarms_in_ten_minutes_are_a_flood() -> None:
    calm = count_alarms(_came("pool_low", 5, FLOOD_AT - 1), NOW)
    assert (calm.last_ten_minutes, calm.flood, calm.flooded_percent) == (9, False, 0.0)
    flooded = count_alarms(_came("pool_low", 0, FLOOD_AT) + _came("slip", 25, 12), NOW)
    assert flooded.flood
    assert (flooded.worst, flooded.buckets[-3:]) == (12, (12, 0, 10))
    assert flooded.flooded_percent == pytest.approx(100 * 10 / 480, abs=0.1)
    assert flooded.top[0] == ("slip", 12, 54.5)


def test_a_flood_is_not_over_before_fewer_than_five_are_left_of_ten_minutes() -> None:
    """Ten come at 30 minutes ago, five at 21, four at 12: at 20 five are left, and it is over at 11."""
    began = _came("slip", 30, 10) + _came("slip", 21, 5)
    assert count_alarms(began, NOW - timedelta(minutes=12)).flood
    over = count_alarms([*began, *_came("slip", 12, 4)], NOW)
    assert not over.flood
    assert over.flooded_percent == pytest.approx(100 * 19 / 480, abs=0.1)


def test_alarms_that_chatter_and_alarms_that_nobody_ends_are_told() -> None:
    chatters = [Raised("device_offline", "scale", NOW - timedelta(seconds=each)) for each in (10, 30, 69, 600)]
    stands = [Raised("pool_low", "", NOW - timedelta(hours=25)), Raised("printer", "printer", NOW)]
    seen = count_alarms([*chatters, *_came("pool_low", 5, 2)], NOW, stands)
    assert seen.chattering == (("device_offline", "scale", 3),)
    assert (seen.standing, seen.stale) == (2, (("pool_low", "", 25),))
    assert seen.average == pytest.approx(6 / 48, abs=0.05)


def _came(kind: str, minutes_ago: float, times: int) -> list[Raised]:
    return [Raised(kind, "", NOW - timedelta(minutes=minutes_ago))] * times


async def test_past_alarms_are_found_by_word_kind_and_priority(journal: Journal) -> None:
    def raise_three(ledger: Ledger) -> None:
        for number, (kind, priority, data) in enumerate(
            [("guard_open", 1, '{"cause": "gate"}'), ("pool_low", 2, '{"free": 7}'), ("guard_open", 1, "{}")], start=1
        ):
            ledger.connection.execute(
                "INSERT INTO alarms (alarm, kind, source, priority, data, raised_at) VALUES (?, ?, '', ?, ?, ?)",
                (number, kind, priority, data, ledger.at),
            )

    await journal.write(raise_three)

    def numbers(**wanted: object) -> list[int]:
        return [each.alarm for each in ask(journal, lambda j: past_alarms(j, Wanted(**wanted), 10))]  # type: ignore[arg-type]

    assert numbers() == [3, 2, 1]
    assert numbers(words="防护门 gate") == [1]
    assert numbers(words="GUARD") == [3, 1]
    assert numbers(kind="pool_low") == [2]
    assert numbers(priority=1, before=3) == [1]
    assert numbers(words="nothing such") == []
