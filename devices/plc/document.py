"""Renders the PLC contract as Markdown for whoever programs a station. Owns only the words between the tables.

`python -m devices.plc.document > docs/plc-contract.md`
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable
from enum import IntEnum, IntFlag

from devices.plc.check_word import check_word
from devices.plc.contract import (
    ACKNOWLEDGE_OFFSET,
    ALL_SAFE,
    COMMAND_ADDRESS,
    COMMAND_STRIDE,
    COUNTED,
    HEARTBEAT_ADDRESS,
    HEARTBEAT_LOST_S,
    HEARTBEAT_PERIOD_S,
    MEASURED,
    PERMIT_LIFE_MS,
    SCAN_S,
    SETPOINT_BOUNDS,
    SETPOINTS,
    STATUS_ADDRESS,
    Answer,
    Block,
    BlockState,
    Chute,
    Command,
    DeviceKind,
    Echo,
    Permit,
    Result,
    ResultCode,
    Safety,
    StatusImage,
    acknowledge_address,
    command_address,
    status_length,
)
from devices.plc.curve import CURVE_ADDRESS, CURVE_LENGTH, CURVE_STRIDE, Curve, curve_address
from devices.plc.identity import CONTRACT_ID, CONTRACT_VERSION, IDENTITY_ADDRESS, Identity
from devices.plc.meanings import BLOCK, COMMAND, CURVE, HEADER, MEANINGS

EXAMPLE_PERMIT = Permit(
    epoch=7,
    sequence=42,
    token=100_001,
    command=Command.SEAL,
    carrier=17,
    expires_ms=1_000_500,
    setpoints=(1450, 800, 300, 500),
)
"""Seal item 100001 on carrier 17: 145.0 °C, 800 ms, 300 N, 500 ms cooling; the PLC's clock stood at 1,000,000 ms."""


def render() -> str:
    """Return the whole document."""
    return "\n\n".join((_introduction(), _registers(), _codes(), _duties(), _example())) + "\n"


def _introduction() -> str:
    return f"""# The PLC contract, version {CONTRACT_VERSION}

Made from `devices/plc/contract.py` by `python -m devices.plc.document`; do not edit. A station that does what stands
here can be run by the line; `sealline conform` tries whether it does. Safety functions are hard-wired and not part of
it.

The PLC is a Modbus server (TCP, or RTU on a serial line) for functions 3, 6 and 16. Addresses count from 0 as on the
wire (address 0 is what some tools call 40001). A register is 16 bits, unsigned, high byte first; values of 32 bits
stand high word first. The reply must be with the line within 300 ms.
Units stand in the names: `_ms`, `_n` newton, `_dc` 0.1 °C."""


def _registers() -> str:
    layout = _table(
        ("address", "written by", "what"),
        (
            (STATUS_ADDRESS, "PLC", "status image; the line reads all of it with one function 3"),
            (
                HEARTBEAT_ADDRESS,
                "line",
                f"heartbeat, function 6, each {round(HEARTBEAT_PERIOD_S * 1000)} ms another value",
            ),
            (f"{COMMAND_ADDRESS} + {COMMAND_STRIDE}·block", "line", "command block, 14 registers, one function 16"),
            (
                f"{COMMAND_ADDRESS + ACKNOWLEDGE_OFFSET} + {COMMAND_STRIDE}·block",
                "line",
                "acknowledgement: epoch and sequence of the result, one function 16",
            ),
            (f"{CURVE_ADDRESS} + {CURVE_STRIDE}·block", "PLC", "curve of a sealer, one function 3; may be absent"),
            (IDENTITY_ADDRESS, "PLC", "identity, 7 registers, read after connecting"),
        ),
    )
    sections = (
        "## Registers",
        layout,
        "### Status image",
        "Header, then every block in order, then the sequence once more. All of it must be of one scan; the sequence "
        "first and last lets the line find a torn read.",
        _table(("offset", "header", "meaning"), _numbered(HEADER)),
        _table(("offset", "block", "meaning"), _numbered(BLOCK)),
        "Then, in the same block, what was measured when the retained result was made:",
        _table(
            ("kind", f"registers from offset {len(BLOCK)} of the block", "image of one block"),
            (
                (k.name, ", ".join(MEASURED[k] + COUNTED[k]) or "none", f"{status_length(k, 1)} registers")
                for k in DeviceKind
            ),
        ),
        "A gate's `chute` is the chute whose sensor saw the parcel of this push, 0 if none has; also of a push that "
        "was INTERRUPTED: then the parcel had fallen before. "
        "`strays` stands whatever is retained: how many parcels the dispatch chute's own sensor saw fall that no push "
        "had let fall there, a hand's for instance. It is kept and lost with the retained results. The line freezes "
        "the mail bag when it grows.",
        f"The conveyor of nine zones has {status_length(DeviceKind.CONVEYOR, 9)} registers.",
        "### Command block",
        _table(("offset", "register", "meaning"), _numbered(COMMAND)),
        "### Curve",
        "Only of a sealer, and only where the PLC can: the cycle that ended with the retained result, sampled at one "
        "step that makes it fit, from the jaw's way down to its opening. The line reads it once, after the result and "
        "before the acknowledgement; it stands as long as the result and is cleared with it. It is kept for people and "
        "proves nothing: the limits are held against the measured values. A PLC without it answers exception 2 "
        "(illegal data address), at once, and the line goes on; so it does when epoch, sequence or token are not the "
        "result's.",
        _table(("offset", "register", "meaning"), CURVE),
        "### Identity",
        _table(("address", "value", "meaning"), _identity()),
    )
    return "\n\n".join(sections)


