"""A pair of connected byte streams in memory. Pure: no socket, no time."""

from __future__ import annotations

from devices.links.arriving import ArrivingBytes


class MemoryStream(ArrivingBytes):
    """One end; see `ByteStream` for the meaning of each method. What is written stands at the other end at once."""

    def __init__(self) -> None:
        super().__init__()
        self._peer: MemoryStream | None = None

    def write(self, data: bytes) -> None:
        """Put bytes to the other end."""
        if self.ended or self._peer is None:
            raise BrokenPipeError("the link is closed")
        self._peer.deliver(data)

    async def drain(self) -> None:
        """Return: nothing is ever held back."""

    def close(self) -> None:
        """End both directions."""
        self.end()
        if self._peer is not None:
            self._peer.end()


def memory_pair() -> tuple[MemoryStream, MemoryStream]:
    """Return the two ends of one link."""
    here, there = MemoryStream(), MemoryStream()
    here._peer, there._peer = there, here
    return here, there
