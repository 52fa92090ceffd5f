"""The journal's one writing connection: changes from the loop, made in groups beside it, durable when awaited.

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
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from controller.clock import WallClock
from controller.journal.schema import SCHEMA, SCHEMA_VERSION
from controller.journal.writer import Change, Writer, WritingThread

T = TypeVar("T")
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)
_parts_of = c_make_encoder and c_make_encoder(
    None, _JSON.default, encode_basestring, None, ":", ",", _JSON.sort_keys, _JSON.skipkeys, _JSON.allow_nan
)
"""What `_JSON` would make anew for each text; None where Python has it not in C."""
GENESIS = bytes(32)
"""The digest before the first entry."""


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
        text = "".join(_parts_of(data, 0)) if _parts_of else _JSON.encode(data)
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
    """SHA-256 that chains one history entry to the one before it, over a JSON list of its columns."""
    whose = "null" if acceptance is None else encode_basestring(acceptance)
    named = f"{encode_basestring(at)},{encode_basestring(kind)},{'null' if item is None else item},{whose}"
    row = f"[{seq},{named},{encode_basestring(data)}]"
    return hashlib.sha256(before + row.encode()).digest()


class Journal:
    """One SQLite file, one writing connection. Use as `async with Journal(path, clock) as journal`.

    :param writer: who commits the groups; a thread unless another is given.
    :param place: SQLite's URI, with its question mark, where the journal lies elsewhere than in the file at `path`.
    """

    def __init__(self, path: Path, clock: WallClock, writer: Writer | None = None, place: str = "") -> None:
        self.path = path
        self._place = place
        self._clock = clock
        self._writer: Writer = writer or WritingThread()
        self._only_writer = contextlib.ExitStack()
        self._ledger: Ledger | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._only_writer.enter_context(_alone(self.path))
        try:
            self._ledger = await asyncio.to_thread(_open, self.path, self._place)
        except BaseException:
            self._only_writer.close()
            raise
        self._writer.begin(self._commit)
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._writer.end()
        self.drop()

    def drop(self) -> None:
        """Let go of the files, as the kernel does for a process that has died: an open transaction is undone."""
        if self._ledger is not None:
            self._ledger.connection.close()
        self._only_writer.close()

    def reading(self) -> Reading:
        """Short reads of it, on a connection of their own."""
        return Reading(self.path, self._place)

    async def write(self, change: Callable[[Ledger], T]) -> T:
        """Make a change and return what it returned, once it is durable.

        Cancelling the caller does not stop a change that is under way: it is made wholly.

        :raises JournalUnavailable: it could not be made durable; nothing of it remains.
        """
        return await self.put(change)

    def put(self, change: Callable[[Ledger], T]) -> asyncio.Future[T]:
        """Hand a change in, which is made before those that are handed in later; await what `write` would return."""
        if self._loop is None:
            raise JournalUnavailable(f"{self.path}: the journal is not open")
        waiting = Change(change, self._loop.create_future())
        self._writer.put(waiting)
        return waiting.future

    def _commit(self, group: Sequence[Change], refused: Exception | None = None) -> None:
        """Make a group in one transaction. Whatever goes wrong, nothing of it may remain and nobody wait for ever."""
        assert self._ledger is not None
        ledger = self._ledger
        head = ledger.head
        try:
            ledger.connection.execute("BEGIN IMMEDIATE")
            ledger.at = self._clock.now().isoformat(timespec="milliseconds")
            if len(group) == 1 and not _make_alone(group[0], ledger):
                ledger.head = head
                ledger.connection.execute("ROLLBACK")
                return
            if len(group) > 1:
                for change in group:
                    _make(change, ledger)
            if refused is not None:
                raise refused
            ledger.connection.execute("COMMIT")
        except Exception as error:
            ledger.head = head
            with contextlib.suppress(sqlite3.Error):
                if ledger.connection.in_transaction:
                    ledger.connection.execute("ROLLBACK")
            for change in group:
                change.error = _unavailable(self.path, error)


def _make(change: Change, ledger: Ledger) -> None:
    """Make one change of several: a refused one takes no other with it."""
    try:
        change.made = ledger.make(change.make)
    except sqlite3.OperationalError:
        raise  # the disk, not the change: the whole group fails
    except Exception as error:
        change.error = error


def _make_alone(change: Change, ledger: Ledger) -> bool:
    """Make the only change of a group, without a savepoint; return False when it is refused and all is to be undone."""
    try:
        change.made = change.make(ledger)
    except sqlite3.OperationalError:
        raise
    except Exception as error:
        change.error = error
    return change.error is None


def _unavailable(path: Path, error: Exception) -> JournalUnavailable:
    return JournalUnavailable(f"{path}: {error}; free the disk or mend it; until then the line holds")


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


def _open(path: Path, place: str) -> Ledger:
    try:
        connection = sqlite3.connect(
            place or path, uri=bool(place), isolation_level=None, check_same_thread=False, timeout=5
        )
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


def open_reading(path: Path, place: str = "") -> sqlite3.Connection:
    """Open the journal read-only, for short reads. Close it soon: a long read stops check-pointing.

    :param place: as `Journal`'s.
    """
    uri = (place or f"file:{path}?") + "&mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


class Reading:
    """Short reads, again and again, one at a time from any thread, on a connection that is kept open between them.

    Opening one reads the whole schema anew, which costs more than most questions do.
    """

    def __init__(self, path: Path, place: str = "") -> None:
        """:param place: as `Journal`'s."""
        self._path = path
        self._place = place
        self._kept: sqlite3.Connection | None = None
        self._ended = False

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the journal. :raises sqlite3.Error: it can't be read; the next question opens it anew."""
        connection, self._kept = self._kept or open_reading(self._path, self._place), None
        try:
            answer = question(connection)
        except BaseException:
            connection.close()
            raise
        self._kept = connection
        if self._ended:
            self.close()
        return answer

    def close(self) -> None:
        """Let go of the file, as soon as a question that is under way has its answer."""
        self._ended = True
        connection, self._kept = self._kept, None
        if connection is not None:
            connection.close()
