"""How soon a killed line is back: from the start of its process to a Reset that it takes, and to Idle.

On a journal of a million ended items, with its devices answering and an item under way when it was killed. Run as
`python -m tests.bench.restart [ITEMS]`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from controller.clock import SystemClock
from controller.journal import Journal
from controller.journal.epochs import begin_epoch
from tests.line.floor import floor
from tests.line.plans import quick
from tests.long_history import ENTRIES_AN_ITEM, fill

TIMES = 5
ITEMS = 1_000_000
_STEP = 50_000
_RUNS_S = 3.0
"""Between a start and the next kill. Nothing here may search the history: the plant runs in this loop."""


async def measure(items: int) -> None:
    """Fill a journal, pack a few orders on it, kill the line in between, and print each restart."""
    folder = Path(tempfile.mkdtemp(prefix="restart-", dir="/tmp"))
    began = time.perf_counter()
    await _history(folder / "var" / "line.db", items)
    size = (folder / "var" / "line.db").stat().st_size / 1e6
    print(
        f"{items:,} items, {items * ENTRIES_AN_ITEM:,} entries, {size:,.0f} MB, in {time.perf_counter() - began:.0f} s"
    )
    async with floor(quick(4 * TIMES), folder=folder) as here:
        await here.hand_in()
        await here.begin()
        for _ in range(TIMES):
            await asyncio.sleep(_RUNS_S)
            await here.kill_line()
            started = time.perf_counter()
            await here.start_line()
            answers = time.perf_counter()
            await here.call("command", command="reset", by="bench")
            taken = time.perf_counter()
            await here.state("Idle")
            idle = time.perf_counter()
            print(
                f"answers {answers - started:.2f} s, takes Reset {taken - started:.2f} s,"
                f" is Idle {idle - started:.2f} s after the start of its process"
            )
            await here.command("start", "Execute")


async def _history(path: Path, items: int) -> None:
    async with Journal(path, SystemClock()) as journal:
        await journal.write(lambda ledger: begin_epoch(ledger, "GZ01-L1"))
        for first in range(1, items + 1, _STEP):
            await journal.write(lambda ledger, first=first: fill(ledger, min(_STEP, items + 1 - first), first))


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS))
