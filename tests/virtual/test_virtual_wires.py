"""The quick Modbus end of the virtual plant answers byte for byte as the twins' own."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from random import Random

import pytest
from pymodbus.framer import FramerRTU

from simulators.faults import Faults
from simulators.machines import GateMachine
from simulators.modbus_server import IllegalAddressError, rtu_face, tcp_face
from simulators.virtual.loop import VirtualLoop, virtual_run
from simulators.virtual.modbus import QuickFace
from simulators.virtual.plant import LazyPlc
from simulators.virtual.trace import Trace
from simulators.virtual.wires import BEHIND_S, Twist, VirtualWire
from simulators.world import World


class Bank:
    def __init__(self) -> None:
        self.words = [number * 7 % 65536 for number in range(200)]

    def read(self, address: int, count: int) -> list[int]:
        if address + count > len(self.words):
            raise IllegalAddressError(address)
        return self.words[address : address + count]

    def write(self, address: int, values: Sequence[int]) -> None:
        if address + len(values) > len(self.words):
            raise IllegalAddressError(address)
        self.words[address : address + len(values)] = values


PDUS = [
    struct.pack(">BHH", 3, 0, 125),
    struct.pack(">BHH", 3, 150, 60),
    struct.pack(">BHH", 6, 10, 4711),
    struct.pack(">BHH", 6, 900, 1),
    struct.pack(">BHHB4H", 16, 20, 4, 8, 1, 2, 3, 4),
    struct.pack(">BHHB2H", 16, 199, 2, 4, 1, 2),
    struct.pack(">BHH", 4, 0, 1),
]


@pytest.mark.parametrize("serial", [False, True])
@pytest.mark.parametrize("pdu", PDUS, ids=lambda pdu: pdu[:5].hex())
async def test_it_answers_as_the_twins_own_face(pdu: bytes, serial: bool) -> None:
    body = bytes((1,)) + pdu
    request = body + struct.pack(">H", FramerRTU.compute_CRC(body)) if serial else _tcp(pdu)
    answers: list[list[bytes]] = [[], []]
    banks = [Bank(), Bank()]
    QuickFace(banks[0], answers[0].append, serial=serial).received(request)
    (rtu_face if serial else tcp_face)(banks[1])(answers[1].append).received(request)
    assert answers[0] == answers[1] != []
    assert banks[0].words == banks[1].words


def _tcp(pdu: bytes) -> bytes:
    return struct.pack(">HHHB", 77, 0, 1 + len(pdu), 1) + pdu


class Echo:
    def __init__(self, send) -> None:  # type: ignore[no-untyped-def]
        self.received = send


async def test_a_wire_keeps_the_order_of_its_bytes() -> None:
    wire = VirtualWire("gate", Echo, Random(1), Trace())
    stream = await wire.dial()
    for number in range(50):
        stream.write(bytes((number,)))
    got = b""
    while len(got) < 50:
        got += await stream.read()
    assert got == bytes(range(50))


async def test_a_twist_strikes_one_reply() -> None:
    wire = VirtualWire("gate", Echo, Random(1), Trace())
    struck: list[Twist] = []
    wire.on_twist = struck.append
    stream = await wire.dial()
    wire.twist(Twist.CUT)
    stream.write(b"abcd")
    stream.write(b"efgh")
    got = b""
    while len(got) < 6:
        got += await stream.read()
    assert got == b"abefgh"
    assert struck == [Twist.CUT]


class Counter:
    """Answers each FC03 of one register with how many it has been asked."""

    def __init__(self, send) -> None:  # type: ignore[no-untyped-def]
        self._send, self._count = send, 0

    def received(self, data: bytes) -> None:
        self._count += 1
        self._send(data[:4] + struct.pack(">HBBBH", 5, 1, data[7], 2, self._count))


def test_a_gateway_that_is_behind_answers_a_later_question_of_the_same_form_with_an_old_answer() -> None:
    async def floor(seed: int) -> bytes:
        wire = VirtualWire("gate", Counter, Random(seed), Trace())
        stream = await wire.dial()
        wire.twist(Twist.BEHIND)
        stream.write(_tcp(PDUS[0]))
        await asyncio.sleep(BEHIND_S[1])
        stream.write(b"\0\5" + _tcp(PDUS[0])[2:])
        await asyncio.sleep(0.1)
        return stream.read_now()

    got = {virtual_run(floor(seed), VirtualLoop("1")) for seed in range(8)}
    reply = "00000005 0103 02 00"
    numbered, right_one = bytes.fromhex(f"0005 {reply} 01"), bytes.fromhex(f"004d {reply} 01 0005 {reply} 02")
    assert got == {numbered, right_one}


def test_a_torn_image_is_part_of_one_and_part_of_another() -> None:
    plc = LazyPlc("gate", GateMachine(World(carriers=1), Faults([])), boot_id=1)
    before, after = list(range(30)), [*range(100, 106), *range(6, 14), *range(114, 120), *range(20, 29), 129]
    torn = set()
    for seed in range(20):
        plc.tear(Random(seed), 1)
        words = plc._torn(before, after)
        assert all(word in pair for word, *pair in zip(words, before, after, strict=True))
        assert words[0] - before[0] != words[-1] - before[-1]
        torn.add(tuple(words))
    assert len(torn) > 10
    plc.tear(Random(1), 1)
    assert plc._torn(before, [99, 1, 2, 98, *before[4:-1], 99])[-1] == 99
    assert plc.torn == 1, "where nothing but the clock has changed no tear can show"
