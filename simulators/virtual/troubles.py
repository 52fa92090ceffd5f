"""The trouble of a virtual run: planned by seed, bound to orders and zones, struck while the order stands there.

Each kind is done where it would really happen: on a wire, in a device, at the disk, by hands. What a kind does is one
short method of `Conductor`; what was done is counted by kind and zone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from simulators.faults import Fault, FaultKind
from simulators.history import CarrierMoved, Event
from simulators.machines import SealerMachine
from simulators.matter import PartKind
from simulators.scenario import Scenario
from simulators.virtual.commits import Disk
from simulators.virtual.dispatch import VirtualBroker
from simulators.virtual.people import VirtualHands
from simulators.virtual.plant import LazyPlc, VirtualPlant
from simulators.virtual.wires import Twist
from simulators.world import ZONES, ImpossibleError


class Kind(StrEnum):
    """What goes wrong, beside what `simulators.faults` does to single motions."""

    MODBUS_SWALLOWED = "modbus_swallowed"
    MODBUS_LATE = "modbus_late"
    MODBUS_DOUBLED = "modbus_doubled"
    MODBUS_SPLIT = "modbus_split"
    MODBUS_CUT = "modbus_cut"
    MODBUS_WRONG_UNIT = "modbus_wrong_unit"
    MODBUS_TRANSACTION_ZERO = "modbus_transaction_zero"
    MODBUS_NOISE = "modbus_noise"
    MODBUS_TORN_IMAGE = "modbus_torn_image"
    HALF_OPEN = "half_open"
    LINK_DROPPED = "link_dropped"
    PLC_RESTARTED = "plc_restarted"
    PLC_FORGOT = "plc_forgot"
    TRACKING_LOST = "tracking_lost"
    SCANNER_NO_READ = "scanner_no_read"
    SCANNER_DOUBLE = "scanner_double"
    SCANNER_CUT = "scanner_cut"
    SCANNER_LATE = "scanner_late"
    SCALE_SILENT = "scale_silent"
    PRINTER_MEDIA_OUT = "printer_media_out"
    PRINTER_HEAD_OPEN = "printer_head_open"
    PRINTER_SILENT = "printer_silent"
    HEATER_BURNT = "heater_burnt"
    CAMERA_STUCK = "camera_stuck"
    CAMERA_BLACK = "camera_black"
    CAMERA_LATE = "camera_late"
    CAMERA_GONE = "camera_gone"
    BROKER_LOST = "broker_lost"
    BROKER_EMPTY = "broker_empty"
    DISPATCH_ABSENT = "dispatch_absent"
    DISPATCH_SLOW = "dispatch_slow"
    DISPATCH_TWICE = "dispatch_twice"
    DISPATCH_ASTRAY = "dispatch_astray"
    DISPATCH_MUTE = "dispatch_mute"
    DISPATCH_DEAF = "dispatch_deaf"
    DISK_FULL = "disk_full"
    FSYNC_SLOW = "fsync_slow"
    FSYNC_ERROR = "fsync_error"
    LINE_KILLED = "line_killed"
    LINE_KILLED_BEFORE_COMMIT = "line_killed_before_commit"
    LINE_KILLED_AFTER_COMMIT = "line_killed_after_commit"
    OPERATOR_HOLDS = "operator_holds"
    OPERATOR_STOPS = "operator_stops"
    OPERATOR_ABORTS = "operator_aborts"
    EMERGENCY_STOP = "emergency_stop"
    GUARD_OPENED = "guard_opened"
    PART_REMOVED = "part_removed"
    PARTS_SWAPPED = "parts_swapped"
    PARCELS_SWAPPED = "parcels_swapped"
    CARRIER_MOVED = "carrier_moved"


PLCS = ("conveyor", "sealer_1", "sealer_2", "applicator", "gate")
AT_ZONES: dict[Kind, tuple[str, ...]] = {
    Kind.SCANNER_NO_READ: ("infeed", "collate"),
    Kind.SCANNER_DOUBLE: ("infeed", "collate"),
    Kind.SCANNER_CUT: ("infeed", "collate"),
    Kind.SCANNER_LATE: ("infeed", "collate"),
    Kind.SCALE_SILENT: ("inspect",),
    Kind.PRINTER_MEDIA_OUT: ("label", "verify"),
    Kind.PRINTER_HEAD_OPEN: ("label", "verify"),
    Kind.PRINTER_SILENT: ("label", "verify"),
    Kind.HEATER_BURNT: ("label", "seal_1", "seal_2"),
    Kind.CAMERA_STUCK: ("collate", "verify", "label", "inspect"),
    Kind.CAMERA_BLACK: ("collate", "verify", "label", "inspect"),
    Kind.CAMERA_LATE: ("collate", "verify", "label", "inspect"),
    Kind.CAMERA_GONE: ("collate", "verify", "label", "inspect"),
    Kind.PART_REMOVED: ("collate", "verify", "label", "seal_1", "seal_2"),
    Kind.PARTS_SWAPPED: ("collate", "verify", "label", "seal_1", "seal_2"),
    Kind.PARCELS_SWAPPED: ("label", "seal_1", "seal_2", "inspect", "divert"),
    Kind.CARRIER_MOVED: ("infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect"),
}
"""Where a kind can show; any other strikes while its order stands anywhere behind load."""
DISTURBING = frozenset(
    {
        Kind.PLC_RESTARTED,
        Kind.PLC_FORGOT,
        Kind.EMERGENCY_STOP,
        Kind.GUARD_OPENED,
        Kind.PART_REMOVED,
        Kind.PARTS_SWAPPED,
        Kind.PARCELS_SWAPPED,
        Kind.CARRIER_MOVED,
    }
)
"""After one of these a gate may have been cut off, or emptied by hand: it may not know where a parcel fell."""
BEHIND_LOAD = ZONES[1:]
ORDERS_A_TROUBLE = {"none": 0.0, "light": 6.0, "heavy": 1.5}
MOTION_FAULTS = (FaultKind.GATE_WRONG_CHUTE, FaultKind.DOUBLE_PRINT, FaultKind.SCALE_DRIFT)
_TWISTS = {Kind[f"MODBUS_{each.name}"]: each for each in Twist}
_DEVICE_AT = {"label": "applicator", "seal_1": "sealer_1", "seal_2": "sealer_2", "divert": "gate"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One planned trouble: it strikes `after_s` virtual seconds after the order's first arrival in the zone."""

    kind: Kind
    kit: str
    zone: str
    after_s: float
    seed: int

    def __str__(self) -> str:
        return f"{self.kind} {self.after_s:.3f} s after order {self.kit} came to {self.zone}"


