"""Dispatch's people at a plant: they look for each recalled parcel in its mail bag, lay it to the rejects and say so.

It takes them a while, and now and then nobody ever looks: then the recall stays open, and the line goes on saying so.
What becomes of the order afterwards, rework or new parts, is for a person at the page to say.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Protocol

from devices.plc.contract import Chute
from simulators.world import World

LOOK_S = 2.0
SOONEST_S, LATEST_S = 10.0, 60.0
NEVER = 0.2
"""How often nobody looks, 0..1."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A parcel that must come back. :ivar item: its number at the line."""

    item: int
    acceptance: str


class Screen(Protocol):
    """The line's page as dispatch's people meet it."""

    async def recalled(self) -> list[Recalled]:
        """Parcels that are recalled and not back yet."""

    async def taken_back(self, item: int) -> bool:
        """Say that a parcel lies with the rejects; return whether the line took it."""


class BagSearch:
    """Whoever looks. :param seed: decides how long it takes, and whether it is done at all."""

    def __init__(self, world: World, screen: Screen, seed: int) -> None:
        self._world, self._screen, self._seed = world, screen, seed
        self._known: set[int] = set()

    async def work(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(LOOK_S)
                for each in await self._screen.recalled():
                    if each.item not in self._known:
                        self._known.add(each.item)
                        group.create_task(self._bring_back(each))

    async def _bring_back(self, recalled: Recalled) -> None:
        chance = Random(f"bag search {self._seed} {recalled.item}")
        if chance.random() < NEVER:
            return
        await asyncio.sleep(chance.uniform(SOONEST_S, LATEST_S))
        lying = self._world.chutes[Chute.DISPATCH]
        fallen = next((each for each in reversed(lying) if each.mailer.kit == recalled.acceptance), None)
        if fallen is None:
            return
        self._world.take_out_of_bag(fallen)
        while not await self._screen.taken_back(recalled.item):  # noqa: ASYNC110 -- the line tells nobody
            await asyncio.sleep(LOOK_S)
