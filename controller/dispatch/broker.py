"""The way to the MQTT 5 broker, for the line and for the reference subscriber: connect, stay connected, publish.

aiomqtt does not say what the broker answered to a publish; `Broker.tell` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from controller.together import apart

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
ANSWER_S = 5.0
"""The broker answers each request within this time, or the connection is given up."""
KEEP_ALIVE_S = 10
NO_MATCHING_SUBSCRIBERS = 0x10
FAILURE = 0x80
"""Reason codes from here on are refusals."""
SESSION_S = 7 * 24 * 3600
"""How long the broker keeps a subscriber's session while it is away."""

_quiet = logging.getLogger("sealline.mqtt")
"""Whatever the client library would log is told once, as the cause of a lost connection."""
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is and who asks.

    :ivar password_file: read at each connection; its first line is the password.
    """

    host: str
    port: int
    username: str = ""
    password_file: Path | None = None


class Broker(aiomqtt.Client):
    """One connection. Use as `async with Broker(…) as broker`, made anew for each attempt.

    :param state_topic: gets a retained `{"online": …}`: true from `announce`, false as the last will.
    :param lasting: whether the broker keeps subscriptions and messages while this client is away.
    """

    def __init__(self, address: Address, client_id: str, state_topic: str, *, lasting: bool = False) -> None:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = SESSION_S if lasting else 0
        super().__init__(
            address.host,
            address.port,
            username=address.username or None,
            password=_password(address.password_file) if address.username else None,
            identifier=client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            will=aiomqtt.Will(state_topic, b'{"online": false}', qos=1, retain=True),
            clean_start=not lasting,
            properties=session,
            keepalive=KEEP_ALIVE_S,
            timeout=ANSWER_S,
            logger=_quiet,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        self._state_topic = state_topic
        self._answered = 0

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        self._answered = reason_code.value
        super()._on_publish(client, userdata, mid, reason_code, properties)

    async def tell(
        self, topic: str, payload: str, properties: Properties | None = None, *, retain: bool = False
    ) -> int:
        """Publish with QoS 1 and return the broker's reason code: 0, or 0x10 when nobody subscribes. One at a time.

        :raises aiomqtt.MqttError: refused, or no answer in time.
        """
        self._answered = 0
        await self.publish(topic, payload, qos=1, retain=retain, properties=properties)
        if self._answered >= FAILURE:
            raise aiomqtt.MqttError(
                f"the broker refuses to publish to {topic}: reason code 0x{self._answered:02X}; check its access rules"
            )
        return self._answered

    async def follow(self, *topics: str) -> None:
        """Subscribe with QoS 1. :raises aiomqtt.MqttError: the broker refuses one of them."""
        answers = await self.subscribe([(topic, 1) for topic in topics])
        for topic, answer in zip(topics, answers, strict=True):
            if isinstance(answer, ReasonCode) and answer.value >= FAILURE:
                raise aiomqtt.MqttError(
                    f"the broker refuses a subscription to {topic}: {answer} (0x{answer.value:02X}); "
                    "check its access rules"
                )

    async def announce(self, *, online: bool) -> None:
        """Say on the state topic whether this client is there."""
        await self.tell(self._state_topic, f'{{"online": {"true" if online else "false"}}}', retain=True)


async def stay_connected(
    connect: Callable[[], Broker],
    converse: Callable[[Broker], Awaitable[None]],
    lost: Callable[[str], None],
    survivable: type[Exception],
) -> NoReturn:
    """Connect, converse, and begin again whenever that ends, until cancelled; waits 0.2 to 5 s between attempts.

    :param lost: told why, at each lost connection and each failed attempt.
    :param survivable: what else but a broken connection ends a conversation and not the link.
    """
    now = asyncio.get_running_loop().time
    wait = FIRST_WAIT_S
    while True:
        began = now()
        try:
            await apart(_connection(connect, converse))
        except* (aiomqtt.MqttError, OSError, survivable) as failures:
            lost("; ".join(dict.fromkeys(_causes(failures))))
        await asyncio.sleep(wait)
        wait = FIRST_WAIT_S if now() - began > 2 * LONGEST_WAIT_S else min(2 * wait, LONGEST_WAIT_S)


async def _connection(connect: Callable[[], Broker], converse: Callable[[Broker], Awaitable[None]]) -> None:
    async with connect() as broker:
        await _converse_and_leave(broker, converse)


async def _converse_and_leave(broker: Broker, converse: Callable[[Broker], Awaitable[None]]) -> None:
    await broker.announce(online=True)
    try:
        await converse(broker)
    except asyncio.CancelledError:
        # A proper farewell does not release the last will, so it is said here.
        with contextlib.suppress(aiomqtt.MqttError):
            await broker.announce(online=False)
        raise


def _causes(failures: BaseExceptionGroup[Exception]) -> list[str]:
    found: list[str] = []
    for each in failures.exceptions:
        found += _causes(each) if isinstance(each, BaseExceptionGroup) else [str(each) or type(each).__name__]
    return found


def _password(path: Path | None) -> str | None:
    return path.read_text(encoding="utf-8").split("\n", 1)[0].strip() if path is not None else None
