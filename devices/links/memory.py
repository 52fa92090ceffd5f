"""A pair of connected byte streams in memory: the wire of a virtual plant and of tests. Pure: no socket, no time."""

from __future__ import annotations

import asyncio


class MemoryStream:
    """One end; see `ByteStream` for the meaning of each method. What is written stands at the other end at once."""

    def __init__(self) -> None:
        self._peer: MemoryStream | None = None
        self._arrived = b""
        self._ended = False
        self._closed = False
        self._reader: asyncio.Future[None] | None = None

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes."""
        while not self._arrived and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        taken, self._arrived = self._arrived[:most], self._arrived[most:]
        return taken

    def read_now(self) -> bytes:
        """Return what has arrived."""
        if not self._arrived and self._ended:
            raise ConnectionResetError("the other end closed the link")
        taken, self._arrived = self._arrived, b""
        return taken

    def write(self, data: bytes) -> None:
        """Put bytes to the other end."""
        if self._closed or self._peer is None or self._peer._ended:
            raise BrokenPipeError("the link is closed")
        self._peer._arrived += data
        self._peer._wake()

    async def drain(self) -> None:
        """Return: nothing is ever held back."""

    def close(self) -> None:
        """End both directions."""
        self._closed = True
        for end in (self, self._peer):
            if end is not None:
                end._ended = True
                end._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def memory_pair() -> tuple[MemoryStream, MemoryStream]:
    """Return the two ends of one link."""
    here, there = MemoryStream(), MemoryStream()
    here._peer, there._peer = there, here
    return here, there
