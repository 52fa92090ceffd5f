"""Broker and dispatch on a virtual floor: what the line publishes to, and who answers.

The broker forgets when it is restarted empty. Dispatch keeps a ledger of its own, applies each event once, and answers
each delivery; how badly it may behave is told to it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Self

from simulators.oracle import Told
from simulators.virtual.trace import Trace

_KINDS = ("sealed", "voided", "recalled")
NO_SUBSCRIBERS = 0x10


@dataclass(frozen=True, slots=True)
class Topic:
    """As the line's client library gives it."""

    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """One delivered message."""

    topic: Topic
    payload: bytes
    retain: bool = False


@dataclass(slots=True)
class Manners:
    """How dispatch behaves now.

    :ivar delay_s: before it answers; :ivar absent: it is not there: its messages wait at the broker.
    :ivar twice: answers everything twice; :ivar astray: also answers something that nobody asked.
    :ivar confused: deliveries that it applies and answers with the name of the event before.
    :ivar mute: deliveries that it applies and does not answer; :ivar deaf: deliveries that get lost before it.
    """

    delay_s: float = 0.02
    absent: bool = False
    twice: bool = False
    astray: bool = False
    confused: int = 0
    mute: int = 0
    deaf: int = 0


class VirtualDispatch:
    """Dispatch with its ledger. :ivar on_told: told of each event when it is entered."""

    def __init__(self, broker: VirtualBroker, trace: Trace) -> None:
        self.manners = Manners()
        self.ledger: dict[str, Told] = {}
        self.deliveries = 0
        self.on_told: Callable[[Told], None] = lambda _: None
        self._before = ""
        self._broker = broker
        self._trace = trace

    def take(self, body: str) -> None:
        """Take one delivery: apply it once, answer it each time."""
        self.deliveries += 1
        if self.manners.deaf:
            self.manners.deaf -= 1
            return
        event = json.loads(body)
        identifier = event["id"]
        self._trace.add(asyncio.get_running_loop().time(), "event", body.encode())
        accepted, reason = True, ""
        if identifier not in self.ledger:
            told = _told(event)
            if told.kind == "sealed" and any(
                each.kind == "sealed" and each.mail_number == told.mail_number for each in self.ledger.values()
            ):
                accepted, reason = False, "this mail number was sealed already"
                told = Told(told.sequence, told.kind, told.acceptance, told.mail_number, reason)
            self.ledger[identifier] = told
            self.on_told(told)
        else:
            reason = self.ledger[identifier].refused
            accepted = not reason
        if self.manners.mute:
            self.manners.mute -= 1
            return
        self._answer(self._named(identifier), accepted, reason)

    def _named(self, identifier: str) -> str:
        """The event that it names in its answer."""
        before, self._before = self._before, identifier
        if not self.manners.confused or not before:
            return identifier
        self.manners.confused -= 1
        return before

    def _answer(self, identifier: str, accepted: bool, reason: str) -> None:
        receipts = [{"id": identifier, "accepted": accepted, "reason": reason}]
        if self.manners.twice:
            receipts *= 2
        if self.manners.astray:
            receipts.insert(0, {"id": "GZ99-L9-1-0000000000000000", "accepted": True, "reason": ""})
        for number, receipt in enumerate(receipts):
            delay_s = self.manners.delay_s * (1 + number)
            self._broker.later(delay_s, self._broker.to_line, "receipts", json.dumps(receipt).encode())


