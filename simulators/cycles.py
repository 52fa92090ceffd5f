"""A machine's motion as a script in plant time: it yields how long each step takes and ends with what was measured.

So a cycle reads as the machine works, and a test runs a minute of it without sleeping. Owns neither a wire nor a
clock: `Machine.step` is told how much plant time has passed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from devices.plc.contract import Answer, Command, DeviceKind, Permit, ResultCode
from devices.plc.curve import Curve
from simulators.world import World


@dataclass(frozen=True, slots=True)
class CycleEnd:
    """How a motion ended. :ivar measured: by the names of `contract.MEASURED`; :ivar curve: of a jaw, unnamed yet."""

    code: ResultCode
    measured: Mapping[str, int] = field(default_factory=dict)
    curve: Curve | None = None


class Interruption(Exception):
    """A guard, an emergency stop or a lost heartbeat cuts the motion off where it waits.

    :ivar left: plant seconds that it would have waited on.
    """

    def __init__(self, left: float) -> None:
        super().__init__(left)
        self.left = left


Script = Generator[float, None, CycleEnd]
"""Yields plant seconds to wait. `Interruption` is thrown in where it waits and the script must then end at once."""


class Cycle:
    """One run of a script. It begins at construction, up to its first wait."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._left = 0.0
        self._end: CycleEnd | None = None
        self._go_on()

    def advance(self, seconds: float) -> CycleEnd | None:
        """Let plant time pass; return the end once it is reached, however many waits that takes."""
        while self._end is None and seconds >= self._left:
            seconds -= self._left
            self._go_on()
        if self._end is None:
            self._left -= seconds
        return self._end

    @property
    def left(self) -> float:
        """Plant seconds until its next step."""
        return self._left

    def interrupt(self) -> CycleEnd:
        """Cut it off; return how it ended."""
        try:
            self._script.throw(Interruption(self._left))
        except StopIteration as stop:
            end: CycleEnd = stop.value
            return end
        raise AssertionError("a script went on after its interruption: it must return where it is interrupted")

    def _go_on(self) -> None:
        try:
            self._left = next(self._script)
        except StopIteration as stop:
            self._end = stop.value


Ended = list[tuple[int, CycleEnd]]
"""What ended, each with its block."""


class Machine(ABC):
    """Physics of one station behind its PLC: stepped, one motion a block at a time.

    :ivar kind: what its PLC says it is; :ivar command: the only command it knows.
    :ivar runs_empty: whether it may be tried where no carrier stands, by a permit for carrier 0.
    :ivar clamps: whether it holds its carrier from the beginning of a motion to its end.
    :ivar zones: the zone of each block of its PLC.
    :ivar misread: what the carrier reader of a block says instead of the truth, while it is stuck, early or wrong.
    """

    kind: DeviceKind
    command: Command
    clamps: bool = True
    runs_empty: bool = False

    def __init__(self, world: World, zones: tuple[str, ...]) -> None:
        self.world = world
        self.zones = zones
        self.misread: dict[int, int] = {}
        self._running: dict[int, Cycle] = {}

    @abstractmethod
    def refuses(self, zone: str, permit: Permit) -> Answer | None:
        """Return why this machine can't do that now, or None. Carrier and safety are checked by the PLC before."""

    @abstractmethod
    def script(self, zone: str, permit: Permit) -> Script:
        """Return the motion that the permit asks for."""

    def carrier(self, block: int) -> int:
        """Return the carrier that the block's reader sees in its zone, 0 for none or one on its way."""
        if block in self.misread:
            return self.misread[block]
        carrier = self.world.zones.get(self.zones[block])
        return 0 if carrier is None else carrier.number

    def carriers(self) -> list[int]:
        """Return what the readers of all blocks see."""
        zones = self.world.zones
        seen = [0 if (carrier := zones.get(zone)) is None else carrier.number for zone in self.zones]
        for block, number in self.misread.items():
            seen[block] = number
        return seen

    def start(self, block: int, permit: Permit) -> None:
        """Begin the motion; plant time for it counts from the next step."""
        zone = self.zones[block]
        self._running[block] = Cycle(self.script(zone, permit))
        if self.clamps:
            self.world.clamped.add(zone)

    def step(self, seconds: float) -> Ended:
        """Let plant time pass; return what ended."""
        if not self._running:
            return []
        ends = [(block, end) for block, cycle in self._running.items() if (end := cycle.advance(seconds)) is not None]
        return self._ended(ends) if ends else ends

    def next_s(self) -> float | None:
        """Plant seconds until something here goes on by itself; None while nothing will."""
        return min([cycle.left for cycle in self._running.values()]) if self._running else None

    def stop(self) -> Ended:
        """End all motion now: a guard, the emergency stop, or the PLC dies. Return what ended."""
        return self._ended([(block, cycle.interrupt()) for block, cycle in self._running.items()])

    def host_lost(self) -> Ended:
        """The line's heartbeat is gone: return what this ends at once. A motion under way is otherwise finished."""
        return []

    def _ended(self, ended: Ended) -> Ended:
        for block, _ in ended:
            del self._running[block]
            self.world.clamped.discard(self.zones[block])
        return ended
