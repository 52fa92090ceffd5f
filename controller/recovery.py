"""What a start does before anything moves: reads what the PLCs have kept, and answers for every open item.

A divert that the gate confirms is finished and published. One that nobody knows freezes the mail bag. Every other
item that is still on the line goes to reject: it was out of sight, so nobody can vouch for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.alarm_texts import AlarmKind
from controller.alarms import Alarms
from controller.calling import last_item_on, note_suspect, open_items
from controller.config import ZONES, Recipe
from controller.exits import Outcome, Reason
from controller.items import Item, Stage
from controller.journal import Ledger
from controller.memory import Memory
from controller.stations.divert import Divert
from controller.text import Text
from controller.tracking import DIVERT, LOAD, Tracking
from controller.unit_machine import NotReady
from devices.plc.contract import Answer, BlockState, Chute, Result
from devices.plc.driver import PlcStation

SETTLE_S = 10.0
"""How long motions that were under way may take to end."""


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
        tracking: Tracking,
        memory: Memory,
        alarms: Alarms,
    ) -> None:
        self._plcs = plcs
        self._gate = gate
        self._recipes = recipes
        self._divert = divert
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
        for item in items.values():
            self._place(item, plan)
        await self._memory.remember(lambda ledger: note_suspect(ledger, plan.to_clear))
        await self._look_for_strangers(plan)
        return plan

    async def _settle(self) -> None:
        """Wait until nothing moves any more and every PLC's image is fresh."""
        for plc in self._plcs.values():
            try:
                async with asyncio.timeout(SETTLE_S):
                    while not _still(plc):
                        await plc.changed()
            except TimeoutError as error:
                raise NotReady(_not_settled(plc)) from error

    async def _conclude_diverted(self, items: dict[int, Item]) -> None:
        """Finish what the gate confirms; freeze the bag for what it can't tell."""
        kept = self._gate.retained(0)
        for item in [item for item in items.values() if item.stage is Stage.DIVERTING]:
            result = kept if kept is not None and kept.token == item.token else None
            if result is None and self._was_not_taken(item):
                continue
            outcome = await self._memory.remember(lambda ledger, item=item: _permitted(ledger, item))  # type: ignore[misc]
            await self._divert.conclude(item, outcome, result)
            del items[item.token]

    def _was_not_taken(self, item: Item) -> bool:
        """Whether the gate shows that it never took this item's push: it still echoes another one."""
        image = self._gate.image
        if image is None or self._tracking.carrier_at(DIVERT) != item.carrier:
            return False
        echo = image.blocks[0].echo
        return echo.sequence != 0 and (echo.token != item.token or echo.answer is not Answer.ACCEPTED)

    async def _release_retained(self) -> None:
        """Journal and acknowledge every other result that a PLC has kept."""
        for plc in self._plcs.values():
            for block in range(plc.blocks):
                result = plc.retained(block)
                if result is not None:
                    await self._memory.remember(lambda ledger, r=result, p=plc, b=block: _found(ledger, p.name, b, r))  # type: ignore[misc]
                    await plc.acknowledge(block, result)

    def _place(self, item: Item, plan: Plan) -> None:
        zone = self._tracking.zone_of(item.carrier)
        item.suspect = item.suspect or "restart"
        if zone is None:
            self._alarms.raise_alarm(AlarmKind.CARRIER_MISSING, str(item.carrier))
            return
        item.zone = zone
        plan.to_clear.append(item)

    async def _look_for_strangers(self, plan: Plan) -> None:
        """A carrier without an item may stand at load, or emptied at divert; elsewhere nobody knows what it holds."""
        known = {item.carrier for item in plan.to_clear}
        for zone in ZONES:
            carrier = self._tracking.carrier_at(zone)
            if carrier in (0, *known) or zone == LOAD:
                continue
            last = await self._memory.remember(lambda ledger, c=carrier: last_item_on(ledger, c, self._recipes))  # type: ignore[misc]
            if zone != DIVERT or last is None or last.stage is not Stage.ENDED:
                raise NotReady(_stranger(carrier, zone))
            last.zone = DIVERT
            plan.to_return.append(last)


def _still(plc: PlcStation) -> bool:
    image = plc.image
    return image is not None and all(block.state is not BlockState.BUSY for block in image.blocks)


def _permitted(ledger: Ledger, item: Item) -> Outcome:
    """What the gate had been permitted to do with an item."""
    reason, chute = ledger.connection.execute(
        "SELECT reason, chute FROM items WHERE item = ?", (item.token,)
    ).fetchone()
    if chute == Chute.DISPATCH.name.lower():
        return Outcome.accepted()
    return Outcome(packed=False, reason=Reason(reason or Reason.SUSPECT))


def _found(ledger: Ledger, plc: str, block: int, result: Result) -> None:
    ledger.enter(
        "retained_result_found",
        item=result.token or None,
        plc=plc,
        block=block,
        result=result.code.name,
        measured=result.measured,
    )


def _not_settled(plc: PlcStation) -> Text:
    if plc.image is None:
        return Text(
            f"{plc.name} 没有应答（{plc.link_state}）：{plc.last_error}；检查电源与网线",
            f"{plc.name} does not answer ({plc.link_state}): {plc.last_error}; check power and cable",
        )
    return Text(f"{plc.name} 的动作尚未结束", f"{plc.name} has not ended its motion; look at the station")


def _stranger(carrier: int, zone: str) -> Text:
    return Text(
        f"载具 {carrier} 在 {zone}，但没有对应的封装件：取下其邮封和内件，把空载具放回上载位",
        f"carrier {carrier} stands at {zone} without an item: take out its mailer and put the carrier back to load",
    )
