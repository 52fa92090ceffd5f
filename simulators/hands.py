"""The people at the line, on its physical side: those who lay parts in, and the one who opens rejected parcels.

They know what a person on the floor knows: the pick list on the screen, what lies in each order's tray, and whether
the reader's light is on. They own the parts that lie in no mailer. Where the pick list comes from is
`simulators.pick_list`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from devices.plc.contract import Chute
from simulators.faults import FaultKind, Faults
from simulators.matter import Carrier, Fallen, Mailer, Part, PartKind
from simulators.orders import Order
from simulators.products import PRODUCTS
from simulators.scenario import Scenario, TrayPart
from simulators.test_kit import NOTHING_IN, TestKit
from simulators.world import World

PART_S = 0.3
"""Plant seconds to take a part from the tray and pass it under the reader."""
PLACEMENT_MM = 2.0
PLACEMENT_DEG = 0.15
"""How far from its proper place and how crooked a part comes to lie, at most: the mailer has guides, and parts laid so
never overlap."""
GLANCE_S = 0.05
"""How often a person looks again at the screen, the reader or the reject chute; not scaled with the plant."""
ZONE_KINDS = {"infeed": PartKind.PLATE, "collate": PartKind.DOCUMENT}
_OURS = (
    FaultKind.WRONG_PLATE,
    FaultKind.MISSING_CERTIFICATE,
    FaultKind.SWAPPED_CERTIFICATES,
    FaultKind.UNREADABLE_CODE,
)


@dataclass(frozen=True, slots=True)
class Pick:
    """One line of the pick list: which order is packed on which carrier. :ivar kit: the test kit to take instead."""

    item: int
    carrier: int
    acceptance: str
    attempt: int
    kit: TestKit | None = None


class PickList(Protocol):
    """The screen with the pick list, and the button that sends an order to its next attempt."""

    async def picks(self) -> list[Pick]:
        """Return what it shows now; nothing while it is dark."""

    async def rework(self, acceptance: str) -> bool:
        """Ask for the next attempt at a rejected order; return whether it was taken."""


class Reader(Protocol):
    """A code reader as people meet it. :ivar triggered: its light: set while it waits for a code."""

    triggered: asyncio.Event

    async def present(self, code: str | None) -> bool:
        """Pass a part under it, None for one without a readable code or for no part; return whether it was read."""


class Hands:
    """Everybody who touches parts.

    :param readers: the code reader of zone `infeed` and of zone `collate`.
    :param speed: of the plant; people keep its pace.
    """

    def __init__(
        self,
        world: World,
        readers: Mapping[str, Reader],
        scenario: Scenario,
        faults: Faults,
        pick_list: PickList,
        speed: float = 1.0,
    ) -> None:
        self._world = world
        self._readers = readers
        self._scenario = scenario
        self._faults = faults
        self._pick_list = pick_list
        self._speed = speed
        self._trays = {acceptance: list(tray) for acceptance, tray in scenario.trays.items()}
        self._mislaid = list(scenario.mislaid)
        self._served: set[int] = set()
        self._kits: dict[str, TestKit] = {}
        self._rejects: dict[str, Fallen] = {}
        self._looked_at = 0

    @property
    def at_hand(self) -> tuple[str, ...]:
        """Ids of the parts that lie with the people, in trays or mislaid."""
        in_trays = [lying.part.part_id for tray in self._trays.values() for lying in tray]
        return (*in_trays, *(part.part_id for part in self._mislaid))

    def mislay(self, part: Part) -> None:
        """Find a part that somebody has taken out of a mailer; it goes back with its order's next attempt."""
        self._mislaid.append(part)

    async def work(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as people:
            for zone in ZONE_KINDS:
                people.create_task(self._feed(zone), name=f"hands at {zone}")
            people.create_task(self._mend(), name="rework person")

    async def _feed(self, zone: str) -> None:
        """Stand at a zone: whenever the reader's light is on, pass the next part of the order on the carrier."""
        reader = self._readers[zone]
        while True:
            await reader.triggered.wait()
            carrier = self._world.zones.get(zone)
            if carrier is None or carrier.mailer is None or not await self._begin(zone, carrier.mailer, carrier):
                await asyncio.sleep(GLANCE_S)
                continue
            await self._pass_next(zone, carrier, carrier.mailer)

    async def _begin(self, zone: str, mailer: Mailer, carrier: Carrier) -> bool:
        """Know for which order this mailer is filled: from what was begun, else from the pick list."""
        if mailer.kit:
            return True
        picks = [pick for pick in await self._pick_list.picks() if pick.item not in self._served]
        pick = next((pick for pick in picks if pick.carrier == carrier.number), None)
        if pick is None or self._world.zones.get(zone) is not carrier or carrier.mailer is not mailer:
            return False
        self._served.add(pick.item)
        if pick.kit is not None:
            self._kits[pick.acceptance] = pick.kit
            self._trays[pick.acceptance] = pick.kit.lay_ready(pick.item)
        self._world.begin_kit(zone, pick.acceptance, pick.attempt)
        for kind in _OURS:
            self._faults.strikes(kind, pick.acceptance, pick.attempt)
        return True

    async def _pass_next(self, zone: str, carrier: Carrier, mailer: Mailer) -> None:
        """Pass one part under the reader and lay it in; with none left, show the reader an empty hand."""
        tray = self._trays.get(mailer.kit, [])
        lying = next((lying for lying in tray if lying.part.kind is ZONE_KINDS[zone]), None)
        if lying is None:
            await self._show_empty_hand(zone)
            return
        await asyncio.sleep(PART_S / self._speed)
        if not self._readers[zone].triggered.is_set():
            return
        part = lying.part
        read = await self._readers[zone].present(part.code if part.code_readable else None)
        # Between the beep and the laying nothing is awaited: neither carrier nor mailer can have left since this look.
        if (read or not part.code_readable) and self._world.zones.get(zone) is carrier and carrier.mailer is not None:
            tray.remove(lying)
            kit = self._kits.get(mailer.kit)
            if kit is None or kit.kind != NOTHING_IN:
                self._lay(zone, lying, mailer)

    async def _show_empty_hand(self, zone: str) -> None:
        """Nothing more comes; wait until the line has understood."""
        reader = self._readers[zone]
        await reader.present(None)
        while reader.triggered.is_set():  # noqa: ASYNC110 -- a light that goes out wakes nobody
            await asyncio.sleep(GLANCE_S)

    def _lay(self, zone: str, lying: TrayPart, mailer: Mailer) -> None:
        """Lay a part at its role's place, about as exactly as people do."""
        chance = Random(f"laying {self._scenario.seed} {mailer.kit} {mailer.attempt} {lying.role}")
        kit = self._kits.get(mailer.kit)
        product = kit.product if kit is not None else self._order(mailer.kit).product
        x, y = PRODUCTS[product].part(lying.role).place_mm
        self._world.lay_part(
            zone,
            lying.part,
            x + chance.uniform(-PLACEMENT_MM, PLACEMENT_MM),
            y + chance.uniform(-PLACEMENT_MM, PLACEMENT_MM),
            chance.uniform(-PLACEMENT_DEG, PLACEMENT_DEG),
        )

    async def _mend(self) -> None:
        """Watch the reject chute; open what can be put right, sort the parts, and send the orders round again."""
        mended = self._scenario.mended
        while True:
            for fallen in self._new_rejects():
                if fallen.mailer.kit in mended and fallen.mailer.attempt == 1:
                    self._rejects[fallen.mailer.kit] = fallen
            ready = [kit for kit in self._rejects if mended[kit] <= self._rejects.keys()]
            if ready:
                await self._put_right(mended[ready[0]])
            else:
                await asyncio.sleep(GLANCE_S)

    def _new_rejects(self) -> list[Fallen]:
        chute = self._world.chutes[Chute.REJECT]
        new, self._looked_at = chute[self._looked_at :], len(chute)
        return new

    async def _put_right(self, acceptances: frozenset[str]) -> None:
        """Open the parcels of a group, give every part to the order that owns it, and ask for the next attempt."""
        parts = [part for each in sorted(acceptances) for part in self._world.cut_open(self._rejects.pop(each))]
        for acceptance in acceptances:
            parts += [lying.part for lying in self._trays[acceptance]]
            self._trays[acceptance].clear()
        found = [part for part in self._mislaid if part.owner in acceptances]
        self._mislaid = [part for part in self._mislaid if part not in found]
        for part in parts + found:
            self._trays[part.owner].append(TrayPart(role=self._role_of(part), part=part))
        for acceptance in sorted(acceptances):
            # The parcel has fallen, but the line may still be writing that down: ask until it takes the order back.
            while not await self._pick_list.rework(acceptance):  # noqa: ASYNC110 -- the line tells nobody
                await asyncio.sleep(4 * GLANCE_S)

    def _role_of(self, part: Part) -> str:
        return next(each.role for each in self._order(part.owner).parts if each.code == part.code)

    def _order(self, acceptance: str) -> Order:
        return next(order for order in self._scenario.orders if order.acceptance == acceptance)
