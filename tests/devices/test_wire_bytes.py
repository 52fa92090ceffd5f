"""Golden bytes, typed from the standards and manuals; nothing here is made by the code that it pins."""

from __future__ import annotations

import asyncio

import pytest

from devices.links.modbus import Framing, ModbusMaster
from devices.plc.check_word import check_word
from devices.plc.contract import (
    ALL_SAFE,
    Answer,
    Block,
    BlockState,
    Command,
    ContractError,
    DeviceKind,
    Echo,
    Permit,
    Result,
    ResultCode,
    StatusImage,
    has_expired,
    next_sequence,
)
from devices.plc.curve import Curve, curve_address
from devices.plc.identity import Identity
from devices.printer import wire as printer
from devices.scale import wire as scale
from devices.scanner import wire as scanner
from tests.devices.memory_link import MemoryStream, memory_pair


async def far_end(framing: Framing, unit: int = 1) -> tuple[ModbusMaster, MemoryStream]:
    here, there = memory_pair()

    async def dial() -> MemoryStream:
        return here

    master = ModbusMaster("sealer_1", dial, framing, unit, timeout_s=0.02)
    await master.connect()
    return master, there


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(
    ("framing", "request_bytes", "reply_bytes"),
    [
        ("tcp", "00 01 00 00 00 06 01 03 23 28 00 02", "00 01 00 00 00 07 01 03 04 5E A1 00 01"),
        # Modbus over serial line, CRC low byte first.
        ("rtu", "01 03 23 28 00 02 4F 87", "01 03 04 5E A1 00 01 79 F9"),
    ],
)
async def test_read_frames(framing: Framing, request_bytes: str, reply_bytes: str) -> None:
    master, plc = await far_end(framing)
    asked = asyncio.create_task(master.read(9000, 2))
    assert await plc.read() == bytes.fromhex(request_bytes)
    plc.write(bytes.fromhex(reply_bytes))
    assert await asked == [0x5EA1, 1]


@pytest.mark.parametrize(
    ("framing", "request_bytes", "reply_bytes"),
    [
        ("tcp", "00 01 00 00 00 0B 01 10 03 F8 00 02 04 00 07 00 2A", "00 01 00 00 00 06 01 10 03 F8 00 02"),
        ("rtu", "01 10 03 F8 00 02 04 00 07 00 2A D9 A3", "01 10 03 F8 00 02 C0 7D"),
    ],
)
async def test_write_frames(framing: Framing, request_bytes: str, reply_bytes: str) -> None:
    master, plc = await far_end(framing)
    asked = asyncio.create_task(master.write(1016, [7, 42]))
    assert await plc.read() == bytes.fromhex(request_bytes)
    plc.write(bytes.fromhex(reply_bytes))
    sent = await asked
    assert sent.written_at <= sent.replied_at


async def test_heartbeat_frame() -> None:
    master, plc = await far_end("tcp")
    asked = asyncio.create_task(master.write_one(900, 513))
    assert await plc.read() == bytes.fromhex("00 01 00 00 00 06 01 06 03 84 02 01")
    plc.write(bytes.fromhex("00 01 00 00 00 06 01 06 03 84 02 01"))
    await asked


COMMAND = words("0007 002A 0001 86A1 0002 0011 0000 000F 4434 05AA 0320 012C 01F4 995A")
IMAGE = words(
    "23D3 0003 000F 48EE 000F 0002 0011 0002 0007 002A 0001 86A1 995A 0001 0007 002A 0001 86A1 "
    "0001 0011 05A2 05B1 0323 012A 01F4 1401 23D3"
)


def test_command_block() -> None:
    permit = Permit(7, 42, 100_001, Command.SEAL, 17, expires_ms=1_000_500, setpoints=(1450, 800, 300, 500))
    assert permit.encode() == COMMAND
    assert Permit.decode(COMMAND) == permit
    assert check_word(COMMAND[:-1]) == 0x995A


def test_status_image() -> None:
    image = StatusImage.decode(IMAGE, DeviceKind.SEALER, 1)
    measured = {
        "carrier": 17,
        "temperature_min_dc": 1442,
        "temperature_max_dc": 1457,
        "dwell_ms": 803,
        "force_n": 298,
        "cooling_ms": 500,
        "cycles": 5121,
    }
    echo = Echo(7, 42, 100_001, 0x995A, Answer.ACCEPTED)
    result = Result(7, 42, 100_001, ResultCode.OK, measured)
    assert image == StatusImage(9171, 3, 1_001_710, ALL_SAFE, 2, (Block(17, BlockState.DONE, echo, result),))
    assert image.encode(DeviceKind.SEALER) == IMAGE


