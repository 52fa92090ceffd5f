"""Who makes changes durable, in groups: one thread beside the loop. What a group is made of is the store's."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

_GROUP_LIMIT = 200


class Change:
    """A change on its way to the disk, and the future that waits for it."""

    __slots__ = ("error", "future", "made", "make")

    def __init__(self, make: Callable[[Any], Any], future: asyncio.Future[Any]) -> None:
        self.make = make
        self.future = future
        self.made: Any = None
        self.error: Exception | None = None

    def tell(self) -> None:
        """Wake who waits; to be called in the loop, after the group's commit."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.made)
        else:
            self.future.set_exception(self.error)


class Commit(Protocol):
    """Makes a group, wholly or not at all."""

    def __call__(self, group: Sequence[Change], refused: Exception | None = None) -> None:
        """:param refused: what the disk says instead of taking the group."""


class Writer(Protocol):
    """Takes changes in the loop and has them committed in groups, in their order."""

    def begin(self, commit: Commit) -> None:
        """Take changes from now on; to be called in the running loop."""

    def put(self, change: Change) -> None:
        """Hand in a change. `Change.tell` is called in the loop once it is durable or refused."""

    async def end(self) -> None:
        """Commit what was handed in, and stop."""


class WritingThread:
    """The thread of a real line: while one group is on its way to the disk the next one gathers."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Change | None] = queue.SimpleQueue()

    def begin(self, commit: Commit) -> None:
        """Start the thread."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, args=(commit, loop), name="journal", daemon=True)
        self._thread.start()

    def put(self, change: Change) -> None:
        """Hand in a change."""
        self._queue.put(change)

    async def end(self) -> None:
        """Commit what was handed in, and wait for the thread's end."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self, commit: Commit, loop: asyncio.AbstractEventLoop) -> None:
        open_ended = True
        while open_ended:
            group = self._take_group()
            open_ended = group[-1] is not None
            changes = [change for change in group if change is not None]
            if changes:
                commit(changes)
                loop.call_soon_threadsafe(_tell, changes)

    def _take_group(self) -> list[Change | None]:
        group = [self._queue.get()]
        while group[-1] is not None and len(group) < _GROUP_LIMIT:
            try:
                group.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return group


def _tell(changes: Sequence[Change]) -> None:
    for change in changes:
        change.tell()
