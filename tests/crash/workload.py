"""What is cut off: a line's journal and pictures, and every file that it keeps. `python -m tests.crash.workload DIR`.

Before all it makes its token, its key and the book of people. Each step keeps a picture, then writes two entries of the
history and the picture's row in one change; some also write what a camera was taught. When that is durable, by the
line's own rule, the step's number goes into the file `acknowledged`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from random import Random

from controller.clock import SystemClock
from controller.desk.channel_wire import load_or_make_token
from controller.desk.signing import load_or_make_key
from controller.eyes.evidence import EvidenceStore
from controller.journal import Journal, Ledger
from controller.journal.epochs import begin_epoch
from controller.plan.taught import write_taught
from controller.web.people.book import PeopleBook, Person
from controller.web.people.roles import Role

STEPS = 150
TAUGHT_EACH = 10
FIRST = Person("zhao", "赵班长", Role.SUPERVISOR, "kept", active=True, own=True, version=1)
PICTURE_BYTES = 3000
ENTRY_BYTES = 6000
"""So long that SQLite checkpoints its write-ahead log several times on the way."""


async def work(folder: Path) -> None:
    """Do all steps."""
    chance = Random(1)
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT)
    load_or_make_token(folder / "token")
    load_or_make_key(folder / "line.key")
    PeopleBook(folder / "people.db", SystemClock()).add(FIRST, "test", "hired", first=True)
    store = EvidenceStore(folder / "evidence")
    async with Journal(folder / "line.db", SystemClock()) as journal:
        await journal.write(lambda ledger: begin_epoch(ledger, "CUT"))
        for step in range(STEPS):
            digest = await store.keep(chance.randbytes(PICTURE_BYTES))
            await journal.write(lambda ledger, step=step, digest=digest: _change(ledger, step, digest))
            if step % TAUGHT_EACH == 0:
                write_taught(folder / "taught.toml", {"golden": {"wide": {"step": step}}})
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
