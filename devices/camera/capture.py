"""A camera that OpenCV opens: a device, an RTSP or HTTP stream, a file.

One thread of its own grabs all the time, so that the driver's and the network's buffers never hold an old frame.
A picture is taken from the first grab that began after the trigger plus `lag_s`, the longest time that the stream
needs from exposure to this process; whatever was exposed before the trigger has been dropped by then.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from devices.camera.driver import Frame
from devices.errors import CameraFault, DeviceTimeout
from devices.links.state import BACKOFF_FIRST_S, LinkCounters, LinkState

JPEG_QUALITY = 92
_QUICK_S = 0.001
_PAUSE_S = 0.005


@dataclass(slots=True)
class _Wanted:
    """A picture that somebody waits for. :ivar after: loop time at which its grab may begin at the earliest."""

    after: float
    deliver: Callable[[bytes | CameraFault], None]


class CaptureCamera:
    """One camera.

    :param source: device number, address or file. :param lag_s: longest time from exposure to the host, 0..5.
    """

    def __init__(self, name: str, source: int | str, *, lag_s: float = 0.2) -> None:
        if not 0.0 <= lag_s <= 5.0:
            raise ValueError(f"camera {name}: lag_s {lag_s} s; allowed: 0..5")
        self.name = name
        self.link_state = LinkState.OFFLINE
        self.last_error = ""
        self.counters = LinkCounters()
        self._source = source
        self._lag_s = lag_s
        self._trigger = 0
        self._lock = asyncio.Lock()
        self._wanted: _Wanted | None = None
        self._ending = threading.Event()

    async def serve(self) -> None:
        """Own the thread until cancelled."""
        self._ending.clear()
        thread = threading.Thread(target=self._grab, args=(asyncio.get_running_loop().time,), name=self.name)
        thread.start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._ending.set()
            # A grab that hangs ends by OpenCV's own time limit; the loop must not wait for it meanwhile.
            await asyncio.shield(asyncio.to_thread(thread.join))
            self.link_state = LinkState.OFFLINE

    async def snapshot(self, deadline_s: float) -> Frame:
        """Return a picture that was exposed after this call.

        :param deadline_s: seconds from now.
        :raises DeviceTimeout: none by then. :raises CameraFault: the picture could not be encoded.
        """
        async with self._lock:
            self._trigger += 1
            asked_at = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(deadline_s):
                    picture = await self._next_after(asked_at + self._lag_s)
            except TimeoutError as error:
                self.counters.timeouts += 1
                found = f"stream is {self.link_state}, last error: {self.last_error or 'none'}"
                raise DeviceTimeout(self.name, f"no picture within {deadline_s} s; {found}", unit="s") from error
            finally:
                self._wanted = None
        self.counters.exchanges += 1
        self.counters.last_exchange_at = asked_at
        return Frame(picture, self._trigger, asked_at, self.name)

    async def _next_after(self, after: float) -> bytes:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()

        def settle(picture: bytes | CameraFault) -> None:
            if answer.done():
                return
            if isinstance(picture, CameraFault):
                answer.set_exception(picture)
            else:
                answer.set_result(picture)

        self._wanted = _Wanted(after, lambda picture: _from_thread(loop, settle, picture))
        return await answer

    def _grab(self, clock: Callable[[], float]) -> None:
        """The thread: open, grab until the stream ends, open again."""
        while not self._ending.is_set():
            self.link_state = LinkState.CONNECTING
            capture = cv2.VideoCapture(self._source)
            try:
                if capture.isOpened():
                    self._grab_from(capture, clock)
                    self.last_error = f"stream {self._source} ended"
                else:
                    self.last_error = f"stream {self._source} can't be opened: plugged in, reachable, permitted?"
            finally:
                capture.release()
            self.link_state = LinkState.OFFLINE
            self._ending.wait(BACKOFF_FIRST_S)

    def _grab_from(self, capture: cv2.VideoCapture, clock: Callable[[], float]) -> None:
        self.link_state = LinkState.ONLINE
        while not self._ending.is_set():
            began = clock()
            if not capture.grab():
                return
            wanted = self._wanted
            if wanted is not None and began >= wanted.after:
                self._wanted = None
                wanted.deliver(self._encoded(capture))
            elif clock() - began < _QUICK_S:
                # A file gives its frames at once: don't let it take a whole core.
                self._ending.wait(_PAUSE_S)

    def _encoded(self, capture: cv2.VideoCapture) -> bytes | CameraFault:
        read, picture = capture.retrieve()
        if not read:
            return CameraFault(self.name, "the grabbed frame could not be decoded")
        encoded, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return jpeg.tobytes() if encoded else CameraFault(self.name, "the frame could not be encoded as JPEG")


def _from_thread(
    loop: asyncio.AbstractEventLoop, settle: Callable[[bytes | CameraFault], None], picture: bytes | CameraFault
) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle, picture)
