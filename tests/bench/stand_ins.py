"""What stands in for cameras, for vision and for the pick list's screen while the rest of the line is measured.

Only tests know of them: nothing of the product can be told to accept without looking.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import numpy as np

from controller.eyes.vision_workers import START_S, VisionWorkers
from controller.journal.store import open_reading
from simulators.camera import EXPOSURE_S, CameraSetup, CameraTwin, Zones
from simulators.hands import Pick
from simulators.render import jpeg
from vision.verdict import Check, Outcome, Task, Verdict

_PICKS = "SELECT item, carrier, acceptance, attempt FROM items WHERE ended_at IS NULL"
_ACCEPTED = Verdict(Outcome.ACCEPT, (Check("bench_accepts", Outcome.ACCEPT),))


class AcceptingVision(VisionWorkers):
    """Accepts every picture unseen, in the line's own process; its verdict says so and holds no evidence."""

    def __init__(self, count: int, memory_mb: int = 1500) -> None:
        super().__init__(count, memory_mb)

    async def serve(self) -> None:
        """Wait until cancelled: there is no worker to keep."""
        await asyncio.get_running_loop().create_future()

    async def ready(self, deadline_s: float = START_S) -> None:
        """Be ready at once."""

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Accept."""
        return _ACCEPTED


class TinyCamera(CameraTwin):
    """A camera whose pictures are the same few bytes and their number, since no two of a camera are alike: triggered,
    exposed and sent, but not drawn."""

    def __init__(self, world: Zones, setup: CameraSetup, *, speed: float, picture: bytes) -> None:
        super().__init__(world, setup, speed=speed)
        self._picture_sent = picture
        self._exposure_s = EXPOSURE_S / speed

    async def take(self) -> tuple[int, bytes]:
        """Expose after this call and return the frame's number and its picture."""
        await asyncio.sleep(self._exposure_s)
        self.frames += 1
        return self.frames, self._picture_sent + self.frames.to_bytes(8, "big")


def tiny_picture() -> bytes:
    """A grey JPEG of 16 by 16 pixels."""
    return jpeg(np.full((16, 16, 3), 128, np.uint8))


class JournalPickList:
    """The pick list read from the line's journal, without a web process between: hands must not be what is slow."""

    def __init__(self, journal: Path) -> None:
        self._path = journal
        self._connection: sqlite3.Connection | None = None

    async def picks(self) -> list[Pick]:
        """Return what the line has called to its carriers; nothing before its journal exists."""
        try:
            if self._connection is None:
                self._connection = open_reading(self._path)
            return [Pick(*row) for row in self._connection.execute(_PICKS).fetchall()]
        except sqlite3.OperationalError:
            return []

    async def rework(self, acceptance: str) -> bool:
        """No trouble is planned, so nothing is ever put right."""
        raise AssertionError(f"order {acceptance} was rejected in a run without trouble")
