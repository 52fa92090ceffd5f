"""What can be made to go wrong at the plant, by name: for a panel that shows it, switches it and sees what stands.

Each offer is one thing that a person could do or that could break, at one place: a zone, a device, or the whole line.
A switch stays until it is taken back; a strike happens once. What is planned for an order is `simulators.faults`'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol

from simulators.camera import CameraTwin
from simulators.machines import GateMachine, SealerMachine
from simulators.matter import DOCUMENT_POCKET, PLATE_POCKET, Mailer, Part, Stray, StrayKind
from simulators.plc import PlcTwin
from simulators.printer import PrinterTwin
from simulators.scale import ScaleTwin
from simulators.scanner import ScannerTwin
from simulators.wires import Wire
from simulators.world import ZONES, ImpossibleError, World

LINE = "line"
HOTTER_C = 25.0
STUCK_S = 10.0
LATE_S = 8.0
DRIFTS_G = 60.0
_SCREW_MM = 30.0
WEARS_BY = 0.01
"""Of the print head, a label: dead dots spoil the first codes after some forty."""


class Touchable(Protocol):
    """What of a plant can be touched. :ivar found: takes parts that a hand has taken out of a mailer."""

    world: World
    plcs: dict[str, PlcTwin]
    printer: PrinterTwin
    scale: ScaleTwin
    infeed_scanner: ScannerTwin
    certificate_scanner: ScannerTwin
    wires: dict[str, Wire]
    eyes: dict[str, CameraTwin]
    found: Callable[[Part], None]


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing. :ivar stands: whether a switch is on; None: it is a strike, and happens once. :ivar do: does it."""

    name: str
    place: str
    do: Callable[[bool], None]
    stands: Callable[[], bool] | None = None

    def view(self) -> dict[str, object]:
        """As the control port tells it."""
        return {"name": self.name, "place": self.place, "on": None if self.stands is None else self.stands()}


def offers_of(plant: Touchable) -> list[Offer]:
    """Everything, in the order of a walk along the line."""
    return [*_of_line(plant), *_of_links(plant), *_of_plcs(plant), *_of_instruments(plant), *_of_hands(plant)]


def find(plant: Touchable, name: str, place: str) -> Offer:
    """The offer of that name at that place. :raises LookupError: there is none."""
    for offer in offers_of(plant):
        if (offer.name, offer.place) == (name, place):
            return offer
    raise LookupError(f"nothing is offered as {name!r} at {place!r}")


def _of_line(plant: Touchable) -> Iterator[Offer]:
    world = plant.world
    yield Offer("guard_open", LINE, lambda on: world.swing_guards(closed=not on), lambda: not world.guards_closed)
    yield Offer(
        "emergency_stop",
        LINE,
        lambda on: world.press_emergency_stop(pressed=on),
        lambda: not world.emergency_stop_released,
    )


def _of_links(plant: Touchable) -> Iterator[Offer]:
    for name, wire in plant.wires.items():
        if name == "control":
            continue
        yield Offer("silent", name, _either(wire.pause, wire.resume), lambda wire=wire: wire.paused)  # type: ignore[misc]
        yield Offer("link_cut", name, _once(wire.drop))


def _of_plcs(plant: Touchable) -> Iterator[Offer]:
    for name, plc in plant.plcs.items():
        yield Offer("power_lost", name, _once(lambda name=name: _restart(plant, name, keep_memory=True)))  # type: ignore[misc]
        yield Offer("memory_lost", name, _once(lambda name=name: _restart(plant, name, keep_memory=False)))  # type: ignore[misc]
        yield Offer("tracking_lost", name, *_negated(plc, "tracking_ok"))
        match plc.machine:
            case SealerMachine() as sealer:
                yield Offer("heater_dead", name, *_negated(sealer.heater, "powered"))
                yield Offer("jaw_hot", name, *_amount(sealer.heater, "off_c", HOTTER_C))
                yield Offer("jaw_stuck", name, *_amount(sealer, "stuck_s", STUCK_S))
            case GateMachine() as gate:
                yield Offer("gate_stuck", name, *_flag(gate, "stuck"))
                yield Offer("gate_late", name, *_amount(gate, "late_s", LATE_S))


