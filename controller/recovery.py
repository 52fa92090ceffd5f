"""What a start does before anything moves: reads what the PLCs have kept, and answers for every open item.

A divert that the gate confirms is finished and published. One that nobody knows freezes the mail bag. Every other
item that is still on the line goes to reject: it was out of sight, so nobody can vouch for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.alarms import Alarms
from controller.exits import Outcome, Reason
from controller.flow.acknowledging import Acknowledgements
from controller.flow.calling import last_item_on, note_suspect, open_items
from controller.flow.items import Item, Stage
from controller.flow.memory import Memory
from controller.flow.tracking import DIVERT, LOAD, Tracking
from controller.journal import Ledger
from controller.plan.places import ZONES
from controller.plan.recipes import Recipe
from controller.stations.divert import Divert
from controller.stations.label import Label, owns_label
from controller.unit.machine import NotReady
from controller.words.alarm_texts import AlarmKind
from controller.words.text import Text
from devices.plc.contract import BlockState, Chute, Safety
from devices.plc.driver import PlcStation

SETTLE_S = 10.0
"""How long motions that were under way may take to end."""
_SAFE_S = 1.0
_SAFE = Safety.GUARDS_CLOSED | Safety.EMERGENCY_STOP_RELEASED
_LABEL_LEFT = Text(
    "打印机剥离口留有一张面单，不属于面单工位上的封装件：取下并销毁",
    "a label hangs at the peel edge and belongs to no parcel there: take it off and destroy it",
)


@dataclass(slots=True)
class Plan:
    """What is on the line now.

    :ivar to_clear: items to take to reject; :ivar to_return: emptied carriers that still stand at divert.
    """

    to_clear: list[Item] = field(default_factory=list)
    to_return: list[Item] = field(default_factory=list)


class Recovery:
    """Reconciles the journal with the PLCs."""

    def __init__(
        self,
        plcs: Mapping[str, PlcStation],
        gate: PlcStation,
        recipes: Mapping[str, Recipe],
        divert: Divert,
        label: Label,
        tracking: Tracking,
        acknowledgements: Acknowledgements,
        memory: Memory,
        alarms: Alarms,
    ) -> None:
        self._plcs = plcs
        self._gate = gate
        self._recipes = recipes
        self._divert = divert
        self._label = label
        self._acknowledgements = acknowledgements
        self._tracking = tracking
        self._memory = memory
        self._alarms = alarms

    async def reconcile(self) -> Plan:
        """Answer for every open item and return what still has to leave the line.

        :raises NotReady: a station does not answer, still moves, or an unknown carrier stands on the line.
        """
        await self._settle()
        known = await self._memory.remember(lambda ledger: open_items(ledger, self._recipes))
        items = {item.token: item for item in known}
        await self._conclude_diverted(items)
        await self._release_retained()
        plan = Plan()
        self._tracking.missing.clear()
        for item in reversed(items.values()):
            self._place(item, plan)
        await self._memory.remember(lambda ledger: note_suspect(ledger, plan.to_clear))
        await self._look_for_strangers(plan)
        await self._look_at_peel_edge(plan)
        if not plan.to_clear and not plan.to_return:
            await self._memory.remember(lambda ledger: ledger.enter("line_clear"))
        return plan

    async def conclude_diverts(self) -> None:
        """Finish every divert that the gate was permitted before the line stopped; its image must be fresh."""
        known = await self._memory.remember(lambda ledger: open_items(ledger, self._recipes))
        await self._conclude_diverted({item.token: item for item in known})

    async def _settle(self) -> None:
        """Wait until nothing moves any more and every PLC's image is fresh."""
        for plc in self._plcs.values():
            try:
                async with asyncio.timeout(SETTLE_S):
                    while not _still(plc):
                        await plc.changed()
            except TimeoutError as error:
                raise NotReady(_not_settled(plc)) from error
            await _safe(plc)

    async def _conclude_diverted(self, items: dict[int, Item]) -> None:
        """Finish what the gate confirms; freeze the bag for what it can't tell."""
        kept = self._gate.retained(0)
        for item in [item for item in items.values() if item.stage is Stage.DIVERTING]:
            result = kept if kept is not None and kept.token == item.token else None
            if result is None and self._divert.never_took(item):
                continue
            outcome = await self._memory.remember(lambda ledger, item=item: _permitted(ledger, item))  # type: ignore[misc]
            await self._divert.conclude(item, outcome, result)
            del items[item.token]

    async def _release_retained(self) -> None:
        """Journal and acknowledge every other result that a PLC has kept."""
        for plc in self._plcs.values():
            for block in range(plc.blocks):
                await self._acknowledgements.settled(plc, block)
                await self._acknowledgements.take_over(plc, block)

    def _place(self, item: Item, plan: Plan) -> None:
        """Newest first: a carrier that came back and bears a newer item no longer bears the older one's parcel."""
        zone = self._tracking.zone_of(item.carrier)
        item.suspect = item.suspect or "restart"
        if zone is None or any(newer.carrier == item.carrier for newer in plan.to_clear):
            self._alarms.raise_alarm(AlarmKind.CARRIER_MISSING, str(item.carrier))
            if zone is None:
                self._tracking.missing.add(item.carrier)
            return
        self._alarms.clear(AlarmKind.CARRIER_MISSING, str(item.carrier))
        self._tracking.missing.discard(item.carrier)
        item.zone = zone
        plan.to_clear.append(item)

    async def take_up(self) -> list[Item]:
        """The items whose carriers were missing and show in a zone again, to be taken to reject from there.

        To be called while the line stands: what a reader says of a carrier on its way is not believed.
        """
        if not self._tracking.shown_again():
            return []
        known = await self._memory.remember(lambda ledger: open_items(ledger, self._recipes))
        shown, plan = self._tracking.shown_again(), Plan()
        for item in reversed(known):
            if item.carrier in shown:
                self._place(item, plan)
        await self._memory.remember(lambda ledger: note_suspect(ledger, plan.to_clear))
        self._tracking.missing.difference_update(shown)
        return plan.to_clear

    async def _look_for_strangers(self, plan: Plan) -> None:
        """A carrier without an item may stand at load, or emptied at divert; elsewhere nobody knows what it holds."""
        known, strangers = {item.carrier for item in plan.to_clear}, {}
        for zone in ZONES:
            carrier = self._tracking.carrier_at(zone)
            if carrier in (0, *known) or zone == LOAD:
                continue
            last = await self._memory.remember(lambda ledger, c=carrier: last_item_on(ledger, c, self._recipes))  # type: ignore[misc]
            if zone != DIVERT or last is None or last.stage is not Stage.ENDED:
                strangers[zone] = carrier
                continue
            last.zone = DIVERT
            plan.to_return.append(last)
        if strangers:
            raise NotReady(_told_of(strangers))

    async def _look_at_peel_edge(self, plan: Plan) -> None:
        """A label that was left there belongs on the parcel that stands before it; any other must be destroyed."""
        if not await self._label.edge_taken():
            self._alarms.clear(AlarmKind.LABEL_LEFT)
            return
        items = plan.to_clear
        if await self._memory.remember(lambda ledger: any(owns_label(ledger, item) for item in items)):
            return
        self._alarms.raise_alarm(AlarmKind.LABEL_LEFT)
        raise NotReady(_LABEL_LEFT)


