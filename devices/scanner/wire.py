"""What a triggered code scanner says and hears (Keyence SR-750 manual, command control). Pure; for both ends.

    line: `LON` CR            scanner: `OK,LON` CR, then on a read the code: `]C0` text CR
    line: `LOFF` CR           scanner: `OK,LOFF` CR, then `ERROR` CR when nothing was read since `LON`
    refused                   scanner: `ER,` command `,` two digits CR

In single mode a good read ends the trigger itself; `LOFF` after it is answered with `ER`. Codes stand behind their
AIM identifier, so that no code can pass for one of the scanner's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.frames import Frames

LONGEST = 64
"""Bytes of the longest frame; a longer one is dropped."""
LON = "LON"
LOFF = "LOFF"
ERROR_TEXT = "ERROR"
"""The scanner's error string, sent instead of a code."""
ALLOWED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

SYMBOLOGIES: dict[str, str] = {
    "]C": "Code128",
    "]A": "Code39",
    "]I": "ITF",
    "]E": "EAN13",
    "]Q": "QRCode",
    "]d": "DataMatrix",
    "]L": "PDF417",
}
"""First two characters of the AIM identifier (ISO/IEC 15424) → symbology."""

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_OK = re.compile(r"OK,([A-Z]+)")
_REFUSED = re.compile(r"ER,([A-Z]+),([0-9]{2})")


class ScannerFrameError(ValueError):
    """A frame that is neither a code as allowed nor one of the scanner's words. Shows it escaped and shortened."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code as read. :ivar aim: its identifier, as `]C0`; :ivar symbology: the name that it stands for."""

    text: str
    aim: str
    symbology: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The scanner carries out a command."""

    command: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The scanner does not carry out a command. :ivar code: two digits, see the manual's list of errors."""

    command: str
    code: str


@dataclass(frozen=True, slots=True)
class NoCode:
    """The trigger ended without a code."""


Said = Code | Accepted | Refused | NoCode


def frames() -> Frames:
    """Return what cuts either direction's bytes into frames."""
    return Frames(LONGEST)


def encode_command(command: str) -> bytes:
    """Return `LON` or `LOFF` as the line sends it."""
    return f"{command}\r".encode("ascii")


def encode(said: Said) -> bytes:
    """Return what the scanner sends, CR last."""
    match said:
        case Code(text=text, aim=aim):
            return f"{aim}{text}\r".encode()
        case Accepted(command=command):
            return f"OK,{command}\r".encode("ascii")
        case Refused(command=command, code=code):
            return f"ER,{command},{code}\r".encode("ascii")
        case NoCode():
            return f"{ERROR_TEXT}\r".encode("ascii")


def decode(frame: bytes, extra: str = "") -> Said:
    """Read one frame from the scanner.

    :param extra: characters that codes may hold beside `ALLOWED`.
    :raises ScannerFrameError: no AIM identifier, an unknown symbology, no text, a character that is not allowed
        (so also a separator between two codes).
    """
    text = frame.decode("ascii", errors="backslashreplace")
    if text == ERROR_TEXT:
        return NoCode()
    if match := _OK.fullmatch(text):
        return Accepted(match[1])
    if match := _REFUSED.fullmatch(text):
        return Refused(match[1], match[2])
    return _code(text, frozenset(ALLOWED + extra))


def _code(text: str, allowed: frozenset[str]) -> Code:
    if not _AIM.match(text):
        raise ScannerFrameError(f"code must stand behind its AIM identifier as ]C0, found {_shown(text)}")
    aim, text = text[:3], text[3:]
    symbology = SYMBOLOGIES.get(aim[:2])
    if symbology is None:
        raise ScannerFrameError(f"AIM identifier {aim} is unknown; allowed: {', '.join(SYMBOLOGIES)}")
    if not text:
        raise ScannerFrameError(f"{symbology} code without text")
    if wrong := next((character for character in text if character not in allowed), None):
        found = f"{_shown(wrong)} in {_shown(text)}"
        raise ScannerFrameError(f"{symbology} code may hold A-Z, 0-9, - and what is configured, found {found}")
    return Code(text, aim, symbology)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:24] + "…")
