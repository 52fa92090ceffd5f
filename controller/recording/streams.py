"""Byte streams that are recorded on their way. The driver above and the cable below notice nothing."""

from __future__ import annotations

import asyncio
import base64
import re
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from types import coroutine
from typing import Any

from controller.equipment import Opening
from controller.recording.recorder import Recorder
from controller.recording.tape import Kind
from devices.links.address import HttpLink, Link
from devices.links.arriving import ArrivingBytes
from devices.links.stream import ByteStream, Dial

_SECRET = re.compile(rb"(?im)^(authorization:)[^\r\n]*")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d{1,9})\r?$")
_LONGEST_HEAD = 16 << 10
_MOST = 1 << 16


def recorded_opening(opening: Opening, recorder: Recorder) -> Opening:
    """As `opening`, every stream recorded."""

    def open_recorded(name: str, link: Link) -> Dial:
        return _recorded_dial(name, opening(name, link), recorder, pictures=isinstance(link, HttpLink))

    return open_recorded


def _recorded_dial(name: str, dial: Dial, recorder: Recorder, *, pictures: bool) -> Dial:
    async def dial_recorded() -> ByteStream:
        number = recorder.stream()
        recorder.note(Kind.DIALLED, name.encode(), number)

        def note(ended: asyncio.Task[ByteStream]) -> None:
            if ended.cancelled():
                return
            error = ended.exception()
            recorder.note(Kind.OPENED if error is None else Kind.REFUSED, str(error or "").encode(), number)

        try:
            stream = await recorder.passed(_open(dial), note, lambda stream: stream.close())
        except asyncio.CancelledError:
            recorder.note(Kind.CLOSED, b"", number)
            raise
        return RecordedStream(stream, recorder, number, pictures=pictures)

    return dial_recorded


async def _open(dial: Dial) -> ByteStream:
    return await dial()