async def _safe(plc: PlcStation) -> None:
    """Give guards that have just been closed a moment to show.

    :raises NotReady: a guard is open or the emergency stop pressed.
    """
    try:
        async with asyncio.timeout(_SAFE_S):
            while (image := plc.image) is None or image.safety & _SAFE != _SAFE:
                await plc.changed()
    except TimeoutError as error:
        raise NotReady(_not_safe(plc)) from error


def _still(plc: PlcStation) -> bool:
    image = plc.image
    return image is not None and all(block.state is not BlockState.BUSY for block in image.blocks)


def _permitted(ledger: Ledger, item: Item) -> Outcome:
    """What the gate had been permitted to do with an item."""
    reason, chute, detail = ledger.connection.execute(
        "SELECT reason, chute, detail FROM items WHERE item = ?", (item.token,)
    ).fetchone()
    if chute == Chute.DISPATCH.name.lower():
        return Outcome.accepted()
    return Outcome(packed=False, reason=Reason(reason or Reason.SUSPECT), facts=json.loads(detail or "{}"))


def _not_safe(plc: PlcStation) -> Text:
    return Text(
        f"{plc.name} 安全条件不满足：关好防护门，释放急停",
        f"{plc.name} is not safe: close the guards, release the emergency stop",
    )


def _not_settled(plc: PlcStation) -> Text:
    if plc.image is None:
        return Text(
            f"{plc.name} 没有应答（{plc.link_state}）：{plc.last_error}；检查电源与网线",
            f"{plc.name} does not answer ({plc.link_state}): {plc.last_error}; check power and cable",
        )
    return Text(f"{plc.name} 的动作尚未结束", f"{plc.name} has not ended its motion; look at the station")


def _told_of(strangers: Mapping[str, int]) -> Text:
    """All of them at once. :param strangers: carriers by zone."""
    zh = "，".join(f"载具 {carrier} 在 {zone}" for zone, carrier in strangers.items())
    en = ", ".join(f"carrier {carrier} stands at {zone}" for zone, carrier in strangers.items())
    return Text(
        f"{zh}，但没有对应的封装件：取下其邮封和内件，把空载具放回上载位",
        f"{en} without an item: take out its mailer and put the carrier back to load",
    )
