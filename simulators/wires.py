"""The wires of the plant: TCP ports and pseudo-terminals, bytes in and out. Knows no protocol.

A `Face` is one end's conversation over one byte stream; the wire makes one for each connection. A paused wire
swallows what comes: the link is up and nobody answers.
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

Send = Callable[[bytes], None]
READ_BYTES = 65536


class Face(Protocol):
    """A twin's conversation over one byte stream."""

    def received(self, data: bytes) -> None:
        """Take bytes as they came, in any pieces."""
        ...


FaceMaker = Callable[[Send], Face]


class Wire:
    """A link of the plant.

    :ivar address: where its other end is to be found, `host:port` or a path; :ivar paused: nobody answers.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.paused = False

    def pause(self) -> None:
        """Answer nothing from now on; what comes meanwhile is lost."""
        self.paused = True

    def resume(self) -> None:
        """Answer again."""
        self.paused = False

    def drop(self) -> None:
        """Cut every connection; on a serial line there is none to cut."""


class TcpWire(Wire):
    """A listening TCP port, many connections."""

    def __init__(self, make_face: FaceMaker) -> None:
        super().__init__("")
        self.make_face = make_face
        self.connections: set[asyncio.Transport] = set()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.address.rpartition(":")[2])

    def drop(self) -> None:
        """Cut every connection."""
        for transport in tuple(self.connections):
            transport.abort()


class PtyWire(Wire):
    """A pseudo-terminal under a stable path. The far end opens the path as its serial port."""

    def __init__(self, address: str, master: int, make_face: FaceMaker) -> None:
        super().__init__(address)
        self._master = master
        self._face = make_face(self._send)

    def readable(self) -> None:
        """Take what the far end has written."""
        data = os.read(self._master, READ_BYTES)
        if not self.paused:
            self._face.received(data)

    def _send(self, data: bytes) -> None:
        """Write; what doesn't fit because nobody reads is lost, as on a serial line."""
        if self.paused:
            return
        try:
            os.write(self._master, data)
        except BlockingIOError:
            return


@asynccontextmanager
async def tcp_wire(make_face: FaceMaker, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[TcpWire]:
    """Listen, port 0 for any free one. :raises OSError: the port is taken or not allowed; names it."""
    wire = TcpWire(make_face)
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(lambda: _Connection(wire), host, port)
    except OSError as error:
        raise OSError(
            error.errno, f"can't listen on {host}:{port}: {error.strerror}; choose a free port, or 0"
        ) from error
    wire.address = f"{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        wire.drop()
        await server.wait_closed()


@contextmanager
def pty_wire(make_face: FaceMaker, path: Path) -> Iterator[PtyWire]:
    """Open a pseudo-terminal and link it at `path`; a link left over from another run is replaced.

    :raises FileExistsError: something that is no link stands at `path`.
    """
    if path.exists() and not path.is_symlink():
        raise FileExistsError(f"{path} is there and no link: choose another directory for the serial lines")
    master, slave = os.openpty()
    loop = asyncio.get_running_loop()
    try:
        tty.setraw(slave)
        os.set_blocking(master, False)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(slave))
        wire = PtyWire(str(path), master, make_face)
        loop.add_reader(master, wire.readable)
        yield wire
    finally:
        loop.remove_reader(master)
        path.unlink(missing_ok=True)
        # The twin keeps the far end open as well, so that a client that goes away does not hang the line up.
        os.close(slave)
        os.close(master)


class _Connection(asyncio.Protocol):
    """One TCP connection with a face of its own."""

    def __init__(self, wire: TcpWire) -> None:
        self._wire = wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._wire.connections.add(transport)
        self._face = self._wire.make_face(self._send)

    def data_received(self, data: bytes) -> None:
        if not self._wire.paused:
            self._face.received(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- why it ended changes nothing here
        self._wire.connections.discard(self._transport)

    def _send(self, data: bytes) -> None:
        if not self._transport.is_closing() and not self._wire.paused:
            self._transport.write(data)
