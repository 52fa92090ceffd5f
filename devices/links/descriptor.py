"""A byte stream over a non-blocking file descriptor: the common part of TCP and serial links."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

_MOST_HELD = 1 << 16
"""With this many bytes unread the descriptor is no longer read, so that a chattering device fills no memory."""
_CHUNK = 1 << 16


class DescriptorStream:
    """Reads into memory as bytes arrive, writes at once. See `ByteStream` for the meaning of each method.

    :param descriptor: open and non-blocking.
    :param release: closes it.
    """

    def __init__(self, descriptor: int, release: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._descriptor = descriptor
        self._release = release
        self._arrived = b""
        self._backlog = b""
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._failure: OSError | None = None
        self._ended = False
        self._closed = False
        self._listening = False
        self._listen()

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes."""
        while not self._arrived and not self._ended:
            self._reader = self._loop.create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._arrived and self._failure:
            raise self._failure
        return self._take(most)

    def read_now(self) -> bytes:
        """Return what has arrived, the operating system's buffer included."""
        if not self._ended and len(self._arrived) < _MOST_HELD:
            self._receive()
        if not self._arrived and self._ended:
            raise self._failure or ConnectionResetError("the other end closed the link")
        return self._take(len(self._arrived))

    def write(self, data: bytes) -> None:
        """Write at once; what the operating system does not take now follows when it does."""
        if self._closed:
            raise BrokenPipeError("the link is closed")
        if not self._backlog:
            data = data[self._send(data) :]
            if not data:
                return
            self._loop.add_writer(self._descriptor, self._continue_writing)
        self._backlog += data

    async def drain(self) -> None:
        """Wait until the backlog is gone."""
        while self._backlog and not self._ended:
            self._writer = self._loop.create_future()
            try:
                await self._writer
            finally:
                self._writer = None
        if self._failure:
            raise self._failure

    def close(self) -> None:
        """Close the descriptor and wake whoever waits."""
        if self._closed:
            return
        self._closed = True
        self._finish(None)
        self._release()

    def _take(self, most: int) -> bytes:
        taken, self._arrived = self._arrived[:most], self._arrived[most:]
        if not self._ended:
            self._listen()
        return taken

    def _listen(self) -> None:
        if not self._listening:
            self._loop.add_reader(self._descriptor, self._receive)
            self._listening = True

    def _receive(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._finish(error)
            return
        if not data:
            self._finish(None)
            return
        self._arrived += data
        if len(self._arrived) >= _MOST_HELD:
            self._loop.remove_reader(self._descriptor)
            self._listening = False
        _wake(self._reader)

    def _send(self, data: bytes) -> int:
        try:
            return os.write(self._descriptor, data)
        except (BlockingIOError, InterruptedError):
            return 0

    def _continue_writing(self) -> None:
        try:
            self._backlog = self._backlog[self._send(self._backlog) :]
        except OSError as error:
            self._finish(error)
            return
        if not self._backlog:
            self._loop.remove_writer(self._descriptor)
            _wake(self._writer)

    def _finish(self, failure: OSError | None) -> None:
        if not self._ended:
            self._ended = True
            self._failure = failure
            # An ended descriptor stays readable for ever: without this the loop would spin.
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
        _wake(self._reader)
        _wake(self._writer)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
