"""Typed ports: a PLC's link above its framing. The line gets the twin's image as an object and writes its registers.

Nothing is polled while nothing changes: the twin's change wakes the port a moment later, as the next poll would have.
What can go wrong on the wire goes wrong here as the line would find it: an answer that does not come or can't be the
one asked for, after the registers were taken or before; a link that is cut, refused or half open.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TypeVar

from devices.errors import BadReply, DeviceError, DeviceTimeout, ExceptionReply, LinkLost
from devices.links.state import LinkCounters, LinkState, backoff_s
from devices.plc.contract import HEARTBEAT_PERIOD_S, SCAN_S, DeviceKind, StatusImage
from simulators.modbus_server import ILLEGAL_ADDRESS, IllegalAddressError
from simulators.virtual.event_plc import EventPlc, Shown
from simulators.virtual.loop import Step, VirtualLoop
from simulators.virtual.trace import Trace
from simulators.virtual.wires import Twist, VirtualWire

TIMEOUT_S = 0.3
STALE_S = 0.25
POLL_S, HURRIED_S = (0.001, 0.03), (0.0005, 0.006)
"""How long after a change the line sees it, at least and at most; the second while it waits for an echo."""
ANYWAY_S = 2.0
EXPIRY_S = 0.1
STRIKES_A_WRITE = 0.5
"""Of the twists, those that wait for the next write; the others strike a poll."""
_NO_ANSWER = frozenset({Twist.SWALLOWED, Twist.LATE, Twist.BEHIND, Twist.CUT})
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Written:
    """Loop times of one write."""

    written_at: float
    replied_at: float


class PortWire(VirtualWire):
    """The way to one PLC. :ivar port: the line's end, in its present life."""

    def __init__(self, name: str, twin: EventPlc, chance: Random, trace: Trace) -> None:
        super().__init__(name, lambda send: _Mute(), chance, trace)  # noqa: ARG005 -- no byte ever passes here
        self.twin = twin
        self.port: TypedPort | None = None
        self.paused_at = 0.0
        twin.on_change = self._changed

    def make_port(self, name: str, kind: DeviceKind, blocks: int) -> TypedPort:
        """The line's end for its next life."""
        self.port = TypedPort(name, kind, blocks, self, self._chance, self._trace)
        return self.port

    def twist(self, twist: Twist) -> None:
        """Strike the next reply: that of a write, or of a poll."""
        self.on_twist(twist)
        if self._chance.random() < STRIKES_A_WRITE:
            self._twists.append(twist)
        elif self.port is not None and twist is not Twist.SPLIT:
            self.port.fail_poll(twist)

    def next_twist(self) -> Twist | None:
        """What strikes the reply of this write."""
        return self._twists.popleft() if self._twists else None

    def pause(self) -> None:
        """Answer nothing from now on."""
        super().pause()
        self.paused_at = asyncio.get_running_loop().time()
        self.twin.detach(self._chance.uniform(0.0, HEARTBEAT_PERIOD_S))
        if self.port is not None:
            self.port.fail_poll(Twist.SWALLOWED)

    def resume(self) -> None:
        """Answer again."""
        super().resume()
        if self.port is not None and self.port.state is LinkState.ONLINE:
            self.twin.attach()
            self.port.look_again()

    def drop(self) -> None:
        """Cut the link."""
        if self.port is not None:
            self.port.lose(LinkLost(self.name, "the other end closed the link"))

    def hang_up(self) -> None:
        """The line's process is dead."""
        self.port = None
        self.twin.detach(self._chance.uniform(0.0, HEARTBEAT_PERIOD_S))

    def _changed(self) -> None:
        if self.port is not None:
            self.port.look_again()


