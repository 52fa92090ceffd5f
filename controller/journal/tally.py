"""What the line itself heeds of its journal, and counters and last rejects for pages and commands, beside the flow.

Read-only, in a thread, at most once a second and only after something happened: a page never slows a permit. What
pages show is read only while somebody looks.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime

import structlog

from controller.clock import WallClock
from controller.escape_bound import Campaign
from controller.journal.backlog import due_counts
from controller.journal.escape import escape_view
from controller.journal.open_matters import open_matters
from controller.journal.reading import counters, recalls_open
from controller.journal.reject_views import RejectKey, recent_rejects
from controller.journal.store import Reading
from controller.journal.suspects import open_items
from controller.pulse import Pulse
from controller.snapshot import Counters, EscapeView, MatterView, RejectView, SuspectView

log = structlog.get_logger()
_Shown = tuple[Counters, tuple[RejectView, ...], tuple[MatterView, ...], tuple[SuspectView, ...], EscapeView]
_PAUSE_S = 1.0
"""Between two readings, at least. When they come never depends on who looks: a replay has no page."""
_LOOK_ANYWAY_S = 2.0
_SHOWN_FOR_S = 10.0
"""So long after a look it is read on for the next one."""
_PATIENCE_S = _PAUSE_S + _LOOK_ANYWAY_S + 0.5
"""Within this it has been read again, unless it can't be."""
_REJECTS_SHOWN = 12
_MATTERS_SHOWN = 50
_NO_CAMPAIGN = Campaign()


@dataclass(frozen=True, slots=True)
class Heeded:
    """What alarms rest on. :ivar orders: there are any at all; :ivar recalls_open: as of `Counters`."""

    orders: bool = False
    mail_numbers_free: int = 0
    events_pending: int = 0
    recalls_open: int = 0


class Tally:
    """What the journal counted when it was last read.

    :ivar heeded: read always; everything else while it is looked at (`shown`).
    """

    def __init__(self, reading: Reading, clock: WallClock, campaign: Campaign = _NO_CAMPAIGN) -> None:
        self._reading = reading
        self._clock = clock
        self._campaign = campaign
        self._touched = Pulse()
        self._read_again = Pulse()
        self._known: dict[RejectKey, RejectView] = {}
        self._shown_until = float("-inf")
        self._is_whole = False
        self.heeded = Heeded()
        self.counters = Counters()
        self.rejects: tuple[RejectView, ...] = ()
        self.matters: tuple[MatterView, ...] = ()
        self.open_items: tuple[SuspectView, ...] = ()
        self.escape = EscapeView()

    def touch(self) -> None:
        """Say that the journal has grown."""
        self._touched.beat()

    async def shown(self) -> None:
        """Somebody looks: return once what pages show has been read, and have it read on for a while.

        While the journal can't be read it stays as it was: a page that tells why is worth more than one that waits.
        """
        self._shown_until = asyncio.get_running_loop().time() + _SHOWN_FOR_S
        if not self._is_whole:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self._read_again.until(lambda: self._is_whole)

    @property
    def _is_looked_at(self) -> bool:
        return asyncio.get_running_loop().time() < self._shown_until

    async def serve(self) -> None:
        """Read again after each touch until cancelled."""
        try:
            await self._keep_reading()
        finally:
            self._reading.close()

    async def _keep_reading(self) -> None:
        while True:
            try:
                self._take(*await asyncio.to_thread(self._seen_at, self._clock.now(), self._is_looked_at))
            except sqlite3.Error as error:
                log.warning("tally_not_read", cause=str(error))
            await asyncio.sleep(_PAUSE_S)
            try:
                async with asyncio.timeout(_LOOK_ANYWAY_S):
                    await self._touched.wait()
            except TimeoutError:
                continue

    def _take(self, heeded: Heeded, shown: _Shown | None) -> None:
        self.heeded, self._is_whole = heeded, shown is not None
        if shown is not None:
            self.counters, self.rejects, self.matters, self.open_items, self.escape = shown
            self._read_again.beat()

    def _seen_at(self, now: datetime, whole: bool) -> tuple[Heeded, _Shown | None]:
        return self._reading.ask(lambda connection: (_heed(connection), self._read(connection, now) if whole else None))

    def _read(self, connection: sqlite3.Connection, now: datetime) -> _Shown:
        due_today, late = due_counts(connection, now)
        counted = counters(connection, due_today=due_today, late=late)
        rejects = tuple(recent_rejects(connection, _REJECTS_SHOWN, self._known))
        matters = open_matters(connection, _MATTERS_SHOWN)
        return counted, rejects, matters, open_items(connection), escape_view(connection, counted, self._campaign)


def _heed(connection: sqlite3.Connection) -> Heeded:
    kept: dict[str, dict[str, int]] = {"orders": {}, "mail_numbers": {}, "outbox": {}}
    for what, value, n in connection.execute("SELECT what, value, n FROM tallies WHERE n > 0"):
        if what in kept:
            kept[what][value] = n
    pending, parked = (kept["outbox"].get(state, 0) for state in ("pending", "parked"))
    return Heeded(
        orders=kept["orders"].keys() - {"test"} != set(),
        mail_numbers_free=kept["mail_numbers"].get("free", 0),
        events_pending=pending,
        recalls_open=recalls_open(connection) if pending or parked else 0,
    )
