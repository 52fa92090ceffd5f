"""Playbacks of the other seams: the clock, the disk's commits, the verdicts, and the broker with dispatch behind it."""

from __future__ import annotations

import asyncio
import base64
import json
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast

import aiomqtt

from controller.dispatch.broker import Broker
from controller.eyes import vision_workers
from controller.eyes.vision_wire import HEAD
from controller.eyes.vision_wire import Answer as VisionAnswer
from controller.eyes.vision_workers import VisionError, VisionTimeout, VisionWorkers
from controller.journal import JournalUnavailable
from controller.journal.writer import Change, Commit
from controller.recording.broker import Arrivals
from controller.recording.seams import asked_of
from controller.recording.tape import Record
from controller.recording.turns import TurningLoop
from controller.replaying.loop import ReplayLoop
from controller.replaying.receipts import Receipts
from controller.replaying.timeline import Answer, BrokerLink, Timeline
from controller.replaying.wires import digest_of, stand_in
from vision.verdict import Task, Verdict

Judge = Callable[[str, Task], Verdict]
"""Judges a recorded picture, by its digest, anew."""


class PlaybackClock:
    """The time of day as it was, jumps included.

    :ivar stamped: what stands on the commit that is made at this moment.
    """

    def __init__(self, line: Timeline) -> None:
        self._walls = line.walls or [(line.began_at, datetime(2000, 1, 1, tzinfo=UTC))]
        self._times = [at for at, _ in self._walls]
        self._since, self._wall = self._walls[0]
        self.stamped: datetime | None = None

    def now(self) -> datetime:
        """The present moment of the recording."""
        if self.stamped is not None:
            return self.stamped
        return self._wall + timedelta(seconds=asyncio.get_running_loop().time() - self._since)

    def jump(self, record: Record) -> None:
        """Run on from another time of day."""
        self._since, self._wall = record.at, datetime.fromisoformat(record.said()["wall"])

    def at(self, loop_time: float) -> datetime:
        """The time of day at a loop time of the recording."""
        at, wall = self._walls[max(0, bisect_right(self._times, loop_time) - 1)]
        return wall + timedelta(seconds=loop_time - at)


class PlaybackWriter:
    """Commits the changes that were committed together, when they were, and refuses what the recorded disk refused.

    A change that was not put then is made at once.

    :param left_step: told of it.
    """

    def __init__(self, line: Timeline, clock: PlaybackClock, left_step: Callable[[str], None]) -> None:
        self._clock = clock
        self._left_step = left_step
        self._groups: dict[int, list[Change]] = {}
        self._place_of: dict[int, deque[int]] = {}
        for record in line.commits:
            for ticks in record.said()["put"]:
                self._place_of.setdefault(ticks, deque()).append(record.place)
            line.deliveries[record.place] = lambda record=record: self._make(record)  # type: ignore[misc]

    def begin(self, commit: Commit) -> None:
        """Take changes from now on."""
        self._commit = commit

    def put(self, change: Change) -> None:
        """Hand in a change: it is made with those that it was made with then."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TurningLoop)
        then = self._place_of.get(loop.ticks)
        if then:
            self._groups.setdefault(then.popleft(), []).append(change)
        else:
            self._left_step("a change is made that was not made then")
            loop.call_soon(self._make_at_once, [change])

    async def end(self) -> None:
        """Commit what was handed in."""
        for place in sorted(self._groups):
            self._make_at_once(self._groups.pop(place))

    def _make_at_once(self, group: list[Change], refused: str = "") -> None:
        self._commit(group, JournalUnavailable(refused) if refused else None)
        for change in group:
            change.tell()

    def _make(self, record: Record) -> None:
        group = self._groups.pop(record.place, [])
        if not group:
            return
        facts = record.said()
        self._clock.stamped = datetime.fromisoformat(facts["at"])
        try:
            self._make_at_once(group, facts["refused"])
        finally:
            self._clock.stamped = None


class PlaybackVision(VisionWorkers):
    """Says of each recorded picture what vision said of it then.

    :param judge: judges the pictures anew instead; their verdicts come when the recorded ones came.
    :ivar unknown: what was asked now and not then, with the loop time.
    """

    def __init__(self, line: Timeline, judge: Judge | None) -> None:
        super().__init__(1)
        self._judge = judge
        self._line = line
        self.unknown: list[tuple[float, str]] = []

    async def serve(self) -> None:
        """There is no process to keep alive."""
        await asyncio.get_running_loop().create_future()

    async def ready(self, deadline_s: float = 0.0) -> None:  # noqa: ARG002
        """As it was then; at once where it was not asked."""
        answer = self._line.readies.next("")
        if answer is not None and (failed := (await answer.said())["failed"]):
            raise VisionTimeout(failed)

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Give the recorded verdict in its turn."""
        digest = digest_of(picture)
        answer = self._line.verdicts.next(self._as_then(f"{digest} {asked_of(task)}"))
        if answer is None:
            about = f"a {type(task).__name__} on picture {digest[:12] or 'unknown'}"
            self.unknown.append(
                (asyncio.get_running_loop().time(), f"asks vision for a verdict that it did not ask: {about}")
            )
            await asyncio.sleep(deadline_s)
            raise VisionTimeout(f"no verdict within {deadline_s} s")
        facts = await answer.said()
        if "failed" in facts:
            error: type[VisionError] = getattr(vision_workers, facts["error"])
            raise error(facts["failed"])
        verdict = self._judge(digest, task) if self._judge else _verdict(facts)
        return replace(verdict, evidence=stand_in(digest, 100) if facts["evidence"] else b"")

    def _as_then(self, question: str) -> str:
        """The same question as it was put then: another version may ask more, or less, of the same picture."""
        known = self._line.verdicts.questions
        digest, _, asked = question.partition(" ")
        if question in known:
            return question
        now = _read_question(asked)
        of_it = (each for each in known if each.startswith(f"{digest} "))
        return next((each for each in of_it if _agree(_read_question(each.partition(" ")[2]), now)), question)


