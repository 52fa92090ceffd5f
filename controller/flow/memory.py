"""How the flow writes the journal: what can't be made durable holds the line until it can."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from controller.eyes.evidence import EvidenceStore
from controller.flow.holding import Holding
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.words.alarm_texts import AlarmKind

T = TypeVar("T")
_AGAIN_S = 1.0


class Begun(Generic[T]):
    """A change on its way."""

    def __init__(self, memory: Memory, change: Callable[[Ledger], T], under_way: asyncio.Future[T]) -> None:
        self._memory = memory
        self._change = change
        self._under_way = under_way
        under_way.add_done_callback(_heard)

    async def made(self) -> T:
        """Return what it returned, once it is durable; refused it is made anew, as by `Memory.remember`."""
        try:
            return await self._under_way
        except JournalUnavailable:
            return await self._memory.remember(self._change)


def _heard(ended: asyncio.Future[T]) -> None:
    """Where nobody asks any more how it ended, the disk's refusal is told by whatever is written next."""
    if not ended.cancelled():
        ended.exception()


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

    def begin(self, change: Callable[[Ledger], T]) -> Begun[T]:
        """Hand a change in without waiting for it: what is remembered after it is not durable before it.

        Whoever acts on it awaits `made` first, best after the next change: both are then one group for the disk.
        """
        return Begun(self, change, self._journal.put(change))

    async def keep(self, evidence: EvidenceStore, picture: bytes) -> str:
        """Make a picture durable and return its name. While the disk refuses, as with a change."""
        while True:
            try:
                return await evidence.keep(picture)
            except OSError as error:
                self._holding.hold(AlarmKind.JOURNAL_UNAVAILABLE, "", cause=str(error))
                await asyncio.sleep(_AGAIN_S)
