"""Everybody on a virtual floor: those who lay parts in, the rework person, and the operator at the page.

The operator does what the page asks for, after a human moment: unholds, clears, resets, starts, takes labels off,
loads paper, closes guards. What he touches he touches physically; what he presses he presses on the line's desk.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Protocol

from devices.plc.contract import Chute
from simulators.faults import Faults
from simulators.hands import Hands, Pick, Reader
from simulators.matter import Part
from simulators.pick_list import PickLine
from simulators.scenario import Scenario, TrayPart
from simulators.virtual.plant import VirtualPlant
from simulators.world import World

LOOK_S = 0.5
MOST_ATTEMPTS = 4
PATIENCE = 4
"""So often Unhold is pressed in vain before the line is stopped and started anew."""
_STRANGER = re.compile(r"carrier (\d+) stands at (\w+) without an item")
Call = Callable[..., Awaitable[dict[str, Any] | None]]
"""Asks the line's desk; None while nobody answers or when it refuses."""


class DeskScreen:
    """The pick list on the screen, from the line's desk."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def picks(self) -> list[Pick]:
        """What is called to the carriers now."""
        answer = await self._call("pick_list")
        lines = answer["picks"] if answer else []
        return [PickLine.model_validate(each).pick() for each in lines]

    async def rework(self, acceptance: str) -> bool:
        """Press the button for the next attempt."""
        return await self._call("rework", acceptance=acceptance, by="rework person") is not None


class VirtualHands(Hands):
    """They open every parcel in the reject chute, give each part back to whom it belongs, and send whole orders round
    again."""

    def __init__(
        self,
        world: World,
        readers: Mapping[str, Reader],
        scenario: Scenario,
        faults: Faults,
        call: Call,
        speed: float,
    ) -> None:
        self._screen = DeskScreen(call)
        super().__init__(world, readers, scenario, faults, self._screen, speed)
        self._call = call
        self._wanted = {each.acceptance: {part.role for part in each.parts} for each in scenario.orders}
        self._of_nobody: list[Part] = []
        self._looked = 0

    @property
    def at_hand(self) -> tuple[str, ...]:
        """As before, with what belongs to nobody."""
        return (*super().at_hand, *(part.part_id for part in self._of_nobody))

    @property
    def unopened(self) -> int:
        """Parcels in the reject chute that nobody has opened yet."""
        return len(self._world.chutes[Chute.REJECT]) - self._looked

    def take_back(self, parts: tuple[Part, ...]) -> None:
        """Give loose parts back to the trays of those whose they are."""
        for part in parts:
            if part.owner in self._trays:
                self._trays[part.owner].append(TrayPart(role=self._role_of(part), part=part))
            else:
                self._of_nobody.append(part)

    def lend(self, kit: str, chance: Random) -> Part | None:
        """Take a part out of another order's tray; None when no tray holds any."""
        trays = [tray for owner, tray in self._trays.items() if owner != kit and tray]
        if not trays:
            return None
        tray = chance.choice(trays)
        return tray.pop(chance.randrange(len(tray))).part

    async def _mend(self) -> None:
        while True:
            await asyncio.sleep(4 * LOOK_S)
            chute = self._world.chutes[Chute.REJECT]
            new, self._looked = chute[self._looked :], len(chute)
            for fallen in new:
                self.take_back(self._world.cut_open(fallen))
            self._find_mislaid()
            await self._send_round_again()

    def _find_mislaid(self) -> None:
        found, self._mislaid = self._mislaid, []
        for part in found:
            (self.take_back((part,)) if part.owner in self.rejected else self._mislaid.append(part))

    rejected: frozenset[str] = frozenset()

    async def _send_round_again(self) -> None:
        answer = await self._call("orders", state="rejected")
        orders = answer["orders"] if answer else []
        self.rejected = frozenset(each["acceptance"] for each in orders)
        for each in orders:
            if self.may_try_again(each["acceptance"], each["attempt"]):
                await self._screen.rework(each["acceptance"])

    def may_try_again(self, acceptance: str, attempt: int) -> bool:
        """Whether all its parts are at hand, and it has not been tried too often."""
        at_hand = {lying.role for lying in self._trays.get(acceptance, []) if lying.part.owner == acceptance}
        at_hand |= {self._role_of(part) for part in self._mislaid if part.owner == acceptance}
        return attempt < MOST_ATTEMPTS and at_hand == self._wanted[acceptance]


