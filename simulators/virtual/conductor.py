"""Strikes when the moment of a planned trouble has come, where it would really happen: wire, device, disk, hands.

What a kind does stands in one case of `Conductor._do`; what was done is counted by kind and zone, and told as a story.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

from simulators.history import CarrierMoved, Event, KitBegun, ParcelFell
from simulators.machines import GateMachine, SealerMachine
from simulators.plc import PlcTwin
from simulators.virtual.commits import Disk
from simulators.virtual.dispatch import VirtualBroker
from simulators.virtual.people import VirtualHands
from simulators.virtual.plant import VirtualPlant
from simulators.virtual.reaching import Reaching
from simulators.virtual.technician import jog
from simulators.virtual.troubles import CHUTE, Kind, Trouble
from simulators.virtual.watched_plc import WatchedPlc
from simulators.virtual.wires import Twist
from simulators.world import ZONES, ImpossibleError

PLCS = ("conveyor", "sealer_1", "sealer_2", "applicator", "gate")
TRIGGERED_WITHIN_S = 5.0
_TWISTS: dict[Kind, tuple[Twist, ...]] = {
    Kind[f"MODBUS_{each.name}"]: (each,) for each in Twist if each is not Twist.BEHIND
}
_TWISTS[Kind.MODBUS_LATE] = (Twist.LATE, Twist.BEHIND)
_DEVICE_AT = {"label": "applicator", "seal_1": "sealer_1", "seal_2": "sealer_2", "divert": "gate", CHUTE: "gate"}


class Conductor:
    """Strikes when the moment has come.

    :ivar counts: what was done, by kind; :ivar at: by kind and zone; :ivar told: the story, in plain words.
    :param kill: kills the line's process after so many of its steps; :param jump_clock: sets the time of day.
    :param go_away: keeps the operator from the line for so long; :param broke: told when a PLC loses its memory.
    :param blind: lets vision accept everything.
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
        jump_clock: Callable[[float], None],
        go_away: Callable[[float], None],
        broke: Callable[[], None],
        blind: Callable[[], None],
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.at: Counter[tuple[str, str]] = Counter()
        self.told: list[str] = []
        self._plant, self._broker, self._disk = plant, broker, disk
        self._reaching = Reaching(plant.world, hands)
        self._kill, self._call = kill, call
        self._jump_clock, self._go_away, self._broke = jump_clock, go_away, broke
        self._blind = blind
        self._waiting: dict[tuple[str, str], list[Trouble]] = {}
        for trouble in troubles:
            self._waiting.setdefault((trouble.kit, trouble.zone), []).append(trouble)
        self._group: asyncio.TaskGroup | None = None
        self._due: asyncio.Queue[Trouble] = asyncio.Queue()

    def see(self, event: Event) -> None:
        """Take an event of the world: someone may have come to where trouble waits."""
        match event:
            case CarrierMoved():
                carrier = self._plant.world.zones.get(event.target)
                if carrier is not None and carrier.mailer is not None:
                    self._come(carrier.mailer.kit, event.target)
            case KitBegun():
                self._come(event.kit, event.zone)
            case ParcelFell():
                self._come(event.kit, CHUTE)

    def _come(self, kit: str, zone: str) -> None:
        for trouble in self._waiting.pop((kit, zone), []):
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
                    plant.wire(plc).twist(chance.choice(_TWISTS[kind]))
            case Kind.MODBUS_TORN_IMAGE:
                twin = plant.plcs[plc]
                assert isinstance(twin, WatchedPlc)
                twin.tear(chance, chance.choice((1, 3)))
            case Kind.HALF_OPEN:
                await self._for(plant.wire(plc).pause, plant.wire(plc).resume, chance.uniform(0.2, 6.0))
            case Kind.LINK_DROPPED:
                plant.wire(chance.choice((plc, *plant.wires))).drop()
            case Kind.PLC_RESTARTED | Kind.PLC_FORGOT:
                self._broke()
                plant.plcs[plc].restart(keep_memory=kind is Kind.PLC_RESTARTED)
                plant.wire(plc).drop()
            case Kind.TRACKING_LOST:
                twin = plant.plcs[plc]
                assert isinstance(twin, WatchedPlc)
                twin.tracking_ok = False
                twin.stir()
                self._broke()
                await asyncio.sleep(chance.uniform(0.05, 3.0))
                twin.tracking_ok = True
                twin.stir()
            case Kind.SCANNER_NO_READ:
                with suppress(TimeoutError):
                    async with asyncio.timeout(TRIGGERED_WITHIN_S):
                        await scanner.triggered.wait()
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
                twin, sealer = self._sealer(chance)
                twin.settle()
                sealer.heater.powered = False
                await asyncio.sleep(chance.uniform(0.3, 5.0))
                twin.settle()
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
            case Kind.BROKER_SLOW:
                self._broker.slow_s = chance.uniform(0.5, 15.0)
                await asyncio.sleep(chance.uniform(1.0, 20.0))
                self._broker.slow_s = 0.0
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
            case Kind.OPERATOR_AWAY:
                self._go_away(chance.uniform(40.0, 110.0))
                return await self._call("command", command="hold", by="operator") is not None
            case Kind.TECHNICIAN_JOGS:
                return await jog(self._call, chance)
            case Kind.DETECTOR_BLIND:
                self._blind()
            case Kind.EMERGENCY_STOP:
                plant.world.press_emergency_stop(pressed=True)
            case Kind.GUARD_OPENED:
                plant.world.swing_guards(closed=False)
                if chance.random() < 0.5:
                    # So short that no poll may see it.
                    await asyncio.sleep(chance.uniform(0.0, 0.03))
                    plant.world.swing_guards(closed=True)
            case Kind.SENSOR_STUCK | Kind.SENSOR_EARLY | Kind.CARRIER_MISREAD:
                await self._misread(kind, zone, chance)
            case Kind.SCALE_DRIFTS:
                plant.scale.drift_g = chance.choice((-1, 1)) * chance.uniform(3.0, 80.0)
                await asyncio.sleep(chance.uniform(0.5, 6.0))
                plant.scale.drift_g = 0.0
            case Kind.PRINTER_LATE:
                plant.printer.late_s = chance.uniform(1.0, 24.0)
                await asyncio.sleep(chance.uniform(0.5, 4.0))
                plant.printer.late_s = 0.0
            case Kind.SEALER_HOT | Kind.SEALER_STUCK:
                await self._harm_sealer(kind, chance)
            case Kind.GATE_LATE | Kind.GATE_STUCK:
                await self._harm_gate(kind, chance)
            case Kind.DISPATCH_CONFUSED:
                manners.confused += chance.choice((1, 3))
            case Kind.CLOCK_JUMPED:
                self._jump_clock(chance.choice((-1, 1)) * chance.choice((0.5, 30.0, 3600.0, 86_400.0 * 40)))
            case _:
                return await self._reaching.reach_in(kind, zone, chance)
        return True

    async def _misread(self, kind: Kind, zone: str, chance: Random) -> None:
        """Let a carrier reader say for a while what it said before, too early what comes, or another number."""
        world, there = self._plant.world, zone
        truth = self._plant.plcs["conveyor"].machine.carrier(ZONES.index(zone))
        said = truth
        if kind is Kind.SENSOR_EARLY:
            there = ZONES[min(ZONES.index(zone) + 1, len(ZONES) - 1)]
        elif kind is Kind.CARRIER_MISREAD:
            others = sorted({each.number for each in world.zones.values()} - {truth})
            said = chance.choice([*others, truth % 12 + 1])
        readers = [(twin, block) for twin in self._plant.plcs.values() for block, at in _blocks(twin) if at == there]
        twin, block = chance.choice(readers)
        assert isinstance(twin, WatchedPlc)
        twin.machine.misread[block] = said
        twin.stir()
        await asyncio.sleep(chance.uniform(0.1, 1.0) if kind is Kind.SENSOR_EARLY else chance.uniform(0.2, 5.0))
        twin.machine.misread.pop(block, None)
        twin.stir()

    async def _harm_sealer(self, kind: Kind, chance: Random) -> None:
        twin, sealer = self._sealer(chance)
        twin.settle()
        if kind is Kind.SEALER_HOT:
            sealer.heater.off_c = chance.uniform(8.0, 40.0)
        else:
            sealer.stuck_s = chance.uniform(1.0, 60.0)
        await asyncio.sleep(chance.uniform(0.5, 5.0))
        twin.settle()
        sealer.heater.off_c = sealer.stuck_s = 0.0

    def _sealer(self, chance: Random) -> tuple[WatchedPlc, SealerMachine]:
        twin = self._plant.plcs[chance.choice(("sealer_1", "sealer_2"))]
        assert isinstance(twin, WatchedPlc)
        assert isinstance(twin.machine, SealerMachine)
        return twin, twin.machine

    async def _harm_gate(self, kind: Kind, chance: Random) -> None:
        gate = self._plant.plcs["gate"].machine
        assert isinstance(gate, GateMachine)
        gate.stuck, gate.late_s = kind is Kind.GATE_STUCK, chance.uniform(0.5, 30.0)
        if gate.stuck:
            gate.late_s = 0.0
        await asyncio.sleep(chance.uniform(0.5, 5.0))
        gate.stuck, gate.late_s = False, 0.0

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


def _blocks(twin: PlcTwin) -> list[tuple[int, str]]:
    return list(enumerate(twin.machine.zones))
