"""Modbus transactions, the line's end: one request in flight, no repeats, every reply held against its request.

pymodbus makes and cuts the frames and the request PDUs; the checks are ours, because its client takes a late
reply for the next one's (on RTU always, on TCP when a gateway answers transaction id 0). After a timeout or a
reply that is not the one asked for, the link is closed: nothing that comes later on it is ever read.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import Literal

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from devices.errors import BadReply, DeviceError, DeviceTimeout, ExceptionReply, LinkLost
from devices.links.address import ModbusLink, SerialLink, dial
from devices.links.stream import ByteStream, Dial

Framing = Literal["tcp", "rtu"]

READ_MOST = 125
"""Registers in one FC03, Modbus application protocol V1.1b3 §6.3."""
WRITE_MOST = 123
"""Registers in one FC16, §6.12."""
_ERROR_BIT = 0x80
_LONGEST_MBAP = 254
_RTU_SILENCE_S = 0.00175
"""Silence between frames above 19200 baud, Modbus over serial line V1.02 §2.5.1.1."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Loop times of one write: its bytes with the operating system, its reply read."""

    written_at: float
    replied_at: float


class ModbusMaster:
    """One Modbus device behind one link.

    :param framing: `tcp` or `rtu`. :param unit: 1..247.
    :param timeout_s: from the request's first byte to the reply's last.
    :param silence_s: RTU only: 3.5 characters, kept before each request.
    """

    def __init__(
        self,
        name: str,
        dial: Dial,
        framing: Framing,
        unit: int,
        timeout_s: float = 0.3,
        silence_s: float = _RTU_SILENCE_S,
    ) -> None:
        self.name = name
        self.timeout_s = timeout_s
        self._dial = dial
        self._framing = framing
        self._unit = unit
        self._silence_s = silence_s
        decoder = DecodePDU(False)
        self._framer = FramerSocket(decoder) if framing == "tcp" else FramerRTU(decoder)
        self._stream: ByteStream | None = None
        self._lock = asyncio.Lock()
        self._transaction = 0
        self._quiet_since = 0.0

    @property
    def connected(self) -> bool:
        """Whether the link is open."""
        return self._stream is not None

    async def connect(self) -> None:
        """Open the link anew. On RTU the bus is drained and must have been silent for `timeout_s` before it is used.

        :raises LinkLost: nothing answers at the address, or the bus does not fall silent.
        """
        async with self._lock:
            self.close()
            try:
                stream = await self._dial()
            except OSError as error:
                raise LinkLost(self.name, str(error)) from error
            try:
                if self._framing == "rtu":
                    await self._await_silence(stream)
            except BaseException:
                stream.close()
                raise
            self._stream = stream

    def close(self) -> None:
        """Close the link; `connect` opens it again."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    async def read(self, address: int, count: int) -> list[int]:
        """Read `count` (1..125) holding registers from `address` on, in one FC03.

        :raises DeviceError: `LinkLost`, `DeviceTimeout`, `BadReply` or `ExceptionReply`.
        """
        reply, _ = await self._transact(ReadHoldingRegistersRequest(address=address, count=count), 2 + 2 * count)
        return list(struct.unpack_from(f">{count}H", reply, 2))

    async def write(self, address: int, values: list[int]) -> Sent:
        """Write 1..123 holding registers from `address` on, in one FC16.

        :raises DeviceError: as `read`; its `written_at` is None when nothing was sent.
        """
        if not 1 <= len(values) <= WRITE_MOST:
            raise ValueError(f"{self.name}: {len(values)} registers in one write; allowed: 1..{WRITE_MOST}")
        _, sent = await self._transact(WriteMultipleRegistersRequest(address=address, registers=values), 5)
        return sent

    async def write_one(self, address: int, value: int) -> Sent:
        """Write one holding register with FC06.

        :raises DeviceError: as `write`.
        """
        _, sent = await self._transact(WriteSingleRegisterRequest(address=address, registers=[value]), 5)
        return sent

    async def _transact(self, request: ModbusPDU, reply_length: int) -> tuple[bytes, Sent]:
        """Send one request and return its checked reply PDU, `reply_length` bytes, with the times."""
        async with self._lock:
            stream = await self._clear_stream()
            frame = self._frame(request)
            written_at: float | None = None
            try:
                async with asyncio.timeout(self.timeout_s):
                    stream.write(frame)
                    written_at = asyncio.get_running_loop().time()
                    await stream.drain()
                    reply = await self._receive(stream, request, reply_length)
            except ExceptionReply as error:
                error.written_at = written_at
                raise
            except DeviceError as error:
                self.close()
                error.written_at = written_at
                raise
            except TimeoutError as error:
                self.close()
                raise self._timeout(request, written_at) from error
            except OSError as error:
                self.close()
                raise LinkLost(self.name, f"link broke: {error}", written_at=written_at) from error
            except BaseException:
                # Cancelled with a reply under way: it must not be read as the next one's.
                self.close()
                raise
            return reply, Sent(written_at, self._quiet_since)

    async def _clear_stream(self) -> ByteStream:
        """Return the open stream, on which nothing waits to be read."""
        if self._framing == "rtu" and self._stream is not None:
            await asyncio.sleep(self._quiet_since + self._silence_s - asyncio.get_running_loop().time())
        if self._stream is None:
            raise LinkLost(self.name, "link is not open")
        try:
            unasked = self._stream.read_now()
        except OSError as error:
            self.close()
            raise LinkLost(self.name, f"link broke: {error}") from error
        if unasked:
            self.close()
            raise BadReply(self.name, f"sent {len(unasked)} bytes unasked: {unasked[:16].hex(' ')}", actual=unasked)
        return self._stream

    def _frame(self, request: ModbusPDU) -> bytes:
        # 0 is never ours: some gateways answer it to whatever was asked.
        self._transaction = self._transaction % 0xFFFF + 1
        payload = bytes((request.function_code,)) + request.encode()
        return self._framer.encode(payload, self._unit, self._transaction)

    async def _receive(self, stream: ByteStream, request: ModbusPDU, reply_length: int) -> bytes:
        data = b""
        while True:
            more = await stream.read()
            if not more:
                raise LinkLost(self.name, "the device closed the link before it answered")
            data += more
            pdu = self._cut_tcp(data) if self._framing == "tcp" else self._cut_rtu(data, request, reply_length)
            if pdu:
                self._quiet_since = asyncio.get_running_loop().time()
                self._check(pdu, request, reply_length)
                return pdu

    def _cut_tcp(self, data: bytes) -> bytes:
        """Return the PDU of the one frame in `data`, or nothing while it is incomplete."""
        if len(data) < 8:
            return b""
        protocol, length = struct.unpack_from(">HH", data, 2)
        if protocol != 0 or not 2 <= length <= _LONGEST_MBAP:
            raise self._bad("protocol id and length", "0 and 2..254", f"{protocol} and {length}")
        if len(data) > 6 + length:
            raise self._bad("bytes in the reply", 6 + length, len(data))
        used, unit, transaction, pdu = self._framer.decode(data)
        if not used:
            return b""
        if transaction != self._transaction:
            raise self._bad("transaction id", self._transaction, transaction)
        if unit != self._unit:
            raise self._bad("unit", self._unit, unit)
        return pdu

    def _cut_rtu(self, data: bytes, request: ModbusPDU, reply_length: int) -> bytes:
        """Return the PDU of the one frame in `data`, or nothing while it is incomplete.

        The frame must start with the first byte: pymodbus would look for one behind any noise.
        """
        if data[0] != self._unit:
            raise self._bad("unit", self._unit, data[0])
        if len(data) < 2:
            return b""
        self._check_function(data[1], request)
        length = 1 + (2 if data[1] & _ERROR_BIT else reply_length) + 2
        if len(data) < length:
            return b""
        if len(data) > length:
            raise self._bad("bytes in the reply", length, len(data))
        if data[1] == 3 and data[2] != reply_length - 2:
            raise self._bad("byte count", reply_length - 2, data[2])
        _, _, _, pdu = self._framer.decode(data)
        if not pdu:
            found = data[-2:].hex()
            raise self._bad("CRC", f"{FramerRTU.compute_CRC(data[:-2]):04x}", found)
        return pdu

    def _check(self, pdu: bytes, request: ModbusPDU, reply_length: int) -> None:
        """Hold a whole PDU against its request: function, length, byte count or echo."""
        self._check_function(pdu[0], request)
        if pdu[0] & _ERROR_BIT:
            raise self._exception(pdu, request)
        if len(pdu) != reply_length:
            raise self._bad("reply length", reply_length, len(pdu))
        if pdu[0] == 3:
            if pdu[1] != reply_length - 2:
                raise self._bad("byte count", reply_length - 2, pdu[1])
            return
        echo = struct.unpack_from(">HH", pdu, 1)
        written = request.registers[0] if pdu[0] == 6 else request.count
        if echo != (request.address, written):
            raise self._bad("echo of address and value or count", (request.address, written), echo)

    def _check_function(self, function: int, request: ModbusPDU) -> None:
        if function & ~_ERROR_BIT != request.function_code:
            raise self._bad("function code", request.function_code, function)

    def _exception(self, pdu: bytes, request: ModbusPDU) -> DeviceError:
        if len(pdu) != 2:
            return self._bad("length of an exception reply", 2, len(pdu))
        code = pdu[1]
        name = ExcCodes(code).name.lower().replace("_", " ") if code in set(ExcCodes) else "unknown"
        asked = f"function {request.function_code} at register {request.address}, {request.count} registers"
        return ExceptionReply(self.name, f"answered exception {code} ({name}) to {asked}", code=code)

    def _bad(self, what: str, expected: object, actual: object) -> BadReply:
        message = f"{what} of the reply must be {expected}, found {actual}"
        return BadReply(self.name, message, expected=expected, actual=actual)

    def _timeout(self, request: ModbusPDU, written_at: float | None) -> DeviceTimeout:
        message = f"no answer to function {request.function_code} at register {request.address} in {self.timeout_s} s"
        return DeviceTimeout(self.name, message, expected=self.timeout_s, unit="s", written_at=written_at)

    async def _await_silence(self, stream: ByteStream) -> None:
        """Drain the bus until nothing has come for a whole `timeout_s`."""
        for _ in range(10):
            try:
                stream.read_now()
                await asyncio.sleep(self.timeout_s)
                if not stream.read_now():
                    return
            except OSError as error:
                raise LinkLost(self.name, f"link broke: {error}") from error
        raise LinkLost(self.name, f"the bus did not fall silent for {self.timeout_s} s: another master on it?")


def master_for(name: str, link: ModbusLink, opener: Dial | None = None, timeout_s: float = 0.3) -> ModbusMaster:
    """Return the master of a configured link; on a serial line its silence is 3.5 characters of the line's speed.

    :param opener: opens the byte stream; by the link's own address unless given.
    """
    opener = opener or dial(link)
    if isinstance(link.transport, SerialLink):
        silence_s = max(_RTU_SILENCE_S, 3.5 * 11 / link.transport.baud)
        return ModbusMaster(name, opener, "rtu", link.unit, timeout_s, silence_s)
    return ModbusMaster(name, opener, "tcp", link.unit, timeout_s)
