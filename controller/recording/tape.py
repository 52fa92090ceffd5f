"""The tape: records in the order in which they happened, packed, compressed and kept in segments of bounded size.

A folder holds one run of a line: `meta.json`, `config.json`, `journal.db` as it was at the start, `wires-00001.gz` and
on, and `pictures/` by digest. Each flush is a gzip member of its own, so that a kill costs the last one only.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

VERSION = 1
META, CONFIG, JOURNAL, PICTURES = "meta.json", "config.json", "journal.db", "pictures"
BEHEADED = "beginning-removed"
"""Stands in a folder whose first segments had to make room."""
_HEAD = struct.Struct("<dBHI")


class Kind(IntEnum):
    """What a record tells. `stream` numbers one connection of one device; elsewhere it is 0."""

    DIALLED = 1
    """The line begins to open a device's link; the data is the device's name."""
    OPENED = 2
    REFUSED = 3
    """It could not be opened; the data is why."""
    IN = 4
    OUT = 5
    PICTURE = 6
    """A camera's picture has come whole: digest in hex, a blank, its length; its bytes may stand in `pictures/`."""
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
    ASIDE = 18
    """Work that a thread has done for the loop, as a picture's writing: its name, when it began."""
    STOPPED = 17
    """The line was told to end; missing when it died."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. :ivar at: loop time of the line."""

    at: float
    kind: Kind
    stream: int
    data: bytes

    def said(self) -> dict[str, Any]:
        """The data of a record that holds a JSON object."""
        found: dict[str, Any] = json.loads(self.data)
        return found


class TapeError(Exception):
    """A recording that can't be read or replayed; says which and why."""


def packed(records: Iterable[Record]) -> bytes:
    """Records as one gzip member."""
    heads = (_HEAD.pack(each.at, each.kind, each.stream, len(each.data)) + each.data for each in records)
    return gzip.compress(b"".join(heads), compresslevel=1)


def segments(folder: Path) -> list[Path]:
    """The tape's segments, oldest first."""
    return sorted(folder.glob("wires-*.gz"))


def read_records(folder: Path) -> Iterator[Record]:
    """Every record of a run, in the order in which it was written.

    :raises TapeError: a segment is damaged before its end.
    """
    found = segments(folder)
    for path in found:
        try:
            yield from _unpacked(_unzipped(path))
        except (zlib.error, gzip.BadGzipFile, EOFError, ValueError) as error:
            raise TapeError(
                f"{path}: damaged ({error}); a recording is replayed as it was written or not at all"
            ) from error


def _unzipped(path: Path) -> bytes:
    """A segment's bytes. What a kill or a full disk cut off at the very end is left out."""
    data, whole = path.read_bytes(), []
    while data:
        member = zlib.decompressobj(wbits=31)
        text = member.decompress(data)
        if not member.eof:
            break
        whole.append(text)
        data = member.unused_data
    return b"".join(whole)


def _unpacked(data: bytes) -> Iterator[Record]:
    place = 0
    while place < len(data):
        at, kind, stream, length = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        yield Record(at, Kind(kind), stream, data[place : place + length])
        place += length
