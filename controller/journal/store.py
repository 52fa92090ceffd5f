"""The journal's one writing connection: changes from the loop, made in groups by one thread, durable when awaited.

`await journal.write(change)` returns only after the change is on the disk (WAL, `synchronous=FULL`). Changes that
wait at the same moment share one commit; each keeps its own savepoint, so a refused one takes none with it. When the
disk can't take them (`JournalUnavailable`) the line must hold: nothing that is not durable may be acted on.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from controller.clock import WallClock
from controller.journal.schema import SCHEMA, SCHEMA_VERSION

T = TypeVar("T")
GENESIS = bytes(32)
"""The digest before the first entry."""
_GROUP_LIMIT = 200


class JournalUnavailable(Exception):
    """The journal can't be written: full or broken disk, foreign file, another writer. The line holds until it can."""


class Ledger:
    """What a change works on: the open transaction, its time stamp, and the history."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.at = ""
        row = connection.execute("SELECT seq, digest FROM history ORDER BY seq DESC LIMIT 1").fetchone()
        self.head: tuple[int, bytes] = (row[0], row[1]) if row else (0, GENESIS)

    def enter(self, kind: str, *, item: int | None = None, acceptance: str | None = None, **data: Any) -> int:
        """Append to the history and return the entry's number. `data` must be JSON and free of personal data."""
        seq, before = self.head[0] + 1, self.head[1]
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = entry_digest(before, seq, self.at, kind, item, acceptance, text)
        self.connection.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", (seq, self.at, kind, item, acceptance, text, digest)
        )
        self.head = (seq, digest)
        return seq

    def make(self, change: Callable[[Ledger], T]) -> T:
        """Make one change inside the open transaction, wholly or not at all."""
        head = self.head
        self.connection.execute("SAVEPOINT change")
        try:
            made = change(self)
        except BaseException:
            self.connection.execute("ROLLBACK TO change")
            self.connection.execute("RELEASE change")
            self.head = head
            raise
        self.connection.execute("RELEASE change")
        return made


def entry_digest(
    before: bytes, seq: int, at: str, kind: str, item: int | None, acceptance: str | None, data: str
) -> bytes:
    """SHA-256 that chains one history entry to the one before it."""
    row = json.dumps([seq, at, kind, item, acceptance, data], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + row.encode()).digest()


class _Change:
    """A change on its way to the writing thread, and the future that waits for it."""

    __slots__ = ("error", "future", "made", "make")

    def __init__(self, make: Callable[[Ledger], Any], future: asyncio.Future[Any]) -> None:
        self.make = make
        self.future = future
        self.made: Any = None
        self.error: Exception | None = None


class Journal:
    """One SQLite file, one writing thread. Use as `async with Journal(path, clock) as journal`."""

    def __init__(self, path: Path, clock: WallClock) -> None:
        self.path = path
        self._clock = clock
        self._queue: queue.SimpleQueue[_Change | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._only_writer = contextlib.ExitStack()
        self._ledger: Ledger | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._only_writer.enter_context(_alone(self.path))
        try:
            self._ledger = await asyncio.to_thread(_open, self.path)
        except BaseException:
            self._only_writer.close()
            raise
        self._thread = threading.Thread(target=self._commit_groups, name="journal", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._only_writer.close()

    async def write(self, change: Callable[[Ledger], T]) -> T:
        """Make a change and return what it returned, once it is durable.

        Cancelling the caller does not stop a change that is under way: it is made wholly.

        :raises JournalUnavailable: it could not be made durable; nothing of it remains.
        """
        if self._loop is None or self._thread is None:
            raise JournalUnavailable(f"{self.path}: the journal is not open")
        waiting = _Change(change, self._loop.create_future())
        self._queue.put(waiting)
        made: T = await asyncio.shield(waiting.future)
        return made

    def _commit_groups(self) -> None:
        """The writing thread: take what waits, make it, commit once, tell all."""
        assert self._ledger is not None
        assert self._loop is not None
        open_ended = True
        while open_ended:
            group = self._take_group()
            open_ended = group[-1] is not None
            changes = [change for change in group if change is not None]
            if changes:
                self._commit(changes, self._ledger)
                self._loop.call_soon_threadsafe(_tell, changes)
        self._ledger.connection.close()

    def _take_group(self) -> list[_Change | None]:
        group = [self._queue.get()]
        while group[-1] is not None and len(group) < _GROUP_LIMIT:
            try:
                group.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return group

    def _commit(self, changes: list[_Change], ledger: Ledger) -> None:
        head = ledger.head
        try:
            ledger.connection.execute("BEGIN IMMEDIATE")
            ledger.at = self._clock.now().isoformat(timespec="milliseconds")
            for change in changes:
                _make(change, ledger)
            ledger.connection.execute("COMMIT")
        except Exception as error:
            # Whatever it was, nothing of the group may remain and nobody may wait for ever.
            ledger.head = head
            with contextlib.suppress(sqlite3.Error):
                if ledger.connection.in_transaction:
                    ledger.connection.execute("ROLLBACK")
            for change in changes:
                change.error = _unavailable(self.path, error)


def _make(change: _Change, ledger: Ledger) -> None:
    try:
        change.made = ledger.make(change.make)
    except sqlite3.OperationalError:
        raise  # the disk, not the change: the whole group fails
    except Exception as error:
        change.error = error


def _tell(changes: list[_Change]) -> None:
    for change in changes:
        if change.future.cancelled():
            continue
        if change.error is None:
            change.future.set_result(change.made)
        else:
            change.future.set_exception(change.error)


def _unavailable(path: Path, error: Exception) -> JournalUnavailable:
    return JournalUnavailable(
        f"{path}: {error}; free the disk or mend it; until then the line holds"
    )


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Be the only process that writes this journal; a second one would break the chain of its history.

    :raises JournalUnavailable: another process is.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise _unavailable(path, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalUnavailable(f"{path}: another process writes it; end that line or command first") from error
        yield


def _open(path: Path) -> Ledger:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise JournalUnavailable(f"{path}: schema version {version} found, this sealline writes {SCHEMA_VERSION}")
        return Ledger(connection)
    except sqlite3.Error as error:
        raise _unavailable(path, error) from error


def open_reading(path: Path) -> sqlite3.Connection:
    """Open the journal read-only, for short reads. Close it soon: a long read stops check-pointing."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=2)
    connection.row_factory = sqlite3.Row
    return connection
