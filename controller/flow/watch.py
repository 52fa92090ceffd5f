"""Watches what no item asks for: guards, restarts and lost links of the PLCs, devices offline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from controller.alarms import Alarms
from controller.equipment import Equipment
from controller.flow.calling import note_suspect
from controller.flow.disturbances import Disturbances
from controller.flow.guards import Guards
from controller.flow.holding import Holding
from controller.flow.memory import Memory
from controller.flow.permits import FALTER_S
from controller.flow.tracking import Tracking
from controller.unit.machine import UnitMachine
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind
from devices.links.state import LinkState
from devices.plc.contract import Safety, StatusImage
from devices.plc.driver import PlcStation

_LOOK_S = 0.5
_RUNNING = frozenset(
    {State.STARTING, State.EXECUTE, State.HOLDING, State.HELD, State.UNHOLDING, State.SUSPENDING, State.SUSPENDED}
)
_WATCHED = Safety.GUARDS_CLOSED | Safety.EMERGENCY_STOP_RELEASED | Safety.TRACKING_OK


class Watch:
    """Makes items suspect and stops the unit for what happens outside any item's own step."""

    def __init__(
        self,
        equipment: Equipment,
        unit: UnitMachine,
        holding: Holding,
        alarms: Alarms,
        tracking: Tracking,
        memory: Memory,
    ) -> None:
        self._equipment = equipment
        self._unit = unit
        self._holding = holding
        self._alarms = alarms
        self._guards = Guards(holding, alarms)
        self._disturbances = Disturbances(holding)
        self._tracking = tracking
        self._memory = memory

    async def serve(self, *looks: Callable[[], None]) -> None:
        """Watch every PLC and every link until cancelled. :param looks: what else is looked at twice a second."""
        async with asyncio.TaskGroup() as group:
            for plc in self._equipment.plcs.values():
                group.create_task(self._watch_plc(plc))
            group.create_task(self._look_round(looks))
            group.create_task(self._watch_missing())

    async def _watch_plc(self, plc: PlcStation) -> None:
        known: StatusImage | None = None
        while True:
            image = plc.image
            if image is not None:
                if known is not None and _differs(known, image):
                    await self._disturbed(plc, known, image)
                known = image
            elif known is not None:
                # What was counted before the loss is kept, so that a restart meanwhile is seen.
                if await self._comes_back(plc):
                    continue
                await self._lost(plc)
                await plc.changed()
                continue
            await plc.until(partial(_is_news, known))

    async def _comes_back(self, plc: PlcStation) -> bool:
        """Jitter differs from loss: a link may falter for a moment without the line losing its items."""
        try:
            async with asyncio.timeout(FALTER_S):
                while plc.image is None:
                    await plc.changed()
        except TimeoutError:
            return False
        return True

    async def _disturbed(self, plc: PlcStation, known: StatusImage, image: StatusImage) -> None:
        if not self._guards.note(plc.name, image.safety):
            await self._suspect_all(f"{plc.name}: guard or emergency stop")
        elif image.safety & _WATCHED != _WATCHED or _counts(image) != _counts(known):
            await self._suspect_all(self._disturbances.note(plc.name, restarted=image.boot_id != known.boot_id))

    async def _lost(self, plc: PlcStation) -> None:
        if self._tracking.items and self._unit.state in _RUNNING:
            self._holding.hold(AlarmKind.DEVICE_OFFLINE, plc.name, cause=plc.last_error)
            await self._suspect_all(f"{plc.name}: link lost")

    async def _watch_missing(self) -> None:
        """A carrier that was missing and shows again may bear anything: the line holds, Unhold takes its item up."""
        conveyor, tracking = self._equipment.conveyor, self._tracking

        def look(_: StatusImage) -> dict[int, str] | None:
            return (tracking.missing and self._unit.executing and tracking.shown_again()) or None

        while True:
            for carrier, zone in (await conveyor.watch(look)).items():
                self._holding.hold(AlarmKind.CARRIER_BACK, str(carrier), zone=zone)
            await conveyor.changed()

    async def _suspect_all(self, cause: str) -> None:
        touched = self._tracking.suspect(cause)
        if touched:
            await self._memory.remember(lambda ledger: note_suspect(ledger, touched))

    async def _look_round(self, looks: Sequence[Callable[[], None]]) -> None:
        seen_at: dict[str, float] = {}
        drivers = self._equipment.drivers
        while True:
            await asyncio.sleep(_LOOK_S)
            now, running = asyncio.get_running_loop().time(), self._unit.state in _RUNNING
            alarmed = self._alarms.sources(AlarmKind.DEVICE_OFFLINE)
            for name, driver in drivers.items():
                if driver.link_state is LinkState.ONLINE:
                    seen_at[name] = now
                    if name in alarmed:
                        self._alarms.clear(AlarmKind.DEVICE_OFFLINE, name)
                elif not running:
                    seen_at[name] = now
                elif now - seen_at.setdefault(name, now) > FALTER_S:
                    self._alarms.raise_alarm(AlarmKind.DEVICE_OFFLINE, name, cause=driver.last_error)
            for look in looks:
                look()


def _is_news(known: StatusImage | None, image: StatusImage | None) -> bool:
    """Whether a PLC that was seen as `known` is lost, or must not be taken for what it was."""
    if known is None or image is None:
        return image is not known
    return _differs(known, image)


def _differs(known: StatusImage, image: StatusImage) -> bool:
    turned = known.safety is not image.safety and (int(known.safety) ^ int(image.safety)) & int(_WATCHED) != 0
    return turned or known.disturbances != image.disturbances or known.boot_id != image.boot_id


def _counts(image: StatusImage) -> tuple[int, int]:
    return image.boot_id, image.disturbances
