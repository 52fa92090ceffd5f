"""The transaction layer against hostile replies: nothing but the answer to this request is ever returned."""

from __future__ import annotations

import asyncio
import struct

import pytest

from devices.errors import BadReply, DeviceError, DeviceTimeout, ExceptionReply, LinkLost
from devices.links.modbus import Framing, ModbusMaster
from tests.devices.memory_link import MemoryStream, memory_pair

TIMEOUT_S = 0.03


class Bench:
    """A master and, for each connection that it opens, the far end."""

    def __init__(self, framing: Framing, unit: int = 1) -> None:
        self.ends: list[MemoryStream] = []
        self.master = ModbusMaster("plc", self._dial, framing, unit, timeout_s=TIMEOUT_S)

    async def _dial(self) -> MemoryStream:
        here, there = memory_pair()
        self.ends.append(there)
        return here

    async def answered(self, *pieces: bytes, pause_s: float = 0.0) -> list[int]:
        """Read two registers at 200; the far end answers with `pieces` once it has the request."""
        await self.master.connect()
        asked = asyncio.create_task(self.master.read(200, 2))
        await self.ends[-1].read()
        for piece in pieces:
            self.ends[-1].write(piece)
            await asyncio.sleep(pause_s)
        return await asked


def crc(frame: bytes) -> bytes:
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return frame + struct.pack("<H", value)


GOOD_TCP = bytes.fromhex("00 01 00 00 00 07 01 03 04 00 0A 00 0B")
GOOD_RTU = crc(bytes.fromhex("01 03 04 00 0A 00 0B"))


async def test_good_replies_in_one_piece_and_in_bytes() -> None:
    for framing, reply in (("tcp", GOOD_TCP), ("rtu", GOOD_RTU)):
        assert await Bench(framing).answered(reply) == [10, 11]  # type: ignore[arg-type]
        assert await Bench(framing).answered(*(bytes((byte,)) for byte in reply)) == [10, 11]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        ("00 00 00 00 00 07 01 03 04 00 0A 00 0B", "transaction id of the reply must be 1, found 0"),
        ("00 02 00 00 00 07 01 03 04 00 0A 00 0B", "transaction id of the reply must be 1, found 2"),
        ("00 01 00 01 00 07 01 03 04 00 0A 00 0B", "protocol id"),
        ("00 01 00 00 FF FF 01 03 04 00 0A 00 0B", "length"),
        ("00 01 00 00 00 07 02 03 04 00 0A 00 0B", "unit of the reply must be 1, found 2"),
        ("00 01 00 00 00 07 01 04 04 00 0A 00 0B", "function code of the reply must be 3, found 4"),
        ("00 01 00 00 00 05 01 03 02 00 0A", "reply length"),
        ("00 01 00 00 00 07 01 03 02 00 0A 00 0B", "byte count of the reply must be 4, found 2"),
        ("00 01 00 00 00 09 01 03 06 00 0A 00 0B 00 0C", "reply length"),
        ("00 01 00 00 00 07 01 03 04 00 0A 00 0B 00", "bytes in the reply"),
        ("00 01 00 00 00 07 01 03 04 00 0A 00 0B 00 02 00 00 00 07 01 03 04 00 0A 00 0B", "bytes in the reply"),
        ("00 01 00 00 00 02 01 83", "length of an exception"),
    ],
)
async def test_hostile_tcp_replies(reply: str, what: str) -> None:
    bench = Bench("tcp")
    with pytest.raises(BadReply, match=what) as caught:
        await bench.answered(bytes.fromhex(reply))
    assert caught.value.written_at is not None
    assert not bench.master.connected


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (GOOD_RTU[:-1] + bytes((GOOD_RTU[-1] ^ 1,)), "CRC"),
        (bytes((GOOD_RTU[0], 3, 4, 0xFF)) + GOOD_RTU[4:], "CRC"),
        (crc(bytes.fromhex("02 03 04 00 0A 00 0B")), "unit of the reply must be 1, found 2"),
        (crc(bytes.fromhex("01 04 04 00 0A 00 0B")), "function code"),
        (crc(bytes.fromhex("01 03 02 00 0A 00 0B")), "byte count"),
        (GOOD_RTU + b"\x00", "bytes in the reply"),
        (b"\x00" + GOOD_RTU, "unit of the reply must be 1, found 0"),
    ],
)
async def test_hostile_rtu_replies(reply: bytes, what: str) -> None:
    bench = Bench("rtu")
    with pytest.raises(BadReply, match=what):
        await bench.answered(reply)
    assert not bench.master.connected


@pytest.mark.parametrize(
    "echo", ["10 00 C9 00 02", "10 00 C8 00 03", "10 00 C8 00 02 00", "06 00 C8 00 02"], ids=lambda text: text
)
async def test_a_write_needs_its_own_echo(echo: str) -> None:
    bench = Bench("tcp")
    await bench.master.connect()
    asked = asyncio.create_task(bench.master.write(200, [10, 11]))
    await bench.ends[0].read()
    pdu = bytes.fromhex(echo)
    bench.ends[0].write(bytes.fromhex("00 01 00 00 00") + bytes((len(pdu) + 1, 1)) + pdu)
    with pytest.raises(BadReply):
        await asked