def test_a_gate_block_ends_with_its_strays() -> None:
    result = Result(7, 42, 100_001, ResultCode.OK, {"carrier": 17, "chute": 2, "cycles": 5121})
    image = StatusImage(9171, 3, 1_001_710, ALL_SAFE, 0, (Block(17, BlockState.DONE, result=result, strays=3),))
    words = image.encode(DeviceKind.GATE)
    assert words[-5:] == [17, 2, 5121, 3, 9171]
    assert StatusImage.decode(words, DeviceKind.GATE, 1) == image


CURVE = words(
    "002A 0001 86A1 0007 00FA 0003 05AA 05A2 05A9 "
    "0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 "
    "0000 012A 000C "
    "0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 "
    "0001 86A1 002A"
)


def test_a_sealers_curve() -> None:
    curve = Curve(7, 42, 100_001, 250, (1450, 1442, 1449), (0, 298, 12))
    assert Curve.decode(CURVE) == curve
    assert curve.encode() == CURVE
    assert (curve_address(0), curve_address(1)) == (2000, 2100)
    packed = bytes.fromhex("00FA 05AA 05A2 05A9 0000 012A 000C")
    assert curve.pack() == packed
    assert Curve.unpack(packed) == Curve(0, 0, 0, 250, (1450, 1442, 1449), (0, 298, 12))


@pytest.mark.parametrize(
    ("place", "word", "why"),
    [(0, 43, "torn"), (-1, 43, "torn"), (2, 0x86A2, "torn"), (-2, 0x86A2, "torn"), (5, 25, "25 samples")],
)
def test_a_torn_or_foreign_curve_is_refused(place: int, word: int, why: str) -> None:
    found = list(CURVE)
    found[place] = word
    with pytest.raises(ContractError, match=why):
        Curve.decode(found)
    with pytest.raises(ContractError, match="56 registers"):
        Curve.decode(CURVE[1:])


@pytest.mark.parametrize("packed", [b"", b"\x00\xfa\x05", bytes(102)])
def test_what_no_curve_can_be_is_not_unpacked(packed: bytes) -> None:
    with pytest.raises(ContractError, match=f"{len(packed)} bytes"):
        Curve.unpack(packed)


def test_a_torn_image_is_refused() -> None:
    with pytest.raises(ContractError, match="torn read: sequence 9171 first, 9172 last"):
        StatusImage.decode([*IMAGE[:-1], 9172], DeviceKind.SEALER, 1)


def test_identity() -> None:
    registers = words("5EA1 0002 47F1 2000 0001 0009 000A")
    assert Identity.decode(registers) == Identity(DeviceKind.CONVEYOR, 9)
    assert Identity(DeviceKind.CONVEYOR, 9).encode() == registers
    swapped = words("5EA1 0002 2000 47F1 0001 0009 000A")
    with pytest.raises(ContractError, match="set high word first"):
        Identity.decode(swapped)


@pytest.mark.parametrize(
    ("expires", "clock", "expired"),
    [(1500, 1000, False), (1501, 1000, True), (1000, 1000, True), (999, 1000, True), (100, 0xFFFFFFFF, False)],
)
def test_expiry(expires: int, clock: int, expired: bool) -> None:
    assert has_expired(expires, clock) is expired


def test_sequence_skips_zero() -> None:
    assert [next_sequence(n) for n in (0, 1, 65534, 65535)] == [1, 2, 65535, 1]


def test_waybill_zpl() -> None:
    label = printer.WaybillLabel("1100000001460", ("GZ-01", "李^XZ~JA_"))
    assert printer.render(label) == (
        b"^XA^CI28^PW800^LL1200^LH0,0\n"
        b"^FO40,60^A0N,40,36^FH_^FDGZ-01^FS\n"
        b"^FO40,120^A0N,40,36^FH_^FD_E6_9D_8E_5EXZ_7EJA_5F^FS\n"
        b"^FO120,840^BY3^BCN,200,N,N,N,A^FH_^FD1100000001460^FS\n"
        b"^FO120,1060^A0N,60,54^FH_^FD1100000001460^FS\n"
        b"^PQ1^XZ\n"
    )


