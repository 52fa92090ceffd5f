"""A recording as a replay needs it: each device's connections with their bytes, and what came over the other seams."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.plan.config import LineConfig
from controller.recording.tape import Kind, Record

_DELIVERED = frozenset({Kind.IN, Kind.PICTURE, Kind.PIECE, Kind.ENDED})


@dataclass(slots=True)
class Answer:
    """Something that the line waited for, with the record of its coming."""

    record: Record
    _came: bool = False
    _waiting: list[Callable[[], None]] = field(default_factory=list)

    def come(self) -> None:
        """It comes in this turn."""
        self._came = True
        for settle in self._waiting:
            settle()

    def then(self, settle: Callable[[], None]) -> None:
        """Call `settle` when it comes; soon, when it has come before anybody asked."""
        if self._came:
            asyncio.get_running_loop().call_soon(settle)
        else:
            self._waiting.append(settle)

    async def wait(self) -> None:
        """Return when it has come."""
        here: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.then(lambda: None if here.done() else here.set_result(None))
        await here

    async def said(self) -> dict[str, Any]:
        """Its facts, when it has come; never, when the line had ceased to wait for it then."""
        facts = self.record.said()
        if "cancelled" in facts:
            await asyncio.get_running_loop().create_future()
        await self.wait()
        return facts


class Answers:
    """Answers of one kind by what was asked; those to the same question in the order in which they were asked."""

    def __init__(self) -> None:
        self._asked: dict[str, list[tuple[int, Answer]]] = {}
        self._next: dict[str, int] = {}

    def add(self, question: str, number: int, answer: Answer) -> None:
        """Add an answer. :param number: of its question."""
        asked = self._asked.setdefault(question, [])
        asked.append((number, answer))
        asked.sort(key=lambda each: each[0])

    @property
    def questions(self) -> list[str]:
        """All that was asked."""
        return list(self._asked)

    def next(self, question: str) -> Answer | None:
        """The answer to a question that is asked now; None when it was not asked so often then."""
        place = self._next[question] = self._next.get(question, -1) + 1
        asked = self._asked.get(question, [])
        return asked[place][1] if place < len(asked) else None


@dataclass(slots=True)
class Connection:
    """One attempt to open a device's link, and what went over it.

    :ivar opened: its opening or refusal; None when it was neither.
    :ivar over_at: loop time at which it ended; infinity when it outlasts the recording.
    :ivar passed: everything else but its closing, in order. :ivar drained: waits for the operating system, by number.
    :ivar delivered: place on the tape up to which was delivered. :ivar arrive: told of each delivery.
    """

    device: str
    dialled: Record
    opened: Answer | None = None
    over_at: float = float("inf")
    passed: list[Record] = field(default_factory=list)
    drained: dict[int, Answer] = field(default_factory=dict)
    delivered: int = 0
    arrive: Callable[[], None] = lambda: None

    @property
    def refused(self) -> str | None:
        """Why it was refused."""
        return self.opened.record.data.decode() if self.opened and self.opened.record.kind is Kind.REFUSED else None

    def take(self, record: Record) -> None:
        """Take the next record of this connection."""
        match record.kind:
            case Kind.OPENED | Kind.REFUSED:
                self.opened = Answer(record)
                if record.kind is Kind.REFUSED:
                    self.over_at = record.at
            case Kind.CLOSED:
                self.over_at = min(self.over_at, record.at)
            case Kind.DRAINED:
                self.drained[record.said()["n"]] = Answer(record)
            case _:
                self.passed.append(record)
                if record.kind is Kind.ENDED:
                    self.over_at = record.at

    def deliver(self, record: Record) -> None:
        """Take a record's turn."""
        if record.kind in (Kind.OPENED, Kind.REFUSED):
            assert self.opened is not None
            self.opened.come()
        elif record.kind is Kind.DRAINED:
            self.drained[record.said()["n"]].come()
        elif record.kind in _DELIVERED:
            self.delivered = record.place
            self.arrive()


@dataclass(slots=True)
class Said:
    """A record of facts with its time."""

    at: float
    facts: dict[str, Any]


@dataclass(slots=True)
class BrokerLink:
    """One recorded connection to the broker. :ivar unmade: why there could be none."""

    unmade: str = ""
    answers: Answers = field(default_factory=Answers)
    came: deque[dict[str, Any]] = field(default_factory=deque)
    arrive: Callable[[], None] = lambda: None

    def deliver(self, facts: dict[str, Any]) -> None:
        """A message or the end comes in this turn."""
        self.came.append(facts)
        self.arrive()


@dataclass(slots=True)
class Timeline:
    """All of a recording. Times are the recorded line's loop times.

    :ivar turns: of the line's loop; :ivar records: in their order.
    :ivar stopped_at: when the line was told to end; None when it died or still ran.
    :ivar deliveries: what is done in the turn of a record, by its place.
    """

    folder: Path
    config: LineConfig
    turns: array[int] = field(default_factory=lambda: array("q"))
    records: list[Record] = field(default_factory=list)
    began: Answer | None = None
    stopped: Answer | None = None
    connections: dict[str, list[Connection]] = field(default_factory=dict)
    verdicts: Answers = field(default_factory=Answers)
    readies: Answers = field(default_factory=Answers)
    asides: Answers = field(default_factory=Answers)
    publishing: Answers = field(default_factory=Answers)
    commits: list[Record] = field(default_factory=list)
    calls: list[Record] = field(default_factory=list)
    refusals: list[Said] = field(default_factory=list)
    links: list[BrokerLink] = field(default_factory=list)
    published: list[Said] = field(default_factory=list)
    walls: list[tuple[float, datetime]] = field(default_factory=list)
    entries: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    deliveries: dict[int, Callable[[], None]] = field(default_factory=dict)

    @property
    def began_at(self) -> float:
        """Loop time at which the recording begins."""
        return self.records[0].at

    @property
    def end(self) -> float:
        """Loop time at which the recording ends."""
        return self.records[-1].at if self.stopped is None else self.stopped.record.at

    @property
    def stopped_at(self) -> float | None:
        """Loop time at which the line was told to end."""
        return None if self.stopped is None else self.stopped.record.at

    def deliver(self, record: Record) -> None:
        """Take a record's turn."""
        self.deliveries.get(record.place, _nothing)()


def _nothing() -> None:
    """Most records are no input."""
