"""The broker, recorded: when each connection came and went, what was published on it, and what arrived."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Self, cast

import aiomqtt

from controller.dispatch.broker import Broker
from controller.recording.recorder import Recorder
from controller.recording.tape import Kind


class RecordedBroker:
    """A connection to the broker, recorded: when it came and went, what was published, what arrived."""

    def __init__(self, broker: Broker, recorder: Recorder) -> None:
        self._broker = broker
        self._recorder = recorder
        self._number = recorder.stream()
        self._arrived = Arrivals()
        self._listening: asyncio.Task[None] | None = None
        recorder.tell(Kind.BROKER, self._number, what="dialled")

    async def __aenter__(self) -> Self:
        await self._asked("opened", {}, self._broker.__aenter__())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.cancel()
        await self._asked("closed", {}, self._broker.__aexit__(kind, error, trace))

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
        if self._listening is None:
            self._listening = self._recorder.pump(self._listen())
        return self._arrived.messages()

    async def _listen(self) -> None:
        loop, tell = self._recorder.loop, partial(self._recorder.tell, Kind.BROKER, self._number)
        try:
            async for message in self._broker.messages:
                payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
                told = base64.b64encode(payload).decode()
                topic, retain = message.topic.value, bool(message.retain)
                note = partial(tell, what="arrived", topic=topic, payload=told, retain=retain)
                loop.inject(note, self._arrived.come, message)
        except (aiomqtt.MqttError, OSError) as error:
            loop.inject(partial(tell, what="lost", error=str(error)), self._arrived.come, error)

    async def _asked(self, what: str, facts: dict[str, Any], answer: Coroutine[Any, Any, Any]) -> Any:
        number = self._recorder.asked()

        def note(ended: asyncio.Task[Any]) -> None:
            self._recorder.tell(Kind.BROKER, self._number, what=what, n=number, **facts, **_went(ended))

        return await self._recorder.passed(answer, note)


def _went(ended: asyncio.Task[Any]) -> dict[str, Any]:
    """How a request to the broker ended."""
    if ended.cancelled():
        return {"cancelled": True}
    if (error := ended.exception()) is not None:
        return {"error": str(error)}
    return {"answer": ended.result()} if isinstance(ended.result(), int) else {}


class Arrivals:
    """Messages of a connection as they come, and its end by an error."""

    def __init__(self) -> None:
        self._came: deque[aiomqtt.Message | Exception] = deque()
        self._reader: asyncio.Future[None] | None = None

    def come(self, what: aiomqtt.Message | Exception) -> None:
        """Take a message, or why there will be no further one."""
        self._came.append(what)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def messages(self) -> AsyncIterator[aiomqtt.Message]:
        """What has come and what comes."""
        while True:
            while not self._came:
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader
            came = self._came.popleft()
            if isinstance(came, Exception):
                raise came
            yield came


def recorded_connect(connect: Callable[[], Broker], recorder: Recorder) -> Callable[[], Broker]:
    """As `connect`, every connection recorded."""

    def connect_recorded() -> Broker:
        try:
            broker = connect()
        except OSError as error:
            recorder.tell(Kind.BROKER, recorder.stream(), what="unmade", error=str(error))
            raise
        return cast(Broker, RecordedBroker(broker, recorder))

    return connect_recorded
