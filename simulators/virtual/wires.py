"""The byte streams under the drivers, in memory: real bytes both ways, in virtual time, with what can go wrong on them.

A wire keeps the order of its bytes whatever its delays. A twist strikes the next reply that passes; pausing, dropping
and refusing are as on a real cable.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from enum import StrEnum
from random import Random

from pymodbus.framer import FramerRTU

from devices.links.arriving import ArrivingBytes
from simulators.virtual.trace import Trace
from simulators.wires import Face, FaceMaker, Wire

AT_ONCE = 0.6
"""Of the replies, those that stand there as soon as they are looked for; the others come a moment later."""
BEHIND_S = 0.3, 3.0
"""How long a gateway keeps a reply at least: no shorter than the line waits for it."""


class Twist(StrEnum):
    """What happens to one reply of a device."""

    SWALLOWED = "swallowed"
    """It never comes."""
    LATE = "late"
    """It comes when nobody waits for it any more; on a serial line the next one to listen gets it."""
    BEHIND = "behind"
    """A gateway keeps it, and gives it as the answer to a later question of the same form; the right one comes next.

    Or it gives it that question's transaction, as one does whose serial side had the late answer, and throws away what
    comes next.
    """
    DOUBLED = "doubled"
    """It comes twice."""
    SPLIT = "split"
    """It comes in two pieces."""
    CUT = "cut"
    """Only its first half comes."""
    WRONG_UNIT = "wrong_unit"
    """It bears another unit's number, and is sound otherwise."""
    TRANSACTION_ZERO = "transaction_zero"
    """As from a gateway that answers transaction 0 to everything."""
    NOISE = "noise"
    """One bit is another."""


class VirtualStream(ArrivingBytes):
    """The driver's end of a connection; see `devices.links.stream.ByteStream`."""

    def __init__(self, wire: VirtualWire) -> None:
        super().__init__(f"{wire.name}: the other end closed the link")
        self._wire = wire
        self.face: Face | None = None

    def write(self, data: bytes) -> None:
        """Put bytes on the wire."""
        if self.ended:
            raise BrokenPipeError(f"{self._wire.name}: the link is closed")
        self._wire.carry(self, data)

    async def drain(self) -> None:
        """Return: nothing is ever held back."""

    def close(self) -> None:
        """Hang up."""
        self._wire.forget(self)
        self.end()


