"""A broadcast that many tasks may wait for: each `beat` wakes all who wait at that moment, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Pulse:
    """Wakes its waiters without saying why; they look for themselves."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        """Wake everybody who waits now."""
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def wait(self) -> None:
        """Return at the next beat."""
        await self._event.wait()

    def next(self) -> asyncio.Event:
        """The event that the next beat sets. Taken before a look it can't be missed, however long the look takes."""
        return self._event

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return as soon as `holds()` is true; it is asked now and after each beat."""
        while not holds():
            await self.wait()
