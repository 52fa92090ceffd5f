"""Recorded Modbus connections, read: what was asked, what was answered, and what was no sound answer. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from controller.recording.tape import Kind
from controller.replaying.timeline import Connection
from devices.links.modbus import Framing

READ, WRITE_ONE, WRITE = 3, 6, 16
_ERROR_BIT = 0x80
NO_SUCH_REGISTER = bytes((READ | _ERROR_BIT, 2))
"""The PDU of a read's refusal: illegal data address."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the line. :ivar words: what it writes; :ivar count: registers that it reads or writes."""

    unit: int
    transaction: int
    function: int
    address: int
    count: int
    words: tuple[int, ...] = ()


@dataclass(slots=True)
class Exchange:
    """A request and its sound answer. :ivar reply: its PDU; None when none came."""

    asked_at: float
    request: Request
    reply: bytes | None = None
    replied_at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no sound answer to what was asked last. :ivar behind: by how much the transaction id differs."""

    at: float
    data: bytes
    behind: int | None


@dataclass(slots=True)
class Talk:
    """All that went over one connection."""

    exchanges: list[Exchange] = field(default_factory=list)
    noises: list[Noise] = field(default_factory=list)

    @property
    def silent_from(self) -> float:
        """Loop time from which on no request was answered any more; infinity when the last one was."""
        if not self.exchanges or self.exchanges[-1].reply is not None:
            return float("inf")
        answered = [each.replied_at for each in self.exchanges if each.reply is not None]
        return max([*answered, *(noise.at for noise in self.noises)], default=0.0)


class Frames:
    """Frames of one kind of link. :param framing: `tcp` or `rtu`."""

    def __init__(self, framing: Framing) -> None:
        decoder = DecodePDU(False)
        self.tcp = framing == "tcp"
        self._framer = FramerSocket(decoder) if self.tcp else FramerRTU(decoder)

    def request(self, data: bytes) -> Request:
        """Read a request of the line's own."""
        unit, transaction = (data[6], int.from_bytes(data[:2], "big")) if self.tcp else (data[0], 0)
        pdu = data[7:] if self.tcp else data[1:-2]
        function, address, count = struct.unpack_from(">BHH", pdu)
        if function == WRITE_ONE:
            return Request(unit, transaction, function, address, 1, (count,))
        words = struct.unpack_from(f">{count}H", pdu, 6) if function == WRITE else ()
        return Request(unit, transaction, function, address, count, tuple(words))

    def reply(self, data: bytes, request: Request) -> bytes | None:
        """The PDU of the one sound answer that `data` is; None for anything else."""
        pdu = data[7:] if self.tcp else data[1:-2]
        if len(pdu) < 2 or pdu[0] & ~_ERROR_BIT != request.function:
            return None
        if len(pdu) != _reply_length(pdu, request) or data != self.framed(pdu, request):
            return None
        return pdu

    def framed(self, pdu: bytes, request: Request) -> bytes:
        """An answer's bytes."""
        return bytes(self._framer.encode(pdu, request.unit, request.transaction))


def done(request: Request) -> bytes:
    """The PDU of a write's good answer."""
    value = request.words[0] if request.function == WRITE_ONE else request.count
    return struct.pack(">BHH", request.function, request.address, value)


def registers(words: list[int]) -> bytes:
    """The PDU of a read's good answer."""
    return struct.pack(f">BB{len(words)}H", READ, 2 * len(words), *words)


def words_of(pdu: bytes) -> list[int]:
    """The registers of a read's good answer."""
    return list(struct.unpack_from(f">{(len(pdu) - 2) // 2}H", pdu, 2))


def read_talk(connection: Connection, frames: Frames) -> Talk:
    """Tell exchanges from noise."""
    talk, gathered, last = Talk(), b"", None
    for record in connection.passed:
        if record.kind is Kind.OUT:
            gathered = b""
            last = Exchange(record.at, frames.request(record.data))
            talk.exchanges.append(last)
            continue
        if record.kind is not Kind.IN:
            continue
        gathered += record.data
        pdu = frames.reply(gathered, last.request) if last is not None and last.reply is None else None
        if pdu is not None and last is not None:
            last.reply, last.replied_at, gathered = pdu, record.at, b""
            talk.noises = [noise for noise in talk.noises if noise.at < last.asked_at]
        else:
            talk.noises.append(Noise(record.at, record.data, _behind(record.data, last, frames)))
    return talk


def _behind(data: bytes, last: Exchange | None, frames: Frames) -> int | None:
    """How far noise's transaction id lies behind the request's; None when it bears none of the line's."""
    if not frames.tcp or last is None or len(data) < 2:
        return None
    transaction = int.from_bytes(data[:2], "big")
    return (last.request.transaction - transaction) & 0xFFFF if transaction else None


def _reply_length(pdu: bytes, request: Request) -> int:
    if pdu[0] & _ERROR_BIT:
        return 2
    return 2 + 2 * request.count if request.function == READ else 5