class VirtualWire(Wire):
    """One device's wire.

    :param serial: one line on which whoever has the port open hears everything; else each connection is its own.
    :param baud: of a serial line, for how long bytes take.
    :ivar refused: nobody listens there: a link can't be opened.
    :ivar on_twist: told of each twist at the moment at which it strikes.
    """

    def __init__(
        self, name: str, make_face: FaceMaker, chance: Random, trace: Trace, *, serial: bool = False, baud: int = 115200
    ) -> None:
        super().__init__(f"127.0.0.1:1/{name}")
        self.name = name
        self.refused = False
        self.on_twist: Callable[[Twist], None] = lambda _: None
        self._make_face = make_face
        self._chance = chance
        self._trace = trace
        self._serial = serial
        self._byte_s = 10 / baud if serial else 0.0
        self._streams: list[VirtualStream] = []
        self._twists: deque[Twist] = deque()
        self._kept: tuple[float, bytes] | None = None
        self._quiet_at = 0.0
        self._context = copy_context()
        self._face = make_face(self._say_on_line) if serial else None

    async def dial(self) -> VirtualStream:
        """Open a link. :raises OSError: nobody listens."""
        await asyncio.sleep(self._chance.uniform(0.0005, 0.003))
        if self.refused:
            raise ConnectionRefusedError(f"{self.name}: nobody listens")
        stream = VirtualStream(self)
        stream.face = self._face or self._make_face(lambda data: self._say(stream, data))
        self._streams.append(stream)
        return stream

    def twist(self, twist: Twist) -> None:
        """Strike the next reply."""
        self._twists.append(twist)

    def drop(self) -> None:
        """Cut every connection."""
        self._kept = None
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.end()

    def forget(self, stream: VirtualStream) -> None:
        """The line has hung up."""
        if stream in self._streams:
            self._streams.remove(stream)

    def hang_up(self) -> None:
        """The process that had the links is dead."""
        self._streams.clear()

    def carry(self, stream: VirtualStream, data: bytes) -> None:
        """Take the line's bytes to the device."""
        if self.paused or stream not in self._streams:
            return
        self._trace.add(asyncio.get_running_loop().time(), self.name + ">", data)
        assert stream.face is not None
        self._context.run(stream.face.received, data)

    def _say_on_line(self, data: bytes) -> None:
        self._say(None, data)

    def _say(self, stream: VirtualStream | None, data: bytes) -> None:
        """Send a device's bytes, as they are or twisted."""
        if self.paused:
            return
        if self._kept is not None and self._is_due(*self._kept, data):
            (_, late), self._kept = self._kept, None
            if self._serial or self._chance.random() < 0.5:
                self._send(stream, late)
                self._send(stream, data, self._chance.uniform(0.001, 0.02))
            else:
                self._send(stream, data[:2] + late[2:])
            return
        if not self._twists:
            self._send(stream, data)
            return
        twist = self._twists.popleft()
        self.on_twist(twist)
        for delay, piece in self._twisted(twist, data):
            self._send(stream, piece, delay)

    def _twisted(self, twist: Twist, data: bytes) -> list[tuple[float, bytes]]:
        middle = max(1, len(data) // 2)
        match twist:
            case Twist.SWALLOWED:
                return []
            case Twist.LATE:
                return [(self._chance.uniform(0.28, 0.9), data)]
            case Twist.BEHIND:
                self._kept = (asyncio.get_running_loop().time() + self._chance.uniform(*BEHIND_S), data)
                return []
            case Twist.DOUBLED:
                return [(0.0, data), (self._chance.uniform(0.0, 0.02), data)]
            case Twist.SPLIT:
                return [(0.0, data[:middle]), (self._chance.uniform(0.001, 0.03), data[middle:])]
            case Twist.CUT:
                return [(0.0, data[:middle])]
            case Twist.WRONG_UNIT:
                return [(0.0, self._of_other_unit(data))]
            case Twist.TRANSACTION_ZERO:
                return [(0.0, data if self._serial else b"\0\0" + data[2:])]
            case Twist.NOISE:
                place = self._chance.randrange(len(data)) if self._serial else 2
                noisy = bytes((data[place] ^ 1 << self._chance.randrange(8),))
                return [(0.0, data[:place] + noisy + data[place + 1 :])]

    def _is_due(self, at: float, late: bytes, data: bytes) -> bool:
        """Whether a kept reply can pass for this one: time enough has gone by, and it answers the same function."""
        function = 1 if self._serial else 7
        return asyncio.get_running_loop().time() >= at and late[function] == data[function] and len(late) == len(data)

    def _of_other_unit(self, data: bytes) -> bytes:
        if not self._serial:
            return data[:6] + b"\x07" + data[7:]
        body = b"\x07" + data[1:-2]
        return body + struct.pack(">H", FramerRTU.compute_CRC(body))

    def _send(self, stream: VirtualStream | None, data: bytes, delay: float = 0.0) -> None:
        loop, chance = asyncio.get_running_loop(), self._chance
        now = loop.time()
        if not delay and not self._serial and now > self._quiet_at and chance.random() < AT_ONCE:
            self._arrive(stream, data)
            return
        at = now + delay + chance.uniform(0.0003, 0.0015) + len(data) * self._byte_s
        if not delay:
            # Bytes never overtake those before them.
            at = self._quiet_at = max(at, self._quiet_at + 1e-6)
        loop.call_at(at, self._arrive, stream, data)

    def _arrive(self, stream: VirtualStream | None, data: bytes) -> None:
        self._trace.add(asyncio.get_running_loop().time(), self.name + "<", data)
        for each in self._streams if stream is None else [stream]:
            if each in self._streams:
                each.deliver(data)
