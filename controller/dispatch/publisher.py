"""The line's link to dispatch: publishes what is pending in the outbox and takes dispatch's receipts.

The broker's own acknowledgement ends nothing: it forgets. An event is published again, under its id, until dispatch
itself has answered for it; dispatch applies each id once. Events go out in the order of their sequence; after a
missing receipt the link begins again at the oldest unanswered one, so that the order stays.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import NoReturn

import aiomqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import ValidationError

from controller.dispatch.broker import NO_MATCHING_SUBSCRIBERS, Address, Broker, stay_connected
from controller.dispatch.events import CONTENT_TYPE
from controller.dispatch.outbox import LONGEST_RECEIPT, Letter, Receipt, pending_after, settle
from controller.journal import Journal, JournalUnavailable
from controller.plan.sections import DispatchSection

PATIENCE_LIMIT = 8
"""While no receipt at all arrives the deadline doubles up to this many times the configured one."""
_log = structlog.get_logger()


class DispatchLink:
    """Owner of the connection to the broker.

    :param on_parked: called with sequence and reason when dispatch refuses an event.
    :ivar connect: makes each connection; to the configured broker unless another is set before `serve`.
    :ivar online: connected to the broker; :ivar failure: why not, empty while connected.
    :ivar dispatch_seen: a dispatch subscriber says that it is there.
    :ivar no_subscriber: the broker said to the last event that nobody subscribes.
    :ivar published: events sent, repeats too; :ivar acknowledged, parked: receipts that ended an event.
    :ivar ignored: receipts that were malformed, retained, or for nothing pending.
    """

    def __init__(
        self,
        config: DispatchSection,
        line_id: str,
        journal: Journal,
        on_parked: Callable[[int, str], None] | None = None,
    ) -> None:
        self._config = config
        self._line_id = line_id
        self._journal = journal
        self._on_parked = on_parked
        self._events_topic = f"{config.topic}/{line_id}/events"
        self._receipts_topic = f"{config.topic}/{line_id}/receipts"
        self._dispatch_topic = f"{config.topic}/dispatch/state"
        self._wake = asyncio.Event()
        self._more = True
        """Whether the outbox may hold events that have not been published."""
        self._after = 0
        """Sequence up to which everything pending has been published in this turn."""
        self._turn = 0
        self._sent_at: dict[int, float] = {}
        """Loop time at which each unanswered event was published."""
        self._patience = 1
        self.connect: Callable[[], Broker] = self._to_broker
        self.online = False
        self.failure = "not connected yet"
        self.dispatch_seen = False
        self.no_subscriber = False
        self.published = 0
        self.acknowledged = 0
        self.parked = 0
        self.ignored = 0

    def kick(self) -> None:
        """Say that the outbox may have grown; call it in the loop, after the commit."""
        self._more = True
        self._wake.set()

    async def serve(self) -> NoReturn:
        """Keep the link up until cancelled. A lost broker or a journal that can't be written ends nothing."""
        await stay_connected(self.connect, self._converse, self._lost, JournalUnavailable)

    def _to_broker(self) -> Broker:
        config = self._config
        address = Address(config.host, config.port, config.username, config.password_file)
        return Broker(address, f"sealline-{self._line_id}", f"{config.topic}/{self._line_id}/state")

    def _lost(self, cause: str) -> None:
        if cause != self.failure:
            _log.warning("dispatch_link_down", cause=cause)
        self.failure = cause

    async def _converse(self, broker: Broker) -> None:
        await broker.follow(self._receipts_topic, self._dispatch_topic)
        self._begin_again()
        self.online, self.failure = True, ""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(broker))
                group.create_task(self._publish(broker))
        finally:
            self.online = self.dispatch_seen = False

    async def _publish(self, broker: Broker) -> NoReturn:
        while True:
            self._wake.clear()
            turn, letters = self._turn, await self._next_letters()
            for letter in letters:
                if turn == self._turn:  # else begun again meanwhile: these go out in their order then
                    await self._send(broker, letter)
            await self._wait_for_work()

    async def _next_letters(self) -> list[Letter]:
        """What there is room for; nothing when the outbox is known to hold no more."""
        room = self._config.in_flight - len(self._sent_at)
        if not self._more or room <= 0:
            return []
        if not self._sent_at:
            self._after = 0  # a parked event that was released stands before the others
        after, self._more = self._after, False
        letters = await self._journal.write(lambda ledger: pending_after(ledger, after, room))
        self._more = self._more or len(letters) == room
        return letters

    async def _send(self, broker: Broker, letter: Letter) -> None:
        self._after = letter.sequence
        self._sent_at[letter.sequence] = asyncio.get_running_loop().time()
        answer = await broker.tell(self._events_topic, letter.body, self._properties(letter))
        self.published += 1
        self.no_subscriber = answer == NO_MATCHING_SUBSCRIBERS

    async def _wait_for_work(self) -> None:
        """Until more may be pending or there is room for it; past the deadline of the oldest receipt, begin again."""
        try:
            async with asyncio.timeout_at(self._due()):
                await self._wake.wait()
        except TimeoutError:
            due = self._due()
            if due is not None and due <= asyncio.get_running_loop().time():
                self._patience = min(2 * self._patience, PATIENCE_LIMIT)
                self._begin_again()

    def _due(self) -> float | None:
        """Loop time at which the oldest unanswered event should have been answered."""
        oldest = min(self._sent_at.values(), default=None)
        return None if oldest is None else oldest + self._config.receipt_deadline_s * self._patience

    def _begin_again(self) -> None:
        """Take everything without a receipt as unpublished."""
        self._sent_at.clear()
        self._after = 0
        self._turn += 1
        self.kick()

    async def _listen(self, broker: Broker) -> None:
        async for message in broker.messages:
            if message.topic.value == self._dispatch_topic:
                self._note_dispatch(message)
            else:
                await self._take_receipt(message)

    def _note_dispatch(self, message: aiomqtt.Message) -> None:
        """Keep whether dispatch is there. When it has just come, what waits for its receipt goes out at once."""
        try:
            said = json.loads(_bytes(message))
        except ValueError:
            said = None
        seen = isinstance(said, dict) and said.get("online") is True
        if seen and not self.dispatch_seen and not message.retain:
            self._patience = 1
            self._begin_again()
        self.dispatch_seen = seen

    async def _take_receipt(self, message: aiomqtt.Message) -> None:
        receipt = _read_receipt(message)
        sequence = None if receipt is None else await self._journal.write(lambda ledger: settle(ledger, receipt))
        if receipt is None or sequence is None:
            self.ignored += 1
            return
        self._sent_at.pop(sequence, None)
        self._patience = 1
        if self._more:
            self._wake.set()
        if receipt.accepted:
            self.acknowledged += 1
        else:
            self.parked += 1
            if self._on_parked is not None:
                self._on_parked(sequence, receipt.reason)

    def _properties(self, letter: Letter) -> Properties:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = CONTENT_TYPE
        properties.ResponseTopic = self._receipts_topic
        properties.CorrelationData = letter.id.encode()
        return properties


def _read_receipt(message: aiomqtt.Message) -> Receipt | None:
    """The receipt in a message. A retained one was left there by somebody and answers nothing of now."""
    payload = _bytes(message)
    if message.retain or len(payload) > LONGEST_RECEIPT:
        return None
    try:
        return Receipt.model_validate_json(payload)
    except ValidationError:
        return None


def _bytes(message: aiomqtt.Message) -> bytes:
    payload = message.payload
    return payload if isinstance(payload, bytes) else str(payload).encode()
