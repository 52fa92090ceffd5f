"""What a power cut can leave on the disk, rebuilt from a trace of a program's writes.

The model is that of a journalling file system as ext4: what was synced is there; of what was written since, any part
may be, in any order and down to single sectors; names (created, renamed, removed) appear in their order, up to any
point, and syncing a file makes its own creation durable.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

SECTOR = 512
_NUMBERS = struct.Struct("=3q")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the program did.

    :ivar kind: the initial of open, close, write, truncate, sync, rename, link, unlink.
    """

    kind: str
    descriptor: int
    place: int
    data: bytes


def operations(trace: Path) -> Iterator[Operation]:
    """Read what `write_trace.c` wrote down, in order."""
    text = trace.read_bytes()
    at = 0
    while at < len(text):
        kind = chr(text[at])
        descriptor, place, length = _NUMBERS.unpack_from(text, at + 1)
        at += 1 + _NUMBERS.size
        yield Operation(kind, descriptor, place, text[at : at + length])
        at += length


class Loss(StrEnum):
    """Of what was not synced."""

    ALL = "all"
    NONE = "none"
    TAIL = "tail"
    """Everything after some write."""
    ANY = "any"
    """Single writes, and sectors of writes."""


@dataclass(slots=True)
class _File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Place and bytes; None: cut at the place."""

    def sync(self) -> None:
        for place, data in self.pending:
            _apply(self.synced, place, data)
        self.pending.clear()

    def left(self, loss: Loss, chance: Random) -> bytes:
        content = bytearray(self.synced)
        for place, data in _kept(self.pending, loss, chance):
            _apply(content, place, data)
        return bytes(content)


@dataclass(frozen=True, slots=True)
class _Name:
    """A change of a folder: `path` names `file` from now on, or nothing."""

    path: str
    file: _File | None


class Disk:
    """The disk while the program runs."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[str, _File | None]] = {}
        self._names: dict[str, _File] = {}
        self._durable: dict[str, _File] = {}
        self._pending: list[_Name] = []

    def do(self, operation: Operation) -> None:
        """Do what the program did."""
        match operation.kind:
            case "o":
                self._opened(operation)
            case "c":
                self._open.pop(operation.descriptor, None)
            case "r":
                before, after = operation.data.decode().split("\0")
                file = self._names.pop(before)
                self._rename(_Name(before, None), _Name(after, file))
            case "l":
                before, after = operation.data.decode().split("\0")
                self._rename(_Name(after, self._names[before]))
            case "u":
                self._rename(_Name(operation.data.decode(), None))
            case "s":
                self._sync(*self._open[operation.descriptor])
            case _:
                _, file = self._open[operation.descriptor]
                assert file is not None, "a folder was written to"
                file.pending.append((operation.place, operation.data if operation.kind == "w" else None))

    def cut(self, loss: Loss, chance: Random) -> dict[str, bytes]:
        """What is found after a power cut now: path -> content."""
        names = dict(self._durable)
        happened = {Loss.ALL: 0, Loss.NONE: len(self._pending)}.get(loss, chance.randint(0, len(self._pending)))
        for change in self._pending[:happened]:
            _rename(names, change)
        return {path: file.left(loss, chance) for path, file in names.items()}

    def _opened(self, operation: Operation) -> None:
        path = operation.data.decode()
        if os.path.isdir(path):  # noqa: PTH112 - the trace's own words
            self._open[operation.descriptor] = (path, None)
            return
        file = self._names.get(path)
        if file is None:
            file = _File()
            self._rename(_Name(path, file))
        if operation.place & os.O_TRUNC:
            file.pending.append((0, None))
        self._open[operation.descriptor] = (path, file)

    def _rename(self, *changes: _Name) -> None:
        for change in changes:
            _rename(self._names, change)
            self._pending.append(change)

    def _sync(self, path: str, file: _File | None) -> None:
        if file is not None:
            file.sync()
        last = max(
            (at for at, each in enumerate(self._pending) if each.file is file or os.path.dirname(each.path) == path),  # noqa: PTH120
            default=-1,
        )
        # The file system's own journal keeps names in order: with one all before it are durable.
        for change in self._pending[: last + 1]:
            _rename(self._durable, change)
        del self._pending[: last + 1]


def _rename(names: dict[str, _File], change: _Name) -> None:
    if change.file is None:
        names.pop(change.path, None)
    else:
        names[change.path] = change.file


def _apply(content: bytearray, place: int, data: bytes | None) -> None:
    if data is None:
        del content[place:]
        content.extend(bytes(place - len(content)))
        return
    content.extend(bytes(max(0, place - len(content))))
    content[place : place + len(data)] = data


def _kept(pending: list[tuple[int, bytes | None]], loss: Loss, chance: Random) -> Iterator[tuple[int, bytes | None]]:
    match loss:
        case Loss.ALL:
            return
        case Loss.NONE:
            yield from pending
        case Loss.TAIL:
            yield from pending[: chance.randint(0, len(pending))]
        case Loss.ANY:
            for place, data in pending:
                if data is None:
                    if chance.random() < 0.5:
                        yield place, None
                    continue
                for start in range(0, len(data), SECTOR):
                    if chance.random() < 0.7:
                        yield place + start, data[start : start + SECTOR]
