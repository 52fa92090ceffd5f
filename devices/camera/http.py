"""One kept HTTP/1.1 connection for GET requests, over a byte stream. Owns no retry and no meaning of the answer.

h11 holds the protocol (chunked bodies, connection ends); a picture of 200 kB costs about a third of what httpx takes.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode

import h11

from devices.links.stream import ByteStream, Dial

_READ = 1 << 16


class ReplyError(Exception):
    """An answer that is no HTTP, or not the one that was asked for."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One answer. :ivar headers: names in lower case; :ivar asked_at: loop time at which the request was out."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked_at: float


class HttpConnection:
    """A connection to one address, opened when it is needed. One request at a time.

    :param largest: bytes of the largest body.
    """

    def __init__(self, url: SplitResult, dial: Dial, largest: int) -> None:
        self._dial = dial
        self._largest = largest
        self._path = url.path or "/"
        self._query = parse_qsl(url.query, keep_blank_values=True)
        headers = [("Host", url.netloc.rpartition("@")[2]), ("Accept", "image/jpeg")]
        if url.username is not None:
            pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
            headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
        # As h11 wants them: looked through once, and not with each picture.
        self._headers = h11.Request(method="GET", target="/", headers=headers).headers
        self._stream: ByteStream | None = None
        self._protocol = h11.Connection(h11.CLIENT)

    async def get(self, query: Mapping[str, str]) -> HttpReply:
        """Send one GET and read its answer. Cancelled or failed, the connection is closed.

        :raises OSError: the link. :raises ReplyError: no HTTP, or larger than allowed.
        """
        stream = await self.open()
        try:
            target = f"{self._path}?{urlencode([*self._query, *query.items()])}"
            stream.write(self._sent(h11.Request(method="GET", target=target, headers=self._headers)))
            asked_at = asyncio.get_running_loop().time()
            await stream.drain()
            reply = await self._answer(stream, asked_at)
        except h11.ProtocolError as error:
            self.close()
            raise ReplyError(f"no HTTP: {error}") from error
        except BaseException:
            self.close()
            raise
        if self._protocol.their_state is h11.DONE and self._protocol.our_state is h11.DONE:
            self._protocol.start_next_cycle()
        else:
            self.close()
        return reply

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    @property
    def stands(self) -> bool:
        """Whether the connection is open, and nothing waits on it that nobody asked for."""
        try:
            return self._stream is not None and not self._stream.read_now()
        except OSError:
            return False

    async def open(self) -> ByteStream:
        """Return a connection on which nothing waits to be read; one that the camera has closed is opened anew.

        :raises OSError: it can't be opened.
        """
        if self._stream is not None and self.stands:
            return self._stream
        self.close()
        self._stream = await self._dial()
        self._protocol = h11.Connection(h11.CLIENT)
        return self._stream

    def _sent(self, request: h11.Request) -> bytes:
        return (self._protocol.send(request) or b"") + (self._protocol.send(h11.EndOfMessage()) or b"")

    async def _answer(self, stream: ByteStream, asked_at: float) -> HttpReply:
        response: h11.Response | None = None
        body: list[bytes] = []
        length = 0
        while True:
            match self._protocol.next_event():
                case h11.NEED_DATA:
                    self._protocol.receive_data(await stream.read(_READ))
                case h11.Response() as response:
                    pass
                case h11.Data(data=data):
                    body.append(bytes(data))
                    length += len(data)
                    if length > self._largest:
                        raise ReplyError(f"answer is larger than {self._largest} bytes")
                case h11.EndOfMessage():
                    break
                case h11.ConnectionClosed():
                    raise ConnectionResetError("the camera closed the link before it answered")
        assert response is not None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
        return HttpReply(response.status_code, headers, b"".join(body), asked_at)