def _of_instruments(plant: Touchable) -> Iterator[Offer]:
    for what in ("media_out", "head_open", "pause"):
        yield Offer(what, "printer", *_flag(plant.printer, what))
    yield Offer("head_worn", "printer", *_head(plant.printer))
    yield Offer("printer_late", "printer", *_amount(plant.printer, "late_s", LATE_S))
    yield Offer("scale_drift", "scale", *_amount(plant.scale, "drift_g", DRIFTS_G))
    for scanner in (plant.infeed_scanner, plant.certificate_scanner):
        yield Offer("no_read", scanner.name, *_flag(scanner, "blind"))
    for name, camera in plant.eyes.items():
        yield Offer("camera_stuck", name, *_flag(camera.faults, "stuck"))
        yield Offer("camera_black", name, *_flag(camera.faults, "black"))
        yield Offer("camera_moved", name, *_flag(camera.faults, "moved"))
        yield Offer("camera_dirty", name, *_flag(camera.faults, "dirty"))
        yield Offer("camera_dim", name, *_flag(camera.faults, "dim"))
        yield Offer("camera_late", name, *_amount(camera.faults, "late_s", LATE_S))


def _of_hands(plant: Touchable) -> Iterator[Offer]:
    """What hands can do where a carrier stands; they open no guard, so the line has only its own eyes for it."""
    world = plant.world
    for zone in ZONES:
        mailer = world.zones[zone].mailer if zone in world.zones else None
        if mailer is None:
            continue
        if mailer.contents and not mailer.sealed:
            yield Offer("part_removed", zone, _once(lambda zone=zone: plant.found(_taken_out(world, zone))))  # type: ignore[misc]
            yield Offer("part_turned", zone, _once(lambda zone=zone: _turn(world.open_mailer_at(zone))))  # type: ignore[misc]
        if not mailer.sealed:
            yield Offer("screw_dropped", zone, _once(lambda zone=zone: _drop(world.open_mailer_at(zone))))  # type: ignore[misc]
        yield Offer("parcels_swapped", zone, _once(lambda zone=zone: _swap(world, zone)))  # type: ignore[misc]
        yield Offer("carrier_moved", zone, _once(lambda zone=zone: _move(world, zone)))  # type: ignore[misc]


def _restart(plant: Touchable, name: str, *, keep_memory: bool) -> None:
    plant.plcs[name].restart(keep_memory=keep_memory)
    plant.wires[name].drop()


def _taken_out(world: World, zone: str) -> Part:
    mailer = world.open_mailer_at(zone)
    if not mailer.contents:
        raise ImpossibleError(f"nothing lies in the mailer in {zone}")
    return world.take_out(zone, mailer.contents[0].part.part_id)


def _turn(mailer: Mailer) -> None:
    if not mailer.contents:
        raise ImpossibleError(f"nothing lies in the mailer of kit {mailer.kit!r}")
    mailer.contents[0].face_down = not mailer.contents[0].face_down


def _drop(mailer: Mailer) -> None:
    """Let a screw fall into the mailer, wholly into one of its pockets."""
    chance = Random(f"{mailer.kit} {mailer.attempt} {len(mailer.strays)}")
    left, top, width, height = chance.choice((PLATE_POCKET, DOCUMENT_POCKET))
    x, y = chance.uniform(left, left + width - _SCREW_MM), chance.uniform(top, top + height - _SCREW_MM)
    mailer.strays.append(Stray(StrayKind.SCREW, x, y, chance.uniform(-90, 90)))


def _swap(world: World, zone: str) -> None:
    """Change the zone's mailer for that of the next zone behind it that bears one."""
    other = next((each for each in reversed(ZONES[: ZONES.index(zone)]) if world.bears_mailer(each)), None)
    if other is None:
        raise ImpossibleError(f"no other mailer stands behind {zone}")
    here, there = world.carrier_at(zone), world.carrier_at(other)
    here.mailer, there.mailer = there.mailer, here.mailer


def _move(world: World, zone: str) -> None:
    free = [each for each in ZONES if world.is_free(each)]
    if not free:
        raise ImpossibleError("no zone is free")
    world.move_by_hand(zone, Random(zone).choice(free))


Switch = tuple[Callable[[bool], None], Callable[[], bool]]


def _flag(thing: object, name: str) -> Switch:
    return lambda on: setattr(thing, name, on), lambda: bool(getattr(thing, name))


def _negated(thing: object, name: str) -> Switch:
    return lambda on: setattr(thing, name, not on), lambda: not getattr(thing, name)


def _amount(thing: object, name: str, much: float) -> Switch:
    return lambda on: setattr(thing, name, much if on else 0.0), lambda: bool(getattr(thing, name))


def _head(printer: PrinterTwin) -> Switch:
    """On: the head wears out, label by label. Off: a new head."""

    def turn(on: bool) -> None:
        printer.wears_by = WEARS_BY if on else 0.0
        printer.wear = printer.wear if on else 0.0

    return turn, lambda: bool(printer.wears_by)


def _either(begin: Callable[[], None], end: Callable[[], None]) -> Callable[[bool], None]:
    return lambda on: begin() if on else end()


def _once(do: Callable[[], None]) -> Callable[[bool], None]:
    return lambda _: do()
