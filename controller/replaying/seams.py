"""Playbacks of the other seams: the clock, the disk's commits, the verdicts, and the broker with dispatch behind it."""

from __future__ import annotations

import asyncio
import base64
import json
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast

import aiomqtt

from controller.dispatch.broker import Broker
from controller.eyes import vision_workers
from controller.eyes.vision_wire import Answer, pack_question
from controller.eyes.vision_workers import VisionError, VisionTimeout, VisionWorkers
from controller.journal import JournalUnavailable
from controller.journal.writer import Change, Commit
from controller.replaying.timeline import Said, Timeline
from controller.replaying.wires import digest_of, stand_in
from vision.verdict import Task, Verdict

Judge = Callable[[str, Task], Verdict]
"""Judges a recorded picture, by its digest, anew."""
_PAST_S = 0.05
_NOBODY_WRITES_S = 0.01
"""With no commit of the recorded line so near, a change of now waits for none."""


class PlaybackClock:
    """The time of day as it was, jumps included."""

    def __init__(self, line: Timeline) -> None:
        self._walls = line.walls or [(line.began_at, datetime(2000, 1, 1, tzinfo=UTC))]
        self._times = [at for at, _ in self._walls]

    def now(self) -> datetime:
        """The present moment of the recording."""
        return self.at(asyncio.get_running_loop().time())

    def at(self, loop_time: float) -> datetime:
        """The time of day at a loop time of the recording."""
        at, wall = self._walls[max(0, bisect_right(self._times, loop_time) - 1)]
        return wall + timedelta(seconds=loop_time - at)


class PlaybackWriter:
    """Commits as quickly as the recorded disk did, and refuses what it refused."""

    def __init__(self, commits: list[Said]) -> None:
        self._commits = sorted(commits, key=lambda said: said.facts["began"])
        self._began = [said.facts["began"] for said in self._commits]
        self._groups: dict[int, list[Change]] = {}

    def begin(self, commit: Commit) -> None:
        """Take changes from now on."""
        self._commit = commit

    def put(self, change: Change) -> None:
        """Hand in a change: it goes with the next commit that began then."""
        loop = asyncio.get_running_loop()
        place = bisect_left(self._began, loop.time() - 1e-6)
        if place == len(self._began) or not self._is_near(place, loop.time()):
            place = -1
        group = self._groups.setdefault(place, [])
        group.append(change)
        if len(group) == 1:
            loop.call_at(self._commits[place].at if place >= 0 else loop.time(), self._make, place)

    async def end(self) -> None:
        """Commit what was handed in."""
        for place in sorted(self._groups):
            self._make(place)

    def _is_near(self, place: int, now: float) -> bool:
        busy_until = self._commits[place - 1].at if place else 0.0
        return bool(self._began[place] - max(now, busy_until) < _NOBODY_WRITES_S)

    def _make(self, place: int) -> None:
        group = self._groups.pop(place, [])
        refused = self._commits[place].facts["refused"] if place >= 0 else ""
        if group:
            self._commit(group, JournalUnavailable(refused) if refused else None)
            for change in group:
                change.tell()


