"""What is cut off: a journal and a picture store, as a line uses them. `python -m tests.crash.workload DIR`.

Each step keeps a picture, then writes two entries of the history and the picture's row in one change; when that is
durable, by the line's own rule, its number goes into the file `acknowledged`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from random import Random

from controller.clock import SystemClock
from controller.eyes.evidence import EvidenceStore
from controller.journal import Journal, Ledger
from controller.journal.epochs import begin_epoch

STEPS = 150
PICTURE_BYTES = 3000
ENTRY_BYTES = 6000
"""So long that SQLite checkpoints its write-ahead log several times on the way."""


async def work(folder: Path) -> None:
    """Do all steps."""
    chance = Random(1)
    store = EvidenceStore(folder / "evidence")
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT)
    async with Journal(folder / "line.db", SystemClock()) as journal:
        await journal.write(lambda ledger: begin_epoch(ledger, "CUT"))
        for step in range(STEPS):
            digest = await store.keep(chance.randbytes(PICTURE_BYTES))
            await journal.write(lambda ledger, step=step, digest=digest: _change(ledger, step, digest))
            os.write(acknowledged, bytes((step,)))


def _change(ledger: Ledger, step: int, digest: str) -> None:
    ledger.enter("first", item=step, text="x" * ENTRY_BYTES)
    ledger.connection.execute(
        "INSERT INTO evidence VALUES (NULL, ?, 'verify', 'wide', ?, 'accept', '[]', ?, '2099-01-01')",
        (step, digest, ledger.at),
    )
    ledger.enter("second", item=step)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1])))
