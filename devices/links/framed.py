"""One link to a device that speaks in frames, and exchanges on it: one at a time, each with its own answers.

`serve` owns the link and reads all the time. A frame that arrives while nobody asked, or that began before its
exchange did, is counted and dropped. An exchange that ends in doubt closes the link. Owns no protocol.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType

from devices.errors import BadReply, DeviceError, DeviceTimeout, LinkLost
from devices.frames import Frames
from devices.links.state import LinkCounters, LinkState, backoff_s
from devices.links.stream import ByteStream, Dial


class FramedLink:
    """The link of one device. :param longest: bytes of the longest frame that can be meant.

    :ivar lock: who has it alone; :ivar current: the exchange under way.
    """

    def __init__(self, name: str, dial: Dial, longest: int) -> None:
        self.name = name
        self.state = LinkState.OFFLINE
        self.last_error = ""
        self.counters = LinkCounters()
        self.unasked = 0
        self.opened = 0
        self._dial = dial
        self._longest = longest
        self._frames = Frames(longest)
        self._stream: ByteStream | None = None
        self.current: Exchange | None = None
        self.lock = asyncio.Lock()

    @property
    def oversize(self) -> int:
        """Frames dropped since the link was opened because they grew too long."""
        return self._frames.oversize

    async def serve(self) -> None:
        """Keep the link open and read from it until cancelled; open it again with backoff after each failure."""
        attempt = 0
        try:
            while True:
                try:
                    await self._open()
                    self.counters.reconnects += attempt > 0
                    attempt = 0
                    await self._listen()
                except OSError as error:
                    self._lose(str(error))
                attempt += 1
                await asyncio.sleep(backoff_s(self.name, attempt))
        finally:
            self._lose("the line has closed the link")

    def exchange(self) -> Alone:
        """Have the link alone. Ending in doubt (no answer, a bad one, cancelled) closes it.

        :raises LinkLost: on entering: it is not open.
        """
        return Alone(self)

    def open_stream(self) -> ByteStream:
        """Return the open stream.

        :raises LinkLost: there is none.
        """
        if self._stream is None:
            raise LinkLost(self.name, f"link is {self.state}, last error: {self.last_error or 'none'}")
        return self._stream

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._frames.partial

    async def _open(self) -> None:
        self.state = LinkState.CONNECTING
        self._stream = await self._dial()
        self._frames = Frames(self._longest)
        self.opened += 1
        self.state = LinkState.ONLINE

    async def _listen(self) -> None:
        stream = self.open_stream()
        while data := await stream.read():
            self._receive(data)
        raise ConnectionResetError(self.last_error if self._stream is None else "the device closed the link")

    def _receive(self, data: bytes) -> None:
        frames = self._frames.feed(data)
        if self.current is not None:
            self.current.deliver(frames)
        else:
            self.unasked += len(frames)

    def drop_what_came_before(self, exchange: Exchange) -> None:
        """Count and drop what nobody asked for. :raises LinkLost: the link is not open, or broke."""
        try:
            late = self._frames.feed(self.open_stream().read_now())
        except OSError as error:
            self.close(str(error))
            raise LinkLost(self.name, f"link broke: {error}") from error
        self.unasked += len(late)
        exchange.begun_before = self._frames.partial

    def close(self, why: str) -> None:
        """Close the link; `serve` notices and opens it again."""
        self.last_error = why
        if self._stream is not None:
            stream, self._stream = self._stream, None
            self.state = LinkState.OFFLINE
            stream.close()

    def _lose(self, why: str) -> None:
        self.close(why)
        self.state = LinkState.OFFLINE
        if self.current is not None:
            self.current.fail(LinkLost(self.name, f"link broke: {why}"))


class Alone:
    """Has a link alone as long as its block lasts; gives the exchange."""

    def __init__(self, link: FramedLink) -> None:
        self._link = link

    async def __aenter__(self) -> Exchange:
        link = self._link
        await link.lock.acquire()
        exchange = link.current = Exchange(link)
        try:
            link.drop_what_came_before(exchange)
        except BaseException:
            self._let_go()
            raise
        return exchange

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        counters = self._link.counters
        try:
            if isinstance(error, DeviceTimeout | BadReply):
                counters.timeouts += isinstance(error, DeviceTimeout)
                counters.bad_replies += isinstance(error, BadReply)
                self._link.close(error.message)
            elif isinstance(error, asyncio.CancelledError):
                self._link.close("cancelled with an answer under way")
            elif error is None:
                counters.exchanges += 1
                counters.last_exchange_at = asyncio.get_running_loop().time()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._link.current = None
        self._link.lock.release()


class Exchange:
    """What one exchange sends, and the frames that arrived since it began."""

    def __init__(self, link: FramedLink) -> None:
        self._link = link
        self._arrived: deque[bytes] = deque()
        self._failure: DeviceError | None = None
        self._waiter: asyncio.Future[bool] | None = None
        self.begun_before = False

    def send(self, data: bytes) -> float:
        """Write at once and return the loop time at which the bytes were with the operating system.

        :raises LinkLost: nothing was sent.
        """
        try:
            self._link.open_stream().write(data)
        except OSError as error:
            raise LinkLost(self._link.name, f"nothing was sent: {error}") from error
        return asyncio.get_running_loop().time()

    async def frame(self, until: float) -> bytes:
        """Return the next frame.

        :param until: loop time.
        :raises DeviceTimeout: none has come by then. :raises LinkLost: the link ended.
        """
        while not self._arrived:
            if self._failure:
                raise self._failure
            await self._news(until)
        return self._arrived.popleft()

    async def _news(self, until: float) -> None:
        """Return when something has come. :raises DeviceTimeout: nothing did by then."""
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_at(until, _wake, waiter, False)
        try:
            if not await waiter:
                raise DeviceTimeout(self._link.name, "no answer in the time allowed")
        finally:
            timer.cancel()

    def more(self) -> bool:
        """Whether a further frame has arrived or begun."""
        return bool(self._arrived) or self._link.partial

    def deliver(self, frames: list[bytes]) -> None:
        """Take frames in; the first does not count when it began before this exchange."""
        if self.begun_before and frames:
            self._link.unasked += 1
            self.begun_before = False
            frames = frames[1:]
        self._arrived.extend(frames)
        if frames:
            self._wake()

    def fail(self, error: DeviceError) -> None:
        """End the exchange: no frame will come any more."""
        self._failure = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None:
            _wake(self._waiter, True)


def _wake(waiter: asyncio.Future[bool], came: bool) -> None:
    if not waiter.done():
        waiter.set_result(came)
