"""The physical truth of the simulated plant: which part lies in which mailer on which carrier, and what is on it.

One world is shared by all twins and by the renderer. It holds matter, not knowledge: nothing here knows an
order, a verdict or a database. Twins and hands move and change things only through the methods of `World`, each
of which refuses what can't be done to matter (`ImpossibleError`); the oracle reads `World.chutes`, `World.parts` and
`World.history`. The things themselves are in `simulators.matter` and can be had from here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from devices.plc.contract import Chute
from simulators import history
from simulators.belts import ROUTES, ZONES, Belts
from simulators.matter import (
    CARRIER,
    CARRIER_CODES,
    CLAMP,
    DOCUMENT_POCKET,
    INSIDE,
    LABEL,
    LABEL_PANEL,
    PLATE_POCKET,
    SEAM,
    Carrier,
    Fallen,
    ImpossibleError,
    Label,
    Mailer,
    Part,
    PartKind,
    PlacedLabel,
    PlacedPart,
)

__all__ = [
    "CARRIER",
    "CARRIER_CODES",
    "CLAMP",
    "DOCUMENT_POCKET",
    "INSIDE",
    "LABEL",
    "LABEL_PANEL",
    "PLATE_POCKET",
    "ROUTES",
    "SEAM",
    "ZONES",
    "Carrier",
    "Fallen",
    "ImpossibleError",
    "Label",
    "Mailer",
    "Part",
    "PartKind",
    "PlacedLabel",
    "PlacedPart",
    "World",
]


class World(Belts):
    """All matter of one plant. Units: mm, g, 0.1 °C.

    :ivar peel: the printed label at the printer's peel edge; :ivar pad: labels stuck to the applicator's pad, each
        with the kit that it will come off on.
    :ivar disturbances: how often a guard was opened, the emergency stop pressed or a carrier moved by hand.
    :ivar strays: how many parcels a hand has thrown into the dispatch chute, past its sensor.
    """

    def __init__(self, carriers: int = 16, clock: Callable[[], float] = lambda: 0.0) -> None:
        """:param carriers: how many empty carriers wait on the return belt, 1..999. :param clock: plant seconds."""
        super().__init__(carriers, clock)
        self.chutes: dict[Chute, list[Fallen]] = {Chute.REJECT: [], Chute.DISPATCH: []}
        self.bin: list[Label | Part] = []
        self.parts: dict[str, Part] = {}
        self.peel: Label | None = None
        self.pad: list[tuple[Label, str]] = []
        self.guards_closed = True
        self.emergency_stop_released = True
        self.disturbances = self.strays = 0
        self._lies_in: dict[str, Mailer] = {}

    # Hands.

    def open_mailer_at(self, zone: str, for_kit: str | None = None) -> Mailer:
        """Return the zone's mailer if hands can still reach into it.

        :param for_kit: it must be filled for this one; None: whosever it is.
        :raises ImpossibleError: none, sealed, or filled for another.
        """
        mailer = self.mailer_at(zone)
        if mailer.sealed:
            raise ImpossibleError(f"the mailer in {zone} (kit {mailer.kit!r}) is sealed: nothing goes in or out")
        if for_kit is not None and mailer.kit != for_kit:
            raise ImpossibleError(f"the mailer in {zone} is filled for {mailer.kit!r}: take that carrier off first")
        return mailer

    def begin_kit(self, zone: str, kit: str, attempt: int = 1) -> None:
        """Note for which order the hands fill the zone's mailer. :raises ImpossibleError: it is filled for another."""
        mailer = self.open_mailer_at(zone)
        if mailer.kit and (mailer.kit, mailer.attempt) != (kit, attempt):
            raise ImpossibleError(
                f"the mailer in {zone} is filled for {mailer.kit!r}/{mailer.attempt}, not for {kit!r}/{attempt}"
            )
        if mailer.kit != kit:
            mailer.kit, mailer.attempt = kit, attempt
            self._note(history.KitBegun, zone=zone, carrier=self.carrier_at(zone).number, kit=kit, attempt=attempt)

    def lay_part(self, zone: str, part: Part, x: float, y: float, turn: float = 0.0) -> None:
        """Lay a part into the zone's open mailer, its upper left corner at (x, y).

        :raises ImpossibleError: no open mailer there, off the carrier, or the part lies elsewhere.
        """
        mailer = self.open_mailer_at(zone)
        if part.part_id in self._lies_in:
            raise ImpossibleError(
                f"part {part.part_id} lies in the mailer of kit {self._lies_in[part.part_id].kit!r} already"
            )
        if not (0 <= x <= CARRIER[0] and 0 <= y <= CARRIER[1]):
            raise ImpossibleError(
                f"part {part.part_id} at ({x}, {y}) mm: not on the carrier of {CARRIER[0]} x {CARRIER[1]} mm"
            )
        self.parts[part.part_id] = part
        self._lies_in[part.part_id] = mailer
        mailer.contents.append(PlacedPart(part, x, y, turn))
        self._note_part(history.PartLaid, zone, mailer, part)

    def take_out(self, zone: str, part_id: str) -> Part:
        """Take a part out of the zone's open mailer. :raises ImpossibleError: it isn't in there, or sealed."""
        mailer = self.open_mailer_at(zone)
        placed = next((placed for placed in mailer.contents if placed.part.part_id == part_id), None)
        if placed is None:
            raise ImpossibleError(f"part {part_id} does not lie in the mailer in {zone}")
        mailer.contents.remove(placed)
        del self._lies_in[part_id]
        self._note_part(history.PartTaken, zone, mailer, placed.part)
        return placed.part

    def cut_open(self, fallen: Fallen) -> tuple[Part, ...]:
        """Cut a parcel of the reject chute open and take its parts, free to be laid into another mailer.

        The mailer keeps its contents as a record of what fell.

        :raises ImpossibleError: it lies in the dispatch chute (nobody opens a sent parcel), or was opened before.
        """
        if fallen.chute is not Chute.REJECT:
            raise ImpossibleError(
                f"the parcel of kit {fallen.mailer.kit!r} lies in {fallen.chute.name}: only rejects are opened"
            )
        parts = tuple(placed.part for placed in fallen.mailer.contents)
        if any(self._lies_in.get(part.part_id) is not fallen.mailer for part in parts):
            raise ImpossibleError(f"the parcel of kit {fallen.mailer.kit!r} has been opened already")
        for part in parts:
            del self._lies_in[part.part_id]
        self._note(
            history.ParcelOpened,
            fell_at=fallen.at_sequence,
            kit=fallen.mailer.kit,
            attempt=fallen.mailer.attempt,
        )
        return parts

    def take_out_of_bag(self, fallen: Fallen) -> None:
        """Take a parcel out of dispatch's mail bag and lay it to the rejects. :raises ImpossibleError: not there."""
        if fallen not in self.chutes[Chute.DISPATCH]:
            raise ImpossibleError(f"the parcel of kit {fallen.mailer.kit!r} does not lie in dispatch")
        self.chutes[Chute.DISPATCH].remove(fallen)
        self.chutes[Chute.REJECT].append(replace(fallen, chute=Chute.REJECT))
        mailer = fallen.mailer
        self._note(history.ParcelTakenBack, fell_at=fallen.at_sequence, kit=mailer.kit, attempt=mailer.attempt)

    def empty(self, mailer: Mailer) -> tuple[Part, ...]:
        """Take everything out of a mailer that was lifted off its carrier by hand, cutting it open if it is sealed."""
        parts = tuple(placed.part for placed in mailer.contents)
        for part in parts:
            del self._lies_in[part.part_id]
        mailer.contents.clear()
        return parts

    def throw_away(self, thing: Label | Part, why: str) -> None:
        """Put a label or a loose part into the bin. :raises ImpossibleError: the part lies in a mailer."""
        if isinstance(thing, Part) and thing.part_id in self._lies_in:
            raise ImpossibleError(f"part {thing.part_id} lies in a mailer: take it out first")
        self.bin.append(thing)
        self._note(history.ThrownAway, what=thing.part_id if isinstance(thing, Part) else thing.mail_number, why=why)

    # Machines.

    def print_label(self, label: Label) -> None:
        """Let a label come out at the peel edge. :raises ImpossibleError: one waits there."""
        if self.peel is not None:
            raise ImpossibleError(
                f"label {label.mail_number} can't come out: {self.peel.mail_number} waits at the peel edge"
            )
        self.peel = label
        self._note(history.LabelPrinted, mail_number=label.mail_number, text=label.text)

    def peel_off(self) -> Label:
        """Take the label from the peel edge. :raises ImpossibleError: none waits."""
        if self.peel is None:
            raise ImpossibleError("no label waits at the peel edge")
        label, self.peel = self.peel, None
        return label

    def apply_label(self, zone: str, label: Label, dx: float = 0.0, dy: float = 0.0, turn: float = 0.0) -> None:
        """Press a label onto the zone's mailer, off its proper place by (dx, dy) mm and `turn` degrees."""
        mailer = self.mailer_at(zone)
        mailer.labels.append(PlacedLabel(label, dx, dy, turn))
        number = self.carrier_at(zone).number
        self._note(
            history.LabelApplied, carrier=number, kit=mailer.kit, attempt=mailer.attempt, mail_number=label.mail_number
        )

    def close_jaw(self, zone: str, temperature_dc: int) -> None:
        """Let the zone's jaw touch the mailer at that temperature: it is closed from now on."""
        mailer = self.mailer_at(zone)
        again = mailer.sealed
        mailer.seal_temperature_dc = temperature_dc
        self._note(
            history.JawClosed,
            zone=zone,
            carrier=self.carrier_at(zone).number,
            **mailer.facts(),
            temperature_dc=temperature_dc,
            again=again,
        )

    def push_parcel(self, chute: Chute) -> None:
        """Push the mailer in zone divert off its carrier into the chute. :raises ImpossibleError: no mailer there."""
        if chute not in self.chutes:
            raise ImpossibleError(f"there is no chute {chute.name}: only {[each.name for each in self.chutes]}")
        mailer = self.mailer_at("divert")
        carrier = self.carrier_at("divert")
        carrier.mailer = None
        event = self._note(
            history.ParcelFell, carrier=carrier.number, chute=chute, **mailer.facts(), sealed=mailer.sealed
        )
        self.chutes[chute].append(Fallen(mailer, chute, event.at))

    # What breaks the line's trust.

    @property
    def stands_safe(self) -> bool:
        """Whether the hard-wired conditions allow motion: guards closed and emergency stop released."""
        return self.guards_closed and self.emergency_stop_released

    def swing_guards(self, *, closed: bool) -> None:
        """Open or close the guards."""
        self.disturbances += self.guards_closed and not closed
        self.guards_closed = closed
        self._note(history.GuardsSwung, closed=closed)

    def press_emergency_stop(self, *, pressed: bool) -> None:
        """Press or release the emergency stop."""
        self.disturbances += self.emergency_stop_released and pressed
        self.emergency_stop_released = not pressed
        self._note(history.EmergencyStop, pressed=pressed)

    def move_by_hand(self, source: str, target: str) -> None:
        """Lift a carrier from one zone into another, free one: what a slipped line looks like.

        :raises ImpossibleError: no carrier there, target taken or no zone.
        """
        carrier = self._loose_carrier(source)
        # Whoever is on its way out of the target may still roll back.
        left = any(way.source == target for way in self.travelling.values())
        if target not in ZONES or left or self._taken(target):
            raise ImpossibleError(
                f"carrier {carrier.number} can't be set down in {target!r}: taken, or none of {ZONES}"
            )
        self.disturbances += 1
        self._stand(target, self.zones.pop(source))
        self._note(history.CarrierMoved, carrier=carrier.number, source=source, target=target)

    def take_off(self, zone: str) -> tuple[Part, ...]:
        """Take the zone's carrier off the line, empty what stands on it and put it back onto the return belt.

        :returns: its parts, free to be laid elsewhere. :raises ImpossibleError: no carrier stands there.
        """
        carrier = self.carrier_at(zone)
        del self.zones[zone]
        mailer, carrier.mailer = carrier.mailer, None
        self.returning.append(carrier)
        return self.empty(mailer) if mailer is not None else ()

    def put_on(self, zone: str) -> None:
        """Set the next empty carrier of the return belt down in a zone, with a fresh mailer.

        :raises ImpossibleError: no such zone, it is taken, or no carrier waits.
        """
        if zone not in ZONES or self._taken(zone) or not self.returning:
            raise ImpossibleError(f"no carrier can be set down in {zone!r}: taken, none waits, or none of {ZONES}")
        carrier = self.returning.popleft()
        carrier.mailer = Mailer()
        self._stand(zone, carrier)
        self._note(history.CarrierLoaded, carrier=carrier.number)

    def carry_to_chute(self, zone: str, chute: Chute) -> None:
        """Lift the zone's mailer off its carrier and throw it into a chute by hand, past everything in between.

        :raises ImpossibleError: no mailer there, or a machine holds it.
        """
        carrier, mailer = self._loose_carrier(zone), self.mailer_at(zone)
        carrier.mailer = None
        facts = {"zone": zone, "chute": chute, **mailer.facts(), "sealed": mailer.sealed}
        self.strays += chute is Chute.DISPATCH
        event = self._note(history.ParcelCarried, carrier=carrier.number, **facts)
        self.chutes[chute].append(Fallen(mailer, chute, event.at))

    def _note_part(self, kind: type[history.Event], zone: str, mailer: Mailer, part: Part) -> None:
        number = self.carrier_at(zone).number
        self._note(kind, carrier=number, kit=mailer.kit, attempt=mailer.attempt, part_id=part.part_id)
