"""Cuts a byte stream into frames: `…CR`, `…LF`, `…CR LF` or `STX…ETX`. Pure; shared by both ends of a wire.

An enclosed frame ends with ETX only, a plain one with CR or LF only, so that a code which holds one of the other
marks keeps it as a control character and is refused by whoever decodes the frame, and is not cut in two.
"""

from __future__ import annotations

import re

STX = b"\x02"
ETX = b"\x03"
_MARKS = re.compile(rb"[\x02\x03\r\n]")


class Frames:
    """Collects bytes until a frame has ended. Empty frames are skipped.

    :ivar oversize: frames dropped because they grew beyond `longest` bytes.
    :ivar broken: beginnings dropped because another frame began before their end.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._held = bytearray()
        self._enclosed = False
        self._overflown = False
        self.oversize = 0
        self.broken = 0

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._held) or self._enclosed or self._overflown

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that `data` completes, without their marks."""
        frames: list[bytes] = []
        start = 0
        for match in _MARKS.finditer(data):
            if start < match.start():
                self._hold(data[start : match.start()])
            start = match.end()
            mark = match.group()
            if mark == STX:
                self._begin()
            elif self._is_end(mark):
                self._end(frames)
            else:
                self._hold(mark)
        if start < len(data):
            self._hold(data[start:])
        return frames

    def _is_end(self, mark: bytes) -> bool:
        # A lost ETX must not make the reader deaf for ever: once too long, any mark ends the frame.
        return self._overflown or (mark == ETX) == self._enclosed

    def _hold(self, data: bytes) -> None:
        if self._overflown:
            return
        self._held += data
        if len(self._held) > self._longest:
            self._overflown = True
            self.oversize += 1
            self._held.clear()

    def _begin(self) -> None:
        self.broken += bool(self._held)
        self._clear()
        self._enclosed = True

    def _end(self, frames: list[bytes]) -> None:
        if self._held:
            frames.append(bytes(self._held))
            self._held.clear()
        self._enclosed = self._overflown = False

    def _clear(self) -> None:
        self._held.clear()
        self._enclosed = self._overflown = False
