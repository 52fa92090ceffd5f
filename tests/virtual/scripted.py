"""A virtual floor on which a test strikes by itself, at moments of its own choice, instead of a seed's plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from simulators.history import Event
from simulators.virtual import campaign
from simulators.virtual.campaign import Run, simulate
from simulators.virtual.floor import VirtualFloor
from simulators.virtual.troubles import Kind
from simulators.world import ZONES

Script = Callable[["ScriptedFloor"], Coroutine[Any, Any, None]]
GLANCE_S = 0.02


class ScriptedFloor(VirtualFloor):
    """A floor with a script. :ivar script: what is done on it, begun once the orders are handed in."""

    script: Script

    @property
    def line(self) -> Any:
        """The line that runs now; None while none does."""
        return self._process.line

    async def happens(self, kind: type[Event], **facts: object) -> None:
        """Wait for the next such event of the world."""
        seen, history = len(self.plant.world.history), self.plant.world.history

        def fits(event: Event) -> bool:
            return isinstance(event, kind) and all(getattr(event, name) == value for name, value in facts.items())

        await self.holds(lambda: any(fits(event) for event in history[seen:]))

    async def holds(self, what: Callable[[], bool]) -> None:
        """Wait until something holds."""
        while not what():  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(GLANCE_S)

    def alarms(self) -> set[str]:
        """Kinds of the alarms that stand."""
        return {kind for kind, _ in self.line.standing()} if self.line is not None else set()

    def read(self, zone: str, carrier: int | None) -> None:
        """Let the conveyor's reader at a zone say this number; None: the truth again."""
        twin = self.plant.plcs["conveyor"]
        self.conductor.counts[Kind.CARRIER_MISREAD] += 1
        if carrier is None:
            twin.machine.misread.pop(ZONES.index(zone), None)
        else:
            twin.machine.misread[ZONES.index(zone)] = carrier
        twin.stir()  # type: ignore[attr-defined]

    async def _hand_in(self) -> None:
        await super()._hand_in()
        self.plant.employ(type(self).script(self), "script")


def run_scripted(
    patch: pytest.MonkeyPatch, script: Script, orders: int, seed: int = 1, only: tuple[Kind, ...] = ()
) -> Run:
    """Run a floor without any trouble but what the script makes; `only`: with these kinds of a heavy plan."""
    floor = type("Floor", (ScriptedFloor,), {"script": staticmethod(script)})
    patch.setattr(campaign, "VirtualFloor", floor)
    return simulate(seed, orders, "heavy" if only else "none", only)
