"""A broadcast that many tasks may wait for: each `beat` wakes all who wait at that moment, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Pulse:
    """Wakes its waiters without saying why; they look for themselves."""

    def __init__(self) -> None:
        self._next: asyncio.Event | None = None
        self._lookers: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def beat(self) -> None:
        """Wake everybody who waits now; of those who wait for something, whoever finds it."""
        if self._next is not None:
            event, self._next = self._next, None
            event.set()
        if not self._lookers:
            return
        over = False
        for holds, told in self._lookers:
            if told.done():
                over = True
            elif holds():
                told.set_result(None)
        if over:
            self._lookers = [looker for looker in self._lookers if not looker[1].done()]

    async def wait(self) -> None:
        """Return at the next beat."""
        await self.next().wait()

    def next(self) -> asyncio.Event:
        """The event that the next beat sets. Taken before a look it can't be missed, however long the look takes."""
        if self._next is None:
            self._next = asyncio.Event()
        return self._next

    def when(self, holds: Callable[[], bool]) -> asyncio.Future[None]:
        """A future that is done at the first beat at which `holds()` is true, or now; cancel it when it is over."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if holds():
            told.set_result(None)
        else:
            self._lookers.append((holds, told))
        return told

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return as soon as `holds()` is true; it is asked now and at each beat, which wakes nobody in vain."""
        while not holds():
            looker = (holds, asyncio.get_running_loop().create_future())
            self._lookers.append(looker)
            try:
                await looker[1]
            finally:
                if looker in self._lookers:  # else the next beat has come already
                    self._lookers.remove(looker)
