"""Playbacks in place of devices: each connection says what was recorded, in the turn in which it was said.

A line that does the same as then has asked by that turn. One that asks later is answered when it asks.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from typing import Any

from controller.recording.tape import Kind, Record
from controller.replaying.timeline import Connection
from devices.camera.driver import JPEG_START
from devices.links.arriving import ArrivingBytes
from devices.links.stream import ByteStream

_TRIGGER = re.compile(rb"[?&]trigger=(\d+)")
_NAMED_TRIGGER = re.compile(rb"(?i)(x-trigger: *)(\d+)")
_MARK = b" stands for "
_ALMOST_OVER_S = 0.1
"""A recorded connection that ends so soon is over for a driver that is a little early."""


class PlaybackStream(ArrivingBytes):
    """The driver's end; see `ByteStream`. What the driver writes goes to `heard`."""

    def __init__(self, connection: Connection, heard: Callable[[bytes], None]) -> None:
        super().__init__()
        self._connection = connection
        self._heard = heard
        self._calls = self._drains = 0
        self._taken = 0
        self._at_once: dict[tuple[str, int], dict[str, Any]] = {
            (facts["call"], facts["n"]): facts
            for record in connection.passed
            if record.kind is Kind.AT_ONCE
            for facts in (record.said(),)
        }

    def arrive(self, data: bytes) -> None:
        """Let bytes arrive that were delivered; none that the driver had taken before they were."""
        if self._taken:
            self._taken -= 1
        else:
            self.deliver(data)

    def read_now(self) -> bytes:
        """Return what has arrived, and what was taken then before it was delivered."""
        self._calls += 1
        facts = self._went("read_now", self._calls)
        if "data" in facts:
            self._taken += facts["told"]
            self.deliver(base64.b64decode(facts["data"]))
        return super().read_now()

    def write(self, data: bytes) -> None:
        """Let the playback hear it."""
        self._calls += 1
        self._went("write", self._calls)
        self._heard(data)

    async def drain(self) -> None:
        """Wait as long as then."""
        self._drains += 1
        facts = self._went("drain", self._drains)
        if "waits" not in facts:
            return
        drained = self._connection.drained.get(self._drains)
        if drained is None:
            await asyncio.get_running_loop().create_future()
            return
        if error := (await drained.said())["error"]:
            raise OSError(error)

    def close(self) -> None:
        """End the link."""
        self.end()

    def _went(self, call: str, number: int) -> dict[str, Any]:
        facts = self._at_once.get((call, number), {})
        if "error" in facts:
            raise OSError(facts["error"])
        return facts


class Wire:
    """One device's recorded connections, opened one after the other.

    :param begin: makes the playback of one connection and returns the driver's end of it. Told the loop time from
        which on it is to be played; None for one that is opened as it was.
    """

    def __init__(self, connections: list[Connection], begin: Callable[[Connection, float | None], ByteStream]) -> None:
        self._connections = connections
        self._begin = begin
        self._next = 0

    async def dial(self) -> ByteStream:
        """Open the link as it was opened then; what was refused is refused, what never answered never answers."""
        loop = asyncio.get_running_loop()
        known, connection = self._next, self._choose(loop.time())
        if connection is None or connection.opened is None:
            await loop.create_future()
            raise ConnectionRefusedError("the recording has no further connection")
        await connection.opened.wait()
        if connection.refused is not None:
            raise ConnectionRefusedError(connection.refused)
        return self._begin(connection, loop.time() if known == self._next else None)

    def _choose(self, now: float) -> Connection | None:
        """The attempt that comes next; the last one again where it lived on in the recording."""
        coming = self._connections[self._next :]
        if coming and coming[0].dialled.at == now:
            self._next += 1
            return coming[0]
        if self._next and self._connections[self._next - 1].over_at > now + _ALMOST_OVER_S:
            return self._connections[self._next - 1]
        for connection in coming:
            self._next += 1
            if connection.over_at >= now or self._next == len(self._connections):
                return connection
        return None


class Conversation:
    """A device that answers in the order in which it is asked: scanner, scale, printer, camera.

    What it said stands behind as many writes of the driver as were made before it then.
    """

    def __init__(self, connection: Connection, since: float | None, wrote: Callable[[bytes], None]) -> None:
        self._connection = connection
        self._passed = [
            record
            for record in connection.passed
            if record.kind is not Kind.AT_ONCE and (since is None or record.at >= since)
        ]
        self._pieces = pieces_of(self._passed)
        self._wrote = wrote
        self._asked = self._heard = 0
        self._place = 0
        self._then: list[bytes] = []
        self._now: list[bytes] = []
        self.stream = PlaybackStream(connection, self._hear)
        connection.arrive = self._go_on
        self._go_on_late()

    def _hear(self, data: bytes) -> None:
        self._heard += 1
        self._now.append(data)
        self._wrote(data)
        self._go_on_late()

    def _go_on_late(self) -> None:
        """Say soon what should have been said by now. A line in step is never late, and is given no turn more."""
        coming = (record.place for record in self._passed[self._place :] if record.kind is not Kind.OUT)
        if next(coming, float("inf")) <= self._connection.delivered:
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """Say everything whose turn has come and that stands behind no question yet to be asked."""
        passed = self._passed
        while self._place < len(passed) and not self.stream.ended:
            record = passed[self._place]
            if record.kind is Kind.OUT:
                self._asked += 1
                self._then.append(record.data)
                self._place += 1
                continue
            if record.kind is Kind.ENDED:
                if record.place > self._connection.delivered:
                    return
                self.stream.end(failure_of(record))
                return
            if self._heard < self._asked or record.place > self._connection.delivered:
                return  # comes again when it is asked, and with each delivery
            self._place += 1
            self.stream.arrive(self._said(record))

    def _said(self, record: Record) -> bytes:
        if record.kind is not Kind.IN:
            return self._pieces[record.place]
        if not self._asked or self._asked > len(self._now):
            return record.data
        asked, asks = _TRIGGER.search(self._then[self._asked - 1]), _TRIGGER.search(self._now[self._asked - 1])
        if asked and asks:
            return _NAMED_TRIGGER.sub(lambda found: _renumbered(found, asked[1], asks[1]), record.data, count=1)
        return record.data


def failure_of(record: Record) -> OSError | None:
    """How a link ended."""
    return ConnectionResetError(record.data.decode()) if record.data else None


def pieces_of(passed: list[Record]) -> dict[int, bytes]:
    """What is shown instead of each piece of the recorded pictures, by the record's place."""
    found: dict[int, bytes] = {}
    before: list[Record] = []
    for record in passed:
        if record.kind is Kind.PIECE:
            before.append(record)
        elif record.kind is Kind.PICTURE:
            digest, length = record.data.split()
            _cut(stand_in(digest.decode(), int(length)), before, found, record.place)
            before = []
        elif record.kind is Kind.IN and before:  # that picture never came whole
            _cut(stand_in("", sum(int(each.data) for each in before)), before, found)
            before = []
    _cut(stand_in("", sum(int(each.data) for each in before)), before, found)
    return found


def _cut(picture: bytes, pieces: list[Record], found: dict[int, bytes], last: int = 0) -> None:
    place = 0
    for piece in pieces:
        found[piece.place] = picture[place : place + int(piece.data)]
        place += int(piece.data)
    if last:
        found[last] = picture[place:]


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
