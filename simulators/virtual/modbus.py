"""The twins' Modbus end in a virtual run: the same frames as `simulators.modbus_server` makes, cut by hand.

Only what the contract uses is cut here (FC03, FC06, FC16); anything else goes to the twin's own face. A test holds both
against each other byte by byte.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from pymodbus.framer import FramerRTU

from simulators.modbus_server import DEVICE_ID, MAX_WRITE, IllegalAddressError, RegisterBank, rtu_face, tcp_face
from simulators.wires import Face, Send

_MBAP = struct.Struct(">HHHB")
_ILLEGAL_ADDRESS = 2


class QuickFace:
    """One conversation. A request comes whole: the line's drivers write each in one piece."""

    def __init__(self, bank: RegisterBank, send: Send, *, serial: bool) -> None:
        self._bank = bank
        self._send = send
        self._serial = serial
        self._slow: Face = (rtu_face if serial else tcp_face)(bank)(send)

    def received(self, data: bytes) -> None:
        """Answer one request."""
        reply = self._reply_rtu(data) if self._serial else self._reply_tcp(data)
        if reply is None:
            self._slow.received(data)
        else:
            self._send(reply)

    def _reply_tcp(self, data: bytes) -> bytes | None:
        if len(data) < 12:
            return None
        transaction, protocol, length, unit = _MBAP.unpack_from(data)
        if protocol or len(data) != 6 + length:
            return None
        pdu = self._serve(data[7:])
        return None if pdu is None else _MBAP.pack(transaction, 0, 1 + len(pdu), unit) + pdu

    def _reply_rtu(self, data: bytes) -> bytes | None:
        crc = int.from_bytes(data[-2:], "big")
        if len(data) < 8 or data[0] != DEVICE_ID or FramerRTU.compute_CRC(data[:-2]) != crc:
            return None
        pdu = self._serve(data[1:-2])
        if pdu is None:
            return None
        body = bytes((DEVICE_ID,)) + pdu
        return body + struct.pack(">H", FramerRTU.compute_CRC(body))

    def _serve(self, pdu: bytes) -> bytes | None:
        function, address, value = struct.unpack_from(">BHH", pdu)
        try:
            if function == 3 and len(pdu) == 5 and 1 <= value <= 125:
                words = self._bank.read(address, value)
                return struct.pack(f">BB{value}H", 3, 2 * value, *words)
            if function == 6 and len(pdu) == 5:
                self._bank.write(address, [value])
                return pdu
            if function == 16 and 1 <= value <= MAX_WRITE and len(pdu) == 6 + 2 * value and pdu[5] == 2 * value:
                self._bank.write(address, struct.unpack_from(f">{value}H", pdu, 6))
                return pdu[:5]
        except IllegalAddressError:
            return bytes((function | 0x80, _ILLEGAL_ADDRESS))
        return None


def quick_tcp(bank: RegisterBank) -> Callable[[Send], Face]:
    """As `tcp_face`."""
    return lambda send: QuickFace(bank, send, serial=False)


def quick_rtu(bank: RegisterBank) -> Callable[[Send], Face]:
    """As `rtu_face`."""
    return lambda send: QuickFace(bank, send, serial=True)
