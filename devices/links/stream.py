"""What a driver needs of a link: bytes in, bytes out. Owns no protocol and no reconnection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol


class ByteStream(Protocol):
    """An open link. One reader at a time; after `close` or an error it is of no more use."""

    async def read(self, most: int = 4096) -> bytes:
        """Wait for bytes and return up to `most` of them; `b""` at the end.

        :raises OSError: the link broke.
        """
        ...

    def read_now(self) -> bytes:
        """Return what has arrived and was not read yet, without waiting; `b""` when nothing has.

        :raises OSError: nothing is left and the link has ended or broken.
        """
        ...

    def write(self, data: bytes) -> None:
        """Hand bytes to the operating system before returning, as far as it takes them; the rest follows.

        :raises OSError: the link is closed or broke.
        """
        ...

    async def drain(self) -> None:
        """Wait until all that was written is with the operating system."""
        ...

    def close(self) -> None:
        """End the link; may be called twice. A waiting `read` returns `b""`."""
        ...


Dial = Callable[[], Awaitable[ByteStream]]
"""Opens a link anew; raises OSError with a message that names the address."""