class VirtualBroker:
    """:ivar down: nobody can connect; :ivar slow_s: how long it takes at most to take or pass on a message."""

    def __init__(self, chance: Random, trace: Trace) -> None:
        self.down = False
        self.slow_s = 0.0
        self.dispatch = VirtualDispatch(self, trace)
        self._chance = chance
        self._waiting: list[str] = []
        self._connections: list[Connection] = []
        self._context = copy_context()

    def connect(self) -> Connection:
        """A connection for the line."""
        return Connection(self)

    def lose(self, *, forget: bool) -> None:
        """Stop. :param forget: what waited is forgotten."""
        self.down = True
        if forget:
            self._waiting.clear()
        self.hang_up(ConnectionResetError("the broker is gone"))

    def come_back(self) -> None:
        """Be there again."""
        self.down = False
        self.present(there=not self.dispatch.manners.absent)

    def present(self, *, there: bool) -> None:
        """Dispatch comes or goes; what waited for it is delivered."""
        self.dispatch.manners.absent = not there
        self.to_line("state", json.dumps({"online": there}).encode())
        if there:
            self._deliver()

    def hang_up(self, why: Exception | None = None) -> None:
        """End the line's connections."""
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.lose(why or ConnectionResetError("the line is gone"))

    async def join(self, connection: Connection) -> None:
        """Take a connection. :raises OSError: down."""
        await asyncio.sleep(self._chance.uniform(0.001, 0.01))
        if self.down:
            raise ConnectionRefusedError("no broker answers")
        self._connections.append(connection)

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        if connection in self._connections:
            self._connections.remove(connection)

    async def publish(self, connection: Connection, body: str) -> int:
        """Take an event from the line."""
        await asyncio.sleep(self._chance.uniform(0.0005, 0.005 + self.slow_s))
        if self.down or connection not in self._connections:
            raise ConnectionResetError("the broker is gone")
        self._waiting.append(body)
        if not self.dispatch.manners.absent:
            self.later(self._chance.uniform(0.0005, 0.01 + self.slow_s), self._deliver)
        return 0

    def to_line(self, what: str, payload: bytes, *, retain: bool = False) -> None:
        """Deliver to the line, if it is connected; else it is lost."""
        for connection in self._connections:
            connection.deliver(what, payload, retain=retain)

    def later(self, delay_s: float, do: Callable[..., None], *arguments: Any) -> None:
        """Do something by and by; whoever asked for it may be dead then."""
        asyncio.get_running_loop().call_later(delay_s, do, *arguments, context=self._context)

    def _deliver(self) -> None:
        if self.down or self.dispatch.manners.absent:
            return
        waiting, self._waiting = self._waiting, []
        for body in waiting:
            self.dispatch.take(body)


@dataclass(slots=True, eq=False)
class Connection:
    """What the line's link talks to; the same shape as the real broker's connection."""

    broker: VirtualBroker
    arrived: asyncio.Queue[Message | Exception] = field(default_factory=asyncio.Queue)
    lost: Exception | None = None
    topics: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        await self.broker.join(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.broker.leave(self)

    async def announce(self, *, online: bool) -> None:
        """Say that the line is there."""

    async def follow(self, *topics: str) -> None:
        """Subscribe; the retained state of dispatch comes at once."""
        self.topics = {topic.rpartition("/")[2]: topic for topic in topics}
        state = {"online": not self.broker.dispatch.manners.absent}
        self.deliver("state", json.dumps(state).encode(), retain=True)

    async def tell(self, topic: str, payload: str, properties: Any = None, *, retain: bool = False) -> int:  # noqa: ARG002
        """Publish."""
        return await self.broker.publish(self, payload)

    @property
    def messages(self) -> AsyncIterator[Message]:
        """What arrives, until the connection is lost."""
        return self._messages()

    async def _messages(self) -> AsyncIterator[Message]:
        while True:
            arrived = await self.arrived.get()
            if isinstance(arrived, Exception):
                raise arrived
            yield arrived

    def deliver(self, what: str, payload: bytes, *, retain: bool = False) -> None:
        """Let a message arrive."""
        if what in self.topics:
            self.arrived.put_nowait(Message(Topic(self.topics[what]), payload, retain))

    def lose(self, why: Exception) -> None:
        """Break."""
        self.lost = why
        self.arrived.put_nowait(why)


def _told(event: dict[str, Any]) -> Told:
    data = event["data"]
    kind = next((word for word in event["type"].split(".") if word in _KINDS), event["type"])
    return Told(int(event["sequence"]), kind, data.get("acceptance", ""), data.get("mail_number", ""))
