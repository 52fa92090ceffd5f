"""The other seams of a line, recorded on their way: clock, commits, verdicts, and what people ask.

What comes over them is taken up at the beginning of a turn (see `turns`), so that a replay can do the same.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from controller.clock import WallClock
from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.eyes.vision_wire import Answer, pack_question
from controller.eyes.vision_workers import VisionWorkers
from controller.journal import JournalUnavailable
from controller.journal.writer import Change, Commit, Writer
from controller.recording.recorder import Recorder
from controller.recording.tape import Kind
from controller.recording.turns import settle
from vision.looks import settled
from vision.verdict import ContentsTask, Task, Verdict

READING = frozenset({"snapshot", "devices", "registers", "manual"})
"""Calls that change nothing and decide nothing."""
_JUMP_S = 0.02


class RecordedClock:
    """A wall clock whose jumps are recorded: between them it runs in the loop as the loop's time does."""

    def __init__(self, clock: WallClock, recorder: Recorder) -> None:
        self._clock = clock
        self._recorder = recorder
        self._loop_thread = threading.get_ident()
        self.in_thread = ""
        self._since, self._wall = recorder.loop.time(), clock.now()
        self._next = self._wall
        self._jumping = False
        recorder.tell(Kind.WALL, wall=self._wall.isoformat())

    def now(self) -> datetime:
        """The present moment; in the loop that of its turn."""
        real = self._clock.now()
        if threading.get_ident() != self._loop_thread:
            self.in_thread = real.isoformat()
            return real
        loop = self._recorder.loop
        told = self._wall + timedelta(seconds=loop.time() - self._since)
        ahead = (real - told).total_seconds() - (time.monotonic() - loop.time())
        if abs(ahead) > _JUMP_S and not self._jumping:
            self._jumping = True
            loop.inject(self._note_jump, self._jump)
        return told

    def _note_jump(self) -> None:
        self._next = self._clock.now()
        self._recorder.tell(Kind.WALL, wall=self._next.isoformat())

    def _jump(self) -> None:
        """Run on from the real time of day."""
        self._since, self._wall = self._recorder.loop.time(), self._next
        self._jumping = False


class _Group:
    """Changes that were committed together. :ivar at: time of day that stands on them; :ivar refused: by the disk."""

    def __init__(self, group: Sequence[Change], at: str) -> None:
        self.changes = [change for change in group if isinstance(change, _Recorded)]
        self.at = at
        self.refused = next((str(each.error) for each in group if isinstance(each.error, JournalUnavailable)), "")

    def settle(self) -> None:
        """Wake who waits."""
        for change in self.changes:
            Change.tell(change)


class _Recorded(Change):
    """A change that is told with its whole group, at the beginning of a turn."""

    __slots__ = ("_recorder", "group", "put")

    def __init__(self, change: Change, recorder: Recorder) -> None:
        super().__init__(change.make, change.future)
        self.put = recorder.loop.ticks
        self.group: _Group | None = None
        self._recorder = recorder

    def tell(self) -> None:
        """Have the group told, once."""
        group = self.group
        if group is not None and group.changes[0] is self:
            put = [each.put for each in group.changes]
            note = partial(self._recorder.tell, Kind.COMMIT, put=put, at=group.at, refused=group.refused)
            self._recorder.loop.inject(note, group.settle)


class RecordedWriter:
    """A writer whose commits are recorded: when each change was put, the time stamp, whether the disk took them."""

    def __init__(self, writer: Writer, recorder: Recorder, clock: RecordedClock) -> None:
        self._writer = writer
        self._recorder = recorder
        self._clock = clock

    def begin(self, commit: Commit) -> None:
        """Take changes from now on."""

        def commit_recorded(group: Sequence[Change], refused: Exception | None = None) -> None:
            commit(group, refused)
            told = _Group(group, self._clock.in_thread)
            for change in told.changes:
                change.group = told

        self._writer.begin(commit_recorded)

    def put(self, change: Change) -> None:
        """Hand in a change."""
        self._writer.put(_Recorded(change, self._recorder))

    async def end(self) -> None:
        """Commit what was handed in, and stop."""
        await self._writer.end()