class PlaybackVision(VisionWorkers):
    """Says of each recorded picture what vision said of it then.

    :param judge: judges the pictures anew instead; their verdicts come when the recorded ones came.
    :ivar unknown: what was asked now and not then, with the loop time.
    """

    def __init__(self, line: Timeline, judge: Judge | None) -> None:
        super().__init__(1)
        self._judge = judge
        self._readies = deque(line.readies)
        self._verdicts: dict[tuple[str, str], deque[Said]] = {}
        self.unknown: list[tuple[float, str]] = []
        for said in line.verdicts:
            self._verdicts.setdefault((said.facts["picture"], said.facts["asked"]), deque()).append(said)

    async def serve(self) -> None:
        """There is no process to keep alive."""
        await asyncio.get_running_loop().create_future()

    async def ready(self, deadline_s: float = 0.0) -> None:  # noqa: ARG002
        """As it was then."""
        now = asyncio.get_running_loop().time()
        while self._readies and self._readies[0].at < now - _PAST_S:
            self._readies.popleft()
        if self._readies:
            await _moment(self._readies[0].at)  # who is cancelled meanwhile leaves it to the next
            said = self._readies.popleft()
            if said.facts["failed"]:
                raise VisionTimeout(said.facts["failed"])

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Give the recorded verdict at its moment."""
        digest, asked = digest_of(picture), base64.b64encode(pack_question(task, b"")).decode()
        known = self._verdicts.get((digest, asked))
        if not known:
            about = f"a {type(task).__name__} on picture {digest[:12] or 'unknown'}"
            self.unknown.append(
                (asyncio.get_running_loop().time(), f"asks vision for a verdict that it did not ask: {about}")
            )
            await asyncio.sleep(deadline_s)
            raise VisionTimeout(f"no verdict within {deadline_s} s")
        said = known.popleft()
        if "cancelled" in said.facts:
            await asyncio.get_running_loop().create_future()
        await _moment(said.at)
        if "failed" in said.facts:
            error: type[VisionError] = getattr(vision_workers, said.facts["error"])
            raise error(said.facts["failed"])
        verdict = self._judge(digest, task) if self._judge else _verdict(said)
        return replace(verdict, evidence=stand_in(digest, 100) if said.facts["evidence"] else b"")


def _verdict(said: Said) -> Verdict:
    verdict = Answer.model_validate({"verdict": said.facts["verdict"]}).verdict
    assert verdict is not None
    return verdict


@dataclass(slots=True)
class _Link:
    """One recorded connection to the broker."""

    said: list[Said] = field(default_factory=list)

    def first(self, *what: str) -> Said | None:
        """The first that was said of this."""
        return next((each for each in self.said if each.facts["what"] in what), None)


class PlaybackDispatch:
    """Broker and dispatch over all connections. Receipts name events by the ids that they bear now."""

    def __init__(self, line: Timeline) -> None:
        links: dict[int, _Link] = {}
        for number, said in line.broker:
            links.setdefault(number, _Link()).said.append(said)
        self._links = deque(links.values())
        self.answers: dict[tuple[str, str], deque[Said]] = {}
        self._then: dict[str, str] = {}
        self.now: dict[str, str] = {}
        for _, said in line.broker:
            if said.facts["what"] == "tell":
                key = _key(said.facts["payload"])
                self.answers.setdefault(("tell", key), deque()).append(said)
                self._note(self._then, said.facts["payload"])

    def connect(self) -> Broker:
        """The next connection."""
        return cast(Broker, PlaybackBroker(self, self._links.popleft() if self._links else _Link()))

    def told(self, payload: str) -> None:
        """Note an event of now."""
        self._note(self.now, payload)

    def receipt(self, payload: bytes) -> bytes | None:
        """A recorded receipt as dispatch would send it now; None while its event was not told yet."""
        by_id = {event: sequence for sequence, event in self._then.items()}
        for event, sequence in by_id.items():
            if event.encode() in payload:
                now = self.now.get(sequence)
                return None if now is None else payload.replace(event.encode(), now.encode())
        return payload

    def _note(self, ids: dict[str, str], payload: str) -> None:
        try:
            event = json.loads(payload)
            ids[event["sequence"]] = event["id"]
        except (ValueError, TypeError, KeyError):
            return


class PlaybackBroker:
    """One connection; the same shape as the real one's."""

    def __init__(self, dispatch: PlaybackDispatch, link: _Link) -> None:
        self._dispatch = dispatch
        self._link = link

    async def __aenter__(self) -> Self:
        said = self._link.first("opened", "refused")
        if said is None:
            await asyncio.get_running_loop().create_future()
        assert said is not None
        await _moment(said.at)
        if said.facts["what"] == "refused":
            raise aiomqtt.MqttError(said.facts["error"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is to be closed."""

    async def announce(self, *, online: bool) -> None:  # noqa: ARG002
        """As it went then."""
        await self._as_then(self._link.first("announce"))

    async def follow(self, *topics: str) -> None:  # noqa: ARG002
        """As it went then."""
        await self._as_then(self._link.first("follow"))

    async def tell(self, topic: str, payload: str, properties: Any = None, *, retain: bool = False) -> int:  # noqa: ARG002
        """Publish: answered as the event of the same sequence was answered then."""
        self._dispatch.told(payload)
        answers = self._dispatch.answers.get(("tell", _key(payload)))
        said = answers.popleft() if answers else None
        await self._as_then(said)
        return int(said.facts["answer"]) if said is not None else 0

    @property
    def messages(self) -> AsyncIterator[aiomqtt.Message]:
        """What arrived then."""
        return self._messages()

    async def _messages(self) -> AsyncIterator[aiomqtt.Message]:
        for said in self._link.said:
            if said.facts["what"] == "arrived":
                await _moment(said.at)
                payload = base64.b64decode(said.facts["payload"])
                while (now := self._dispatch.receipt(payload)) is None:  # noqa: ASYNC110 -- its event comes, or the end
                    await asyncio.sleep(0.01)
                yield aiomqtt.Message(said.facts["topic"], now, 1, said.facts["retain"], 0, None)
            elif said.facts["what"] == "lost":
                await _moment(said.at)
                raise aiomqtt.MqttError(said.facts["error"])
        await asyncio.get_running_loop().create_future()

    async def _as_then(self, said: Said | None) -> None:
        if said is None:
            return
        await _moment(said.at)
        if "error" in said.facts:
            raise aiomqtt.MqttError(said.facts["error"])


def _key(payload: str) -> str:
    """What a message says, whatever the event's id and time are: its sequence, else itself."""
    try:
        return str(json.loads(payload)["sequence"])
    except (ValueError, TypeError, KeyError):
        return payload


async def _moment(at: float) -> None:
    """Wait until the recorded moment has come."""
    await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
