"""What the watch alarms about, and how long it waits before: in virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.flow.watch import Watch
from controller.snapshot import Counters
from simulators.virtual.loop import VirtualLoop, virtual_run

LOW_WATER = 20
HANDED_IN_S, LOOKED_AT_S = 3.0, 30.0


class Pool:
    """A watch that looks at nothing but a pool of mail numbers."""

    def __init__(self) -> None:
        self.alarms = Alarms(SystemClock())
        self.tally: Any = SimpleNamespace(counters=Counters())
        nothing: Any = None
        self._watch = Watch(nothing, nothing, nothing, self.alarms, nothing, nothing)

    async def follow(self, free: int) -> None:
        """Orders are handed in, then so many mail numbers a moment later."""
        watching = asyncio.create_task(self._watch.follow_pool(self.tally, LOW_WATER))
        self.tally.counters = Counters(orders=40)
        await asyncio.sleep(HANDED_IN_S)
        self.tally.counters = Counters(orders=40, mail_numbers_free=free)
        await asyncio.sleep(LOOKED_AT_S)
        watching.cancel()


@pytest.mark.parametrize(("free", "kinds"), [(100, []), (3, ["pool_low"])])
def test_a_pool_that_is_being_filled_is_not_low(free: int, kinds: list[str]) -> None:
    pool = Pool()
    virtual_run(pool.follow(free), VirtualLoop("1"))
    assert [alarm.kind for alarm in pool.alarms.views()] == kinds