class RecordedVision(VisionWorkers):
    """Vision workers whose verdicts are recorded with what they were asked and the digest of the picture."""

    def __init__(self, workers: VisionWorkers, recorder: Recorder) -> None:
        super().__init__(1)
        self._workers = workers
        self._recorder = recorder

    async def serve(self) -> None:
        """Keep the workers alive."""
        await self._workers.serve()

    async def ready(self, deadline_s: float = 30.0) -> None:
        """Wait until every worker is ready."""
        number = self._recorder.asked()

        def note(ended: asyncio.Task[None]) -> None:
            if ended.cancelled():
                self._recorder.tell(Kind.READY, n=number, cancelled=True)
            else:
                self._recorder.tell(Kind.READY, n=number, failed=str(ended.exception() or ""))

        await self._recorder.passed(self._workers.ready(deadline_s), note)

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Have one picture judged."""
        number = self._recorder.asked()

        def note(ended: asyncio.Task[Verdict]) -> None:
            self._recorder.note(Kind.VERDICT, lambda: _taken_down(number, picture, task, ended))

        return await self._recorder.passed(self._workers.judge(picture, task, deadline_s), note)


def asked_of(task: Task) -> str:
    """What is asked of a picture, in one word; the key under which identities are compared is not told, nor by
    what earlier looks are joined with it."""
    if isinstance(task, ContentsTask):
        task = replace(task, digest_key="", plates=tuple(replace(each, earlier=()) for each in task.plates))
    return base64.b64encode(pack_question(task, b"")).decode()


def _taken_down(number: int, picture: bytes, task: Task, ended: asyncio.Task[Verdict]) -> bytes:
    facts: dict[str, Any]
    error = None if ended.cancelled() else ended.exception()
    if ended.cancelled():
        facts = {"cancelled": True}
    elif error is None:
        told = replace(ended.result(), checks=settled(ended.result().checks), evidence=b"")
        verdict = Answer(verdict=told).model_dump(mode="json")["verdict"]
        facts = {"verdict": verdict, "evidence": bool(ended.result().evidence)}
    else:
        facts = {"failed": str(error), "error": type(error).__name__}
    digest = hashlib.sha256(picture).hexdigest()
    facts = {"n": number, "picture": digest, "asked": asked_of(task), **facts}
    return json.dumps(facts, ensure_ascii=False).encode()


def recorded_calls(handlers: Mapping[str, Handler], recorder: Recorder) -> dict[str, Handler]:
    """As `handlers`; whatever changes or decides something is begun with a turn, and recorded with its refusal."""
    return {
        name: handler if name in READING else _recorded_call(name, handler, recorder)
        for name, handler in handlers.items()
    }


def _recorded_call(name: str, handler: Handler, recorder: Recorder) -> Handler:
    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        number = recorder.asked()
        answer: asyncio.Future[dict[str, Any]] = recorder.loop.create_future()
        kept = json.dumps(arguments, ensure_ascii=False)
        started: list[asyncio.Task[dict[str, Any]]] = []

        def start() -> None:
            task = begin_call(handler, arguments, partial(_note_refusal, name, recorder))
            task.add_done_callback(partial(settle, answer))
            started.append(task)

        recorder.loop.inject(partial(recorder.tell, Kind.CALL, n=number, name=name, arguments=kept), start)
        try:
            return await answer
        except asyncio.CancelledError:
            recorder.loop.inject(
                partial(recorder.tell, Kind.HUNG_UP, n=number), lambda: [task.cancel() for task in started]
            )
            raise

    return call


def begin_call(
    handler: Handler, arguments: dict[str, Any], refused: Callable[[ChannelRefused], None]
) -> asyncio.Task[dict[str, Any]]:
    """Begin what a call does. :param refused: told of a refusal in the turn in which it falls."""

    async def do() -> dict[str, Any]:
        try:
            return await handler(arguments)
        except ChannelRefused as refusal:
            refused(refusal)
            raise

    return asyncio.get_running_loop().create_task(do(), name="call")


def _note_refusal(name: str, recorder: Recorder, refusal: ChannelRefused) -> None:
    recorder.tell(Kind.REFUSAL, name=name, refused=refusal.code)