async def test_a_single_write_needs_its_own_value() -> None:
    bench = Bench("tcp")
    await bench.master.connect()
    asked = asyncio.create_task(bench.master.write_one(900, 5))
    await bench.ends[0].read()
    bench.ends[0].write(bytes.fromhex("00 01 00 00 00 06 01 06 03 84 00 06"))
    with pytest.raises(BadReply, match="echo of address and value"):
        await asked


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_an_exception_is_named_and_keeps_the_link(framing: Framing) -> None:
    bench = Bench(framing)
    reply = bytes.fromhex("00 01 00 00 00 03 01 83 02") if framing == "tcp" else crc(bytes.fromhex("01 83 02"))
    with pytest.raises(
        ExceptionReply, match=r"exception 2 \(illegal address\) to function 3 at register 200"
    ) as caught:
        await bench.answered(reply)
    assert caught.value.code == 2
    assert bench.master.connected


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_a_late_reply_is_never_the_next_ones(framing: Framing) -> None:
    """The path that the stock client has: register 100's late reply returned as the value of register 200."""
    bench = Bench(framing)
    await bench.master.connect()
    with pytest.raises(DeviceTimeout, match=r"register 100 in 0.03 s") as caught:
        await bench.master.read(100, 2)
    assert caught.value.written_at is not None
    with pytest.raises(LinkLost, match="not open") as refused:
        await bench.master.read(200, 2)
    assert refused.value.written_at is None

    reopened = asyncio.create_task(bench.master.connect())
    await asyncio.sleep(0)
    late = bench.ends[-1]
    await asyncio.sleep(TIMEOUT_S / 3)
    if framing == "rtu":
        # The bus is one wire: the late reply comes on the reopened port.
        late.write(crc(bytes.fromhex("01 03 04 DE AD BE EF")))
    await reopened
    asked = asyncio.create_task(bench.master.read(200, 2))
    await bench.ends[-1].read()
    reply = crc(bytes.fromhex("01 03 04 00 0A 00 0B"))
    bench.ends[-1].write(reply if framing == "rtu" else bytes.fromhex("00 02 00 00 00 07") + reply[:-2])
    assert await asked == [10, 11]


async def test_a_bus_that_never_falls_silent_is_not_used() -> None:
    bench = Bench("rtu")
    opening = asyncio.create_task(bench.master.connect())
    while not opening.done():
        await asyncio.sleep(TIMEOUT_S / 3)
        if bench.ends and not opening.done():
            bench.ends[0].write(b"\x55")
    with pytest.raises(LinkLost, match="did not fall silent"):
        await opening


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_bytes_that_nobody_asked_for_close_the_link(framing: Framing) -> None:
    bench = Bench(framing)
    await bench.master.connect()
    bench.ends[0].write(b"\x00\x01")
    with pytest.raises(BadReply, match="2 bytes unasked: 00 01") as caught:
        await bench.master.write(200, [1])
    assert caught.value.written_at is None
    assert await bench.ends[0].read() == b"", "closed, and the write was not sent"
    assert not bench.master.connected


async def test_a_link_that_ends_while_asked() -> None:
    bench = Bench("tcp")
    await bench.master.connect()
    asked = asyncio.create_task(bench.master.write(200, [1]))
    await bench.ends[0].read()
    bench.ends[0].close()
    with pytest.raises(LinkLost, match="closed the link before it answered") as caught:
        await asked
    assert caught.value.written_at is not None


async def test_cancelling_a_request_closes_the_link() -> None:
    bench = Bench("tcp")
    await bench.master.connect()
    asked = asyncio.create_task(bench.master.read(200, 2))
    await bench.ends[0].read()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not bench.master.connected


async def test_one_request_at_a_time() -> None:
    bench = Bench("tcp")
    bench.master.timeout_s = 10.0
    await bench.master.connect()
    both = [asyncio.create_task(bench.master.read(200, 2)) for _ in range(2)]
    assert len(await bench.ends[0].read()) == 12
    bench.ends[0].write(GOOD_TCP)
    assert len(await bench.ends[0].read()) == 12
    bench.ends[0].write(b"\x00\x02" + GOOD_TCP[2:])
    assert await asyncio.gather(*both) == [[10, 11], [10, 11]]


async def test_transaction_ids_skip_zero() -> None:
    bench = Bench("tcp")
    await bench.master.connect()
    bench.master._transaction = 0xFFFF
    asked = asyncio.create_task(bench.master.read(200, 2))
    assert (await bench.ends[0].read())[:2] == b"\x00\x01"
    bench.ends[0].write(GOOD_TCP)
    await asked


async def test_random_bytes_never_pass(request: pytest.FixtureRequest) -> None:
    """Each single-byte change of a good reply is refused or times out, save in the register values of TCP."""
    for framing, good, values in (("tcp", GOOD_TCP, range(9, 13)), ("rtu", GOOD_RTU, range(0))):
        for position in range(len(good)):
            if position in values:
                continue
            changed = bytearray(good)
            changed[position] ^= 0x11
            bench = Bench(framing)  # type: ignore[arg-type]
            bench.master.timeout_s = 0.002
            with pytest.raises(DeviceError):
                await bench.answered(bytes(changed))
            bench.master.close()
