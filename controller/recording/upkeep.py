"""Keeps all recordings of a folder within a limit: whole older runs go first, then pictures, then the oldest wires."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from controller.recording.tape import BEHEADED, META, PICTURES, segments

_LOOK_EACH = 4 << 20
"""Bytes written between two looks at the size of everything."""
_ROOM = 0.95
"""Of the limit: so much is left when room was made, so that it need not be made at each look."""


class Upkeep:
    """:param limit: bytes of all runs together, the present one included."""

    def __init__(self, home: Path, limit: int) -> None:
        self._home = home
        self._limit = limit
        self._grown = _LOOK_EACH

    def grew(self, by: int) -> None:
        """Note that so many bytes were written."""
        self._grown += by

    def look(self, present: Path) -> None:
        """Make room when it is due. :param present: the run that is being recorded."""
        if self._grown < _LOOK_EACH:
            return
        self._grown = 0
        size = _size(self._home)
        if size <= self._limit:
            return
        for path in self._least_needed(present):
            size -= _size(path)
            _remove(path)
            if size <= self._limit * _ROOM:
                return

    def _least_needed(self, present: Path) -> Iterator[Path]:
        yield from (run for run in runs(self._home) if run != present)
        pictures = (present / PICTURES).glob("*.jpg")
        yield from sorted(pictures, key=lambda path: path.stat().st_mtime)
        for path in segments(present)[:-1]:
            (present / BEHEADED).touch()
            yield path


def runs(home: Path) -> list[Path]:
    """The runs recorded in a folder, oldest first."""
    return sorted(path.parent for path in home.glob(f"*/{META}"))


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
