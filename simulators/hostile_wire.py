"""A Modbus wire that lies: between a twin and whoever asks it, over real TCP or a pseudo-terminal, by a seed.

It stands in the place of a face (`simulators.wires`), so the bytes that it spoils go over the real link. What it does
to each reply is counted. On RTU a reply has no number: there a late one comes while the bus is being drained, and a
repeated one at once; later than that nobody could tell it from the right one by Modbus alone, which is why the PLC
contract has sequences of its own.
"""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from random import Random

from pymodbus.framer import FramerRTU

from simulators.wires import Face, FaceMaker, Send


class Lie(StrEnum):
    """What becomes of a reply."""

    LATE = "late"
    """It comes when nobody waits for it any more."""
    DOUBLED = "doubled"
    BEFORE = "before"
    """The reply to the question before comes in its place (only where replies are numbered)."""
    TORN = "torn"
    """Its first half comes and no more."""
    SPLIT = "split"
    """It comes byte by byte."""
    TRANSACTION_ZERO = "transaction_zero"
    WRONG_TRANSACTION = "wrong_transaction"
    WRONG_UNIT = "wrong_unit"
    WRONG_FUNCTION = "wrong_function"
    WRONG_LENGTH = "wrong_length"
    NOISE = "noise"
    """One bit of it is another."""
    SILENT = "silent"
    """Half open: nothing comes on this connection any more; on a serial line, not for a while."""


HARMLESS = frozenset({Lie.SPLIT})
"""A whole reply is right however it is cut."""
_A_WHILE, _FOR_EVER = 3, 10**9
_NUMBERED = frozenset({Lie.BEFORE, Lie.TRANSACTION_ZERO, Lie.WRONG_TRANSACTION, Lie.WRONG_LENGTH})


class HostileWire:
    """Makes faces that lie. Use as the `make_face` of a wire.

    :param share: of replies that are spoiled, 0..1. :param late_s: when a late reply comes, from and to.
    :ivar silent_replies: how many replies a half-open link swallows; :ivar told: how often each lie was told.
    :ivar honest: replies that went through untouched.
    :ivar asked_at: loop time of the last question, where who asks says it: a late reply counts from there, and one that
        this wire could only send later than it may is swallowed.
    """

    def __init__(
        self, make_face: FaceMaker, seed: int, share: float, late_s: tuple[float, float], *, serial: bool
    ) -> None:
        self._make_face = make_face
        self._chance = Random(f"hostile wire {seed}")
        self._share = share
        self._late_s = late_s
        self._serial = serial
        self.silent_replies = _A_WHILE if serial else _FOR_EVER
        self._lies = [lie for lie in Lie if not (serial and lie in _NUMBERED)]
        self.told: Counter[Lie] = Counter()
        self.honest = 0
        self.asked_at: float | None = None

    def __call__(self, send: Send) -> Face:
        """One connection's conversation."""
        return self._make_face(_Mouth(self, send))

    def choose(self) -> Lie | None:
        """The lie for the next reply; None: it goes through."""
        if self._chance.random() >= self._share:
            self.honest += 1
            return None
        lie = self._chance.choice(self._lies)
        self.told[lie] += 1
        return lie

    def late_s(self, now: float) -> float | None:
        """How long a late reply is kept from now on; None when that is too late already."""
        at = (now if self.asked_at is None else self.asked_at) + self._chance.uniform(*self._late_s)
        return at - now if at > now else None

    def noisy(self, reply: bytes) -> bytes:
        """One bit is another; without a checksum it is one of the head, for Modbus TCP can't see the others."""
        place = self._chance.randrange(len(reply) if self._serial else 7)
        bit = 1 << self._chance.randrange(8)
        return reply[:place] + bytes((reply[place] ^ bit,)) + reply[place + 1 :]

    def changed(self, reply: bytes, place: int, value: int) -> bytes:
        """A reply with one byte of its body changed, sound otherwise. :param place: in the body: 0 is the unit."""
        if not self._serial:
            return reply[: 6 + place] + bytes((value,)) + reply[7 + place :]
        body = reply[:place] + bytes((value,)) + reply[place + 1 : -2]
        return body + struct.pack(">H", FramerRTU.compute_CRC(body))


class _Mouth:
    """What a face speaks through."""

    def __init__(self, wire: HostileWire, send: Callable[[bytes], None]) -> None:
        self._wire = wire
        self._send = send
        self._before = b""
        self._silent_for = 0

    def __call__(self, reply: bytes) -> None:
        lie = self._wire.choose()
        before, self._before = self._before, reply
        if self._silent_for:
            self._silent_for -= 1
            return
        match lie:
            case None:
                self._send(reply)
            case Lie.LATE:
                delay_s = self._wire.late_s(asyncio.get_running_loop().time())
                if delay_s is not None:
                    self._later(delay_s, reply)
            case Lie.DOUBLED:
                self._send(reply + reply)
            case Lie.BEFORE:
                self._send(before)
            case Lie.TORN:
                self._send(reply[: len(reply) // 2])
            case Lie.SPLIT:
                for number in range(len(reply)):
                    self._later(0.0002 * number, reply[number : number + 1])
            case Lie.SILENT:
                self._silent_for = self._wire.silent_replies
            case _:
                self._send(self._spoilt(lie, reply))

    def _spoilt(self, lie: Lie, reply: bytes) -> bytes:
        match lie:
            case Lie.TRANSACTION_ZERO:
                return b"\0\0" + reply[2:]
            case Lie.WRONG_TRANSACTION:
                number = int.from_bytes(reply[:2], "big")
                return (number % 0xFFFF + 1).to_bytes(2, "big") + reply[2:]
            case Lie.WRONG_UNIT:
                return self._wire.changed(reply, 0, 7)
            case Lie.WRONG_FUNCTION:
                return self._wire.changed(reply, 1, 4)
            case Lie.WRONG_LENGTH:
                return reply[:5] + bytes((reply[5] - 2,)) + reply[6:]
            case _:
                return self._wire.noisy(reply)

    def _later(self, delay_s: float, data: bytes) -> None:
        asyncio.get_running_loop().call_later(delay_s, self._send_if_open, data)

    def _send_if_open(self, data: bytes) -> None:
        try:
            self._send(data)
        except OSError:  # whoever asked has hung up meanwhile
            return
