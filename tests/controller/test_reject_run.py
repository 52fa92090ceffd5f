"""What the line holds for, and which causes outlast an Unhold."""

from __future__ import annotations

import pytest

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.exits import Nonconformance, Outcome, Reason
from controller.flow.holding import Holding
from controller.flow.reject_run import ALARM_AT, HOLD_AT, RejectRun
from controller.unit.machine import Change, UnitMachine
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind

REJECT = Outcome.rejected(Nonconformance(Reason.PLATE_MISMATCH))


async def _forget(change: Change) -> None:
    """Journal nothing."""


@pytest.fixture
def unit() -> UnitMachine:
    machine = UnitMachine({}, _forget, lambda text: None)
    machine.state = State.EXECUTE
    return machine


@pytest.fixture
def alarms() -> Alarms:
    return Alarms(SystemClock())


def kinds(alarms: Alarms) -> list[str]:
    return [alarm.kind for alarm in alarms.views() if not alarm.cleared]


def test_rejects_in_a_row_alarm_and_then_hold(unit: UnitMachine, alarms: Alarms) -> None:
    run = RejectRun(Holding(unit, alarms), alarms)
    for _ in range(ALARM_AT):
        run.note(REJECT)
    assert kinds(alarms) == [AlarmKind.REJECTS_IN_A_ROW]
    assert unit.state is State.EXECUTE
    for _ in range(HOLD_AT - ALARM_AT):
        run.note(REJECT)
    assert unit.state is State.HOLDING


def test_a_packed_item_ends_the_run_and_a_clearance_is_none(unit: UnitMachine, alarms: Alarms) -> None:
    run = RejectRun(Holding(unit, alarms), alarms)
    for outcome in [REJECT] * (ALARM_AT - 1) + [Outcome.accepted()] + [REJECT] * (ALARM_AT - 1):
        run.note(outcome)
    for _ in range(2 * HOLD_AT):
        run.note(Outcome.suspect("stopped"))
    assert kinds(alarms) == []
    assert unit.state is State.EXECUTE


def test_a_frozen_bag_outlasts_an_unhold(unit: UnitMachine, alarms: Alarms) -> None:
    holding = Holding(unit, alarms)
    holding.hold(AlarmKind.BAG_FROZEN, "1", item=7)
    holding.hold(AlarmKind.STATION_FAULT, "gate", cause="stuck")
    holding.resolved()
    assert kinds(alarms) == [AlarmKind.BAG_FROZEN]
