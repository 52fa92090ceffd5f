"""Brings the notes of the book of people to the line's journal: in order, each once, however often it must be asked."""

from __future__ import annotations

import asyncio

import structlog

from controller.desk.channel import ChannelClient, ChannelRefused, LineUnreachable
from controller.pulse import Pulse
from controller.web.people.book import BookUnusable, PeopleBook

_LOOK_S = 5.0
"""How often it looks by itself: the command `people` writes into the book too."""
_AGAIN_S = 2.0
_log = structlog.get_logger()


class Courier:
    """:param noted: beaten when there is something to bring."""

    def __init__(self, book: PeopleBook, line: ChannelClient, noted: Pulse) -> None:
        self._book = book
        self._line = line
        self._noted = noted

    async def serve(self) -> None:
        """Bring notes until cancelled. While the line is away they wait in the book."""
        while True:
            more = self._noted.next()
            try:
                await self._bring_all()
            except (LineUnreachable, ChannelRefused, BookUnusable) as error:
                _log.warning("audit_waits", cause=str(error))
                await asyncio.sleep(_AGAIN_S)
                continue
            try:
                async with asyncio.timeout(_LOOK_S):
                    await more.wait()
            except TimeoutError:
                continue

    async def _bring_all(self) -> None:
        if not self._book.path.exists():
            return
        while notes := await asyncio.to_thread(self._book.waiting_notes):
            origin = await asyncio.to_thread(self._book.origin)
            told = [{"number": n.number, "what": n.what, "by": n.by, "at": n.at, "facts": n.facts} for n in notes]
            await self._line.call("note", origin=origin, notes=told)
            await asyncio.to_thread(self._book.noted, notes[-1].number)
