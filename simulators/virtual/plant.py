"""The plant on virtual wires: the same world, twins and machines, with PLCs that scan only when a scan shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from contextvars import Context, copy_context
from pathlib import Path
from random import Random

from devices.plc.contract import HEARTBEAT_ADDRESS, SCAN_S, BlockState, DeviceKind
from simulators.camera import CAMERAS, CameraSetup
from simulators.faults import Fault
from simulators.plant import Plant, PlantWiring
from simulators.virtual.event_plc import EventPlc
from simulators.virtual.eyes import VirtualCamera
from simulators.virtual.modbus import quick_rtu, quick_tcp
from simulators.virtual.pixels import PixelCamera, Truths
from simulators.virtual.ports import PortWire, TypedPort
from simulators.virtual.trace import Trace
from simulators.virtual.watched_plc import WatchedPlc
from simulators.virtual.wires import VirtualWire
from simulators.wires import FaceMaker
from simulators.world import ZONES

IDLE_SCAN_S = 0.1
RTU = "sealer_2"
CLOCK_ENDS = 4
"""Registers of an image that differ in every scan: its number, boot id and clock."""


class LazyPlc(WatchedPlc):
    """Scans each 10 ms while something moves or waits to be taken; otherwise for a reader, and now and then."""

    _next: asyncio.TimerHandle
    _context: Context
    _read: list[int] | None = None

    async def run(self) -> None:
        """Scan until cancelled."""
        loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._next = loop.call_later(0, self._tick, context=self._context)
        try:
            await loop.create_future()
        finally:
            self._next.cancel()

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self.scan(loop.time())
        wait_s = SCAN_S if self._works() else IDLE_SCAN_S
        self._next = loop.call_later(wait_s, self._tick, context=self._context)

    def read(self, address: int, count: int) -> list[int]:
        """Return registers as of a scan that is not older than a scan's time."""
        if address < HEARTBEAT_ADDRESS:
            now = asyncio.get_running_loop().time()
            if self._now is None or now - self._now >= SCAN_S:
                self.scan(now)
            words = super().read(address, count)
            before, self._read = self._read, words
            return self._torn(before, words) if self.torn and before is not None else words
        return super().read(address, count)

    def _torn(self, before: list[int], words: list[int]) -> list[int]:
        """Part of this image and part of the one read before, once the two differ where a tear can show.

        A PLC may copy its image from either end and over some scans, so either part may be the older one.
        """
        if len(words) != len(before):
            return words
        changed = [place for place in range(CLOCK_ENDS, len(words) - 1) if words[place] != before[place]]
        if len(changed) < 2:
            return words
        self.torn -= 1
        place = self.tearing.choice(changed[1:])
        first, last = (before, words) if self.tearing.random() < 0.5 else (words, before)
        return first[:place] + last[place:]

    def write(self, address: int, values: Sequence[int]) -> None:
        """Store registers and see that a scan takes them."""
        super().write(address, values)
        loop = asyncio.get_running_loop()
        if len(values) > 1 and self._next.when() > loop.time() + SCAN_S:
            self._next.cancel()
            self._next = loop.call_later(SCAN_S / 2, self._tick, context=self._context)

    def _works(self) -> bool:
        return any(block.state is BlockState.BUSY or block.commanded or block.acknowledged for block in self._blocks)


class VirtualPlant(Plant):
    """The whole plant in memory.

    :param typed: PLCs on typed ports, without frames. :param truths: given when pictures are to be drawn; it is told
        what each truly shows.
    """

    def __init__(
        self,
        seed: int,
        speed: float,
        carriers: int,
        faults: Iterable[Fault],
        trace: Trace,
        *,
        typed: bool,
        truths: Truths | None = None,
    ) -> None:
        self.plc_twin = EventPlc if typed else LazyPlc
        self._typed = typed
        wiring = PlantWiring(directory=Path("/nonexistent"), speed=speed, seed=seed, carriers=carriers)
        super().__init__(wiring, faults)
        self._all = [plc for plc in self.plcs.values() if isinstance(plc, EventPlc)]
        self._at = {zone: [plc for plc in self._all if zone in plc.machine.zones] for zone in ZONES}
        self._chance = Random(f"wires {seed}")
        self._trace = trace
        self.cameras = {f"{each.name}_camera": self._camera(each, speed, seed, truths) for each in CAMERAS}

    def _camera(self, setup: CameraSetup, speed: float, seed: int, truths: Truths | None) -> VirtualCamera:
        if truths is None:
            return VirtualCamera(setup.name, setup.zone, self.world, self._chance, speed)
        return PixelCamera(setup, self.world, self._chance, speed, seed, truths)

    async def _open_wires(self, stack: AsyncExitStack) -> None:  # noqa: ARG002 -- memory needs no closing
        chance, trace = self._chance, self._trace
        self._wire_plcs()
        self.wires["printer"] = VirtualWire("printer", self.printer.face, chance, trace)
        for name, camera in self.cameras.items():
            self.wires[name] = VirtualWire(name, camera.face, chance, trace)
        serial: dict[str, tuple[FaceMaker, int]] = {
            "infeed_scanner": (self.infeed_scanner.face, 115200),
            "certificate_scanner": (self.certificate_scanner.face, 115200),
            "scale": (self.scale.face, 9600),
        }
        for name, (face, baud) in serial.items():
            self.wires[name] = VirtualWire(name, face, chance, trace, serial=True, baud=baud)

    def _wire_plcs(self) -> None:
        """In the same order at both depths: trouble chooses among the wires."""
        chance, trace = self._chance, self._trace
        for name, plc in self.plcs.items():
            if isinstance(plc, EventPlc):
                self.wires[name] = PortWire(name, plc, chance, trace)
            elif name == RTU:
                self.wires[name] = VirtualWire(name, quick_rtu(plc), chance, trace, serial=True, baud=115200)
            else:
                self.wires[name] = VirtualWire(name, quick_tcp(plc), chance, trace)

    @property
    def watched(self) -> tuple[WatchedPlc, ...]:
        """All PLCs."""
        return tuple(plc for plc in self.plcs.values() if isinstance(plc, WatchedPlc))

    def port(self, name: str, kind: DeviceKind, blocks: int) -> TypedPort:
        """The line's end of a PLC's typed port, for its next life."""
        wire = self.wires[name]
        assert isinstance(wire, PortWire)
        return wire.make_port(name, kind, blocks)

    def stir(self, *zones: str) -> None:
        """Something came, went or opened: whoever reports it looks. :param zones: where; everywhere unless given."""
        stirred = self._all if not zones else {plc: None for zone in zones for plc in self._at.get(zone, ())}
        for plc in stirred:
            plc.stir()

    def wire(self, name: str) -> VirtualWire:
        """A device's wire."""
        wire = self.wires[name]
        assert isinstance(wire, VirtualWire)
        return wire

    def hang_up(self) -> None:
        """The line's process has died: its links are gone."""
        for name in self.wires:
            self.wire(name).hang_up()
