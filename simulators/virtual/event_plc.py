"""A PLC that scans only when a scan would show something: the twin of typed-port depth.

The scans that it does fall on the same 10 ms grid as those of any twin. Between two of them nothing that the line can
see changes: a motion's next step, a write, a carrier that comes or goes, an opened guard and a silent host wake it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass

from devices.plc.contract import HEARTBEAT_LOST_S, SCAN_S, Block, Safety, StatusImage
from simulators.virtual.watched_plc import WatchedPlc


@dataclass(frozen=True, slots=True)
class Shown:
    """What a scan shows, beside its clock."""

    boot_id: int
    safety: Safety
    disturbances: int
    blocks: tuple[Block, ...]


class EventPlc(WatchedPlc):
    """One PLC.

    :ivar on_change: told when a scan shows something new; :ivar shown: what the last one showed.
    """

    on_change: Callable[[], None] = staticmethod(lambda: None)
    shown: Shown | None = None
    _attached: bool = False
    _due: float = math.inf
    _timer: asyncio.TimerHandle | None = None
    _context: Context | None = None
    _loop: asyncio.AbstractEventLoop
    _scans: bool = False

    async def run(self) -> None:
        """Scan until cancelled."""
        self._loop, self._context = asyncio.get_running_loop(), copy_context()
        self.stir()
        try:
            await self._loop.create_future()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def stir(self) -> None:
        """Scan next time: something may have changed. What a scan itself has moved, it shows."""
        if self._context is not None and not self._scans:
            self._wake(self._loop.time())

    def settle(self) -> None:
        """Let what moves have moved until now, before its machine is changed from outside."""
        self._catch_up(asyncio.get_running_loop().time())
        self.stir()

    def attach(self) -> None:
        """A host is there and beats."""
        self._attached = True
        self.stir()

    def detach(self, before_s: float) -> None:
        """It beats no more. :param before_s: how long ago its last beat was."""
        now, was_there = asyncio.get_running_loop().time(), self._attached
        self._attached = False
        if was_there and self._host_alive:
            self._heartbeat_at = now - before_s
            self._wake(now - before_s + HEARTBEAT_LOST_S + SCAN_S)

    def write(self, address: int, values: Sequence[int]) -> None:
        """Store registers; the next scan takes them."""
        super().write(address, values)
        self.stir()

    def restart(self, *, keep_memory: bool) -> None:
        """Start anew."""
        self.settle()
        super().restart(keep_memory=keep_memory)
        self.stir()

    def image_at(self, now: float, shown: Shown) -> StatusImage:
        """What a host that has seen `shown` reads now."""
        clock_ms = self.clock_ms_at(now)
        return StatusImage(
            self._sequence, shown.boot_id, clock_ms, shown.safety, shown.disturbances & 0xFFFF, shown.blocks
        )

    def _wake(self, at: float) -> None:
        at = max(math.ceil(at / SCAN_S) * SCAN_S, self._loop.time())
        if self._due <= at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = at
        self._timer = self._loop.call_at(at, self._tick, context=self._context)

    def _tick(self) -> None:
        now = self._loop.time()
        self._timer, self._due = None, math.inf
        if self._is_disturbed() or (self._host_alive and not self._attached):
            self._catch_up(now - SCAN_S)
        self._scans = True
        self.scan(now)
        self._scans = False
        shown = self._show()
        if shown is not self.shown:
            self.shown = shown
            self.on_change()
        wait_s = self.machine.next_s()
        if wait_s is not None:
            self._wake(now + max(wait_s / self._speed, SCAN_S))

    def _catch_up(self, now: float) -> None:
        """Let what moves have moved until now, so that it is cut off where it truly is."""
        if self._now is not None and now > self._now:
            elapsed, self._now = now - self._now, now
            self._retain(self.machine.step(elapsed * self._speed))

    def _show(self) -> Shown:
        """What stands there now; the same object while nothing has changed."""
        safety, before, carriers = self._safety(), self.shown, self.machine.carriers()
        old = (Block(),) * len(self._blocks) if before is None else before.blocks
        new: list[Block] | None = None
        for number, memory in enumerate(self._blocks):
            block = old[number]
            if (
                block.carrier != carriers[number]
                or block.state is not memory.state
                or block.echo is not memory.echo
                or block.result is not memory.result
                or block.strays != memory.strays
            ):
                new = new or list(old)
                new[number] = Block(carriers[number], memory.state, memory.echo, memory.result, memory.strays)
        if (
            new is None
            and before is not None
            and safety is before.safety
            and self._disturbances == before.disturbances
            and self._boot_id == before.boot_id
        ):
            return before
        return Shown(self._boot_id, safety, self._disturbances, old if new is None else tuple(new))

    def _watch_host(self, now: float) -> None:
        if self._attached:
            self._heartbeat_at = now
        alive = self._heartbeat_at is not None and now - self._heartbeat_at <= HEARTBEAT_LOST_S
        if self._host_alive and not alive:
            self._retain(self.machine.host_lost())
        self._host_alive = alive
