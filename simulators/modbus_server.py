"""The Modbus end of the twins: holding registers on a byte stream. The only simulator file that imports pymodbus.

Serves FC03, FC06, FC16 and FC23 with pymodbus's framers and messages. Exception replies: 1 for any other
function, 2 for a register that does not exist, 3 for a count that the function can't carry. Knows no contract:
a `RegisterBank` says what the registers mean.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from typing import Protocol

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.framer.base import FramerBase
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadWriteMultipleRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
SERVED_FUNCTIONS = (3, 6, 16, 23)
DEVICE_ID = 1
MAX_WRITE = 123
"""Registers in one FC16, by the Modbus application protocol 1.1b3, 6.12."""
LONGEST_FRAME = 260
SILENCE_S = 0.05
"""Bytes of a frame on a serial line that come further apart than this don't belong together."""


class IllegalAddressError(LookupError):
    """A register that does not exist or can't be written."""


class RegisterBank(Protocol):
    """What stands behind the registers."""

    def read(self, address: int, count: int) -> list[int]:
        """Return `count` registers. :raises IllegalAddressError: one of them does not exist."""
        ...

    def write(self, address: int, values: Sequence[int]) -> None:
        """Store registers. :raises IllegalAddressError: one of them can't be written."""
        ...


class ModbusFace:
    """One byte stream's conversation: bytes in, answers out by `send`."""

    def __init__(self, bank: RegisterBank, framer: FramerBase, send: Callable[[bytes], None], *, serial: bool) -> None:
        self._bank = bank
        self._framer = framer
        self._send = send
        self._serial = serial
        self._pending = b""
        self._last_at = 0.0

    def received(self, data: bytes) -> None:
        """Take bytes as they came and answer each whole request in them."""
        self._pending = self._after_silence() + data
        while self._pending:
            used, device_id, transaction_id, frame = self._framer.decode(self._pending)
            if not used:
                break
            self._pending = self._pending[used:]
            if frame and (device_id == DEVICE_ID or not self._serial):
                self._answer(frame, device_id, transaction_id)
        if len(self._pending) > LONGEST_FRAME:
            self._pending = b""

    def _after_silence(self) -> bytes:
        """Return what is left of an unfinished frame, nothing once a serial line has been silent."""
        now = asyncio.get_running_loop().time()
        silence, self._last_at = now - self._last_at, now
        return b"" if self._serial and silence > SILENCE_S else self._pending

    def _answer(self, frame: bytes, device_id: int, transaction_id: int) -> None:
        reply = self._reply(frame)
        reply.dev_id, reply.transaction_id = device_id, transaction_id
        self._send(self._framer.buildFrame(reply))

    def _reply(self, frame: bytes) -> ModbusPDU:
        function = frame[0]
        if function not in SERVED_FUNCTIONS:
            return ExceptionResponse(function, ILLEGAL_FUNCTION)
        request = _REQUESTS.decode(frame)
        if request is None:
            return ExceptionResponse(function, ILLEGAL_VALUE)
        try:
            return self._serve(request)
        except IllegalAddressError:
            return ExceptionResponse(function, ILLEGAL_ADDRESS)
        except _IllegalCountError:
            return ExceptionResponse(function, ILLEGAL_VALUE)

    def _serve(self, request: ModbusPDU) -> ModbusPDU:
        match request:
            case ReadHoldingRegistersRequest():
                return _Registers(registers=self._bank.read(request.address, request.count))
            case WriteSingleRegisterRequest():
                self._bank.write(request.address, request.registers)
                return WriteSingleRegisterResponse(address=request.address, registers=request.registers)
            case WriteMultipleRegistersRequest():
                _check_count(request.count, request.registers, request.byte_count)
                self._bank.write(request.address, request.registers)
                return WriteMultipleRegistersResponse(address=request.address, count=request.count)
            case ReadWriteMultipleRegistersRequest():
                _check_count(request.write_count, request.write_registers, request.write_byte_count)
                self._bank.write(request.write_address, request.write_registers)
                return _RegistersAfterWrite(registers=self._bank.read(request.read_address, request.read_count))
            case _:
                raise AssertionError(f"function {request.function_code} is listed as served, but isn't")


def tcp_face(bank: RegisterBank) -> Callable[[Callable[[bytes], None]], ModbusFace]:
    """Return what makes a Modbus TCP conversation with the bank for each connection. Any unit id is answered."""
    return lambda send: ModbusFace(bank, FramerSocket(_REQUESTS), send, serial=False)


def rtu_face(bank: RegisterBank) -> Callable[[Callable[[bytes], None]], ModbusFace]:
    """Return what makes a Modbus RTU conversation with the bank; only unit id 1 is answered."""
    return lambda send: ModbusFace(bank, FramerRTU(_REQUESTS), send, serial=True)


class _IllegalCountError(ValueError):
    """A write whose count and bytes disagree, or that no frame can carry."""


class _Registers(ReadHoldingRegistersResponse):
    """The library's reply, packed at once instead of register by register."""

    def encode(self) -> bytes:
        count = len(self.registers)
        return struct.pack(f">B{count}H", count * 2, *self.registers)


class _RegistersAfterWrite(_Registers):
    function_code = 23


_REQUESTS = DecodePDU(is_server=True)


def _check_count(count: int, registers: Sequence[int], byte_count: int | None) -> None:
    if not 1 <= count <= MAX_WRITE or byte_count != count * 2 or len(registers) != count:
        raise _IllegalCountError(f"{count} registers announced, {len(registers)} sent, allowed 1..{MAX_WRITE}")
