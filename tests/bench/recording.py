"""What recording costs the line: CPU of its process for each item and second, by turns with `--record` and without.

`python -m tests.bench.recording [ITEMS] [TIMES]`. CPU is what the kernel has charged to the line's process alone
(threads are in it, vision workers are not), from Execute on to the last item's end.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cpu import cpu_s
from tests.line.floor import floor
from tests.line.plans import quick

ITEMS = 40
TIMES = 3
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """:ivar cpu: seconds; :ivar lasted: seconds; :ivar tape: bytes, 0 without recording."""

    cpu: float
    lasted: float
    tape: int


async def run(items: int, home: Path | None) -> Cost:
    """Pack so many items."""
    async with floor(quick(items), record=home) as here:
        await here.hand_in()
        await here.begin()
        line = {here.crew.child("line").process.pid: "line"}
        before, began = cpu_s(line)["line"], time.monotonic()
        await here.unhold_until_done(PATIENCE_S)
        cost = cpu_s(line)["line"] - before, time.monotonic() - began
    return Cost(*cost, _bytes_of(home) if home else 0)


def _bytes_of(home: Path) -> int:
    return sum(each.stat().st_size for each in home.rglob("*.gz"))


async def measure(items: int, times: int) -> None:
    """Print each run, and what the recorded ones cost more."""
    costs: dict[bool, list[Cost]] = {False: [], True: []}
    for number in range(2 * times):
        recorded = number % 2 == 1
        with tempfile.TemporaryDirectory(prefix="recording-") as home:
            cost = await run(items, Path(home) if recorded else None)
        costs[recorded].append(cost)
        print(
            f"{'recorded' if recorded else 'plain':9}{1000 * cost.cpu / items:7.1f} ms an item"
            f"{1000 * cost.cpu / cost.lasted:7.1f} ms a second{cost.tape / cost.lasted / 1e3:8.1f} kB of tape a second",
            flush=True,
        )
    plain, more = (sum(each.cpu / each.lasted for each in costs[recorded]) / times for recorded in (False, True))
    print(f"recording costs {100 * (more / plain - 1):.0f} % of the line's CPU a second more")


if __name__ == "__main__":
    asyncio.run(measure(*map(int, sys.argv[1:])) if len(sys.argv) > 2 else measure(ITEMS, TIMES))
