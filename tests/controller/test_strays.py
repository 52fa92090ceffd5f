"""Strays: what the gate counts that no push let fall freezes the bag, once, also over a restart of the line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from order_bench import SteppingClock, until

from controller.alarms import Alarms
from controller.dispatch.bags import BagState, freeze_bag, open_bag
from controller.flow.acknowledging import Acknowledgements
from controller.flow.holding import Holding
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.recalls import raise_open
from controller.flow.strays import STRAY, Strays
from controller.journal import Journal
from controller.journal.open_matters import open_matters
from controller.pulse import Pulse
from controller.unit.machine import Change, UnitMachine
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind
from devices.plc.contract import ALL_SAFE, Block, BlockState, StatusImage


class Gate:
    """A gate that shows what a test lets it show."""

    def __init__(self) -> None:
        self.image = StatusImage(1, 1, 1000, ALL_SAFE, 0, (Block(),))
        self._new = Pulse()

    def show(self, **changes: object) -> None:
        self.image = replace(self.image, blocks=(replace(self.image.blocks[0], **changes),))  # type: ignore[arg-type]
        self._new.beat()

    async def changed(self) -> None:
        await self._new.wait()

    async def watch(self, look: Callable[[StatusImage], int | None]) -> int:
        while (found := look(self.image)) is None:
            await self.changed()
        return found


class Bench:
    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.gate = Gate()
        self.alarms = Alarms(SteppingClock())
        self.unit = UnitMachine({}, _forget, lambda text: None)
        self.unit.state = State.EXECUTE
        self.holding = Holding(self.unit, self.alarms)

    @asynccontextmanager
    async def line(self) -> AsyncIterator[None]:
        """A life of the line."""
        memory = Memory(self.journal, self.holding)
        permits = Permits(self.unit, self.holding, Acknowledgements(self.holding, memory))
        following = asyncio.create_task(Strays(self.gate, permits, memory, self.holding).follow())  # type: ignore[arg-type]
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def bags(self) -> list[tuple[int, str, str]]:
        return await self.journal.write(
            lambda ledger: [
                tuple(row) for row in ledger.connection.execute("SELECT bag, state, reason FROM bags ORDER BY bag")
            ]
        )

    async def comes_to(self, *bags: tuple[int, str, str]) -> None:
        async with asyncio.timeout(10):
            while await self.bags() != list(bags):  # noqa: ASYNC110 -- a journal tells nobody
                await asyncio.sleep(0.01)

    async def answered_for(self, count: int) -> None:
        async with asyncio.timeout(10):
            while await self.journal.write(_answered_for) != str(count):  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.01)


async def test_a_stray_holds_the_line_and_freezes_the_bag_that_hangs_there(journal: Journal) -> None:
    bench = Bench(journal)
    async with bench.line():
        await bench.answered_for(0)
        bench.gate.show(strays=1)
        await bench.comes_to((1, BagState.FROZEN, STRAY), (2, BagState.OPEN, ""))
    assert bench.unit.state is State.HOLDING
    [view] = bench.alarms.views()
    assert (view.kind, view.source) == (AlarmKind.STRAY_PARCEL, "1")
    bench.holding.resolved()
    assert not bench.alarms.views()[0].cleared, "an Unhold is no answer"


async def test_a_stray_while_no_line_ran_is_found_at_its_start_and_only_once(journal: Journal) -> None:
    bench = Bench(journal)
    bench.gate.show(strays=7)
    async with bench.line():
        await bench.answered_for(7)
    assert await bench.bags() == [], "a first journal begins with what is counted"
    bench.gate.show(strays=8)
    for _ in range(2):
        async with bench.line():
            await bench.answered_for(8)
    assert await bench.bags() == [(1, BagState.FROZEN, STRAY), (2, BagState.OPEN, "")]


async def test_a_gate_that_lost_its_memory_counts_from_nothing(journal: Journal) -> None:
    bench = Bench(journal)
    bench.gate.show(strays=7)
    async with bench.line():
        await bench.answered_for(7)
        bench.gate.show(strays=0)
        await bench.answered_for(0)
        assert not bench.alarms.views()
        bench.gate.show(strays=2)
        await bench.comes_to((1, BagState.FROZEN, STRAY), (2, BagState.OPEN, ""))


async def test_the_bag_is_frozen_once_what_was_pushed_before_is_journalled_into_it(journal: Journal) -> None:
    bench = Bench(journal)
    async with bench.line():
        await bench.answered_for(0)
        bench.gate.show(strays=1, state=BlockState.BUSY)
        await until(lambda: bench.unit.state is State.HOLDING)
        bench.gate.show(state=BlockState.DONE)
        await asyncio.sleep(0.05)
        assert await bench.bags() == [(1, BagState.OPEN, "")]
        bench.gate.show(state=BlockState.IDLE)
        await bench.comes_to((1, BagState.FROZEN, STRAY), (2, BagState.OPEN, ""))


async def test_a_bag_that_was_frozen_meanwhile_is_to_be_looked_through_for_the_stray_as_well(journal: Journal) -> None:
    bench = Bench(journal)
    async with bench.line():
        await bench.answered_for(0)
        bench.gate.show(strays=1, state=BlockState.DONE)
        await until(lambda: bench.unit.state is State.HOLDING)
        await journal.write(lambda ledger: freeze_bag(ledger, "unknown_divert"))
        bench.gate.show(state=BlockState.IDLE)
        await bench.answered_for(1)
    assert await bench.bags() == [(1, BagState.FROZEN, STRAY), (2, BagState.OPEN, "")]


async def test_a_restart_raises_the_alarm_of_a_bag_that_is_to_be_looked_through(journal: Journal) -> None:
    bench = Bench(journal)
    bag = await journal.write(lambda ledger: freeze_bag(ledger, STRAY, open_bag(ledger)))
    raise_open(bench.alarms, await journal.write(lambda ledger: open_matters(ledger.connection)))
    [view] = bench.alarms.views()
    assert (view.kind, view.source) == (AlarmKind.STRAY_PARCEL, str(bag))


async def _forget(change: Change) -> None:
    """Journal nothing."""


def _answered_for(ledger: object) -> str | None:
    row = ledger.connection.execute("SELECT value FROM line WHERE key = 'strays'").fetchone()  # type: ignore[attr-defined]
    return row[0] if row is not None else None
