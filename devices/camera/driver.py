"""Cameras. A picture is evidence only when it was exposed after its trigger; anything else is an error.

`HttpCamera` asks a snapshot address; `CaptureCamera` keeps grabbing from a stream so that no old frame can wait.
Owns no judgement of what a picture shows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from devices.camera.http import HttpConnection, HttpReply, ReplyError
from devices.errors import CameraFault, DeviceTimeout, LinkLost
from devices.links.state import LinkCounters, LinkState
from devices.links.stream import Dial
from devices.links.tcp import dial_tcp

LARGEST = 8 << 20
"""Bytes of the largest picture that is taken."""
LOOK_S = 1.0
"""How often an idle link is looked at, and how long opening it may take."""
JPEG_START = b"\xff\xd8\xff"
Freshness = Literal["trigger", "carrier"]
"""`trigger`: the camera's reply names the trigger that it was exposed for; `carrier`: it can't, and only the
carrier's code in the picture shows that it is no old one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    :ivar trigger: number of the request that it answers, 1.. for each camera.
    :ivar exposed_at: loop time before which it was not exposed: when the trigger had gone out.
    """

    jpeg: bytes
    trigger: int
    exposed_at: float
    camera: str


class HttpCamera:
    """A camera that answers `GET url?trigger=<n>` with a JPEG and the header `X-Trigger: <n>`.

    :param url: `http://[user:password@]host[:port]/path`; a user name is sent as Basic authorization.
    :param opener: opens the byte stream; by the url unless given.
    """

    def __init__(self, name: str, url: str, opener: Dial | None = None, *, freshness: Freshness = "trigger") -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"camera {name}: url {url!r}; allowed: http://host:port/path")
        self.name = name
        self.link_state = LinkState.OFFLINE
        self.last_error = ""
        self.counters = LinkCounters()
        self._freshness = freshness
        self._connection = HttpConnection(parts, opener or dial_tcp(parts.hostname, parts.port or 80), LARGEST)
        self._trigger = 0
        self._lock = asyncio.Lock()

    async def serve(self) -> None:
        """Own the link until cancelled: keep it open between pictures, so that a camera that went away is seen."""
        try:
            while True:
                if not self._lock.locked() and not (self._connection.stands and self.link_state is LinkState.ONLINE):
                    await self._look()
                await asyncio.sleep(LOOK_S)
        finally:
            self._connection.close()
            self.link_state = LinkState.OFFLINE

    async def snapshot(self, deadline_s: float) -> Frame:
        """Trigger and return the picture that was exposed for it.

        :param deadline_s: seconds from now.
        :raises CameraFault: no JPEG, too large, or of another trigger. :raises DeviceTimeout: none by then.
        :raises LinkLost: no link.
        """
        try:
            async with asyncio.timeout(deadline_s), self._lock:
                frame = await self._take()
        except TimeoutError as error:
            self.counters.timeouts += 1
            self._offline(f"no picture within {deadline_s} s")
            raise DeviceTimeout(self.name, self.last_error, expected=deadline_s, unit="s") from error
        except OSError as error:
            self._offline(str(error))
            raise LinkLost(self.name, f"link broke: {error}") from error
        except ReplyError as error:
            self.counters.bad_replies += 1
            self._offline(str(error))
            raise CameraFault(self.name, str(error)) from error
        self.link_state = LinkState.ONLINE
        self.counters.exchanges += 1
        self.counters.last_exchange_at = asyncio.get_running_loop().time()
        return frame

    async def _look(self) -> None:
        """Open the link where it is not open."""
        try:
            async with self._lock, asyncio.timeout(LOOK_S):
                await self._connection.open()
        except (OSError, TimeoutError) as error:
            self._offline(str(error) or f"no connection within {LOOK_S} s")
        else:
            self.link_state = LinkState.ONLINE

    async def _take(self) -> Frame:
        self._trigger += 1
        trigger = self._trigger
        reply = await self._connection.get({"trigger": str(trigger)})
        self._check(reply, trigger)
        return Frame(reply.body, trigger, reply.asked_at, self.name)

    def _check(self, reply: HttpReply, trigger: int) -> None:
        if reply.status != 200:
            raise ReplyError(f"answered HTTP {reply.status}, expected 200: {reply.body[:80]!r}")
        kind = reply.headers.get("content-type", "none").split(";")[0].strip().lower()
        if kind != "image/jpeg" or not reply.body.startswith(JPEG_START):
            raise ReplyError(f"answered {kind} starting {reply.body[:4].hex(' ')}, expected image/jpeg")
        found = reply.headers.get("x-trigger", "none")
        if self._freshness == "trigger" and found != str(trigger):
            raise ReplyError(f"picture of trigger {found}, expected {trigger}: it may show an earlier item")

    def _offline(self, why: str) -> None:
        self.last_error = why
        self.link_state = LinkState.OFFLINE
        self._connection.close()
