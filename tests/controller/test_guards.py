"""One opened guard is one event, however many PLCs report it, and however late."""

from __future__ import annotations

import pytest

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.flow.guards import Guards
from controller.flow.holding import Holding
from controller.unit.machine import Change, UnitMachine
from controller.unit.packml import Command, State
from controller.words.alarm_texts import AlarmKind
from devices.plc.contract import ALL_SAFE, Safety

OPEN = ALL_SAFE & ~Safety.GUARDS_CLOSED
PRESSED = ALL_SAFE & ~Safety.EMERGENCY_STOP_RELEASED


async def _forget(change: Change) -> None:
    """Journal nothing."""


class Cell:
    """The guards of a line that executes."""

    def __init__(self) -> None:
        self.unit = UnitMachine({}, _forget, lambda text: None)
        self.unit.state = State.EXECUTE
        self.alarms = Alarms(SystemClock())
        self.holding = Holding(self.unit, self.alarms)
        self.guards = Guards(self.holding, self.alarms)

    @property
    def standing(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms.views() if not alarm.cleared]


@pytest.fixture
def cell() -> Cell:
    return Cell()


def test_five_reports_of_one_guard_are_one_alarm(cell: Cell) -> None:
    assert not cell.guards.note("conveyor", OPEN)
    assert cell.unit.state is State.ABORTING
    for plc in ("sealer_1", "sealer_2", "gate"):
        cell.guards.note(plc, OPEN)
    assert cell.standing == [AlarmKind.GUARD_OPEN]


def test_a_late_report_does_not_abort_again_behind_an_operators_clear(cell: Cell) -> None:
    cell.guards.note("conveyor", OPEN)
    cell.unit.state = State.ABORTED
    cell.unit.command(Command.CLEAR, "operator")
    cell.unit.state = State.STOPPED
    cell.guards.note("sealer_2", OPEN)
    assert cell.unit.state is State.STOPPED


def test_the_alarm_ends_with_the_last_that_reports_it(cell: Cell) -> None:
    for plc in ("conveyor", "gate"):
        cell.guards.note(plc, OPEN)
    assert cell.guards.note("conveyor", ALL_SAFE)
    assert cell.standing == [AlarmKind.GUARD_OPEN]
    cell.guards.note("gate", ALL_SAFE)
    assert cell.standing == []


def test_a_second_opening_and_another_circuit_abort_anew(cell: Cell) -> None:
    cell.guards.note("conveyor", OPEN)
    cell.guards.note("conveyor", ALL_SAFE)
    cell.unit.state = State.EXECUTE
    cell.guards.note("conveyor", OPEN)
    assert cell.unit.state is State.ABORTING
    cell.unit.state = State.STOPPED
    cell.guards.note("conveyor", OPEN & PRESSED)
    assert cell.unit.state is State.ABORTING
    assert set(cell.standing) == {AlarmKind.GUARD_OPEN, AlarmKind.EMERGENCY_STOP}


CUT_OFF = "move of carrier 5 to verify: INTERRUPTED"


def test_a_motion_that_the_guard_cut_off_is_no_alarm_of_its_own(cell: Cell) -> None:
    cell.guards.note("gate", OPEN)
    cell.holding.hold(AlarmKind.STATION_FAULT, "conveyor", cause=CUT_OFF)
    assert cell.standing == [AlarmKind.GUARD_OPEN]


def test_nor_when_its_station_told_it_before_the_guard_was_seen(cell: Cell) -> None:
    cell.holding.hold(AlarmKind.STATION_FAULT, "conveyor", cause=CUT_OFF)
    cell.guards.note("gate", OPEN)
    assert [alarm.kind for alarm in cell.alarms.views()] == [AlarmKind.GUARD_OPEN]
    assert cell.holding.reason == AlarmKind.GUARD_OPEN


def test_a_fault_that_no_guard_explains_stays_an_alarm(cell: Cell) -> None:
    cell.holding.hold(AlarmKind.STATION_FAULT, "sealer_1", cause="heater: HEATER_FAULT")
    cell.guards.note("gate", OPEN)
    assert set(cell.standing) == {AlarmKind.GUARD_OPEN, AlarmKind.STATION_FAULT}
    assert cell.holding.reason == AlarmKind.STATION_FAULT
