"""What the journal counts: always what alarms rest on, and what pages show only while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from order_bench import SteppingClock, car_order, rows, until

from controller.journal import Journal, tally
from controller.journal.tally import Tally
from controller.orders.mail_numbers import fill_pool
from controller.orders.work_orders import accept_orders
from controller.plan.config import LineConfig

NUMBERS = [f"99000000{number:05d}" for number in range(1, 4)]


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_PAUSE_S", "_LOOK_ANYWAY_S"):
        monkeypatch.setattr(tally, name, 0.01)


@asynccontextmanager
async def counting(journal: Journal) -> AsyncIterator[Tally]:
    counts = Tally(journal.reading(), SteppingClock())
    serving = asyncio.create_task(counts.serve())
    try:
        yield counts
    finally:
        serving.cancel()
        await asyncio.wait((serving,))


async def test_what_pages_show_is_read_once_somebody_looks(
    journal: Journal, example: LineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counting(journal) as counts:
        await journal.write(lambda ledger: accept_orders(ledger, rows(car_order(1)), example.recipes))
        await journal.write(lambda ledger: fill_pool(ledger, NUMBERS))
        counts.touch()
        await until(lambda: counts.heeded.mail_numbers_free == len(NUMBERS))
        assert counts.heeded.orders
        assert counts.counters.orders == 0, "nobody has looked"
        await counts.shown()
        assert (counts.counters.orders, counts.counters.mail_numbers_free) == (1, len(NUMBERS))
        # While it is looked at it is read on; the next look need not wait.
        await journal.write(lambda ledger: accept_orders(ledger, rows(car_order(2)), example.recipes))
        counts.touch()
        await until(lambda: counts.counters.orders == 2)
        monkeypatch.setattr(tally, "_PATIENCE_S", 0.0)
        await counts.shown()


async def test_a_look_does_not_wait_for_what_nobody_reads(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while a line waits for its disk: the page shows why, with counters as they were."""
    monkeypatch.setattr(tally, "_PATIENCE_S", 0.01)
    counts = Tally(journal.reading(), SteppingClock())
    await asyncio.wait_for(counts.shown(), 5)
    assert counts.counters.orders == 0