class RecordedStream:
    """A stream whose bytes are handed to the driver at the beginning of a turn, and recorded; see `ByteStream`."""

    def __init__(self, stream: ByteStream, recorder: Recorder, number: int, *, pictures: bool) -> None:
        self._stream = stream
        self._recorder = recorder
        self._number = number
        self._gate = ArrivingBytes()
        self._flight: deque[bytes] = deque()
        self._landed: deque[tuple[bytes, int]] = deque()
        self._calls = self._drains = 0
        self._closed = False
        self._cutter = PictureCutter(self._note, self._note_picture) if pictures else None
        recorder.pump(self._receive())

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes."""
        return await self._gate.read(most)

    def read_now(self) -> bytes:
        """Return what has arrived, what is on its way to the next turn and in the operating system included."""
        self._calls += 1
        try:
            if not self._gate.ended:
                self._take_now()
            return self._gate.read_now()
        except OSError as error:
            self._at_once("read_now", self._calls, error)
            raise

    def write(self, data: bytes) -> None:
        """Write at once. What signs the line in to a camera is not recorded."""
        self._calls += 1
        try:
            self._stream.write(data)
        except OSError as error:
            self._at_once("write", self._calls, error)
            raise
        self._note(Kind.OUT, data if self._cutter is None else _SECRET.sub(rb"\1 -", data))

    async def drain(self) -> None:
        """Wait until the operating system has it all. Mostly it has."""
        self._drains += 1
        draining = self._stream.drain()
        try:
            waits_for = draining.send(None)
        except StopIteration:
            return
        except OSError as error:
            self._at_once("drain", self._drains, error)
            raise
        self._recorder.tell(Kind.AT_ONCE, self._number, call="drain", n=self._drains, waits=True)
        await self._recorder.passed(_rest(draining, waits_for), partial(self._note_drained, self._drains))

    def close(self) -> None:
        """End the link."""
        if not self._closed:
            self._closed = True
            self._note(Kind.CLOSED, b"")
        self._stream.close()
        self._gate.end()

    async def _receive(self) -> None:
        """Hand over what comes until the link ends."""
        loop = self._recorder.loop
        failure: OSError | None = None
        try:
            while data := await self._stream.read(_MOST):
                self._flight.append(data)
                loop.inject(self._land, self._deliver)
        except OSError as error:
            failure = error
        if not self._closed:
            loop.inject(partial(self._note_end, failure), self._gate.end, failure)

    def _land(self) -> None:
        """Take down one piece that was on its way; none when the driver has taken it already."""
        if self._flight and not self._closed:
            data = self._flight.popleft()
            self._landed.append((data, self._take_down(data)))

    def _deliver(self) -> None:
        if self._landed:
            self._gate.deliver(self._landed.popleft()[0])

    def _note_end(self, failure: OSError | None) -> None:
        if not self._closed:
            self._note(Kind.ENDED, str(failure or "").encode())

    def _take_now(self) -> None:
        """Take over what has not been delivered yet. What this turn would deliver is on the tape already."""
        try:
            late = self._stream.read_now()
        except OSError:
            if not self._flight and not self._landed:
                raise
            late = b""  # what came before the end is delivered; the end itself comes with a turn
        told = sum(records for _, records in self._landed)
        data = b"".join([*(landed for landed, _ in self._landed), *self._flight, late])
        self._landed.clear()
        self._flight.clear()
        if data:
            text = base64.b64encode(data).decode()
            self._recorder.tell(Kind.AT_ONCE, self._number, call="read_now", n=self._calls, data=text, told=told)
            self._gate.deliver(data)

    def _take_down(self, data: bytes) -> int:
        """Take down what has come; returns in how many records."""
        if self._cutter is not None:
            return self._cutter.take(data)
        self._note(Kind.IN, data)
        return 1

    def _at_once(self, call: str, number: int, error: OSError) -> None:
        self._recorder.tell(Kind.AT_ONCE, self._number, call=call, n=number, error=str(error))

    def _note(self, kind: Kind, data: bytes) -> None:
        self._recorder.note(kind, data, self._number)

    def _note_drained(self, number: int, ended: asyncio.Task[None]) -> None:
        if not ended.cancelled():
            error = str(ended.exception() or "")
            self._recorder.tell(Kind.DRAINED, self._number, n=number, error=error)

    def _note_picture(self, picture: bytes) -> None:
        keep = self._recorder.keep
        self._recorder.note(Kind.PICTURE, lambda: f"{keep(picture)} {len(picture)}".encode(), self._number)


async def _rest(work: Any, waits_for: Any) -> None:
    await _driven(work, waits_for)


@coroutine
def _driven(work: Any, waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has begun to wait for something."""
    try:
        while True:
            try:
                got = yield waits_for
            except BaseException as error:
                waits_for = work.throw(error)
            else:
                waits_for = work.send(got)
    except StopIteration:
        return


class PictureCutter:
    """Cuts a camera's HTTP answers into heads and pictures, so that pictures are kept apart from the wires.

    :param note: takes pieces of heads, the length of each piece of a picture but the last, and whatever is no answer
        with a length.
    :param keep: takes whole pictures.
    """

    def __init__(self, note: Callable[[Kind, bytes], None], keep: Callable[[bytes], None]) -> None:
        self._note = note
        self._keep = keep
        self._head = b""
        self._body: list[bytes] = []
        self._missing = 0
        self._plain = False

    def take(self, data: bytes) -> int:
        """Take bytes as they came; returns how often they were told of."""
        told = 0
        while data and not self._plain:
            data = self._take_body(data) if self._missing else self._take_head(data)
            told += 1
        if data:
            self._note(Kind.IN, data)
            told += 1
        return told

    def _take_head(self, data: bytes) -> bytes:
        noted = len(self._head)
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        self._note(Kind.IN, (head + end)[noted:])
        if not end and len(self._head) < _LONGEST_HEAD:
            return b""
        found = _LENGTH.search(head)
        self._plain = not end or found is None
        self._head = b""
        self._missing = int(found[1]) if found else 0
        return rest

    def _take_body(self, data: bytes) -> bytes:
        part, rest = data[: self._missing], data[self._missing :]
        self._body.append(part)
        self._missing -= len(part)
        if self._missing:
            self._note(Kind.PIECE, b"%d" % len(part))
        else:
            picture, self._body = b"".join(self._body), []
            self._keep(picture)
        return rest