def _identity() -> list[tuple[object, ...]]:
    words = Identity(DeviceKind.SEALER, 1).encode()
    meanings = (
        ("contract", f"{CONTRACT_ID:#06x}"),
        ("version", str(CONTRACT_VERSION)),
        ("123456.0 as IEEE 754, high word", f"{words[2]:#06x}"),
        ("123456.0, low word", f"{words[3]:#06x}"),
        ("kind", "see *Kinds*"),
        ("number of blocks", "1.."),
        ("scan time, ms", f"at most {round(SCAN_S * 1000)}"),
    )
    return [(IDENTITY_ADDRESS + offset, value, meaning) for offset, (meaning, value) in enumerate(meanings)]


def _codes() -> str:
    commands = _table(
        ("code", "command", "set-points in order", "meaning"),
        ((int(c), c.name, ", ".join(SETPOINTS[c]) or "none", MEANINGS[Command][c]) for c in Command),
    )
    bounds = _table(
        ("set-point", "lowest", "highest"), ((name, low, high) for name, (low, high) in SETPOINT_BOUNDS.items())
    )
    sections = ["## Codes", "### Commands", commands, bounds]
    enumerations: tuple[tuple[str, type[IntEnum] | type[IntFlag]], ...] = (
        ("Block states", BlockState),
        ("Answers", Answer),
        ("Result codes", ResultCode),
        ("Safety bits", Safety),
        ("Chutes", Chute),
        ("Kinds", DeviceKind),
    )
    for title, codes in enumerations:
        members: Iterable[IntEnum | IntFlag] = codes
        sections += [
            f"### {title}",
            _table(("code", "name", "meaning"), ((int(c), c.name, MEANINGS[codes][c]) for c in members)),
        ]
    return "\n\n".join(sections)


def _duties() -> str:
    lost_ms = round(HEARTBEAT_LOST_S * 1000)
    return f"""## What the PLC does in each scan

1. **Watch the heartbeat.** Register {HEARTBEAT_ADDRESS} unchanged for {lost_ms} ms: clear HOST_ALIVE,
   start no motion. A jaw that has not closed yet goes up again, INTERRUPTED; a closed one finishes its dwell and opens,
   with the result of any cycle. Another motion under way is finished if it ends within 0.5 s, else it stops,
   INTERRUPTED. Any change sets HOST_ALIVE.
2. **Watch guards and emergency stop.** Each opening, stop, motion by hand and loss of tracking adds one to the
   disturbances, also one shorter than a scan. A running motion ends with INTERRUPTED.
3. **Watch the dispatch chute.** A gate counts each parcel that passes its sensor while no push is under way, and each
   after the first while one is, also before the line has connected.
4. **Finish motions.** Put result code and measured values into the block's result, with epoch, sequence and token of
   its command; state DONE; a sealer's curve beside it. Keep both, also over a loss of power where
   the PLC has retentive memory.
5. **Take acknowledgements.** Epoch and sequence equal to the retained result's: clear it and the curve, state IDLE.
   Any other pair: do nothing. The same again after that: do nothing.
6. **Take commands.** When a command block was written since the last scan, copy epoch, sequence, token and check word
   to the echo, put the answer beside it, and, if ACCEPTED, begin and set state BUSY, all in this scan.
   A block whose epoch and sequence are those last answered is a repeat: do nothing, the echo stands. (After BAD_CRC
   the same pair may come again intact.) **A command is carried out once, whatever is received how often.**
7. **Publish.** Write clock, safety, blocks and the new sequence as one image.

The answer is the first of these that applies: BAD_CRC, OLD_EPOCH, UNKNOWN_COMMAND, EXPIRED, HOST_LOST, GUARD_OPEN,
BUSY, RESULT_UNACKNOWLEDGED, NO_CARRIER, WRONG_CARRIER, TARGET_OCCUPIED, OUT_OF_BOUNDS, ACCEPTED.
All four safety bits ({int(ALL_SAFE)}) must be set for ACCEPTED.
A permit is valid while `expiry - clock`, in 32 bits without sign, is 1..{PERMIT_LIFE_MS}.

The line writes each command once. When it gets no reply it reads the echo: equal in epoch, sequence, token and check
word, the command was taken; different and the clock past the expiry, it was not and never will be. A new boot id in
between: nobody knows, and the line holds. So the echo must never show a command that was not judged, and a command
must never be taken after its expiry."""


