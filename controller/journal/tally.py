"""Counters and last rejects for pages and commands, read from the journal beside the flow.

Read-only, in a thread, at most twice a second and only after something happened: a page never slows a permit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import structlog

from controller.journal.open_matters import open_matters
from controller.journal.reading import counters, recent_rejects
from controller.journal.store import open_reading
from controller.pulse import Pulse
from controller.snapshot import Counters, MatterView, RejectView

log = structlog.get_logger()
_PAUSE_S = 0.5
_LOOK_ANYWAY_S = 2.0
_REJECTS_SHOWN = 12
_MATTERS_SHOWN = 50


class Tally:
    """What the journal counted when it was last read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._touched = Pulse()
        self.counters = Counters()
        self.rejects: tuple[RejectView, ...] = ()
        self.matters: tuple[MatterView, ...] = ()

    def touch(self) -> None:
        """Say that the journal has grown."""
        self._touched.beat()

    async def serve(self) -> None:
        """Read again after each touch until cancelled."""
        while True:
            try:
                self.counters, self.rejects, self.matters = await asyncio.to_thread(_read, self._path)
            except sqlite3.Error as error:
                log.warning("tally_not_read", cause=str(error))
            await asyncio.sleep(_PAUSE_S)
            try:
                async with asyncio.timeout(_LOOK_ANYWAY_S):
                    await self._touched.wait()
            except TimeoutError:
                continue


def _read(path: Path) -> tuple[Counters, tuple[RejectView, ...], tuple[MatterView, ...]]:
    connection = open_reading(path)
    try:
        rejects = tuple(recent_rejects(connection, _REJECTS_SHOWN))
        return counters(connection), rejects, open_matters(connection, _MATTERS_SHOWN)
    finally:
        connection.close()