def plan_troubles(seed: int, scenario: Scenario, level: str, kinds: tuple[Kind, ...] = ()) -> tuple[Trouble, ...]:
    """Plan a run's trouble; the same seed gives the same. :param kinds: the only ones; all unless given."""
    chance = Random(f"troubles {seed} {level}")
    if not ORDERS_A_TROUBLE[level]:
        return ()
    count = max(1, round(len(scenario.orders) / ORDERS_A_TROUBLE[level]))
    troubles = []
    for _ in range(count):
        kind = chance.choice(kinds or tuple(Kind))
        zone = chance.choice(AT_ZONES.get(kind, BEHIND_LOAD))
        order = chance.choice(scenario.orders)
        after_s = chance.choice((0.0, chance.uniform(0, 1.5)))
        troubles.append(Trouble(kind, order.acceptance, zone, after_s, chance.randrange(10**6)))
    return tuple(troubles)


def plan_motion_faults(seed: int, scenario: Scenario, level: str) -> tuple[Fault, ...]:
    """More faults of single motions, for orders that have none."""
    chance = Random(f"motions {seed} {level}")
    if level == "none":
        return ()
    struck = {name for fault in scenario.faults for name in (fault.kit, fault.other)}
    calm = [order.acceptance for order in scenario.orders if order.acceptance not in struck]
    chance.shuffle(calm)
    few = max(1, len(calm) // (40 if level == "light" else 12))
    return tuple(Fault(chance.choice(MOTION_FAULTS), kit) for kit in calm[:few])




class Conductor:
    """Strikes when the moment has come.

    :ivar counts: what was done, by kind; :ivar at: by kind and zone; :ivar told: the story, in plain words.
    :param kill: kills the line's process after so many of its steps.
    """

    def __init__(
        self,
        troubles: tuple[Trouble, ...],
        plant: VirtualPlant,
        hands: VirtualHands,
        broker: VirtualBroker,
        disk: Disk,
        kill: Callable[[int], None],
        call: Callable[..., Coroutine[Any, Any, Any]],
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.at: Counter[tuple[str, str]] = Counter()
        self.told: list[str] = []
        self._plant, self._hands, self._broker, self._disk = plant, hands, broker, disk
        self._kill, self._call = kill, call
        self._waiting: dict[tuple[str, str], list[Trouble]] = {}
        for trouble in troubles:
            self._waiting.setdefault((trouble.kit, trouble.zone), []).append(trouble)
        self._group: asyncio.TaskGroup | None = None
        self._due: asyncio.Queue[Trouble] = asyncio.Queue()

    def see(self, event: Event) -> None:
        """Take an event of the world: someone may have come to where trouble waits."""
        if isinstance(event, CarrierMoved):
            carrier = self._plant.world.zones.get(event.target)
            if carrier is not None and carrier.mailer is not None:
                for trouble in self._waiting.pop((carrier.mailer.kit, event.target), []):
                    self._due.put_nowait(trouble)

    async def work(self) -> None:
        """Strike until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._strike(await self._due.get()))

    async def _strike(self, trouble: Trouble) -> None:
        await asyncio.sleep(trouble.after_s)
        chance = Random(trouble.seed)
        try:
            done = await self._do(trouble, chance)
        except ImpossibleError:
            done = False
        if done:
            self.counts[str(trouble.kind)] += 1
            self.at[str(trouble.kind), trouble.zone] += 1
            now = asyncio.get_running_loop().time()
            self.told.append(f"{now:.3f} {trouble}")

    async def _do(self, trouble: Trouble, chance: Random) -> bool:
        """Do it; return whether there was anything to do it to."""
        kind, zone, plant = trouble.kind, trouble.zone, self._plant
        plc = _DEVICE_AT.get(zone, "conveyor") if chance.random() < 0.6 else chance.choice(PLCS)
        scanner = plant.infeed_scanner if zone == "infeed" else plant.certificate_scanner
        scanner_wire = "infeed_scanner" if zone == "infeed" else "certificate_scanner"
        camera = {"label": "waybill_camera", "inspect": "parcel_camera"}.get(
            zone, chance.choice(("wide_camera", "close_up_camera"))
        )
        manners, disk = self._broker.dispatch.manners, self._disk
        match kind:
            case _ if kind in _TWISTS:
                for _ in range(chance.choice((1, 1, 1, 4))):
                    plant.wire(plc).twist(_TWISTS[kind])
            case Kind.MODBUS_TORN_IMAGE:
                twin = plant.plcs[plc]
                assert isinstance(twin, LazyPlc)
                twin.torn += chance.choice((1, 3))
            case Kind.HALF_OPEN:
                await self._for(plant.wire(plc).pause, plant.wire(plc).resume, chance.uniform(0.2, 6.0))
            case Kind.LINK_DROPPED:
                plant.wire(chance.choice((plc, *plant.wires))).drop()
            case Kind.PLC_RESTARTED | Kind.PLC_FORGOT:
                plant.plcs[plc].restart(keep_memory=kind is Kind.PLC_RESTARTED)
                plant.wire(plc).drop()
            case Kind.TRACKING_LOST:
                twin = plant.plcs[plc]
                twin.tracking_ok = False
                await asyncio.sleep(chance.uniform(0.05, 3.0))
                twin.tracking_ok = True
            case Kind.SCANNER_NO_READ:
                if not scanner.triggered.is_set():
                    return False
                scanner.release()
            case Kind.SCANNER_DOUBLE:
                plant.wire(scanner_wire).twist(Twist.DOUBLED)
            case Kind.SCANNER_CUT:
                plant.wire(scanner_wire).twist(Twist.CUT)
            case Kind.SCANNER_LATE:
                plant.wire(scanner_wire).twist(Twist.LATE)
            case Kind.SCALE_SILENT:
                plant.wire("scale").twist(Twist.SWALLOWED)
            case Kind.PRINTER_MEDIA_OUT:
                plant.printer.media_out = True
            case Kind.PRINTER_HEAD_OPEN:
                plant.printer.head_open = True
            case Kind.PRINTER_SILENT:
                await self._for(plant.wire("printer").pause, plant.wire("printer").resume, chance.uniform(0.2, 4.0))
            case Kind.HEATER_BURNT:
                sealer = plant.plcs[chance.choice(("sealer_1", "sealer_2"))].machine
                assert isinstance(sealer, SealerMachine)
                sealer.heater.powered = False
                await asyncio.sleep(chance.uniform(0.3, 5.0))
                sealer.heater.powered = True
            case Kind.CAMERA_STUCK | Kind.CAMERA_BLACK:
                faults, what = plant.cameras[camera].faults, kind.value.removeprefix("camera_")
                setattr(faults, what, True)
                await asyncio.sleep(chance.uniform(0.5, 5.0))
                setattr(faults, what, False)
            case Kind.CAMERA_LATE:
                plant.cameras[camera].faults.late_s = chance.uniform(0.5, 7.0)
                await asyncio.sleep(chance.uniform(0.5, 5.0))
                plant.cameras[camera].faults.late_s = 0.0
            case Kind.CAMERA_GONE:
                wire = plant.wire(camera)
                wire.refused = True
                wire.drop()
                await asyncio.sleep(chance.uniform(0.5, 6.0))
                wire.refused = False
            case Kind.BROKER_LOST | Kind.BROKER_EMPTY:
                self._broker.lose(forget=kind is Kind.BROKER_EMPTY)
                await asyncio.sleep(chance.uniform(0.1, 20.0))
                self._broker.come_back()
            case Kind.DISPATCH_ABSENT:
                self._broker.present(there=False)
                await asyncio.sleep(chance.uniform(0.5, 30.0))
                self._broker.present(there=True)
            case Kind.DISPATCH_SLOW:
                manners.delay_s = chance.uniform(0.5, 8.0)
                await asyncio.sleep(chance.uniform(1.0, 20.0))
                manners.delay_s = 0.02
            case Kind.DISPATCH_TWICE:
                manners.twice = True
            case Kind.DISPATCH_ASTRAY:
                manners.astray = True
            case Kind.DISPATCH_MUTE:
                manners.mute += chance.choice((1, 3))
            case Kind.DISPATCH_DEAF:
                manners.deaf += chance.choice((1, 3))
            case Kind.DISK_FULL:
                disk.full = True
                await asyncio.sleep(chance.uniform(0.1, 5.0))
                disk.full = False
            case Kind.FSYNC_SLOW:
                disk.slow = True
                await asyncio.sleep(chance.uniform(0.5, 8.0))
                disk.slow = False
            case Kind.FSYNC_ERROR:
                disk.broken += chance.choice((1, 2))
            case Kind.LINE_KILLED:
                self._kill(chance.randrange(1, 400))
            case Kind.LINE_KILLED_BEFORE_COMMIT | Kind.LINE_KILLED_AFTER_COMMIT:
                self._die_at_commit(chance.randrange(6), before=kind is Kind.LINE_KILLED_BEFORE_COMMIT)
            case Kind.OPERATOR_HOLDS | Kind.OPERATOR_STOPS | Kind.OPERATOR_ABORTS:
                command = {Kind.OPERATOR_HOLDS: "hold", Kind.OPERATOR_STOPS: "stop", Kind.OPERATOR_ABORTS: "abort"}
                return await self._call("command", command=command[kind], by="operator") is not None
            case Kind.EMERGENCY_STOP:
                plant.world.press_emergency_stop(pressed=True)
            case Kind.GUARD_OPENED:
                plant.world.swing_guards(closed=False)
                if chance.random() < 0.5:
                    # So short that no poll may see it.
                    await asyncio.sleep(chance.uniform(0.0, 0.03))
                    plant.world.swing_guards(closed=True)
            case _:
                return await self._by_hand(kind, zone, chance)
        return True

    async def _for(self, begin: Callable[[], None], end: Callable[[], None], seconds: float) -> None:
        begin()
        await asyncio.sleep(seconds)
        end()

    def _die_at_commit(self, further: int, *, before: bool) -> None:
        """Kill the line just before, or just after, one of its next commits."""
        disk, left = self._disk, [further]

        def look() -> None:
            if left[0]:
                left[0] -= 1
                return
            disk.before = disk.after = lambda: None
            self._kill(0)

        if before:
            disk.before = look
        else:
            disk.after = look

    async def _by_hand(self, kind: Kind, zone: str, chance: Random) -> bool:
        """Open the guard, do it, and mostly close it again."""
        world = self._plant.world
        world.swing_guards(closed=False)
        await asyncio.sleep(chance.uniform(0.0, 0.05))
        try:
            return self._reach_in(kind, zone, chance)
        finally:
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            if chance.random() < 0.8:
                world.swing_guards(closed=True)

    def _reach_in(self, kind: Kind, zone: str, chance: Random) -> bool:
        world = self._plant.world
        match kind:
            case Kind.PART_REMOVED:
                mailer = world.open_mailer_at(zone)
                if not mailer.contents:
                    return False
                part = chance.choice(mailer.contents).part
                self._hands.take_back((world.take_out(zone, part.part_id),))
                return True
            case Kind.PARTS_SWAPPED:
                return self._swap_parts(zone, chance)
            case Kind.PARCELS_SWAPPED:
                others = [each for each in ZONES[4:] if each != zone and world.bears_mailer(each)]
                if not others or not world.bears_mailer(zone):
                    return False
                here, there = world.carrier_at(zone), world.carrier_at(chance.choice(others))
                here.mailer, there.mailer = there.mailer, here.mailer
                return True
            case _:
                free = [each for each in ZONES if world.is_free(each)]
                world.move_by_hand(zone, chance.choice(free))
                return True

    def _swap_parts(self, zone: str, chance: Random) -> bool:
        """Change a part of this mailer for one of the same kind in another open one."""
        world = self._plant.world
        here = world.open_mailer_at(zone)
        for other in chance.sample(ZONES, len(ZONES)):
            if other == zone or not world.bears_mailer(other) or world.mailer_at(other).sealed:
                continue
            for kind in PartKind:
                mine = next((each for each in here.contents if each.part.kind is kind), None)
                theirs = next((each for each in world.mailer_at(other).contents if each.part.kind is kind), None)
                if mine is not None and theirs is not None:
                    world.take_out(zone, mine.part.part_id)
                    world.take_out(other, theirs.part.part_id)
                    world.lay_part(zone, theirs.part, mine.x, mine.y)
                    world.lay_part(other, mine.part, theirs.x, theirs.y)
                    return True
        return False
