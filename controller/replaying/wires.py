"""Playbacks in place of devices: each connection says what was recorded, when it was recorded, and never too early.

Replayed code takes no processor time, so that it is always a little earlier than the line that was recorded. An answer
therefore waits for its recorded moment, and for the request that it answers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from controller.recording.tape import Kind
from controller.replaying.timeline import Connection
from devices.camera.driver import JPEG_START
from devices.links.stream import ByteStream

_TRIGGER = re.compile(rb"[?&]trigger=(\d+)")
_NAMED_TRIGGER = re.compile(rb"(?i)(x-trigger: *)(\d+)")
_MARK = b" stands for "
_ALMOST_OVER_S = 0.1
"""A recorded connection that ends so soon is over for a driver that is a little early."""


class PlaybackStream:
    """The driver's end; see `ByteStream`. What the driver writes goes to `heard`."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        self._arrived = b""
        self._failure: OSError | None = None
        self._ended = False
        self._reader: asyncio.Future[None] | None = None

    @property
    def over(self) -> bool:
        """Whether nothing can arrive any more."""
        return self._ended

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes."""
        while not self._arrived and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._arrived and self._failure is not None:
            raise self._failure
        taken, self._arrived = self._arrived[:most], self._arrived[most:]
        return taken

    def read_now(self) -> bytes:
        """Return what has arrived."""
        if not self._arrived and self._ended:
            raise self._failure or ConnectionResetError("the other end closed the link")
        taken, self._arrived = self._arrived, b""
        return taken

    def write(self, data: bytes) -> None:
        """Let the playback hear it."""
        if self._ended:
            raise self._failure or BrokenPipeError("the link is closed")
        self._heard(data)

    async def drain(self) -> None:
        """Return: nothing is held back."""

    def close(self) -> None:
        """End the link."""
        self.end("")

    def deliver(self, data: bytes) -> None:
        """Let bytes arrive."""
        if not self._ended:
            self._arrived += data
            self._wake()

    def end(self, why: str) -> None:
        """Let the link end. :param why: an error, empty for a closed one."""
        if not self._ended:
            self._ended = True
            self._failure = ConnectionResetError(why) if why else None
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


class Wire:
    """One device's recorded connections, opened one after the other.

    :param begin: makes the playback of one connection, from a loop time on, and returns the driver's end of it.
    """

    def __init__(self, connections: list[Connection], begin: Callable[[Connection, float], ByteStream]) -> None:
        self._connections = connections
        self._begin = begin
        self._next = 0

    async def dial(self) -> ByteStream:
        """Open the link as it was opened then; what was refused is refused, what never answered never answers."""
        loop = asyncio.get_running_loop()
        known, connection = self._next, self._choose(loop.time())
        if connection is None or (connection.opened_at is None and connection.refused is None):
            await asyncio.sleep(2**20)
            raise ConnectionRefusedError("the recording has no further connection")
        at = connection.opened_at if connection.opened_at is not None else connection.over_at
        await asyncio.sleep(max(0.0, at - loop.time()))
        if connection.refused is not None:
            raise ConnectionRefusedError(connection.refused)
        return self._begin(connection, loop.time() if known == self._next else connection.dialled_at)

    def _choose(self, now: float) -> Connection | None:
        """The attempt that comes next; the last one again where it lived on in the recording."""
        if self._next and self._connections[self._next - 1].over_at > now + _ALMOST_OVER_S:
            return self._connections[self._next - 1]
        while self._next < len(self._connections):
            self._next += 1
            connection = self._connections[self._next - 1]
            if connection.over_at >= now or self._next == len(self._connections):
                return connection
        return None


class Conversation:
    """A device that answers in the order in which it is asked: scanner, scale, printer, camera.

    What it said stands behind as many writes of the driver as were made before it then.
    """

    def __init__(self, connection: Connection, since: float, wrote: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._passed = [record for record in connection.passed if record.at >= since]
        self._wrote = wrote
        self._asked = self._heard = 0
        self._place = 0
        self._then: list[bytes] = []
        self._now: list[bytes] = []
        self.stream = PlaybackStream(self._hear)
        if connection.ended is not None:
            self._loop.call_at(connection.over_at, self.stream.end, connection.ended)
        self._go_on()

    def _hear(self, data: bytes) -> None:
        self._heard += 1
        self._now.append(data)
        self._wrote(data)
        self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Say everything whose moment has come, and come again for the next."""
        passed = self._passed
        while self._place < len(passed) and not self.stream.over:
            record = passed[self._place]
            if record.kind is Kind.OUT:
                self._asked += 1
                self._then.append(record.data)
                self._place += 1
                continue
            if self._heard < self._asked:
                return  # comes again when it is asked
            if record.at > self._loop.time() + 1e-6:
                self._loop.call_at(record.at, self._go_on)
                return
            self._place += 1
            self.stream.deliver(self._said(record.kind, record.data))

    def _said(self, kind: Kind, data: bytes) -> bytes:
        if kind is Kind.PICTURE:
            digest, length = data.split()
            return stand_in(digest.decode(), int(length))
        if not self._asked:
            return data
        asked, asks = _TRIGGER.search(self._then[self._asked - 1]), _TRIGGER.search(self._now[self._asked - 1])
        if asked and asks:
            return _NAMED_TRIGGER.sub(lambda found: _renumbered(found, asked[1], asks[1]), data, count=1)
        return data


def stand_in(digest: str, length: int) -> bytes:
    """What is shown instead of a recorded picture: as long, and it says for which it stands."""
    return (JPEG_START + _MARK + digest.encode()).ljust(length, b"\0")


def digest_of(picture: bytes) -> str:
    """For which picture a stand-in stands; empty for anything else."""
    begins = len(JPEG_START + _MARK)
    return picture[begins : begins + 64].decode("ascii", "replace") if picture.startswith(JPEG_START + _MARK) else ""


def _renumbered(found: re.Match[bytes], then: bytes, now: bytes) -> bytes:
    """A picture that named its trigger names that of now; one of another trigger keeps its number."""
    return found[1] + (now if found[2] == then else found[2])
