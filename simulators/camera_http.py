"""The HTTP side of the camera twins: as much of HTTP/1.1 as a snapshot camera speaks, and robust to anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

REQUEST_BYTES = 8192
"""A request's head must fit; a longer one is refused and the connection closed."""
IDLE_S = 60.0
"""A kept connection on which nothing comes for so long is closed."""
TRIGGER_LENGTH = 20
_BOUNDARY = "sealline-frame"


class Eye(Protocol):
    """Anything that takes pictures."""

    async def take(self) -> tuple[int, bytes]:
        """Expose after this call and return the frame's number and its JPEG."""


@dataclass(frozen=True, slots=True)
class _Request:
    path: str
    trigger: str
    keep: bool


class _BadRequestError(ValueError):
    """Not a request that a camera answers. :ivar status: what is answered instead."""

    def __init__(self, status: HTTPStatus, found: str) -> None:
        super().__init__(f"{status.phrase}: {found}")
        self.status = status


class CameraFace:
    """Answers requests on one connection after the other.

    :param cameras: by the first part of the path.
    """

    def __init__(self, cameras: Mapping[str, Eye]) -> None:
        self._cameras = cameras

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until the client leaves, is silent for `IDLE_S`, or asks what is no request."""
        keep = True
        while keep:
            try:
                request = _parsed(await _head(reader))
                keep = await self._answer(request, writer)
            except _BadRequestError as error:
                writer.write(_response(error.status, str(error).encode(), "text/plain; charset=utf-8", {}, keep=False))
                await writer.drain()
                return
            except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
                return

    async def _answer(self, request: _Request, writer: asyncio.StreamWriter) -> bool:
        name, _, what = request.path.strip("/").partition("/")
        camera = self._cameras.get(name)
        if camera is None or what not in ("snapshot", "stream"):
            known = ", ".join(f"/{each}/snapshot" for each in self._cameras)
            raise _BadRequestError(HTTPStatus.NOT_FOUND, f"no camera at {request.path[:80]!r}; there are {known}")
        if what == "stream":
            await _stream(camera, writer)
        frame, picture = await camera.take()
        headers = {"X-Trigger": request.trigger, "X-Frame": str(frame), "Cache-Control": "no-store"}
        writer.write(_response(HTTPStatus.OK, picture, "image/jpeg", headers, keep=request.keep))
        await writer.drain()
        return request.keep


class Connections:
    """Keeps account of the open connections, so that none outlives its server."""

    def __init__(self, face: CameraFace) -> None:
        self._face = face
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Converse on one connection; the callback of `asyncio.start_server`."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._face.converse(reader, writer)
        except asyncio.CancelledError:
            # Only `end` cancels: the connection is over, and asyncio.streams would report a cancelled callback.
            return
        finally:
            self._open.discard(task)
            writer.close()

    async def end(self) -> None:
        """Cut every connection and wait until each is closed."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise _BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"over {REQUEST_BYTES} bytes") from error
    if len(head) > REQUEST_BYTES:
        raise _BadRequestError(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"{len(head)} bytes, {REQUEST_BYTES} allowed"
        )
    return head


def _parsed(head: bytes) -> _Request:
    first, *fields = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _BadRequestError(HTTPStatus.BAD_REQUEST, f"{first[:80]!r} is no HTTP/1 request line")
    if words[0] != "GET":
        raise _BadRequestError(HTTPStatus.METHOD_NOT_ALLOWED, f"{words[0][:20]!r}; a camera answers GET only")
    try:
        address = urlsplit(words[1])
    except ValueError as error:
        raise _BadRequestError(HTTPStatus.BAD_REQUEST, f"{words[1][:80]!r} is no address") from error
    trigger = parse_qs(address.query).get("trigger", ["0"])[0]
    if not (trigger.isascii() and trigger.isdigit() and len(trigger) <= TRIGGER_LENGTH):
        raise _BadRequestError(HTTPStatus.BAD_REQUEST, f"trigger {trigger[:40]!r} must be 1 to {TRIGGER_LENGTH} digits")
    closes = any(field.lower().replace(" ", "") == "connection:close" for field in fields)
    return _Request(address.path, trigger, keep=words[2] == "HTTP/1.1" and not closes)


async def _stream(camera: Eye, writer: asyncio.StreamWriter) -> None:
    """Send frames until the client leaves, which ends this with ConnectionError."""
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary={_BOUNDARY}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode())
    while True:
        frame, picture = await camera.take()
        part = (
            f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nX-Frame: {frame}\r\nContent-Length: {len(picture)}\r\n\r\n"
        )
        writer.write(part.encode() + picture + b"\r\n")
        await writer.drain()


def _response(status: HTTPStatus, body: bytes, kind: str, headers: Mapping[str, str], *, keep: bool) -> bytes:
    fields = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Connection": "keep-alive" if keep else "close",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}\r\n".encode("latin-1") + body
