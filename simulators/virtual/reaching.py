"""Hands that reach into the line: they take, add, turn, swap, feed again, and carry whole parcels past everything.

They open the guard for it, and mostly close it again; where people lay parts in anyway there is none to open.
"""

from __future__ import annotations

import asyncio
from random import Random

from devices.plc.contract import Chute
from simulators.hands import ZONE_KINDS
from simulators.matter import Mailer, PartKind, PlacedPart
from simulators.virtual.people import VirtualHands
from simulators.virtual.troubles import HANDS_BELONG, OPEN_MAILER, Kind
from simulators.world import DOCUMENT_POCKET, PLATE_POCKET, ZONES, ImpossibleError, World

LAID_WITHIN_S = 3.0
GLANCE_S = 0.01
SEALED_OR_NOT = ZONES[4:]
"""Where a whole parcel can be taken for another."""


class Reaching:
    """One person's hands."""

    def __init__(self, world: World, hands: VirtualHands) -> None:
        self._world = world
        self._hands = hands
        self._reach = frozenset(ZONES)

    async def reach_in(self, kind: Kind, zone: str, chance: Random) -> bool:
        """Do it; return whether there was anything to do it to. :raises ImpossibleError: matter does not allow it."""
        if zone in HANDS_BELONG and kind is not Kind.CARRIER_MOVED and chance.random() < 0.5:
            await self._until_laid(zone)
            self._reach = HANDS_BELONG
            return await self._do(kind, zone, chance)
        world = self._world
        world.swing_guards(closed=False)
        await asyncio.sleep(chance.uniform(0.0, 0.05))
        self._reach = frozenset(ZONES)
        try:
            return await self._do(kind, zone, chance)
        finally:
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            if chance.random() < 0.8:
                world.swing_guards(closed=True)

    async def _until_laid(self, zone: str) -> None:
        """Wait for the first part that is laid in here: those hands are quickest where others have just been."""
        kind = ZONE_KINDS[zone]
        for _ in range(round(LAID_WITHIN_S / GLANCE_S)):
            mailer = self._world.zones[zone].mailer if zone in self._world.zones else None
            if mailer is not None and _first(mailer, kind) is not None:
                return
            await asyncio.sleep(GLANCE_S)

    async def _do(self, kind: Kind, zone: str, chance: Random) -> bool:
        match kind:
            case Kind.PART_REMOVED:
                return self._remove(zone, chance)
            case Kind.PART_ADDED:
                return self._add(zone, chance)
            case Kind.PART_REFED:
                return await self._feed_again(zone, chance)
            case Kind.PART_TURNED:
                return self._turn(zone, chance)
            case Kind.PARTS_SWAPPED:
                return self._swap_parts(zone, chance)
            case Kind.PARCELS_SWAPPED:
                return self._swap_parcels(zone, chance)
            case Kind.PARCEL_REMOVED:
                self._hands.take_back(self._world.empty(self._lift(zone)))
                return True
            case Kind.PARCEL_REFED:
                return await self._feed_parcel_again(zone, chance)
            case Kind.PARCEL_TURNED:
                return self._turn_parcel(zone)
            case Kind.PARCEL_WALKED:
                return self._walk(zone, chance)
            case _:
                free = [each for each in ZONES if self._world.is_free(each)]
                if free:
                    self._world.move_by_hand(zone, chance.choice(free))
                return bool(free)

    def _remove(self, zone: str, chance: Random) -> bool:
        mailer = self._world.open_mailer_at(zone)
        if not mailer.contents:
            return False
        part = chance.choice(mailer.contents).part
        self._hands.take_back((self._world.take_out(zone, part.part_id),))
        return True

    def _add(self, zone: str, chance: Random) -> bool:
        """Lay in a part that is another order's."""
        mailer = self._world.open_mailer_at(zone)
        part = self._hands.lend(mailer.kit, chance)
        if part is None:
            return False
        x, y, *_ = PLATE_POCKET if part.kind is PartKind.PLATE else DOCUMENT_POCKET
        self._world.lay_part(zone, part, x + 5.0, y + 5.0)
        return True

    async def _feed_again(self, zone: str, chance: Random) -> bool:
        """Take a part out and lay it, a moment later, into whatever open mailer is near."""
        mailer = self._world.open_mailer_at(zone)
        if not mailer.contents:
            return False
        placed, reach = chance.choice(mailer.contents), self._reach
        self._world.take_out(zone, placed.part.part_id)
        await asyncio.sleep(chance.uniform(0.0, 2.0))
        self._reach = reach
        try:
            near = [each for each in OPEN_MAILER if self._is_open(each)]
            self._world.lay_part(chance.choice(near or [zone]), placed.part, placed.x, placed.y)
        except ImpossibleError:
            self._hands.take_back((placed.part,))
        return True

    def _turn(self, zone: str, chance: Random) -> bool:
        mailer = self._world.open_mailer_at(zone)
        if not mailer.contents:
            return False
        placed = chance.choice(mailer.contents)
        if chance.random() < 0.5:
            placed.face_down = not placed.face_down
        else:
            placed.turn += 180.0
        return True

    def _swap_parts(self, zone: str, chance: Random) -> bool:
        """Change a part of this mailer for one of the same kind in another open one."""
        here = self._world.open_mailer_at(zone)
        for other in chance.sample(ZONES, len(ZONES)):
            if other == zone or not self._is_open(other):
                continue
            for kind in chance.sample(list(PartKind), len(PartKind)):
                mine, theirs = _first(here, kind), _first(self._world.mailer_at(other), kind)
                if mine is not None and theirs is not None:
                    self._exchange(zone, mine, other, theirs)
                    return True
        return False

    def _exchange(self, zone: str, mine: PlacedPart, other: str, theirs: PlacedPart) -> None:
        world = self._world
        world.take_out(zone, mine.part.part_id)
        world.take_out(other, theirs.part.part_id)
        world.lay_part(zone, theirs.part, mine.x, mine.y)
        world.lay_part(other, mine.part, theirs.x, theirs.y)

    def _swap_parcels(self, zone: str, chance: Random) -> bool:
        """Change this whole mailer for another."""
        world = self._world
        others = [each for each in SEALED_OR_NOT if each != zone and world.bears_mailer(each)]
        if not others or not world.bears_mailer(zone):
            return False
        here, there = world.carrier_at(zone), world.carrier_at(chance.choice(others))
        here.mailer, there.mailer = there.mailer, here.mailer
        return True

    def _lift(self, zone: str) -> Mailer:
        """Take a whole parcel off its carrier."""
        world = self._world
        mailer = world.mailer_at(zone)
        if zone in world.clamped:
            raise ImpossibleError(f"the parcel in {zone} is clamped")
        world.carrier_at(zone).mailer = None
        return mailer

    async def _feed_parcel_again(self, zone: str, chance: Random) -> bool:
        """Take a parcel off and lay it, a moment later, onto an emptied carrier: its own, or another."""
        mailer = self._lift(zone)
        await asyncio.sleep(chance.uniform(0.0, 2.0))
        empty = [each for each in SEALED_OR_NOT if each in self._world.zones and not self._world.bears_mailer(each)]
        if empty:
            self._world.carrier_at(chance.choice(empty)).mailer = mailer
        else:
            self._hands.take_back(self._world.empty(mailer))
        return True

    def _turn_parcel(self, zone: str) -> bool:
        mailer = self._world.mailer_at(zone)
        for placed in mailer.contents:
            placed.turn += 180.0
        for label in mailer.labels:
            label.turn += 180.0
        return True

    def _walk(self, zone: str, chance: Random) -> bool:
        """Carry a parcel past everything that is still to come, into a chute."""
        self._world.carry_to_chute(zone, chance.choice((Chute.DISPATCH, Chute.REJECT)))
        return True

    def _is_open(self, zone: str) -> bool:
        """Whether hands that are in now can lay something into the mailer there."""
        return zone in self._reach and self._world.bears_mailer(zone) and not self._world.mailer_at(zone).sealed


def _first(mailer: Mailer, kind: PartKind) -> PlacedPart | None:
    return next((each for each in mailer.contents if each.part.kind is kind), None)
