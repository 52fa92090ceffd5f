"""Counters and last rejects for pages and commands, read from the journal beside the flow.

Read-only, in a thread, at most twice a second and only after something happened: a page never slows a permit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime

import structlog

from controller.clock import WallClock
from controller.escape_bound import Campaign
from controller.journal.backlog import due_counts
from controller.journal.escape import escape_view
from controller.journal.open_matters import open_matters
from controller.journal.reading import counters
from controller.journal.reject_views import RejectKey, recent_rejects
from controller.journal.store import Reading
from controller.journal.suspects import open_items
from controller.pulse import Pulse
from controller.snapshot import Counters, EscapeView, MatterView, RejectView, SuspectView

log = structlog.get_logger()
_Seen = tuple[Counters, tuple[RejectView, ...], tuple[MatterView, ...], tuple[SuspectView, ...], EscapeView]
_PAUSE_S = 0.5
_LOOK_ANYWAY_S = 2.0
_REJECTS_SHOWN = 12
_MATTERS_SHOWN = 50
_NO_CAMPAIGN = Campaign()


class Tally:
    """What the journal counted when it was last read."""

    def __init__(self, reading: Reading, clock: WallClock, campaign: Campaign = _NO_CAMPAIGN) -> None:
        self._reading = reading
        self._clock = clock
        self._campaign = campaign
        self._touched = Pulse()
        self._known: dict[RejectKey, RejectView] = {}
        self.counters = Counters()
        self.rejects: tuple[RejectView, ...] = ()
        self.matters: tuple[MatterView, ...] = ()
        self.open_items: tuple[SuspectView, ...] = ()
        self.escape = EscapeView()

    def touch(self) -> None:
        """Say that the journal has grown."""
        self._touched.beat()

    async def serve(self) -> None:
        """Read again after each touch until cancelled."""
        try:
            await self._keep_reading()
        finally:
            self._reading.close()

    async def _keep_reading(self) -> None:
        while True:
            try:
                self._take(await asyncio.to_thread(self._seen_at, self._clock.now()))
            except sqlite3.Error as error:
                log.warning("tally_not_read", cause=str(error))
            await asyncio.sleep(_PAUSE_S)
            try:
                async with asyncio.timeout(_LOOK_ANYWAY_S):
                    await self._touched.wait()
            except TimeoutError:
                continue

    def _take(self, seen: _Seen) -> None:
        self.counters, self.rejects, self.matters, self.open_items, self.escape = seen

    def _seen_at(self, now: datetime) -> _Seen:
        return self._reading.ask(lambda connection: self._read(connection, now))

    def _read(self, connection: sqlite3.Connection, now: datetime) -> _Seen:
        due_today, late = due_counts(connection, now)
        counted = counters(connection, due_today=due_today, late=late)
        rejects = tuple(recent_rejects(connection, _REJECTS_SHOWN, self._known))
        matters = open_matters(connection, _MATTERS_SHOWN)
        return counted, rejects, matters, open_items(connection), escape_view(connection, counted, self._campaign)