def _read_question(asked: str) -> Any:
    packed = base64.b64decode(asked)
    return json.loads(packed[HEAD.size : HEAD.size + HEAD.unpack_from(packed)[0]])


def _agree(then: Any, now: Any) -> bool:
    """Whether two questions say the same in all that both say."""
    if isinstance(then, dict) and isinstance(now, dict):
        return all(_agree(value, now[name]) for name, value in then.items() if name in now)
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(map(_agree, then, now))
    return bool(then == now)


def _verdict(facts: dict[str, Any]) -> Verdict:
    verdict = VisionAnswer.model_validate({"verdict": facts["verdict"]}).verdict
    assert verdict is not None
    return verdict


class PlaybackDispatch:
    """Broker and dispatch over all connections."""

    def __init__(self, line: Timeline) -> None:
        self.line = line
        self.receipts = Receipts(line)
        self._links = deque(line.links)

    def connect(self) -> Broker:
        """The next connection."""
        link = self._links.popleft() if self._links else BrokerLink()
        if link.unmade:
            raise OSError(link.unmade)
        return cast(Broker, PlaybackBroker(self, link))


class PlaybackBroker:
    """One connection; the same shape as the real one's."""

    def __init__(self, dispatch: PlaybackDispatch, link: BrokerLink) -> None:
        self._dispatch = dispatch
        self._link = link
        self._arrived = Arrivals()

    async def __aenter__(self) -> Self:
        await self._as_then(self._link.answers.next("opened"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        answer = self._link.answers.next("closed")
        if answer is not None:
            await self._as_then(answer)

    async def announce(self, *, online: bool) -> None:  # noqa: ARG002
        """As it went then."""
        await self._as_then(self._link.answers.next("announce"))

    async def follow(self, *topics: str) -> None:  # noqa: ARG002
        """As it went then."""
        await self._as_then(self._link.answers.next("follow"))

    async def tell(self, topic: str, payload: str, properties: Any = None, *, retain: bool = False) -> int:  # noqa: ARG002
        """Publish: answered as the same message was answered then."""
        receipts = self._dispatch.receipts
        receipts.told(payload)
        self._arrive()
        answer = receipts.answer_to(payload)
        await self._as_then(answer)
        return 0 if answer is None else int(answer.record.said().get("answer", 0))

    @property
    def messages(self) -> AsyncIterator[aiomqtt.Message]:
        """What arrives."""
        self._link.arrive = self._arrive
        self._arrive()
        return self._arrived.messages()

    def _arrive(self) -> None:
        """Hand over what has come, up to a receipt whose event was not told yet."""
        came = self._link.came
        while came and self._link.arrive == self._arrive:
            if came[0]["what"] == "lost":
                self._arrived.come(aiomqtt.MqttError(came.popleft()["error"]))
                continue
            payload = self._dispatch.receipts.as_now(base64.b64decode(came[0]["payload"]))
            if payload is None:
                return
            facts = came.popleft()
            self._arrived.come(aiomqtt.Message(facts["topic"], payload, 1, facts["retain"], 0, None))

    async def _as_then(self, answer: Answer | None) -> None:
        """Wait as long as then, to the recording's end where no answer came, and fail as then."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ReplayLoop)
        if answer is None and not loop.ended:
            await loop.create_future()
        if answer is None:
            raise aiomqtt.MqttError("the recording ends here")
        if "error" in (facts := await answer.said()):
            raise aiomqtt.MqttError(facts["error"])
