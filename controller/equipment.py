"""Makes the drivers that `line.toml` names. Nothing here or below knows whether a device is real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from controller.plan.config import LineConfig
from controller.plan.machines import Camera, PlcDevice, WireDevice
from controller.plan.places import SEAL_ZONES, ZONES, Station, StationKind
from controller.snapshot import DeviceView
from devices.camera.capture import CaptureCamera
from devices.camera.driver import HttpCamera
from devices.links.address import CaptureLink, HttpLink, Link, ModbusLink, dial, parse_link
from devices.links.modbus import master_for
from devices.links.state import LinkCounters, LinkState
from devices.links.stream import Dial
from devices.plc.contract import DeviceKind
from devices.plc.driver import PlcStation
from devices.plc.port import PlcPort
from devices.printer.driver import LabelPrinter
from devices.scale.driver import Scale
from devices.scanner.driver import Scanner

PLC_KINDS = {
    "conveyor": DeviceKind.CONVEYOR,
    "sealer": DeviceKind.SEALER,
    "applicator": DeviceKind.APPLICATOR,
    "gate": DeviceKind.GATE,
}
"""What kind of PLC answers for each type of device."""


Opening = Callable[[str, Link], Dial]
"""What opens a device's byte stream, from the device's name and address."""
Ports = Callable[[str, DeviceKind, int], PlcPort]
"""What owns a PLC's link in the place of framing and polling, from its name, kind and number of blocks."""


class Driver(Protocol):
    """What all drivers have in common."""

    async def serve(self) -> None:
        """Own the link until cancelled."""

    @property
    def link_state(self) -> LinkState:
        """How the link stands."""

    @property
    def last_error(self) -> str:
        """What last went wrong; empty when nothing has."""

    @property
    def counters(self) -> LinkCounters:
        """What happened on the link since the start."""


@dataclass(slots=True)
class Equipment:
    """Every driver of the line by its name in the configuration."""

    config: LineConfig
    plcs: dict[str, PlcStation] = field(default_factory=dict)
    scanners: dict[str, Scanner] = field(default_factory=dict)
    scales: dict[str, Scale] = field(default_factory=dict)
    printers: dict[str, LabelPrinter] = field(default_factory=dict)
    cameras: dict[str, HttpCamera | CaptureCamera] = field(default_factory=dict)

    @property
    def drivers(self) -> dict[str, Driver]:
        """All of them."""
        return {**self.plcs, **self.scanners, **self.scales, **self.printers, **self.cameras}

    @property
    def conveyor(self) -> PlcStation:
        """The conveyor's PLC."""
        return self.plcs[self.config.conveyor]

    def station(self, kind: StationKind) -> Station:
        """The only station of its kind; for seal stations see `sealers`."""
        return next(station for station in self.config.stations if station.kind is kind)

    @property
    def sealers(self) -> dict[str, PlcStation]:
        """Sealer by zone."""
        stations = [station for station in self.config.stations if station.zone in SEAL_ZONES]
        return {station.zone: self.plcs[station.devices["sealer"]] for station in stations}

    def begin_epoch(self, epoch: int) -> None:
        """Number every permit from now on with this start of the line."""
        for plc in self.plcs.values():
            plc.epoch = epoch

    async def serve(self) -> None:
        """Own every link until cancelled."""
        async with asyncio.TaskGroup() as group:
            for driver in self.drivers.values():
                group.create_task(_as_coroutine(driver))

    def views(self) -> tuple[DeviceView, ...]:
        """How each device's link stands."""
        return tuple(
            DeviceView(
                name=name,
                type=self.config.devices[name].type,
                state=str(driver.link_state),
                detail="" if driver.link_state is LinkState.ONLINE else driver.last_error,
            )
            for name, driver in self.drivers.items()
        )


def by_address(name: str, link: Link) -> Dial:  # noqa: ARG001 -- the address says it all
    """Open a link where its address says."""
    return dial(link)


def build_equipment(config: LineConfig, opening: Opening = by_address, ports: Ports | None = None) -> Equipment:
    """Make a driver for each device of the configuration; none is connected yet.

    :param opening: how each byte stream is opened; :param ports: exchanges the PLCs' links above their framing.
    """
    made = Equipment(config)
    for name, device in config.devices.items():
        match device:
            case PlcDevice():
                made.plcs[name] = _plc(name, device, config, opening, ports)
            case Camera():
                made.cameras[name] = _camera(name, device, opening)
            case WireDevice():
                _wire(name, device, made, opening)
    return made


def _plc(name: str, device: PlcDevice, config: LineConfig, opening: Opening, ports: Ports | None) -> PlcStation:
    link = parse_link(device.link)
    assert isinstance(link, ModbusLink)  # the configuration demands it
    blocks = len(ZONES) if device.type == "conveyor" else 1
    kind, master = PLC_KINDS[device.type], master_for(name, link, opening(name, link))
    port = ports(name, kind, blocks) if ports is not None else None
    return PlcStation(name, kind, blocks, master, epoch=1, poll_s=config.timing.poll_s, port=port)


def _camera(name: str, device: Camera, opening: Opening) -> HttpCamera | CaptureCamera:
    link = parse_link(device.link)
    assert isinstance(link, HttpLink | CaptureLink)  # the configuration demands it
    if isinstance(link, HttpLink):
        return HttpCamera(name, link.url, opening(name, link), freshness=device.freshness)
    return CaptureCamera(name, link.source)


def _wire(name: str, device: WireDevice, made: Equipment, opening: Opening) -> None:
    opener = opening(name, parse_link(device.link))
    match device.type:
        case "scanner":
            made.scanners[name] = Scanner(name, opener)
        case "scale":
            made.scales[name] = Scale(name, opener)
        case "printer":
            made.printers[name] = LabelPrinter(name, opener)


def _as_coroutine(driver: Driver) -> Coroutine[Any, Any, Any]:
    return driver.serve()