class TypedPort:
    """The line's end of one PLC's link; see `devices.plc.port.PlcPort` for the meaning of each method."""

    def __init__(self, name: str, kind: DeviceKind, blocks: int, wire: PortWire, chance: Random, trace: Trace) -> None:
        self.name = name
        self.kind = kind
        self.blocks = blocks
        self.state = LinkState.OFFLINE
        self.last_error = ""
        self.counters = LinkCounters()
        self._wire = wire
        self._twin = wire.twin
        self._chance = chance
        self._trace = trace
        self._seen: Shown | None = None
        self._image: StatusImage | None = None
        self._image_at = -1.0
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._loop = loop
        self._waiters: list[asyncio.Future[None]] = []
        self._lookers: list[tuple[Callable[[StatusImage | None], bool], asyncio.Future[StatusImage | None]]] = []
        self._hurried = 0
        self._broken: asyncio.Future[None] | None = None
        self._looking: Step | None = None
        self._anyway: Step | None = None
        self._context: Context | None = None

    @property
    def image(self) -> StatusImage | None:
        """The last image, with a clock that is not older than a scan."""
        seen = self._seen
        if seen is None or self.state is not LinkState.ONLINE:
            return None
        at = self._loop.time()
        if self._wire.paused:
            if at - self._wire.paused_at > STALE_S:
                return None
            at = self._wire.paused_at
        if self._image is None or not 0.0 <= at - self._image_at < SCAN_S:
            self._image, self._image_at = self._twin.image_at(at, seen), at
        return self._image

    def fresh(self) -> StatusImage:
        """Return `image`."""
        if (image := self.image) is None:
            found = f"link is {self.state}, last error: {self.last_error or 'none'}"
            raise LinkLost(self.name, f"no status image younger than {STALE_S} s; {found}")
        return image

    async def changed(self) -> None:
        """Return at the next change."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter

    async def watch(self, look: Callable[[StatusImage], _Found | None]) -> _Found:
        """Return what `look` finds."""
        image = self.image
        while image is None or (found := look(image)) is None:
            image = await self._shown(partial(_finds, look))
        return found

    async def until(self, look: Callable[[StatusImage | None], bool]) -> None:
        """Return once `look` says yes."""
        image = self.image
        while not look(image):
            image = await self._shown(look)

    async def _shown(self, sees: Callable[[StatusImage | None], bool]) -> StatusImage | None:
        shown: asyncio.Future[StatusImage | None] = self._loop.create_future()
        looker = (sees, shown)
        self._lookers.append(looker)
        try:
            return await shown
        finally:
            self._lookers.remove(looker)

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """See changes at once, and a permit's end without any."""
        self._hurried += 1
        timer = self._loop.call_later(EXPIRY_S, self._look_for_expiry)
        try:
            yield
        finally:
            timer.cancel()
            self._hurried -= 1

    async def write(self, address: int, values: list[int]) -> Written:
        """Write registers."""
        await self._loop.nap(self._chance.uniform(0.0002, 0.002))
        broken = self._broken
        if self.state is not LinkState.ONLINE or broken is None:
            raise LinkLost(self.name, f"nothing was sent: link is {self.state}, last error: {self.last_error}")
        written_at = self._loop.time()
        self._trace.add(written_at, self.name + ">", struct.pack(f">H{len(values)}H", address, *values))
        twist = self._wire.next_twist()
        if not self._wire.paused:
            # In the plant's own context: what follows from it is nothing of the line's process.
            self._twin.write(address, values)
        await self._answered(broken, twist, written_at=written_at)
        return Written(written_at, self._loop.time())

    async def _answered(self, broken: asyncio.Future[None], twist: Twist | None, *, written_at: float | None) -> None:
        """Wait for the answer as the twist lets it come. :raises DeviceError: none, or not the one asked for."""
        if self._wire.paused or twist in _NO_ANSWER:
            await asyncio.sleep(TIMEOUT_S)
            error: DeviceError = DeviceTimeout(self.name, f"no answer in {TIMEOUT_S} s", written_at=written_at)
            self.lose(error)
            raise error
        await self._loop.nap(self._chance.uniform(0.0005, 0.004))
        if broken is not self._broken or (twist is not None and twist not in (Twist.SPLIT, Twist.DOUBLED)):
            error = BadReply(self.name, "an answer that can't be the one asked for", written_at=written_at)
            self.lose(error)
            raise error
        if twist is Twist.DOUBLED:
            self.fail_poll(twist)

    async def read(self, address: int, count: int) -> list[int]:
        """Read registers."""
        await self._loop.nap(self._chance.uniform(0.0002, 0.002))
        broken = self._broken
        if self.state is not LinkState.ONLINE or broken is None:
            raise LinkLost(self.name, f"nothing was read: link is {self.state}, last error: {self.last_error}")
        twist = self._wire.next_twist()
        found = [] if self._wire.paused else self._answer(address, count)
        await self._answered(broken, twist, written_at=None)
        if isinstance(found, DeviceError):
            raise found
        return found

    def _answer(self, address: int, count: int) -> list[int] | DeviceError:
        try:
            return self._twin.read(address, count)
        except IllegalAddressError as error:
            return ExceptionReply(self.name, str(error), code=ILLEGAL_ADDRESS)

    async def serve(self) -> None:
        """Keep the link until cancelled."""
        self._context = copy_context()
        attempt = 0
        try:
            while True:
                try:
                    await self._open()
                    self.counters.reconnects += attempt > 0
                    attempt = 0
                    if (broken := self._broken) is not None:
                        await broken
                except DeviceError as error:
                    self.lose(error)
                attempt += 1
                await asyncio.sleep(backoff_s(self.name, attempt))
        finally:
            self.lose(LinkLost(self.name, "the line has closed the link"))

    async def _open(self) -> None:
        self._set_state(LinkState.CONNECTING)
        await asyncio.sleep(self._chance.uniform(0.002, 0.02))
        if self._wire.refused:
            raise LinkLost(self.name, "nobody listens")
        if self._wire.paused:
            await asyncio.sleep(TIMEOUT_S)
            raise DeviceTimeout(self.name, f"no answer in {TIMEOUT_S} s")
        self._broken = self._loop.create_future()
        self._twin.attach()
        self._seen = self._twin.shown
        self.state = LinkState.ONLINE
        self._see()
        self._anyway = self._loop.call_later(ANYWAY_S, self._look_anyway)

    def look_again(self) -> None:
        """The twin shows something new: see it a moment later, in the line's own process."""
        if self._looking is not None or self.state is not LinkState.ONLINE or self._wire.paused:
            return
        soonest, latest = HURRIED_S if self._hurried else POLL_S
        self._later(soonest + (latest - soonest) * self._chance.random())

    def fail_poll(self, twist: Twist) -> None:
        """Let the answer to a poll be none, or none that can be believed: the link is closed for it."""
        if self.state is not LinkState.ONLINE:
            return
        broken = self._broken
        silent = twist in _NO_ANSWER
        delay_s = self._chance.uniform(0.0, 0.04) + (TIMEOUT_S if silent else 0.0)
        self._loop.call_later(delay_s, self._poll_failed, broken, twist, context=self._context)

    def lose(self, error: DeviceError) -> None:
        """The link is gone."""
        broken, self._broken = self._broken, None
        if self._anyway is not None:
            self._anyway.cancel()
        self.counters.timeouts += isinstance(error, DeviceTimeout)
        self.counters.bad_replies += isinstance(error, BadReply)
        self.last_error = str(error)
        self._seen = self._image = None
        if self._wire.port is self:
            self._twin.detach(self._chance.uniform(0.0, HEARTBEAT_PERIOD_S))
        self._set_state(LinkState.OFFLINE)
        if broken is not None and not broken.done():
            broken.set_result(None)

    def _poll_failed(self, broken: asyncio.Future[None] | None, twist: Twist) -> None:
        silent = twist in _NO_ANSWER
        if broken is not self._broken or (twist is Twist.SWALLOWED and self._came_back()):
            return
        self.lose(DeviceTimeout(self.name, "no answer") if silent else BadReply(self.name, "an answer not asked for"))

    def _came_back(self) -> bool:
        """A pause that ended before the poll's deadline."""
        paused_for = self._loop.time() - self._wire.paused_at
        return not self._wire.paused and paused_for < 2 * TIMEOUT_S

    def _later(self, delay_s: float) -> None:
        self._looking = self._loop.call_later(delay_s, self._see, context=self._context)

    def _see(self) -> None:
        self._looking = None
        if self.state is not LinkState.ONLINE or self._wire.paused:
            return
        if self._twin.torn:
            self._twin.torn -= 1
            self.counters.bad_replies += 1
            self._later(self._chance.uniform(*POLL_S))
            return
        now = self._loop.time()
        self._trace.add(now, self.name + "<")
        self._seen, self._image = self._twin.shown, None
        self.counters.exchanges += 1
        self.counters.last_exchange_at = now
        self._let_look()
        self._tell()

    def _let_look(self) -> None:
        image = self.image
        for sees, shown in self._lookers:
            if not shown.done() and sees(image):
                shown.set_result(image)

    def _look_for_expiry(self) -> None:
        self._let_look()
        if self._hurried and self._lookers:
            self._loop.call_later(EXPIRY_S, self._look_for_expiry)

    def _look_anyway(self) -> None:
        self._anyway = self._loop.call_later(ANYWAY_S, self._look_anyway)
        self.counters.last_exchange_at = self._loop.time()
        self._let_look()
        self._tell()

    def _set_state(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._let_look()
            self._tell()

    def _tell(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class _Mute:
    """Nobody speaks bytes here."""

    def received(self, data: bytes) -> None:
        """Never called."""
        raise AssertionError(f"{len(data)} bytes on a typed port")


def _finds(look: Callable[[StatusImage], object], image: StatusImage | None) -> bool:
    try:
        return image is not None and look(image) is not None
    except DeviceError:
        return True
