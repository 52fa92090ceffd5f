"""Takes what passes the seams and has a thread put it on the tape, so that recording never delays a permit.

In the loop a record costs one append, and so does a turn. The thread packs, hashes, compresses and writes. When the
disk does not take it, or not as fast as it comes, recording ends with a word to the line, and the line goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import structlog

from controller.durable import sync
from controller.journal.store import open_reading
from controller.recording.results import told_result
from controller.recording.tape import PICTURES, Kind, Noted, packed
from controller.recording.turns import RecordedLoop, name_of, settle, work_of
from controller.recording.upkeep import Upkeep

FLUSH_S = 0.25
ENTRIES_S = 1.0
"""How often what was journalled meanwhile is copied to the tape."""
SEGMENT_BYTES = 8 << 20
_MOST_WAITING = 300_000
"""Records and turns that may wait for the thread, about a minute of a line: more, and the disk does not keep up."""
_AT_ONCE = 300
"""Records and turns packed in one go: so long the thread may keep the loop from running."""
_BREATH_S = 0.0005
_log = structlog.get_logger()

T = TypeVar("T")
Data = bytes | Callable[[], bytes]
"""What a record holds, or what makes it: made in the thread."""


class Recorder:
    """Records one run of a line into `folder`.

    :param on_end: told in the loop, once, when the disk has ended the recording before its time.
    :param upkeep: keeps all recordings within their limit.
    """

    def __init__(self, folder: Path, journal: Path, upkeep: Upkeep, on_end: Callable[[str], None]) -> None:
        self.folder = folder
        self._journal = journal
        self._upkeep = upkeep
        self._on_end = on_end
        self._waiting: deque[int | tuple[Kind, int, Data]] = deque()
        self._streams = 0
        self._asked = 0
        self._pumps: set[asyncio.Task[Any]] = set()
        self._segment = 0
        self._entry = self._event = 0
        self._over = threading.Event()
        self._recording = True
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RecordedLoop), "a line is recorded in a loop that tells its turns"
        self.loop = loop
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def begin(self) -> None:
        """Start. What stands in the journal already is no part of this run."""
        if self._journal.exists():
            with closing(open_reading(self._journal)) as connection:
                self._entry, self._event = _last(connection)
        self.turned(self.loop.ticks << 1)
        self.loop.record(self)
        self._thread.start()

    def turned(self, turn: int) -> None:
        """Take a turn of the loop."""
        if self._recording:
            self._waiting.append(turn)

    def note(self, kind: Kind, data: Data = b"", stream: int = 0) -> None:
        """Take a record of this turn; from the loop only."""
        if self._recording:
            self._waiting.append((kind, stream, data))
            if len(self._waiting) > _MOST_WAITING:
                self._end(f"{len(self._waiting)} records wait: the disk does not keep up")

    def tell(self, kind: Kind, stream: int = 0, **facts: Any) -> None:
        """Take a record of facts."""
        self.note(kind, lambda: json.dumps(facts, ensure_ascii=False).encode(), stream)

    def worked(self, number: int, work: Callable[..., Any], ended: asyncio.Future[Any]) -> None:
        """Take down what a thread has done for the loop."""

        def made() -> bytes:
            facts = {"n": number, "name": name_of(work), **told_result(work_of(work), ended)}
            return json.dumps(facts, ensure_ascii=False).encode()

        self.note(Kind.ASIDE, made)

    def stream(self) -> int:
        """A number for a new connection."""
        self._streams = self._streams % 0xFFFF + 1
        return self._streams

    def asked(self) -> int:
        """A number for a question, in the order in which the line asks."""
        self._asked += 1
        return self._asked

    async def passed(
        self,
        work: Coroutine[Any, Any, T],
        note: Callable[[asyncio.Task[T]], None],
        unwanted: Callable[[T], None] | None = None,
    ) -> T:
        """Have work done, and its outcome taken up at the beginning of a turn.

        :param note: takes the outcome down. :param unwanted: gets a result for which nobody waits any more.
        """
        outcome: asyncio.Future[T] = self.loop.create_future()

        def hand_over(ended: asyncio.Task[T]) -> None:
            wanted = settle(outcome, ended)
            if not wanted and unwanted is not None and not ended.cancelled() and ended.exception() is None:
                unwanted(ended.result())

        pump = self.pump(work)
        pump.add_done_callback(lambda ended: self.loop.inject(lambda: note(ended), hand_over, ended))
        try:
            return await outcome
        except asyncio.CancelledError:
            pump.cancel()
            raise

    def pump(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that is none of the line's: it stands between the line and what is outside."""
        task = self.loop.create_task(work)
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)
        return task

    def keep(self, picture: bytes) -> str:
        """Keep a picture and return its digest; to be called in the thread."""
        digest = hashlib.sha256(picture).hexdigest()
        path = self.folder / PICTURES / f"{digest}.jpg"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            self._upkeep.grew(path.write_bytes(picture))
        return digest

    async def close(self) -> None:
        """Write what is left, and end. The line has ended, so nothing comes any more."""
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._over.set()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        try:
            since = 0.0
            while not self._over.wait(FLUSH_S):
                self._flush()
                since += FLUSH_S
                if since >= ENTRIES_S:
                    self._copy_entries()
                    since = 0.0
            self._copy_entries()
            self._flush()
        except OSError as error:
            self._end(str(error))

    def _flush(self) -> None:
        """Put what waits on the tape, in small groups: the loop must get its turn in between."""
        while self._waiting and self._recording:
            group: list[Noted] = []
            while self._waiting and len(group) < _AT_ONCE:
                group.append(_made(self._waiting.popleft()))
            self._append(packed(group))
            self._over.wait(_BREATH_S)
        self._upkeep.look(self.folder)

    def _append(self, block: bytes) -> None:
        path = self.folder / f"wires-{self._segment:05}.gz"
        if not self._segment or path.stat().st_size > SEGMENT_BYTES:
            if self._segment:
                sync(path)
            self._segment += 1
            path = self.folder / f"wires-{self._segment:05}.gz"
        with path.open("ab") as file:
            self._upkeep.grew(file.write(block))

    def _copy_entries(self) -> None:
        """Put what was journalled since the last time on the tape: what a replay is held against."""
        try:
            with closing(open_reading(self._journal)) as connection:
                entries = connection.execute(
                    "SELECT seq, at, kind, item, acceptance, data FROM history WHERE seq > ? ORDER BY seq",
                    (self._entry,),
                ).fetchall()
                events = connection.execute(
                    "SELECT seq, item, body FROM outbox WHERE seq > ? ORDER BY seq", (self._event,)
                ).fetchall()
        except sqlite3.Error as error:
            _log.warning("entries_not_recorded", cause=str(error))  # they are copied the next time
            return
        if entries:
            self._entry = entries[-1][0]
        if events:
            self._event = events[-1][0]
        if entries or events:
            facts = {"entries": [list(each) for each in entries], "events": [list(each) for each in events]}
            self._waiting.append((Kind.ENTRIES, 0, json.dumps(facts, ensure_ascii=False).encode()))

    def _end(self, why: str) -> None:
        """Give the recording up. The line goes on."""
        if not self._recording:
            return
        self._recording = False
        self._waiting.clear()
        _log.error("recording_stopped", folder=str(self.folder), cause=why)
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._on_end, why)


def _made(each: int | tuple[Kind, int, Data]) -> Noted:
    """What was noted, its data made."""
    if isinstance(each, int):
        return each
    kind, stream, data = each
    return kind, stream, data if isinstance(data, bytes) else data()


def _last(connection: sqlite3.Connection) -> tuple[int, int]:
    """Numbers of the last history entry and of the last event."""
    entry = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM history").fetchone()[0]
    event = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM outbox").fetchone()[0]
    return int(entry), int(event)
