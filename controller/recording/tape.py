"""The tape: turns of the line's loop and what came in each, packed, compressed and kept in segments of bounded size.

A folder holds one run of a line: `meta.json`, `config.json`, `journal.db` as it was at the start, `wires-00001.gz` and
on, and `pictures/` by digest. Each flush is a gzip member of its own, so that a kill costs the last one only. Only a
segment that is full is made durable: the line's own journal needs the disk more.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, MutableSequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from controller.recording.turns import TICKS_A_SECOND

VERSION = 2
META, CONFIG, JOURNAL, PICTURES = "meta.json", "config.json", "journal.db", "pictures"
BEHEADED = "beginning-removed"
"""Stands in a folder whose first segments had to make room."""
_HEAD = struct.Struct("<BHI")
_FIRST = struct.Struct("<q")
_LONGEST_STEP = 0xFFFFFFFF


class Kind(IntEnum):
    """What a record tells. `stream` numbers one connection of one device; elsewhere it is 0.

    What comes from outside stands at the beginning of the turn in which the line's loop took it up; what the line did,
    and how it went at once, stands where it was done.
    """

    DIALLED = 1
    """The line begins to open a device's link; the data is the device's name."""
    OPENED = 2
    REFUSED = 3
    """It could not be opened; the data is why."""
    IN = 4
    OUT = 5
    PICTURE = 6
    """The last piece of a camera's picture: digest in hex, a blank, its length; its bytes may stand in `pictures/`."""
    ENDED = 7
    """The device or the cable ended the link; the data is the error."""
    CLOSED = 8
    """The line closed it."""
    VERDICT = 9
    READY = 10
    COMMIT = 11
    CALL = 12
    BROKER = 13
    WALL = 14
    ENTRIES = 15
    BEGAN = 16
    STOPPED = 17
    """The line was told to end; missing when it died."""
    ASIDE = 18
    """Work that a thread has done for the loop, as a picture's writing: what, and its result or error."""
    TURNS = 19
    """Turns of the loop; unpacked they are no records."""
    PIECE = 20
    """A piece of a camera's picture, not the last: its length."""
    AT_ONCE = 21
    """How a call on a wire went that was answered at once, where that was no matter of course."""
    DRAINED = 22
    """The operating system has taken what was written, after it had made the line wait."""
    REFUSAL = 23
    """A call that the line refused: its name, the refusal's code."""
    HUNG_UP = 24
    """Who made a call waits no more: its number."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. :ivar place: on the tape; :ivar turn: of the line's loop; :ivar at: loop time of that turn."""

    place: int
    turn: int
    at: float
    kind: Kind
    stream: int
    data: bytes

    def said(self) -> dict[str, Any]:
        """The data of a record that holds a JSON object."""
        found: dict[str, Any] = json.loads(self.data)
        return found


Noted = int | tuple[Kind, int, bytes]
"""A turn (its time in µs, doubled, and 1 more when nothing was ready before it), or a record of the turn before it."""


class TapeError(Exception):
    """A recording that can't be read or replayed; says which and why."""


def packed(noted: Iterable[Noted]) -> bytes:
    """What was noted, as one gzip member."""
    parts: list[bytes] = []
    turns: list[int] = []
    for each in noted:
        if isinstance(each, int):
            if turns and each - turns[-1] > _LONGEST_STEP:
                parts.append(_packed_turns(turns))
            turns.append(each)
            continue
        parts.append(_packed_turns(turns))
        kind, stream, data = each
        parts.append(_HEAD.pack(kind, stream, len(data)) + data)
    parts.append(_packed_turns(turns))
    return gzip.compress(b"".join(parts), compresslevel=1)


def _packed_turns(turns: list[int]) -> bytes:
    """The first turn, then the steps from each to the next. Empties the list."""
    if not turns:
        return b""
    steps = [now - before for before, now in pairwise(turns)]
    data = _FIRST.pack(turns[0]) + struct.pack(f"<{len(steps)}I", *steps)
    turns.clear()
    return _HEAD.pack(Kind.TURNS, 0, len(data)) + data


def _unpacked_turns(data: bytes) -> Iterator[int]:
    (turn,) = _FIRST.unpack_from(data)
    yield turn
    for (step,) in struct.iter_unpack("<I", data[_FIRST.size :]):
        turn += step
        yield turn


def segments(folder: Path) -> list[Path]:
    """The tape's segments, oldest first."""
    return sorted(folder.glob("wires-*.gz"))


def read_noted(folder: Path) -> Iterator[Noted]:
    """All that was noted of a run, in its order.

    :raises TapeError: a segment is damaged before the end of the last one.
    """
    found = segments(folder)
    for path in found:
        try:
            yield from _unpacked(_unzipped(path, last=path == found[-1]))
        except (zlib.error, gzip.BadGzipFile, EOFError, ValueError, struct.error) as error:
            raise TapeError(
                f"{path}: damaged ({error}); a recording is replayed as it was written or not at all"
            ) from error


def read_records(noted: Iterable[Noted], turns: MutableSequence[int]) -> Iterator[Record]:
    """Every record with its turn. :param turns: gets every turn."""
    place = 0
    for each in noted:
        if isinstance(each, int):
            turns.append(each)
        else:
            place += 1
            yield Record(place, len(turns) - 1, ticks_of(turns[-1]) / TICKS_A_SECOND, *each)


def ticks_of(turn: int) -> int:
    """The time of a turn in µs."""
    return turn >> 1


def was_idle(turn: int) -> bool:
    """Whether nothing was ready before a turn."""
    return bool(turn & 1)


def _unzipped(path: Path, *, last: bool) -> bytes:
    """A segment's bytes. What a kill or a full disk cut off at its very end is left out.

    :param last: a power cut may have left anything at the end of this one: it holds what is sound before that.
    """
    data, whole = path.read_bytes(), []
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            text = member.decompress(data)
        except zlib.error:
            if last:
                break
            raise
        if not member.eof:
            break
        whole.append(text)
        data = member.unused_data
    return b"".join(whole)


def _unpacked(data: bytes) -> Iterator[Noted]:
    place = 0
    while place < len(data):
        kind, stream, length = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        body = data[place : place + length]
        place += length
        if kind == Kind.TURNS:
            yield from _unpacked_turns(body)
        else:
            yield Kind(kind), stream, body
