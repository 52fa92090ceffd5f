"""The simulated plant: one world, a twin of each device on its own real wire, and the control port.

Composes and serves; each twin's behaviour is its own module's. The addresses come out as link texts as they stand in
`line.toml`, so that a line can be pointed at this plant and knows no difference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from simulators.belts import HIGHEST_CARRIER
from simulators.camera import CameraTwin
from simulators.control import ControlFace
from simulators.faults import Fault, Faults
from simulators.machines import ApplicatorMachine, ConveyorMachine, GateMachine, SealerMachine
from simulators.matter import Part
from simulators.modbus_server import rtu_face, tcp_face
from simulators.plc import PlcTwin
from simulators.printer import PrinterTwin
from simulators.scale import ScaleTwin
from simulators.scanner import ScannerTwin
from simulators.wires import FaceMaker, Wire, pty_wire, tcp_wire
from simulators.world import World

Port = Field(default=0, ge=0, le=65535)


class PlantWiring(BaseModel):
    """Where the plant's devices are wired and how fast it moves.

    :ivar directory: where the serial lines stand as `sealer_2`, `infeed_scanner`, `certificate_scanner`, `scale`.
    :ivar conveyor: TCP port, 0 for any free one; the same for the other ports.
    :ivar speed: plant seconds a real second, up to 1,000,000 (unphysical: each motion ends in the next scan).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path
    host: str = "127.0.0.1"
    conveyor: int = Port
    sealer_1: int = Port
    applicator: int = Port
    gate: int = Port
    printer: int = Port
    control: int = Port
    speed: float = Field(default=1.0, gt=0, le=1e6)
    seed: int = 0
    carriers: int = Field(default=16, ge=1, le=HIGHEST_CARRIER)


class Plant:
    """The whole plant. `async with` serves it; outside of that nothing moves and no wire exists.

    :ivar plcs: the PLC twins by device name; :ivar wires: every device's wire by the same names, and `control`.
    :ivar plc_twin: what makes each PLC. :ivar eyes: the cameras that are served beside it, by device name.
    :ivar found: takes each part that a hand has taken out of a mailer.
    """

    plc_twin: type[PlcTwin] = PlcTwin

    def __init__(self, wiring: PlantWiring, faults: Iterable[Fault] = ()) -> None:
        self.wiring = wiring
        self.faults = Faults(faults)
        self.world = World(wiring.carriers, self._plant_time)
        self.plcs = self._make_plcs()
        self.printer = PrinterTwin(self.world, self.faults, speed=wiring.speed)
        self.scale = ScaleTwin(self.world, self.faults, speed=wiring.speed, seed=wiring.seed)
        self.infeed_scanner = ScannerTwin("infeed_scanner", speed=wiring.speed)
        self.certificate_scanner = ScannerTwin("certificate_scanner", speed=wiring.speed)
        self.wires: dict[str, Wire] = {}
        self.eyes: dict[str, CameraTwin] = {}
        self.found: Callable[[Part], None] = lambda _: None
        self._stack = AsyncExitStack()
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def links(self) -> dict[str, str]:
        """Every device's link text, as in `line.toml`; the control port under `control`."""
        return {name: _link(name, wire) for name, wire in self.wires.items()}

    def employ(self, work: Coroutine[object, object, None], name: str) -> None:
        """Let someone (the hands, a camera) work in the plant until it is shut; their failure shuts it."""
        assert self._tasks is not None, "the plant is not served: employ inside `async with plant`"
        worker = self._tasks.create_task(work, name=name)
        self._stack.callback(worker.cancel)

    async def __aenter__(self) -> Self:
        """Open every wire, then start the scans. :raises OSError: a port is taken, a directory can't be written."""
        async with AsyncExitStack() as stack:
            await self._open_wires(stack)
            self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            self._stack = stack.pop_all()
        for name, plc in self.plcs.items():
            self.employ(plc.run(), name)
        self.employ(self.printer.run(), "printer")
        self.employ(self.scale.run(), "scale")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everybody and take the wires down."""
        await self._stack.__aexit__(kind, error, trace)
        self._tasks = None
        self.wires.clear()

    def _make_plcs(self) -> dict[str, PlcTwin]:
        world, seed = self.world, self.wiring.seed
        machines = {
            "conveyor": ConveyorMachine(world),
            "sealer_1": SealerMachine(world, self.faults, "seal_1", seed),
            "sealer_2": SealerMachine(world, self.faults, "seal_2", seed),
            "applicator": ApplicatorMachine(world, self.faults, seed),
            "gate": GateMachine(world, self.faults),
        }
        boot_id = seed % 0xFFFF + 1
        return {
            name: self.plc_twin(name, machine, speed=self.wiring.speed, boot_id=boot_id)
            for name, machine in machines.items()
        }

    async def _open_wires(self, stack: AsyncExitStack) -> None:
        host, directory = self.wiring.host, self.wiring.directory.absolute()
        directory.mkdir(parents=True, exist_ok=True)
        listening: dict[str, tuple[FaceMaker, int]] = {
            "conveyor": (tcp_face(self.plcs["conveyor"]), self.wiring.conveyor),
            "sealer_1": (tcp_face(self.plcs["sealer_1"]), self.wiring.sealer_1),
            "applicator": (tcp_face(self.plcs["applicator"]), self.wiring.applicator),
            "gate": (tcp_face(self.plcs["gate"]), self.wiring.gate),
            "printer": (self.printer.face, self.wiring.printer),
            "control": (lambda send: ControlFace(self, send), self.wiring.control),
        }
        serial: dict[str, FaceMaker] = {
            "sealer_2": rtu_face(self.plcs["sealer_2"]),
            "infeed_scanner": self.infeed_scanner.face,
            "certificate_scanner": self.certificate_scanner.face,
            "scale": self.scale.face,
        }
        for name, (make_face, port) in listening.items():
            self.wires[name] = await stack.enter_async_context(tcp_wire(make_face, host, port))
        for name, make_face in serial.items():
            self.wires[name] = stack.enter_context(pty_wire(make_face, directory / name))

    def _plant_time(self) -> float:
        return asyncio.get_running_loop().time() * self.wiring.speed


async def serve(
    wiring: PlantWiring, faults: Iterable[Fault] = (), announce: Callable[[Mapping[str, str]], None] = lambda _: None
) -> None:
    """Serve a plant until cancelled. :param announce: told every device's link once all wires are up."""
    async with Plant(wiring, faults) as plant:
        announce(plant.links)
        await asyncio.get_running_loop().create_future()


_FORMS = {
    "conveyor": "modbus-tcp://{}?unit=1",
    "sealer_1": "modbus-tcp://{}?unit=1",
    "sealer_2": "modbus-rtu://{}?baud=115200&parity=N&unit=1",
    "applicator": "modbus-tcp://{}?unit=1",
    "gate": "modbus-tcp://{}?unit=1",
    "infeed_scanner": "serial://{}?baud=115200&parity=N",
    "certificate_scanner": "serial://{}?baud=115200&parity=N",
    "scale": "serial://{}?baud=9600&parity=N",
}


def _link(name: str, wire: Wire) -> str:
    return _FORMS.get(name, "tcp://{}").format(wire.address)
