"""The commit on a virtual floor: the same groups as the line's thread makes, inline, with a seeded fsync."""

from __future__ import annotations

import asyncio
import errno
import itertools
import sqlite3
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from simulators.virtual.trace import Trace

FSYNC_S = (0.0002, 0.004)
SLOW_S = (0.05, 1.5)
_serial = itertools.count(1)


class Change(Protocol):
    """A change on its way; only the line knows what it is."""

    def tell(self) -> None:
        """Wake who waits for it."""
        ...


class Commit(Protocol):
    """The line's own commit of a group."""

    def __call__(self, group: Sequence[Change], refused: Exception | None = None) -> None:
        """Make it; nothing remains of it when it is refused."""


class Disk:
    """The disk under the journal, over all lives of the line.

    :ivar full: refuses everything; :ivar slow: takes long; :ivar broken: how many further commits fail at fsync.
    :ivar commits: made so far; :ivar before, after: called around each, and may kill the line.
    :ivar place: SQLite's URI of the journal, in memory; :ivar journal: a connection that keeps it there until `close`.
    """

    def __init__(self, chance: Random, trace: Trace) -> None:
        self.full = self.slow = False
        self.broken = 0
        self.commits = 0
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.alive: Callable[[], bool] = lambda: True
        self._chance = chance
        self._trace = trace
        self.place = f"file:/journal-{next(_serial)}?vfs=memdb"
        self.journal = sqlite3.connect(self.place, uri=True)

    def close(self) -> None:
        """Let go of what was written."""
        self.journal.close()

    def writer(self) -> InlineWriter:
        """A writer for one life of the line."""
        return InlineWriter(self)

    def fsync_s(self) -> float:
        """How long the next fsync takes."""
        return self._chance.uniform(*(SLOW_S if self.slow else FSYNC_S))

    def refusal(self) -> Exception | None:
        """What it says to the next commit."""
        self._trace.add(asyncio.get_running_loop().time(), "commit")
        if self.full:
            return OSError(errno.ENOSPC, "no space left on the virtual disk")
        if self.broken:
            self.broken -= 1
            return OSError(errno.EIO, "the virtual disk failed at fsync")
        return None


class InlineWriter:
    """Commits what has gathered while the last group was on its way."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._gathered: list[Change] = []
        self._busy = False

    def begin(self, commit: Commit) -> None:
        """Take changes from now on."""
        self._commit = commit

    def put(self, change: Change) -> None:
        """Hand in a change."""
        self._gathered.append(change)
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_later(self._disk.fsync_s(), self._make)

    async def end(self) -> None:
        """Commit what was handed in."""
        while self._busy:  # noqa: ASYNC110 -- a virtual commit tells nobody
            await asyncio.sleep(0.001)

    def _make(self) -> None:
        group, self._gathered = self._gathered, []
        self._disk.before()
        if not self._disk.alive():
            return
        self._commit(group, self._disk.refusal())
        self._disk.commits += 1
        self._disk.after()
        if not self._disk.alive():
            return
        for change in group:
            change.tell()
        self._busy = bool(self._gathered)
        if self._busy:
            asyncio.get_running_loop().call_later(self._disk.fsync_s(), self._make)
