"""The owner of one PLC's link: connects, proves the identity, beats, polls the status image, does what is handed in.

`serve` is the only task that touches the link; everyone else looks at `image`, waits for `changed` and hands requests
to `write` and `read`, so that cancelling a caller leaves nothing half done on the wire. Owns no command.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from devices.errors import BadReply, DeviceError, DeviceTimeout, ExceptionReply, LinkLost, WrongDevice
from devices.links.modbus import ModbusMaster, Sent
from devices.links.state import BACKOFF_LONGEST_S, LinkCounters, LinkState, backoff_s
from devices.plc.contract import (
    HEARTBEAT_ADDRESS,
    HEARTBEAT_PERIOD_S,
    STATUS_ADDRESS,
    ContractError,
    DeviceKind,
    Safety,
    StatusImage,
    status_length,
)
from devices.plc.identity import IDENTITY_ADDRESS, IDENTITY_LENGTH, Identity

HURRIED_POLL_S = 0.005
"""Time between polls while an echo is awaited, and from a write to the first: half a PLC scan."""
_FORGETS_CLOCK_S = 60.0
"""No reply is so late. After weeks without a link a clock may seem to have run backwards, by its wrap."""
_TOLD_ANYWAY_S = 0.1
"""Whoever waits for a change is woken at least this often while images come."""
_HEADER_LENGTH = 6
_Found = TypeVar("_Found")


@dataclass(slots=True)
class _Looker:
    """Someone who waits until `sees` says yes to an image, or to None while there is none."""

    sees: Callable[[StatusImage | None], bool]
    shown: asyncio.Future[StatusImage | None]


@dataclass(slots=True)
class _Write:
    """Registers that wait for the owner of the link to write them."""

    address: int
    values: list[int]
    done: asyncio.Future[Sent]


@dataclass(slots=True)
class _Read:
    """Registers that wait for the owner of the link to read them."""

    address: int
    count: int
    done: asyncio.Future[list[int]]


class StationLink:
    """Link to one PLC with `blocks` blocks of one kind. For the parameters see `PlcStation`."""

    def __init__(
        self, name: str, kind: DeviceKind, blocks: int, master: ModbusMaster, *, poll_s: float, stale_s: float
    ) -> None:
        self.name = name
        self.kind = kind
        self.blocks = blocks
        self.state = LinkState.OFFLINE
        self.last_error = ""
        self.counters = LinkCounters()
        self._master = master
        self._poll_s = poll_s
        self._stale_s = stale_s
        self._length = status_length(kind, blocks)
        self._image: StatusImage | None = None
        self._newest: StatusImage | None = None
        self._newest_at = float("-inf")
        self._block_words: list[int] = []
        self._ticked_at = float("-inf")
        self._news = asyncio.Event()
        self._told_at = float("-inf")
        self._lookers: list[_Looker] = []
        self._handed_in: deque[_Write | _Read] = deque()
        self._nudge: asyncio.Future[None] | None = None
        self._hurried = 0
        self._heartbeat = 0

    @property
    def image(self) -> StatusImage | None:
        """The last status image; None when offline or when the PLC's clock has not been seen to move for `stale_s`."""
        if asyncio.get_running_loop().time() - self._ticked_at > self._stale_s:
            return None
        return self._image

    def fresh(self) -> StatusImage:
        """Return `image`.

        :raises LinkLost: there is none.
        """
        if (image := self.image) is None:
            found = f"link is {self.state}, last error: {self.last_error or 'none'}"
            raise LinkLost(self.name, f"no status image younger than {self._stale_s} s; {found}")
        return image

    async def changed(self) -> None:
        """Return at the next change of the image beside its clock, or of the link; now and then without one."""
        await self._news.wait()

    async def watch(self, look: Callable[[StatusImage], _Found | None]) -> _Found:
        """Return what `look` finds in this image or a later one. Each image is looked at without waking anyone."""
        image = self.image
        while image is None or (found := look(image)) is None:
            image = await self._shown(partial(_finds, look))
        return found

    async def until(self, look: Callable[[StatusImage | None], bool]) -> None:
        """Return once `look` says yes to the image, or to None while there is none. Nobody is woken before."""
        image = self.image
        while not look(image):
            image = await self._shown(look)

    async def _shown(self, sees: Callable[[StatusImage | None], bool]) -> StatusImage | None:
        looker = _Looker(sees, asyncio.get_running_loop().create_future())
        self._lookers.append(looker)
        try:
            return await looker.shown
        finally:
            self._lookers.remove(looker)

    @contextlib.contextmanager
    def hurry(self) -> Iterator[None]:
        """Poll each `HURRIED_POLL_S` meanwhile."""
        self._hurried += 1
        try:
            yield
        finally:
            self._hurried -= 1

    async def write(self, address: int, values: list[int]) -> Sent:
        """Hand registers to the owner and wait until they are written; the PLC's next scan is polled soon after.

        :raises DeviceError: its `written_at` is None when nothing was sent.
        """
        if self.state is not LinkState.ONLINE:
            raise LinkLost(self.name, f"nothing was sent: link is {self.state}, last error: {self.last_error}")
        write = _Write(address, values, asyncio.get_running_loop().create_future())
        with self._handing_in(write):
            return await write.done

    async def read(self, address: int, count: int) -> list[int]:
        """Have the owner read registers beside the status image, with one FC03, and wait for them.

        :raises DeviceError: they could not be read.
        """
        if self.state is not LinkState.ONLINE:
            raise LinkLost(self.name, f"nothing was read: link is {self.state}, last error: {self.last_error}")
        read = _Read(address, count, asyncio.get_running_loop().create_future())
        with self._handing_in(read):
            return await read.done

    @contextlib.contextmanager
    def _handing_in(self, request: _Write | _Read) -> Iterator[None]:
        """Hand it to the owner of the link; take it back when nobody waits for it any more."""
        self._handed_in.append(request)
        _wake(self._nudge)
        try:
            yield
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                self._handed_in.remove(request)
            raise

    async def serve(self) -> None:
        """Keep the link: connect, check the identity, poll, beat; again after each failure. Ends by cancellation."""
        attempt = 0
        try:
            while True:
                try:
                    await self._open()
                    self.counters.reconnects += attempt > 0
                    attempt = 0
                    await self._exchange()
                except DeviceError as error:
                    self._lose(error)
                attempt += 1
                wrong = self.state is LinkState.WRONG_DEVICE
                await asyncio.sleep(BACKOFF_LONGEST_S if wrong else backoff_s(self.name, attempt))
        finally:
            self._lose(LinkLost(self.name, "the line has closed the link"))

    async def _open(self) -> None:
        if self.state is not LinkState.WRONG_DEVICE:
            self._set_state(LinkState.CONNECTING)
        await self._master.connect()
        words = await self._master.read(IDENTITY_ADDRESS, IDENTITY_LENGTH)
        try:
            found = Identity.decode(words)
        except ContractError as error:
            raise WrongDevice(self.name, str(error)) from error
        if (found.kind, found.blocks) != (self.kind, self.blocks):
            expected, actual = f"{self.kind.name} of {self.blocks} blocks", f"{found.kind.name} of {found.blocks}"
            message = f"wrong device at this address: must be {expected}, found {actual}"
            raise WrongDevice(self.name, message, expected=expected, actual=actual)

    async def _exchange(self) -> None:
        """Do what is handed in, beat, poll, rest; until the link fails."""
        loop = asyncio.get_running_loop()
        poll_at = beat_at = loop.time()
        while True:
            if self._handed_in:
                await self._do_next()
                poll_at = min(poll_at, loop.time() + HURRIED_POLL_S)
            now = loop.time()
            if now >= beat_at:
                await self._beat()
                beat_at = max(beat_at + HEARTBEAT_PERIOD_S, now)
            if now >= poll_at:
                await self._poll()
                poll_at = now + (HURRIED_POLL_S if self._hurried else self._poll_s)
            await self._rest(min(poll_at, beat_at))

    async def _rest(self, until: float) -> None:
        """Wait until a loop time or until something is handed in."""
        if self._handed_in:
            return
        loop = asyncio.get_running_loop()
        self._nudge = loop.create_future()
        timer = loop.call_at(until, _wake, self._nudge)
        try:
            await self._nudge
        finally:
            timer.cancel()
            self._nudge = None

    async def _beat(self) -> None:
        self._heartbeat = self._heartbeat % 0xFFFF + 1
        await self._master.write_one(HEARTBEAT_ADDRESS, self._heartbeat)
        self.counters.exchanges += 1

    async def _poll(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        words = await self._master.read(STATUS_ADDRESS, self._length)
        self.counters.exchanges += 1
        self.counters.last_exchange_at = asked_at
        try:
            image = self._decode(words)
        except ContractError as error:
            # The link is sound, the content is not: believe nothing of it and ask again.
            self.counters.bad_replies += 1
            self.last_error = f"{self.name}: {error}"
            return
        self._believe(image, asked_at)

    def _decode(self, words: list[int]) -> StatusImage:
        """Decode an image; its blocks only when they differ from the last one's: mostly just the clock runs."""
        last = self._image
        if last is None or words[0] != words[-1] or words[_HEADER_LENGTH:-1] != self._block_words:
            image = StatusImage.decode(words, self.kind, self.blocks)
            self._block_words = words[_HEADER_LENGTH:-1]
            return image
        sequence, boot_id, clock_high, clock_low, safety, disturbances = words[:_HEADER_LENGTH]
        clock_ms = clock_high << 16 | clock_low
        return StatusImage(sequence, boot_id, clock_ms, Safety(safety & 0xF), disturbances, last.blocks)

    def _believe(self, image: StatusImage, asked_at: float) -> None:
        """Take an image over, unless the PLC's clock in it says that it is a late reply of the same length."""
        last = self._image
        self._look_at_clock(image, asked_at)
        if last is None or last.boot_id != image.boot_id or last.clock_ms != image.clock_ms:
            self._ticked_at = asked_at
        self._image = self._newest = image
        self._newest_at = asyncio.get_running_loop().time()
        came_online = self.state is not LinkState.ONLINE
        self.state = LinkState.ONLINE
        self._let_look()
        if came_online or last is None or _differs(last, image) or self._is_overdue():
            self._tell()

    def _look_at_clock(self, image: StatusImage, asked_at: float) -> None:
        """A late reply is an older image. Also after the link was opened anew: a serial line, or a gateway before one,
        gives it to whoever asks next, and it may still be newer than the last that came in time.

        :raises BadReply: its clock ran backwards, or since a lost link less than our own.
        """
        newest, away_s = self._newest, asked_at - self._newest_at
        if newest is None or newest.boot_id != image.boot_id or away_s > _FORGETS_CLOCK_S:
            return
        if _ran_backwards(newest.clock_ms, image.clock_ms):
            message = f"clock ran backwards from {newest.clock_ms} to {image.clock_ms} ms without a new boot id"
            raise BadReply(self.name, message, expected=newest.clock_ms, actual=image.clock_ms, unit="ms")
        ran_ms, least_ms = (image.clock_ms - newest.clock_ms) & 0xFFFFFFFF, round(1000 * (away_s - self._stale_s))
        if self._image is None and ran_ms < least_ms:
            message = (
                f"clock must have run {least_ms} ms at least since the link was lost, found {ran_ms}: a late answer"
            )
            raise BadReply(self.name, message, expected=least_ms, actual=ran_ms, unit="ms")

    def _let_look(self) -> None:
        """Show the image, or that there is none, to those who wait for something in it."""
        image = self.image
        for looker in self._lookers:
            if not looker.shown.done() and looker.sees(image):
                looker.shown.set_result(image)

    def _is_overdue(self) -> bool:
        return asyncio.get_running_loop().time() - self._told_at >= _TOLD_ANYWAY_S

    async def _do_next(self) -> None:
        request = self._handed_in.popleft()
        try:
            if isinstance(request, _Read):
                _fulfil(request.done, await self._master.read(request.address, request.count))
            else:
                _fulfil(request.done, await self._master.write(request.address, request.values))
        except ExceptionReply as error:
            _fail(request.done, error)
        except DeviceError as error:
            _fail(request.done, error)
            raise
        except asyncio.CancelledError:
            now = asyncio.get_running_loop().time()
            _fail(request.done, LinkLost(self.name, "the line has closed the link meanwhile", written_at=now))
            raise
        else:
            self.counters.exchanges += 1

    def _lose(self, error: DeviceError) -> None:
        """Close the link, forget the image, fail what was not sent."""
        self._master.close()
        self.counters.timeouts += isinstance(error, DeviceTimeout)
        self.counters.bad_replies += isinstance(error, BadReply)
        self.last_error = str(error)
        self._image = None
        while self._handed_in:
            _fail(self._handed_in.popleft().done, LinkLost(self.name, f"nothing was sent: {error.message}"))
        self._set_state(LinkState.WRONG_DEVICE if isinstance(error, WrongDevice) else LinkState.OFFLINE)

    def _set_state(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._let_look()
            self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        self._told_at = asyncio.get_running_loop().time()
        news.set()


def _differs(one: StatusImage, other: StatusImage) -> bool:
    """Whether anything but the PLC's clock and scan counter has changed. Blocks that did not are the same object."""
    return one.blocks is not other.blocks or (one.boot_id, one.disturbances, one.safety) != (
        other.boot_id,
        other.disturbances,
        other.safety,
    )


def _finds(look: Callable[[StatusImage], object], image: StatusImage | None) -> bool:
    """Whether `look` finds something in the image, or raises at it."""
    try:
        return image is not None and look(image) is not None
    except DeviceError:
        return True


def _ran_backwards(before_ms: int, now_ms: int) -> bool:
    return (now_ms - before_ms) & 0xFFFFFFFF >= 1 << 31


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _fulfil(done: asyncio.Future[_Found], found: _Found) -> None:
    if not done.done():
        done.set_result(found)


def _fail(done: asyncio.Future[Sent] | asyncio.Future[list[int]], error: DeviceError) -> None:
    if not done.done():
        done.set_exception(error)