def _example() -> str:
    permit, words = EXAMPLE_PERMIT, EXAMPLE_PERMIT.encode()
    write = _write_pdu(command_address(0), words)
    acknowledge = _write_pdu(acknowledge_address(0), [permit.epoch, permit.sequence])
    length = status_length(DeviceKind.SEALER, 1)
    read = struct.pack(">BHH", 3, STATUS_ADDRESS, length)
    sections = (
        "## Worked example",
        "A sealer with one block, unit 1. The line (epoch 7) seals item 100001 on carrier 17 with 145.0 °C, 800 ms, "
        "300 N and 500 ms of cooling. The PLC's clock stood at 1,000,000 ms, so the permit ends at 1,000,500.",
        _table(("address", "register", "value", "hex"), _valued(command_address(0), words)),
        f"The check word is {words[-1]:#06x} (its CRC over bytes {struct.pack('>13H', *words[:-1]).hex(' ')}).",
        _frames("The line writes the command block", write, write[:5]),
        _frames("The line reads the status image until the echo is there and, later, the result", read, None),
        "One scan after the write the image reads (registers 0 to 26):",
        _code(_image_words(_accepted_image(permit))),
        "When the jaw has opened and the parcel has cooled, the result is retained:",
        _code(_image_words(_done_image(permit))),
        _frames("The line reads the curve", struct.pack(">BHH", 3, curve_address(0), CURVE_LENGTH), None),
        _code(_wrapped(_example_curve(permit).encode())),
        _frames("The line has journalled the result and acknowledges it", acknowledge, acknowledge[:5]),
    )
    return "\n\n".join(sections)


def _accepted_image(permit: Permit) -> StatusImage:
    echo = Echo(permit.epoch, permit.sequence, permit.token, permit.encode()[-1], Answer.ACCEPTED)
    return StatusImage(9001, 3, 1_000_010, ALL_SAFE, 0, (Block(permit.carrier, BlockState.BUSY, echo),))


def _done_image(permit: Permit) -> StatusImage:
    echo = Echo(permit.epoch, permit.sequence, permit.token, permit.encode()[-1], Answer.ACCEPTED)
    values = (permit.carrier, 1442, 1457, 803, 298, 500, 5121)
    measured = dict(zip(MEASURED[DeviceKind.SEALER], values, strict=True))
    result = Result(permit.epoch, permit.sequence, permit.token, ResultCode.OK, measured)
    return StatusImage(9171, 3, 1_001_710, ALL_SAFE, 0, (Block(permit.carrier, BlockState.DONE, echo, result),))


def _example_curve(permit: Permit) -> Curve:
    """Nine samples each 250 ms: down, the dwell, the cooling, up."""
    temperature = (1450, 1442, 1449, 1457, 1451, 1332, 1225, 1225, 1225)
    force = (0, 298, 298, 298, 298, 298, 298, 12, 0)
    return Curve(permit.epoch, permit.sequence, permit.token, 250, temperature, force)


def _image_words(image: StatusImage) -> str:
    return _wrapped(image.encode(DeviceKind.SEALER))


def _wrapped(registers: list[int]) -> str:
    words = [f"{word:04X}" for word in registers]
    return "\n".join(" ".join(words[start : start + 9]) for start in range(0, len(words), 9))


def _frames(title: str, request: bytes, reply: bytes | None) -> str:
    lines = [f"TCP request  {_tcp(request)}", f"RTU request  {_rtu(request)}"]
    if reply is not None:
        lines += [f"TCP reply    {_tcp(reply)}", f"RTU reply    {_rtu(reply)}"]
    return f"{title}:\n\n{_code(chr(10).join(lines))}"


def _write_pdu(address: int, words: list[int]) -> bytes:
    return struct.pack(f">BHHB{len(words)}H", 16, address, len(words), 2 * len(words), *words)


def _tcp(pdu: bytes) -> str:
    return (struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu).hex(" ").upper()


def _rtu(pdu: bytes) -> str:
    frame = b"\x01" + pdu
    return (frame + struct.pack("<H", _crc16(frame))).hex(" ").upper()


def _crc16(data: bytes) -> int:
    """CRC-16/MODBUS of whole bytes; `check_word` is the same over words."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _numbered(rows: tuple[tuple[str, str], ...]) -> list[tuple[object, ...]]:
    return [(offset, name, meaning) for offset, (name, meaning) in enumerate(rows)]


def _valued(address: int, words: list[int]) -> list[tuple[object, ...]]:
    assert words[-1] == check_word(words[:-1])
    rows = zip(COMMAND, words, strict=True)
    return [(address + offset, name, value, f"{value:04X}") for offset, ((name, _), value) in enumerate(rows)]


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _code(text: str) -> str:
    return f"```\n{text}\n```"


if __name__ == "__main__":
    sys.stdout.write(render())