STATUS = b"\x02030,0,0,1200,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,1,4,6,1,00000000,1,000\x03\r\n\x021234,0\x03\r\n"


def test_printer_status() -> None:
    lines = printer.frames().feed(STATUS)
    status = printer.PrinterStatus.decode(lines)
    assert status == printer.PrinterStatus(label_waiting=True)
    assert status.encode() == STATUS
    trouble = STATUS.replace(b"030,0,0", b"030,1,1").replace(b"000,0,0,0,1", b"000,0,1,1,1")
    faults = printer.PrinterStatus.decode(printer.frames().feed(trouble)).faults
    assert faults == ("paper out", "ribbon out", "head open", "paused: press its key")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"S S     100.00 g", scale.Weighed(100.0, True)),
        (b"S S      -0.03 g", scale.Weighed(-0.03, True)),
        (b"S S     1.2345 kg", scale.Weighed(1234.5, True)),
        (b"S D     101.50 g", scale.Weighed(101.5, False)),
        (b"S I", scale.Answered(scale.Request.WEIGH, scale.Status.NOT_NOW)),
        (b"S +", scale.Answered(scale.Request.WEIGH, scale.Status.OVERLOAD)),
        (b"Z A", scale.Answered(scale.Request.ZERO, scale.Status.DONE)),
        (b'I4 A "0123456789"', scale.WasReset("0123456789")),
        (b"ES", scale.Failed("ES")),
    ],
)
def test_mt_sics_lines(line: bytes, said: scale.Said) -> None:
    assert scale.decode(line) == said


def test_mt_sics_bytes() -> None:
    assert [scale.encode_request(request) for request in scale.Request] == [b"S\r\n", b"Z\r\n", b"@\r\n"]
    assert scale.encode(scale.Weighed(100.0, True)) == b"S S     100.00 g\r\n"
    assert scale.encode(scale.Answered(scale.Request.WEIGH, scale.Status.UNDERLOAD)) == b"S -\r\n"
    assert scale.encode(scale.WasReset("0123456789")) == b'I4 A "0123456789"\r\n'
    assert scale.encode(scale.Failed("EL")) == b"EL\r\n"
    assert scale.decode_request(b"Z") is scale.Request.ZERO
    assert scale.decode_request(b"PWR 0") is None


@pytest.mark.parametrize(
    "line", [b"", b"S S 1e5 g", b"S S     nan g", b"S S     100.00 lb", b"S S\x00 1.00 g", b"T S 1 g"]
)
def test_mt_sics_refuses(line: bytes) -> None:
    with pytest.raises(scale.ScaleLineError):
        scale.decode(line)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (b"]C04470012345678", scanner.Code("4470012345678", "]C0", "Code128")),
        (b"]A0ABC-1", scanner.Code("ABC-1", "]A0", "Code39")),
        (b"]Q1X1", scanner.Code("X1", "]Q1", "QRCode")),
        (b"]d2X2", scanner.Code("X2", "]d2", "DataMatrix")),
        (b"OK,LON", scanner.Accepted("LON")),
        (b"ER,LOFF,22", scanner.Refused("LOFF", "22")),
        (b"ERROR", scanner.NoCode()),
    ],
)
def test_scanner_frames(frame: bytes, said: scanner.Said) -> None:
    assert scanner.decode(frame) == said
    assert scanner.encode(said) == frame + b"\r"


def test_scanner_commands() -> None:
    assert scanner.encode_command(scanner.LON) == b"LON\r"
    assert scanner.encode_command(scanner.LOFF) == b"LOFF\r"


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"4470012345678", "AIM identifier"),
        (b"]C0", "without text"),
        (b"]z0ABC", "unknown"),
        (b"]C0ABC\x1dDEF", r"\\x1d"),
        (b"]C0ABC\x00", r"\\x00"),
        (b"]C0ABC,]C0DEF", "','"),
        (b"]C0ABC DEF", "' '"),
        (b"]C0abc", "'a'"),
        ("]C0АВС".encode(), "may hold A-Z"),
        (b"]C0\xff\xfe", "may hold A-Z"),
    ],
)
def test_scanner_refuses(frame: bytes, why: str) -> None:
    with pytest.raises(scanner.ScannerFrameError, match=why):
        scanner.decode(frame)


def test_scanner_takes_configured_characters() -> None:
    assert scanner.decode(b"]Q1A/1", extra="/") == scanner.Code("A/1", "]Q1", "QRCode")
