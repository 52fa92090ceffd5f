"""TCP links. Owns the socket options; a silent peer is found by the kernel as well as by each driver's deadline."""

from __future__ import annotations

import asyncio
import os
import socket

from devices.links.descriptor import DescriptorStream
from devices.links.stream import Dial

CONNECT_TIMEOUT_S = 2.0
_UNACKNOWLEDGED_MS = 2000
_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # A pulled cable: unacknowledged bytes end the link after this, instead of after a quarter of an hour.
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)


def dial_tcp(host: str, port: int) -> Dial:
    """Return what opens a link to `host`:`port`, within `CONNECT_TIMEOUT_S`."""

    async def dial() -> DescriptorStream:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await _connect(host, port)
        except TimeoutError as error:
            raise TimeoutError(f"tcp://{host}:{port} did not answer within {CONNECT_TIMEOUT_S} s") from error
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise ConnectionError(f"tcp://{host}:{port}: {why}") from error

    return dial


async def _connect(host: str, port: int) -> DescriptorStream:
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("name has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        link = socket.socket(family, kind, protocol)
        try:
            link.setblocking(False)
            for level, option, value in _OPTIONS:
                link.setsockopt(level, option, value)
            await loop.sock_connect(link, address)
            return DescriptorStream(link.fileno(), link.close)
        except OSError as error:
            link.close()
            failure = error
        except BaseException:
            link.close()
            raise
    raise failure
