"""How the flow writes the journal: what can't be made durable holds the line until it can."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from controller.eyes.evidence import EvidenceStore
from controller.flow.holding import Holding
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.words.alarm_texts import AlarmKind

T = TypeVar("T")
_AGAIN_S = 1.0


class Memory:
    """The flow's way to the journal."""

    def __init__(self, journal: Journal, holding: Holding) -> None:
        self._journal = journal
        self._holding = holding

    async def remember(self, change: Callable[[Ledger], T]) -> T:
        """Make a change durable and return what it returned.

        While the disk refuses, the line holds and the change is tried again each second: nothing of a refused one
        remains, so no step is done twice and none is taken on a memory that could be lost.
        """
        while True:
            try:
                return await self._journal.write(change)
            except JournalUnavailable as error:
                self._holding.hold(AlarmKind.JOURNAL_UNAVAILABLE, "", cause=str(error))
                await asyncio.sleep(_AGAIN_S)

    async def keep(self, evidence: EvidenceStore, picture: bytes) -> str:
        """Make a picture durable and return its name. While the disk refuses, as with a change."""
        while True:
            try:
                return await evidence.keep(picture)
            except OSError as error:
                self._holding.hold(AlarmKind.JOURNAL_UNAVAILABLE, "", cause=str(error))
                await asyncio.sleep(_AGAIN_S)
