"""What arrives over a link that no operating system keeps: of a recording, a replay, a virtual plant or a test."""

from __future__ import annotations

import asyncio


class ArrivingBytes:
    """What has arrived and not been read; see `ByteStream` for the meaning of each method.

    :param closed: what `read_now` says once the link was closed and nothing is left.
    """

    def __init__(self, closed: str = "the other end closed the link") -> None:
        self._arrived = b""
        self._failure: OSError | None = None
        self._closed = closed
        self.ended = False
        self._reader: asyncio.Future[None] | None = None

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes."""
        while not self._arrived and not self.ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._arrived and self._failure is not None:
            raise self._failure
        taken, self._arrived = self._arrived[:most], self._arrived[most:]
        return taken

    def read_now(self) -> bytes:
        """Return what has arrived."""
        if not self._arrived and self.ended:
            raise self._failure or ConnectionResetError(self._closed)
        taken, self._arrived = self._arrived, b""
        return taken

    def deliver(self, data: bytes) -> None:
        """Let bytes arrive."""
        if not self.ended:
            self._arrived += data
            self._wake()

    def end(self, failure: OSError | None = None) -> None:
        """Let the link end. :param failure: why; None when it was closed."""
        if not self.ended:
            self.ended = True
            self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
