"""What is alarmed about supplies, and how long is waited before: in virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.flow.supplies import Supplies
from controller.journal.tally import Heeded
from simulators.virtual.loop import VirtualLoop, virtual_run

LOW_WATER = 20
HANDED_IN_S, LOOKED_AT_S = 3.0, 30.0


class Pool:
    """Supplies of which nothing but a pool of mail numbers is looked at."""

    def __init__(self) -> None:
        self.alarms = Alarms(SystemClock())

    async def follow(self, free: int) -> None:
        """Orders are handed in, then so many mail numbers a moment later."""
        tally: Any = SimpleNamespace(heeded=Heeded(orders=True))
        dispatch: Any = SimpleNamespace(acknowledged=0)
        supplies = Supplies(self.alarms, dispatch, tally, LOW_WATER)
        await self._look(supplies, HANDED_IN_S)
        tally.heeded = Heeded(orders=True, mail_numbers_free=free)
        await self._look(supplies, LOOKED_AT_S)

    async def _look(self, supplies: Supplies, seconds: float) -> None:
        for _ in range(round(2 * seconds)):
            supplies.look()
            await asyncio.sleep(0.5)


@pytest.mark.parametrize(("free", "kinds"), [(100, []), (3, ["pool_low"])])
def test_a_pool_that_is_being_filled_is_not_low(free: int, kinds: list[str]) -> None:
    pool = Pool()
    virtual_run(pool.follow(free), VirtualLoop("1"))
    assert [alarm.kind for alarm in pool.alarms.views()] == kinds