class Line(Protocol):
    """What the operator sees of the line."""

    @property
    def state(self) -> str:
        """The unit's state."""
        ...

    def standing(self) -> list[tuple[str, str]]:
        """Kind and text of each alarm that stands."""
        ...


class Operator:
    """:param line: gives the line that runs now, None while none does.

    :ivar presses: how often anything was pressed; :ivar began_anew: how often Stop, because Unhold did not help.
    """

    def __init__(
        self,
        plant: VirtualPlant,
        hands: VirtualHands,
        call: Call,
        line: Callable[[], Line | None],
        chance: Random,
        mend_vision: Callable[[], None],
    ) -> None:
        self._plant = plant
        self._mend_vision = mend_vision
        self._hands = hands
        self._call = call
        self._line = line
        self._chance = chance
        self.presses = self.began_anew = 0
        self._in_vain = self._moved = 0
        self._away_until = 0.0

    async def work(self) -> None:
        """Keep the line going until cancelled."""
        while True:
            await asyncio.sleep(max(LOOK_S, self._away_until - asyncio.get_running_loop().time()))
            line = self._line()
            if line is not None and line.state in _PRESS:
                await asyncio.sleep(self._chance.uniform(0.2, 2.0))
                await self._attend(line)

    async def _attend(self, line: Line) -> None:
        """Put right what can be seen, then press what the state asks for."""
        self._put_right(line)
        if line.state in _PRESS:
            self.presses += 1
            await self._call("command", command=self._choose(line.state), by="operator")

    def go_away(self, seconds: float) -> None:
        """Be elsewhere for a while."""
        self._away_until = asyncio.get_running_loop().time() + seconds

    def _choose(self, state: str) -> str:
        """What to press: where Unhold has not helped some times, nothing having moved, Stop, to begin anew."""
        moved = len(self._plant.world.history)
        self._in_vain = self._in_vain + 1 if state == "HELD" and moved == self._moved else 0
        self._moved = moved
        if self._in_vain < PATIENCE:
            return _PRESS[state]
        self._in_vain = 0
        self.began_anew += 1
        return "stop"

    def _put_right(self, line: Line) -> None:
        world, printer = self._plant.world, self._plant.printer
        if not world.guards_closed:
            world.swing_guards(closed=True)
        if not world.emergency_stop_released:
            world.press_emergency_stop(pressed=False)
        printer.media_out = printer.head_open = printer.pause = False
        standing = line.standing()
        if any(kind == "challenge_missed" for kind, _ in standing):
            self._mend_vision()
        if any(kind in ("label_left", "printer") for kind, _ in standing):
            self._clear_printer()
        for _, text in standing:
            if stranger := _STRANGER.search(text):
                self.take_off(int(stranger[1]), stranger[2])

    def _clear_printer(self) -> None:
        """Cancel what waits in the printer and destroy the label at its edge."""
        world = self._plant.world
        self._plant.printer.take("JA", lambda _: None)
        if world.peel is not None:
            world.throw_away(world.peel_off(), "taken off the peel edge by hand")

    def take_off(self, number: int, zone: str) -> None:
        """Take a carrier off that the line does not know: its parts to the trays, itself back to the return belt."""
        world = self._plant.world
        carrier = world.zones.get(zone)
        if carrier is None or carrier.number != number:
            return
        self._hands.take_back(world.take_off(zone))
        self._plant.stir(zone)


_PRESS = {"HELD": "unhold", "ABORTED": "clear", "STOPPED": "reset", "IDLE": "start", "SUSPENDED": "unsuspend"}
