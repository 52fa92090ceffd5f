"""Alarms: acknowledged, shelved until they come back, journalled with who and why; one disturbance is one alarm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from controller.alarms import LONGEST_SHELF_MIN, Alarms, NotShelved, begin_alarms
from controller.clock import SystemClock
from controller.flow.disturbances import Disturbances
from controller.flow.holding import Holding
from controller.journal import Journal
from controller.journal.store import open_reading
from controller.snapshot import AlarmView
from controller.unit.machine import Change, UnitMachine
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind


@pytest.fixture
async def alarms() -> Alarms:
    return Alarms(SystemClock())


def low_pool(alarms: Alarms) -> AlarmView:
    alarms.raise_alarm(AlarmKind.POOL_LOW, "", free=19)
    return alarms.views()[0]


async def test_a_shelved_alarm_tells_by_whom_why_and_until_when(alarms: Alarms) -> None:
    alarm = low_pool(alarms)
    alarms.shelve(alarm.alarm, 30, " numbers come at noon ", "li")
    (view,) = alarms.views()
    assert (view.shelved_by, view.shelved_why) == ("li", "numbers come at noon")
    assert view.shelved_until > view.raised_at


@pytest.mark.parametrize(
    ("minutes", "reason", "says"),
    [
        (0, "later", "1 to 480"),
        (LONGEST_SHELF_MIN + 1, "later", "1 to 480"),
        (5, "  ", "reason"),
        (5, "x" * 201, "200"),
    ],
)
async def test_a_shelf_needs_an_end_and_a_reason(alarms: Alarms, minutes: int, reason: str, says: str) -> None:
    alarm = low_pool(alarms)
    with pytest.raises(NotShelved, match=says):
        alarms.shelve(alarm.alarm, minutes, reason, "li")
    assert not alarms.views()[0].shelved_until


async def test_the_highest_priority_and_what_does_not_stand_are_never_shelved(alarms: Alarms) -> None:
    alarms.raise_alarm(AlarmKind.GUARD_OPEN, cause="gate")
    with pytest.raises(NotShelved, match="highest priority"):
        alarms.shelve(alarms.views()[0].alarm, 5, "later", "li")
    with pytest.raises(NotShelved, match="alarm 404 does not stand"):
        alarms.shelve(404, 5, "later", "li")


async def test_what_stands_below_is_listed_after_what_is_not_shelved(alarms: Alarms) -> None:
    alarm = low_pool(alarms)
    alarms.shelve(alarm.alarm, 5, "later", "li")
    alarms.raise_alarm(AlarmKind.DISPATCH_AWAY, "", pending=3)
    assert [each.kind for each in alarms.views()] == ["dispatch_away", "pool_low"]


async def test_a_shelved_alarm_comes_back_unacknowledged_when_its_time_is_over(
    alarms: Alarms, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = low_pool(alarms)
    alarms.acknowledge(alarm.alarm, "li")
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(alarms.serve(journal))
        shelf = alarms.shelve(alarm.alarm, 1, "later", "li")
        loop = asyncio.get_running_loop()
        now = loop.time
        monkeypatch.setattr(loop, "time", lambda: now() + 61)
        assert shelf.ends <= loop.time()
        alarms.changed.beat()
        async with asyncio.timeout(5):
            while alarms.views()[0].shelved_until:
                await alarms.changed.wait()
        serving.cancel()
    (view,) = alarms.views()
    assert not view.acknowledged


async def test_what_a_shelved_cause_raises_anew_is_shelved_and_asks_nothing_when_it_ends(alarms: Alarms) -> None:
    alarm = low_pool(alarms)
    alarms.shelve(alarm.alarm, 5, "chatters", "li")
    alarms.clear(AlarmKind.POOL_LOW)
    assert alarms.views() == ()
    again = low_pool(alarms)
    assert again.alarm != alarm.alarm
    assert again.shelved_until
    assert alarms.unshelve(again.alarm, "wang")
    assert not alarms.views()[0].shelved_until
    assert not alarms.unshelve(again.alarm, "wang")


async def test_what_is_wrong_next_is_not_told_by_what_was_wrong_before(alarms: Alarms) -> None:
    for carrier in (4, 4, 1):
        alarms.raise_anew(AlarmKind.NOT_READY, "", cause=f"carrier {carrier} stands at divert without an item")
    standing = [each.text for each in alarms.views() if not each.cleared]
    assert len(standing) == 1
    assert "carrier 1 " in standing[0]
    assert len(alarms.views()) == 2


async def test_every_turn_is_journalled_with_who_and_why(alarms: Alarms, journal: Journal) -> None:
    alarm = low_pool(alarms)
    alarms.acknowledge(alarm.alarm, "li")
    alarms.shelve(alarm.alarm, 5, "later", "wang")
    alarms.unshelve(alarm.alarm, "chen")
    await journalled(alarms, journal, 4)
    row = alarm_rows(journal.path)[0]
    facts = json.loads(row["data"])
    assert facts["free"] == 19
    assert (facts["acknowledged_by"], facts["shelved_by"], facts["shelved_reason"]) == ("li", "wang", "later")
    assert facts["unshelved_by"] == "chen"


async def test_alarms_of_a_run_that_died_are_ended_by_the_next(alarms: Alarms, journal: Journal) -> None:
    alarm = low_pool(alarms)
    await journalled(alarms, journal, 1)
    assert await journal.write(begin_alarms) == alarm.alarm
    assert alarm_rows(journal.path)[0]["cleared_at"]


async def test_one_disturbance_is_one_alarm_however_many_controllers_report_it(alarms: Alarms) -> None:
    unit = UnitMachine({}, _forget, lambda text: None)
    unit.state = State.EXECUTE
    holding = Holding(unit, alarms)
    disturbances = Disturbances(holding)
    assert disturbances.note("conveyor", restarted=False) == "conveyor: disturbed"
    assert unit.state is State.HOLDING
    for plc in ("sealer_1", "sealer_2", "applicator", "gate"):
        disturbances.note(plc, restarted=False)
    (view,) = alarms.views()
    assert "conveyor" in view.text
    holding.resolved()
    assert alarms.views()[0].cleared
    unit.state = State.EXECUTE
    disturbances.note("gate", restarted=True)
    assert unit.state is State.HOLDING, "whoever disturbs again is believed"


async def _forget(change: Change) -> None:
    """Journal nothing."""


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with Journal(tmp_path / "line.db", SystemClock()) as opened:
        yield opened


async def journalled(alarms: Alarms, journal: Journal, turns: int) -> None:
    """Serve until so many turns are on the disk."""
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(alarms.serve(journal))
        async with asyncio.timeout(10):
            while _count(journal.path) < turns:  # noqa: ASYNC110 - the file tells nobody
                await asyncio.sleep(0.01)
        serving.cancel()


def _count(path: Path) -> int:
    with closing(open_reading(path)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM history WHERE kind LIKE 'alarm%'").fetchone()[0])


def alarm_rows(path: Path) -> list[Any]:
    with closing(open_reading(path)) as connection:
        return connection.execute("SELECT * FROM alarms ORDER BY alarm").fetchall()


async def test_an_alarm_from_before_the_journal_could_be_read_is_numbered_after_its_alarms() -> None:
    """Found on the virtual floor: a line that started on a full disk took a number that the journal had."""
    alarms = Alarms(SystemClock())
    alarms.raise_alarm(AlarmKind.JOURNAL_UNAVAILABLE, cause="disk full")
    alarms.begin_after(41)
    alarms.raise_alarm(AlarmKind.POOL_LOW, free=3)
    assert {view.kind: view.alarm for view in alarms.views()} == {"journal_unavailable": 42, "pool_low": 43}
    assert alarms.acknowledge(42, "anna")
