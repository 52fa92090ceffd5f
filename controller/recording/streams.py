"""Byte streams that are recorded on their way. The driver above and the cable below notice nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from controller.equipment import Opening
from controller.recording.recorder import Recorder
from controller.recording.tape import Kind
from devices.links.address import HttpLink, Link
from devices.links.stream import ByteStream, Dial

_SECRET = re.compile(rb"(?im)^(authorization:)[^\r\n]*")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d{1,9})\r?$")
_LONGEST_HEAD = 16 << 10


def recorded_opening(opening: Opening, recorder: Recorder) -> Opening:
    """As `opening`, every stream recorded."""

    def open_recorded(name: str, link: Link) -> Dial:
        return _recorded_dial(name, opening(name, link), recorder, pictures=isinstance(link, HttpLink))

    return open_recorded


def _recorded_dial(name: str, dial: Dial, recorder: Recorder, *, pictures: bool) -> Dial:
    async def dial_recorded() -> ByteStream:
        number = recorder.stream()
        recorder.note(Kind.DIALLED, name.encode(), number)
        try:
            stream = await dial()
        except OSError as error:
            recorder.note(Kind.REFUSED, str(error).encode(), number)
            raise
        except BaseException:
            recorder.note(Kind.CLOSED, b"", number)
            raise
        recorder.note(Kind.OPENED, b"", number)
        return RecordedStream(stream, recorder, number, pictures=pictures)

    return dial_recorded


class RecordedStream:
    """A stream whose bytes are recorded; see `ByteStream` for the meaning of each method."""

    def __init__(self, stream: ByteStream, recorder: Recorder, number: int, *, pictures: bool) -> None:
        self._stream = stream
        self._recorder = recorder
        self._number = number
        self._over = False
        self._cutter = PictureCutter(self._note, self._note_picture) if pictures else None

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes."""
        try:
            data = await self._stream.read(most)
        except OSError as error:
            self._end(Kind.ENDED, str(error).encode())
            raise
        self._take(data)
        if not data:
            self._end(Kind.ENDED, b"")
        return data

    def read_now(self) -> bytes:
        """Return what has arrived."""
        try:
            data = self._stream.read_now()
        except OSError as error:
            self._end(Kind.ENDED, str(error).encode())
            raise
        self._take(data)
        return data

    def write(self, data: bytes) -> None:
        """Write at once. What signs the line in to a camera is not recorded."""
        try:
            self._stream.write(data)
        except OSError as error:
            self._end(Kind.ENDED, str(error).encode())
            raise
        self._note(Kind.OUT, data if self._cutter is None else _SECRET.sub(rb"\1 -", data))

    async def drain(self) -> None:
        """Wait until the operating system has it all."""
        await self._stream.drain()

    def close(self) -> None:
        """End the link."""
        self._end(Kind.CLOSED, b"")
        self._stream.close()

    def _take(self, data: bytes) -> None:
        if data and self._cutter is not None:
            self._cutter.take(data)
        elif data:
            self._note(Kind.IN, data)

    def _end(self, kind: Kind, data: bytes) -> None:
        if not self._over:
            self._over = True
            if self._cutter is not None:
                self._cutter.end()
            self._note(kind, data)

    def _note(self, kind: Kind, data: bytes) -> None:
        self._recorder.note(kind, data, self._number)

    def _note_picture(self, picture: bytes) -> None:
        keep = self._recorder.keep
        self._recorder.note(Kind.PICTURE, lambda: f"{keep(picture)} {len(picture)}".encode(), self._number)


class PictureCutter:
    """Cuts a camera's HTTP answers into heads and pictures, so that pictures are kept apart from the wires.

    :param note: takes heads, and whatever is no answer with a length. :param keep: takes whole pictures.
    """

    def __init__(self, note: Callable[[Kind, bytes], None], keep: Callable[[bytes], None]) -> None:
        self._note = note
        self._keep = keep
        self._head = b""
        self._body: list[bytes] = []
        self._missing = 0
        self._plain = False

    def take(self, data: bytes) -> None:
        """Take bytes as they came."""
        while data and not self._plain:
            data = self._take_body(data) if self._missing else self._take_head(data)
        if data:
            self._note(Kind.IN, data)

    def end(self) -> None:
        """Note what was cut off in the middle."""
        rest = self._head + b"".join(self._body)
        self._head, self._body, self._missing = b"", [], 0
        if rest:
            self._note(Kind.IN, rest)

    def _take_head(self, data: bytes) -> bytes:
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if not end and len(self._head) < _LONGEST_HEAD:
            return b""
        found = _LENGTH.search(head)
        self._plain = not end or found is None
        self._head = b""
        self._note(Kind.IN, head + end)
        self._missing = int(found[1]) if found else 0
        return rest

    def _take_body(self, data: bytes) -> bytes:
        part, rest = data[: self._missing], data[self._missing :]
        self._body.append(part)
        self._missing -= len(part)
        if not self._missing:
            picture, self._body = b"".join(self._body), []
            self._keep(picture)
        return rest
