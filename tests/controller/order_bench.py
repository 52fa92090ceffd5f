"""Recipes, orders and an open journal for tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from controller.journal import Journal
from controller.journal.epochs import begin_epoch
from controller.orders.work_orders import OrderRow
from controller.plan.config import LineConfig, load_config

LINE = "GZ01-L1"
EXAMPLE = Path(__file__).parents[2] / "controller" / "line.example.toml"


class SteppingClock:
    """Each stamp is a millisecond after the one before."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@cache
def example_config() -> LineConfig:
    return load_config(EXAMPLE)


@contextlib.asynccontextmanager
async def open_journal(path: Path) -> AsyncIterator[Journal]:
    """A journal on which line GZ01-L1 has been started once more."""
    async with Journal(path, SteppingClock()) as journal:
        await journal.write(lambda ledger: begin_epoch(ledger, LINE))
        yield journal


def car_order(number: int, /, **changed: Any) -> dict[str, Any]:
    """An order for a pair of plates; `number` makes acceptance, plate number and codes."""
    return {
        "acceptance": f"GA{number:06d}",
        "product": "small_car_plates",
        "due": "2026-12-01T17:00:00+08:00",
        "route": "GZ-01",
        "number": f"粤A{number:05d}",
        "parts": [
            {"role": "front", "code": f"PM{2 * number:010d}"},
            {"role": "rear", "code": f"PM{2 * number + 1:010d}"},
        ],
    } | changed


def rows(*orders: dict[str, Any]) -> list[OrderRow]:
    return [OrderRow(line, data) for line, data in enumerate(orders, start=1)]


async def until(condition: Callable[[], bool], deadline_s: float = 10) -> None:
    """Wait until the condition holds, looking every 10 ms."""
    async with asyncio.timeout(deadline_s):
        while not condition():  # noqa: ASYNC110 - the conditions are those of any object
            await asyncio.sleep(0.01)
