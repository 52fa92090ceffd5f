"""The other seams of a line, recorded on their way: clock, commits, verdicts, broker, and what people ask."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, cast

import aiomqtt

from controller.clock import WallClock
from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.dispatch.broker import Broker
from controller.eyes.vision_wire import Answer, pack_question
from controller.eyes.vision_workers import VisionError, VisionWorkers
from controller.journal import JournalUnavailable
from controller.journal.writer import Change, Commit, Writer
from controller.recording.recorder import Recorder
from controller.recording.tape import Kind
from vision.verdict import Task, Verdict

READING = frozenset({"snapshot", "devices", "registers", "manual"})
"""Calls that change nothing and decide nothing."""
_JUMP_S = 0.02


class RecordedClock:
    """A wall clock whose jumps are recorded: where it runs as the loop's time does, the loop's time tells it."""

    def __init__(self, clock: WallClock, recorder: Recorder) -> None:
        self._clock = clock
        self._recorder = recorder
        self._time = asyncio.get_running_loop().time
        self._ahead: float | None = None

    def now(self) -> datetime:
        """The present moment."""
        now = self._clock.now()
        ahead = now.timestamp() - self._time()
        if self._ahead is None or abs(ahead - self._ahead) > _JUMP_S:
            self._ahead = ahead
            self._recorder.tell(Kind.WALL, wall=now.isoformat())
        return now


class RecordedWriter:
    """A writer whose commits are recorded: when each began, and whether the disk took it."""

    def __init__(self, writer: Writer, recorder: Recorder) -> None:
        self._writer = writer
        self._recorder = recorder
        self._time = asyncio.get_running_loop().time

    def begin(self, commit: Commit) -> None:
        """Take changes from now on."""

        def commit_recorded(group: Sequence[Change], refused: Exception | None = None) -> None:
            began = self._time()
            commit(group, refused)
            lost = next((str(each.error) for each in group if isinstance(each.error, JournalUnavailable)), "")
            self._recorder.tell(Kind.COMMIT, began=began, refused=lost)

        self._writer.begin(commit_recorded)

    def put(self, change: Change) -> None:
        """Hand in a change."""
        self._writer.put(change)

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
        try:
            await self._workers.ready(deadline_s)
        except VisionError as error:
            self._recorder.tell(Kind.READY, failed=str(error))
            raise
        self._recorder.tell(Kind.READY, failed="")

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Have one picture judged."""
        try:
            verdict = await self._workers.judge(picture, task, deadline_s)
        except VisionError as error:
            self._take_down(picture, task, {"failed": str(error), "error": type(error).__name__})
            raise
        except asyncio.CancelledError:
            self._take_down(picture, task, {"cancelled": True})
            raise
        self._take_down(picture, task, verdict)
        return verdict

    def _take_down(self, picture: bytes, task: Task, came: Verdict | dict[str, Any]) -> None:
        def made() -> bytes:
            facts = came if isinstance(came, dict) else {"verdict": _as_json(came), "evidence": bool(came.evidence)}
            asked = base64.b64encode(pack_question(task, b"")).decode()
            digest = hashlib.sha256(picture).hexdigest()
            return json.dumps({"picture": digest, "asked": asked, **facts}, ensure_ascii=False).encode()

        self._recorder.note(Kind.VERDICT, made)


def _as_json(verdict: Verdict) -> Any:
    return Answer(verdict=replace(verdict, evidence=b"")).model_dump(mode="json")["verdict"]


class RecordedThreads(ThreadPoolExecutor):
    """The loop's threads; how long each piece of work took is recorded."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(thread_name_prefix="aside")
        self._recorder = recorder
        self._time = asyncio.get_running_loop().time

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have work done."""

        def do() -> Any:
            began = self._time()
            try:
                return fn(*args, **kwargs)
            finally:
                self._recorder.tell(Kind.ASIDE, name=name_of(fn), began=began)

        return super().submit(do)


def name_of(work: Callable[..., Any]) -> str:
    """The name of work as `asyncio.to_thread` hands it over: a context's `run` with the function first."""
    if isinstance(work, partial) and work.args:
        work = work.args[0]
    return str(getattr(work, "__qualname__", type(work).__name__))


class RecordedBroker:
    """A connection to the broker, recorded: when it came and went, what was published, what arrived."""

    def __init__(self, broker: Broker, recorder: Recorder) -> None:
        self._broker = broker
        self._recorder = recorder
        self._number = recorder.stream()

    async def __aenter__(self) -> Self:
        self._tell("dialled")
        try:
            await self._broker.__aenter__()
        except Exception as error:
            self._tell("refused", error=str(error))
            raise
        self._tell("opened")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._broker.__aexit__(kind, error, trace)
        finally:
            self._tell("closed")

    async def announce(self, *, online: bool) -> None:
        """Say whether the line is there."""
        await self._asked("announce", {"online": online}, self._broker.announce(online=online))

    async def follow(self, *topics: str) -> None:
        """Subscribe."""
        await self._asked("follow", {"topics": topics}, self._broker.follow(*topics))

    async def tell(self, topic: str, payload: str, properties: Any = None, *, retain: bool = False) -> int:
        """Publish."""
        asked = self._broker.tell(topic, payload, properties, retain=retain)
        code: int = await self._asked("tell", {"payload": payload}, asked)
        return code

    @property
    def messages(self) -> AsyncIterator[aiomqtt.Message]:
        """What arrives."""
        return self._messages()

    async def _messages(self) -> AsyncIterator[aiomqtt.Message]:
        try:
            async for message in self._broker.messages:
                payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
                self._tell(
                    "arrived",
                    topic=message.topic.value,
                    payload=base64.b64encode(payload).decode(),
                    retain=bool(message.retain),
                )
                yield message
        except (aiomqtt.MqttError, OSError) as error:
            self._tell("lost", error=str(error))
            raise

    async def _asked(self, what: str, facts: dict[str, Any], answer: Any) -> Any:
        try:
            found = await answer
        except (aiomqtt.MqttError, OSError) as error:
            self._tell(what, **facts, error=str(error))
            raise
        self._tell(what, **facts, answer=found)
        return found

    def _tell(self, what: str, **facts: Any) -> None:
        self._recorder.note(
            Kind.BROKER, lambda: json.dumps({"what": what, **facts}, ensure_ascii=False).encode(), self._number
        )


def recorded_connect(connect: Callable[[], Broker], recorder: Recorder) -> Callable[[], Broker]:
    """As `connect`, every connection recorded."""
    return lambda: cast(Broker, RecordedBroker(connect(), recorder))


def recorded_calls(handlers: Mapping[str, Handler], recorder: Recorder) -> dict[str, Handler]:
    """As `handlers`; whatever changes or decides something is recorded with its answer's kind."""
    return {
        name: handler if name in READING else _recorded_call(name, handler, recorder)
        for name, handler in handlers.items()
    }


def _recorded_call(name: str, handler: Handler, recorder: Recorder) -> Handler:
    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        kept = json.dumps(arguments, ensure_ascii=False)
        recorder.tell(Kind.CALL, name=name, arguments=kept)
        try:
            return await handler(arguments)
        except ChannelRefused as refused:
            recorder.tell(Kind.CALL, name=name, refused=refused.code)
            raise

    return call
