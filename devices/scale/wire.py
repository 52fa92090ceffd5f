"""MT-SICS (Mettler Toledo Standard Interface Command Set), level 0, as far as the line needs it. Pure; for both ends.

    `S`  → `S S     100.00 g`     stable weight, right-aligned in ten characters
           `S D     100.00 g`     not stable; `S I` not now; `S +` overload; `S -` underload
    `Z`  → `Z A`                  zeroed; `Z I` not now; `Z +`, `Z -` beyond the zero range
    `@`  → `I4 A "0123456789"`    reset: forgets what it was asked; answers with its serial number
    anything else → `ES` syntax, `ET` transmission, `EL` logical error

Lines end with CR LF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from devices.frames import Frames

LONGEST = 64
_UNITS_G = {"g": 1.0, "kg": 1000.0}
_WEIGHT = re.compile(r"S ([SD])\s+(-?[0-9]{1,8}(?:\.[0-9]{1,4})?) ([a-z]{1,4})")
_STATUS = re.compile(r"([SZ]) ([AID+\-])")
_RESET = re.compile(r'I4 A "([^"]*)"')


class Request(StrEnum):
    """What the line asks."""

    WEIGH = "S"
    ZERO = "Z"
    RESET = "@"


class Status(StrEnum):
    """The letter behind the command's name."""

    STABLE = "S"
    DYNAMIC = "D"
    DONE = "A"
    NOT_NOW = "I"
    OVERLOAD = "+"
    UNDERLOAD = "-"


MEANINGS: dict[Status, str] = {
    Status.DYNAMIC: "the weight was not stable: look for draught, vibration or a moving parcel",
    Status.NOT_NOW: "the scale can't carry it out now (still busy, or no stable weight in its own time)",
    Status.OVERLOAD: "overload: take weight off the pan",
    Status.UNDERLOAD: "underload: the pan is missing or not seated",
}

ERROR_LINES: dict[str, str] = {
    "ES": "syntax error: the scale does not know the command",
    "ET": "transmission error: check baud rate and parity",
    "EL": "logical error: the scale can't carry out the command",
}


class ScaleLineError(ValueError):
    """A line that is no MT-SICS answer."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A weight. Only a stable one may be used."""

    grams: float
    stable: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer without a weight. :ivar request: what it answers."""

    request: Request
    status: Status


@dataclass(frozen=True, slots=True)
class WasReset:
    """The answer to `@`."""

    serial_number: str


@dataclass(frozen=True, slots=True)
class Failed:
    """One of `ERROR_LINES`."""

    letters: str


Said = Weighed | Answered | WasReset | Failed


def frames() -> Frames:
    """Return what cuts either direction's bytes into lines."""
    return Frames(LONGEST)


def encode_request(request: Request) -> bytes:
    """Return a request as the line sends it."""
    return f"{request}\r\n".encode("ascii")


def decode_request(line: bytes) -> Request | None:
    """Read a request; None: unknown, to be answered with `ES`."""
    text = line.decode("ascii", errors="replace")
    return Request(text) if text in set(Request) else None


def encode(said: Said) -> bytes:
    """Return what the scale sends."""
    match said:
        case Weighed(grams=grams, stable=stable):
            text = f"S {'S' if stable else 'D'} {grams:>10.2f} g"
        case Answered(request=request, status=status):
            text = f"{request} {status}"
        case WasReset(serial_number=number):
            text = f'I4 A "{number}"'
        case Failed(letters=letters):
            text = letters
    return f"{text}\r\n".encode("ascii")


def decode(line: bytes) -> Said:
    """Read one line from the scale; kilograms are turned into grams.

    :raises ScaleLineError: anything that the scale can't have meant.
    """
    text = line.decode("ascii", errors="backslashreplace")
    if match := _WEIGHT.fullmatch(text):
        if match[3] not in _UNITS_G:
            raise ScaleLineError(f"unit {match[3]!r}; set the scale to one of {', '.join(_UNITS_G)}")
        return Weighed(round(float(match[2]) * _UNITS_G[match[3]], 4), match[1] == "S")
    if match := _STATUS.fullmatch(text):
        return Answered(Request(match[1]), Status(match[2]))
    if match := _RESET.fullmatch(text):
        return WasReset(match[1])
    if text in ERROR_LINES:
        return Failed(text)
    raise ScaleLineError(f"no MT-SICS answer: {text[:24]!r}")
