"""The people of a test's floor: those of the plant, who here open every reject that can be put right."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from controller.desk.channel import ChannelClient, ChannelError, ChannelRefused, LineUnreachable
from controller.desk.channel_wire import load_or_make_token
from controller.journal.reading import order_lines, pick_list
from controller.journal.store import open_reading
from devices.plc.contract import Chute
from simulators.faults import Faults
from simulators.hands import Hands, Pick, Reader
from simulators.pick_list import PickLine
from simulators.scenario import MENDED, Scenario
from simulators.world import World

LOOK_S = 0.1


class Mendable(Scenario):
    """A plan in which every rejected parcel is opened and sent round again, but for those with a hopeless fault."""

    @property
    def mended(self) -> dict[str, frozenset[str]]:
        groups = super().mended
        hopeless = {kit for fault in self.faults if fault.kind not in MENDED for kit in (fault.kit, fault.other)}
        alone = {order.acceptance: frozenset({order.acceptance}) for order in self.orders}
        return {kit: groups.get(kit, group) for kit, group in alone.items() if kit not in hopeless}


class Screen:
    """The pick list and the rework button, straight from the journal and the line's channel: no web process needed."""

    def __init__(self, folder: Path) -> None:
        self.dark = False
        """Nobody sees the pick list, so nobody lays anything in."""
        self._journal = folder / "var" / "line.db"
        self._socket = folder / "var" / "line.sock"
        self._token = folder / "var" / "token"

    async def picks(self) -> list[Pick]:
        if self.dark:
            return []
        with closing(open_reading(self._journal)) as connection:
            return [PickLine.model_validate(asdict(each)).pick() for each in pick_list(connection)]

    async def rework(self, acceptance: str) -> bool:
        try:
            client = ChannelClient(self._socket, load_or_make_token(self._token))
            await client.call("rework", acceptance=acceptance, by="rework person")
        except (ChannelRefused, ChannelError, LineUnreachable):
            return False
        return True

    def rejected(self) -> list[tuple[str, int]]:
        """Orders whose last attempt, whichever it was, was rejected and whose rework nobody has asked for yet."""
        with closing(open_reading(self._journal)) as connection:
            return [(each.acceptance, each.attempt) for each in order_lines(connection, "rejected")]


class People(Hands):
    """As the plant's hands, but they send a reject round again however often, also one with nothing in it yet."""

    def __init__(
        self, world: World, readers: dict[str, Reader], scenario: Scenario, faults: Faults, screen: Screen, speed: float
    ) -> None:
        super().__init__(world, readers, scenario, faults, screen, speed)
        self._plant = world
        self._mendable = scenario.mended
        self._screen = screen

    async def work(self) -> None:
        async with asyncio.TaskGroup() as people:
            people.create_task(super().work())
            people.create_task(self._send_empty_ones_round())

    async def _mend(self) -> None:
        while True:
            for fallen in self._new_rejects():
                if fallen.mailer.kit in self._mendable:
                    self._rejects[fallen.mailer.kit] = fallen
            ready = [kit for kit in self._rejects if self._mendable[kit] <= self._rejects.keys()]
            if ready:
                await self._put_right(self._mendable[ready[0]])
            else:
                await asyncio.sleep(LOOK_S)

    async def _send_empty_ones_round(self) -> None:
        """Every look, ask for the rework of a rejected attempt for which no mailer was ever begun."""
        while True:
            await asyncio.sleep(LOOK_S)
            for acceptance, attempt in self._screen.rejected():
                if acceptance in self._mendable and not self._begun(acceptance, attempt):
                    await self._screen.rework(acceptance)

    def _begun(self, kit: str, attempt: int) -> bool:
        fallen = [each.mailer for chute in (Chute.REJECT, Chute.DISPATCH) for each in self._plant.chutes[chute]]
        standing = [carrier.mailer for carrier in self._plant.zones.values()]
        return any(
            mailer is not None and (mailer.kit, mailer.attempt) == (kit, attempt) for mailer in fallen + standing
        )
