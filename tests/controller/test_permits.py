"""Permits: nothing between the last look and the permit, what is asked again, what holds, what is the item's fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from order_bench import SteppingClock, example_config

from controller.alarms import Alarms
from controller.exits import Nonconformance, Reason, StationFault
from controller.flow.acknowledging import Acknowledgements
from controller.flow.holding import Holding
from controller.flow.items import Item
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.journal import Journal
from controller.orders.order_form import WorkOrder
from controller.unit.machine import UnitMachine
from controller.unit.packml import Command as Ask
from controller.unit.packml import State
from devices.errors import CommandRefused, DeviceError, NotTaken, UnknownOutcome
from devices.plc.contract import Answer, Command, Result, ResultCode
from devices.plc.driver import Completion


class Station:
    """A PLC station that answers each command as a test says."""

    name = "conveyor"

    def __init__(self, *answers: DeviceError | None) -> None:
        self.image = object()
        self.answers = list(answers)
        self.executed = 0
        self.kept: Result | None = None
        self.acknowledged: list[int] = []
        self.busy = asyncio.Event()
        self.busy.set()

    async def execute(self, block: int, command: Command, **_: Any) -> Completion:
        self.executed += 1
        await self.busy.wait()
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        now = asyncio.get_running_loop().time()
        return Completion(Result(1, self.executed, 1, ResultCode.OK), now, now)

    def retained(self, block: int) -> Result | None:
        return self.kept

    async def acknowledge(self, block: int, result: Result) -> None:
        await self.busy.wait()
        self.acknowledged.append(result.sequence)
        self.kept = None

    async def changed(self) -> None:
        await asyncio.sleep(0.001)


class Bench:
    """Permits over a real unit machine and a real journal."""

    def __init__(self, journal: Journal) -> None:
        self.alarms = Alarms(SteppingClock())
        self.unit = UnitMachine({}, _nothing, lambda _: None)
        self.unit.state = State.EXECUTE
        holding = Holding(self.unit, self.alarms)
        self.acknowledgements = Acknowledgements(holding, Memory(journal, holding))
        self.permits = Permits(self.unit, holding, self.acknowledgements)
        self.item = _item()

    async def perform(self, station: Station, still: Callable[[], None] | None = None) -> Completion:
        return await self.permits.perform(
            self.item,
            station,  # type: ignore[arg-type]
            0,
            Command.MOVE,
            deadline_s=1,
            still=still,
        )

    @property
    def alarmed(self) -> set[str]:
        return {each.kind for each in self.alarms.views()}


@pytest.fixture
def bench(journal: Journal) -> Bench:
    return Bench(journal)


async def test_a_hold_during_the_wait_for_an_acknowledgement_keeps_the_permit_back(bench: Bench) -> None:
    station = Station()
    station.busy.clear()
    serving = asyncio.create_task(bench.acknowledgements.serve())
    bench.acknowledgements.release(station, 0, Result(1, 7, 1, ResultCode.OK))  # type: ignore[arg-type]
    performing = asyncio.create_task(bench.perform(station))
    await asyncio.sleep(0.01)
    bench.unit.command(Ask.HOLD, "test")
    station.busy.set()
    await asyncio.sleep(0.01)
    assert station.acknowledged == [7]
    assert station.executed == 0
    bench.unit.state = State.EXECUTE
    bench.unit.changed.beat()
    await performing
    assert station.executed == 1
    serving.cancel()
    await asyncio.wait((serving,))


async def test_a_line_stands_still_only_when_every_permitted_motion_has_ended(bench: Bench) -> None:
    station = Station()
    station.busy.clear()
    performing = asyncio.create_task(bench.perform(station))
    await asyncio.sleep(0.01)
    standing = asyncio.create_task(bench.permits.standstill())
    await asyncio.sleep(0.01)
    assert not standing.done()
    station.busy.set()
    await asyncio.gather(performing, standing)


async def test_the_result_of_a_motion_that_was_given_up_is_journalled_and_let_go(bench: Bench) -> None:
    refusal = CommandRefused("conveyor", "holds a result", answer=Answer.RESULT_UNACKNOWLEDGED)
    station = Station(refusal)
    station.kept = Result(1, 3, 9, ResultCode.INTERRUPTED)
    await bench.perform(station)
    assert station.acknowledged == [3]
    assert bench.unit.executing
    assert not bench.alarmed


@pytest.mark.parametrize("answer", [Answer.NO_CARRIER, Answer.WRONG_CARRIER, Answer.OUT_OF_BOUNDS])
async def test_a_carrier_that_is_not_there_or_can_not_go_is_not_asked_for_again(bench: Bench, answer: Answer) -> None:
    station = Station(CommandRefused("conveyor", "refused", answer=answer))
    with pytest.raises(StationFault, match="conveyor"):
        await bench.perform(station)
    assert station.executed == 1


async def test_a_passing_refusal_is_asked_again_three_times_before_the_line_holds(bench: Bench) -> None:
    late = CommandRefused("conveyor", "expired", answer=Answer.EXPIRED)
    station = Station(late, NotTaken("conveyor", "offline"), late)
    performing = asyncio.create_task(bench.perform(station))
    await asyncio.sleep(0.02)
    assert (station.executed, bench.unit.state) == (3, State.HOLDING)
    assert "command_refused" in bench.alarmed
    bench.unit.state = State.EXECUTE
    bench.unit.changed.beat()
    await performing
    assert (station.executed, bench.permits.asked_again) == (4, 3)


async def test_any_other_refusal_holds_at_once(bench: Bench) -> None:
    station = Station(CommandRefused("conveyor", "taken", answer=Answer.TARGET_OCCUPIED))
    performing = asyncio.create_task(bench.perform(station))
    await asyncio.sleep(0.02)
    assert (station.executed, bench.unit.state) == (1, State.HOLDING)
    performing.cancel()
    await asyncio.wait((performing,))


async def test_an_unknown_outcome_is_never_asked_again(bench: Bench) -> None:
    station = Station(UnknownOutcome("conveyor", "no result"))
    with pytest.raises(StationFault, match="no result"):
        await bench.perform(station)
    assert station.executed == 1


async def test_the_last_look_is_taken_before_every_try(bench: Bench) -> None:
    looks = 0

    def still() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise Nonconformance(Reason.SUSPECT, cause="guard")

    station = Station(NotTaken("conveyor", "offline"))
    with pytest.raises(Nonconformance):
        await bench.perform(station, still)
    assert (looks, station.executed) == (2, 1)


async def _nothing(_: object) -> None:
    """A change that nobody records."""


def _item() -> Item:
    recipes = example_config().recipes
    order = WorkOrder.model_construct(acceptance="GA000001", product="motorcycle_plate")
    return Item(1, order, 1, recipes["motorcycle_plate"], 5, "infeed")
