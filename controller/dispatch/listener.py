"""The reference dispatch subscriber: takes a line's events, keeps its own ledger, and answers each one.

It shows a plant's own dispatch system what the line counts on: a persistent session, each (source, id) applied once,
committed before the receipt goes out, a receipt for repeats as well, and a retained state that says it is there.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import ValidationError

from controller.dispatch.broker import Address, Broker, stay_connected
from controller.dispatch.events import CloudEvent
from controller.dispatch.outbox import Receipt
from controller.dispatch.receiving import DispatchLedger

ALL_LINES = "+"
_ID = re.compile(r"^[!-~]{1,200}$")


@dataclass(frozen=True, slots=True)
class Taken:
    """One delivery as it was answered. `event` is None when it could not be read."""

    event: CloudEvent | None
    receipt: Receipt


class Listener:
    """Owner of the subscriber's connection.

    :param line: whose events are taken; `+` for every line's.
    :param on_taken: told of each delivery, repeats too.
    :ivar online: connected to the broker; :ivar failure: why not.
    :ivar unreadable: deliveries that were no event of that line; those with an id are answered with a refusal.
    """

    def __init__(
        self,
        address: Address,
        ledger: DispatchLedger,
        *,
        topic: str = "sealline",
        line: str = ALL_LINES,
        on_taken: Callable[[Taken], None] | None = None,
    ) -> None:
        self._address = address
        self._ledger = ledger
        self._topic = topic
        self._line = line
        self._on_taken = on_taken
        self.online = False
        self.failure = "not connected yet"
        self.unreadable = 0

    async def serve(self) -> NoReturn:
        """Listen until cancelled, through any loss of the broker."""
        await stay_connected(self._connect, self._converse, self._lost, sqlite3.Error)

    def _connect(self) -> Broker:
        name = "all" if self._line == ALL_LINES else self._line
        return Broker(self._address, f"dispatch-{name}", f"{self._topic}/dispatch/state", lasting=True)

    def _lost(self, cause: str) -> None:
        self.failure = cause

    async def _converse(self, broker: Broker) -> None:
        await broker.follow(f"{self._topic}/{self._line}/events")
        self.online, self.failure = True, ""
        arrived: asyncio.Queue[aiomqtt.Message] = asyncio.Queue()
        try:
            # Apart, so that a lost broker is noticed while an answer waits for it.
            async with asyncio.TaskGroup() as group:
                group.create_task(_receive(broker, arrived))
                group.create_task(self._answer_all(broker, arrived))
        finally:
            self.online = False

    async def _answer_all(self, broker: Broker, arrived: asyncio.Queue[aiomqtt.Message]) -> NoReturn:
        while True:
            await self._answer(broker, await arrived.get())

    async def _answer(self, broker: Broker, message: aiomqtt.Message) -> None:
        line = message.topic.value.removeprefix(f"{self._topic}/").removesuffix("/events")
        body = message.payload.decode(errors="replace") if isinstance(message.payload, bytes) else ""
        taken = await self._take(body, line)
        if taken is None:
            return
        # The answer goes where the line listens, never to a topic that a message names.
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.CorrelationData = taken.receipt.id.encode()
        await broker.tell(f"{self._topic}/{line}/receipts", taken.receipt.model_dump_json(), properties)
        if self._on_taken is not None:
            self._on_taken(taken)

    async def _take(self, body: str, line: str) -> Taken | None:
        try:
            event = CloudEvent.model_validate_json(body)
            if event.source != f"/sealline/{line}":
                raise ValueError(f"source is {event.source}, must be /sealline/{line}")
        except (ValidationError, ValueError) as error:
            self.unreadable += 1
            found = _id_of(body)
            return Taken(None, Receipt(id=found, accepted=False, reason=_short(error))) if found else None
        return Taken(event, await asyncio.to_thread(self._ledger.take, event, body))


async def _receive(broker: Broker, arrived: asyncio.Queue[aiomqtt.Message]) -> None:
    async for message in broker.messages:
        arrived.put_nowait(message)


def _id_of(body: str) -> str:
    """The id of something that is no event, to refuse it; empty when it has none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) and _ID.match(identifier) else ""


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(each) for each in first['loc']) or 'event'}: {first['msg']}"[:500]
    return str(error)[:500]
