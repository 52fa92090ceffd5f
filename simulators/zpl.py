"""Reads ZPL as the twin of a label printer must: the bars and texts of a label, split from a byte stream. Pure.

Knows `^XA ^FO ^FH ^FD ^FS ^BC ^PQ ^XZ` and `~HS`, `~JA`, `~PS`, `~PP`; other commands only draw and are passed over.
Source: Zebra, ZPL II programming guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_FORMAT = 1_000_000
_FORMAT = re.compile(rb"\^XA(.*?)\^XZ", re.DOTALL)
_IMMEDIATE = re.compile(rb"~(HS|JA|PS|PP)")
_COMMAND = re.compile(r"\^([A-Z][A-Z0-9@])([^^~]*)", re.DOTALL)
_SUBSET = re.compile(r">[0-9:;<=]")
HEX_SIGN = "_"


@dataclass(frozen=True, slots=True)
class PrintedField:
    """One field of a label. :ivar x: dots from the left; :ivar y: dots from the top; :ivar bars: it is Code 128."""

    x: int
    y: int
    bars: bool
    value: str


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """One label as it was asked for. :ivar copies: how often, ^PQ."""

    fields: tuple[PrintedField, ...]
    copies: int = 1

    @property
    def bars(self) -> str:
        """What the uppermost Code 128 says; empty when there is none."""
        found = self._first_bars()
        return "" if found is None else found.value

    @property
    def text_under_bars(self) -> str:
        """The text nearest below the bars: their human-readable line. Empty when there is none."""
        bars = self._first_bars()
        below = [each for each in self.fields if not each.bars and bars is not None and each.y > bars.y]
        return min(below, key=lambda each: each.y).value if below else ""

    def _first_bars(self) -> PrintedField | None:
        return min((each for each in self.fields if each.bars), key=lambda each: each.y, default=None)


Item = LabelFormat | str
"""A label, or the letters of an immediate command."""


class ZplStream:
    """Splits one connection's bytes into labels and immediate commands."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[Item]:
        """Return what has become whole, immediate commands in their place between labels."""
        self._pending = (self._pending + data)[-LONGEST_FORMAT:]
        items: list[Item] = []
        while (found := self._next()) is not None:
            items.append(found)
        return items

    def _next(self) -> Item | None:
        whole, command = _FORMAT.search(self._pending), _IMMEDIATE.search(self._pending)
        if command is not None and (whole is None or command.start() < whole.start()):
            self._pending = self._pending[: command.start()] + self._pending[command.end() :]
            return command.group(1).decode()
        if whole is None:
            return None
        self._pending = self._pending[whole.end() :]
        return read_format(whole.group(1).decode("utf-8", "replace"))


def read_format(text: str) -> LabelFormat:
    """Read what stands between `^XA` and `^XZ`."""
    fields: list[PrintedField] = []
    copies, x, y, bars, hex_sign = 1, 0, 0, False, ""
    for name, argument in _COMMAND.findall(text):
        match name:
            case "FO":
                x, y = _number(argument, 0), _number(argument, 1)
            case "BC":
                bars = True
            case "FH":
                hex_sign = argument.strip() or HEX_SIGN
            case "FD":
                value = _unescape(argument, hex_sign)
                fields.append(PrintedField(x, y, bars, _SUBSET.sub("", value) if bars else value))
            case "FS":
                x, y, bars, hex_sign = 0, 0, False, ""
            case "PQ":
                copies = _number(argument, 0) or 1
    return LabelFormat(tuple(fields), copies)


def _number(argument: str, place: int) -> int:
    """Return one of the comma-separated parameters; 0 when it is absent or no number, as the printer's default."""
    values = argument.split(",")
    value = values[place].strip() if place < len(values) else ""
    return int(value) if value.isdecimal() else 0


def _unescape(value: str, sign: str) -> str:
    """Resolve `^FH` escapes: sign and two hexadecimal digits a byte, the bytes being UTF-8."""
    if not sign:
        return value
    escape = re.compile(re.escape(sign).encode() + rb"([0-9A-Fa-f]{2})")
    return escape.sub(lambda found: bytes.fromhex(found.group(1).decode()), value.encode()).decode("utf-8", "replace")
