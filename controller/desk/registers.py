"""A PLC's status image as a technician reads it: every register with its address, name, value and unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devices.plc.contract import (
    BLOCK_LENGTH,
    COUNTED,
    MEASURED,
    STATUS_ADDRESS,
    Block,
    DeviceKind,
    Safety,
    StatusImage,
    block_length,
)

_UNITS = {"dc": ("°C", 10), "ms": ("ms", 1), "n": ("N", 1)}
_HEADER_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Register:
    """One value. :ivar address: of its first register, as on the wire; :ivar part: `header` or the block's number."""

    address: int
    part: str
    name: str
    value: str
    unit: str = ""


def registers_of(image: StatusImage, kind: DeviceKind) -> list[Register]:
    """Every value of a status image in the order of its registers."""
    rows = list(_header(image))
    stride = block_length(kind)
    for number, block in enumerate(image.blocks):
        rows += _block(STATUS_ADDRESS + _HEADER_LENGTH + stride * number, number, block, kind)
    return rows


def _header(image: StatusImage) -> Iterator[Register]:
    address = STATUS_ADDRESS
    yield Register(address, "header", "sequence", str(image.sequence))
    yield Register(address + 1, "header", "boot_id", str(image.boot_id))
    yield Register(address + 2, "header", "clock", str(image.clock_ms), "ms")
    told = [bit.name or "" for bit in Safety if bit in image.safety]
    yield Register(address + 4, "header", "safety", f"{int(image.safety)}: {', '.join(told) or '–'}")
    yield Register(address + 5, "header", "disturbances", str(image.disturbances))


def _block(address: int, number: int, block: Block, kind: DeviceKind) -> Iterator[Register]:
    echo, result, part = block.echo, block.result, str(number)
    fixed = (
        (0, "carrier", str(block.carrier)),
        (1, "state", f"{int(block.state)}: {block.state.name}"),
        (2, "echo_epoch", str(echo.epoch)),
        (3, "echo_sequence", str(echo.sequence)),
        (4, "echo_token", str(echo.token)),
        (6, "echo_check", f"{echo.check:#06x}"),
        (7, "answer", f"{int(echo.answer)}: {echo.answer.name}"),
        (8, "result_epoch", str(result.epoch)),
        (9, "result_sequence", str(result.sequence)),
        (10, "result_token", str(result.token)),
        (12, "result_code", f"{int(result.code)}: {result.code.name}"),
    )
    for offset, name, value in fixed:
        yield Register(address + offset, part, name, value)
    for offset, name in enumerate(MEASURED[kind], start=BLOCK_LENGTH):
        yield _measured(address + offset, part, name, result.measured.get(name, 0))
    for name in COUNTED[kind]:
        yield Register(address + block_length(kind) - 1, part, name, str(block.strays))


def _measured(address: int, part: str, name: str, value: int) -> Register:
    return Register(address, part, *in_units(name, value))


def in_units(name: str, value: int) -> tuple[str, str, str]:
    """A measured register as people read it: name, value, unit."""
    bare, _, ending = name.rpartition("_")
    if ending not in _UNITS:
        return name, str(value), ""
    unit, parts = _UNITS[ending]
    return bare, f"{value / parts:g}", unit
