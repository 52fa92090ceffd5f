"""Carriers and where they stand: the zones, the belts between them and the return belt."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable

from simulators import history
from simulators.matter import Carrier, ImpossibleError, Mailer, Travelling

ZONES = ("load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert")
"""In the order of the conveyor; the index is the number of the conveyor's block."""
ROUTES = {
    "load": ("infeed",),
    "infeed": ("collate",),
    "collate": ("verify",),
    "verify": ("label",),
    "label": ("seal_1", "seal_2"),
    "seal_1": ("inspect",),
    "seal_2": ("inspect",),
    "inspect": ("divert",),
    "divert": ("load",),
}
"""Where the belts can take a carrier from each zone. From divert it runs onto the return belt, behind the others."""
HIGHEST_CARRIER = 999


class Belts:
    """All carriers of one plant.

    :ivar zones: the carrier that stands in each zone; a zone without one is absent.
    :ivar travelling: the carrier on its way to each zone.
    :ivar returning: empty carriers on the return belt, next first.
    :ivar clamped: zones whose carrier a machine holds: it can't be moved off.
    :ivar history: all that happened in the plant, in order.
    :ivar arrived: plant time at which each zone's carrier came to stand, from `clock`.
    """

    def __init__(self, carriers: int, clock: Callable[[], float]) -> None:
        if not 1 <= carriers <= HIGHEST_CARRIER:
            raise ValueError(f"carriers: {carriers} given, allowed 1..{HIGHEST_CARRIER}")
        self.clock = clock
        self.zones: dict[str, Carrier] = {}
        self.travelling: dict[str, Travelling] = {}
        self.returning: deque[Carrier] = deque(Carrier(number) for number in range(1, carriers + 1))
        self.arrived: dict[str, float] = {}
        self.clamped: set[str] = set()
        self.history: list[history.Event] = []
        self._number = itertools.count(1)

    def feed_load(self) -> Carrier | None:
        """Bring the next empty carrier with a fresh mailer to zone load, if load is free and one waits."""
        if not self.returning or self._taken("load"):
            return None
        carrier = self.returning.popleft()
        carrier.mailer = Mailer()
        self._stand("load", carrier)
        self._note(history.CarrierLoaded, carrier=carrier.number)
        return carrier

    def depart(self, source: str, target: str) -> None:
        """Start the carrier of `source` towards `target`. A carrier from divert goes to the return belt.

        :raises ImpossibleError: clamped, no such belt, no carrier, target taken, a mailer on a carrier that returns.
        """
        if target not in ROUTES.get(source, ()):
            raise ImpossibleError(f"no belt from {source!r} to {target!r}: from there only to {ROUTES.get(source, ())}")
        carrier = self._loose_carrier(source)
        if source != "divert" and self._taken(target):
            raise ImpossibleError(f"carrier {carrier.number} can't leave {source} for {target}: {target} is taken")
        if source == "divert" and carrier.mailer is not None:
            raise ImpossibleError(f"carrier {carrier.number} can't return from divert: its mailer is still on it")
        del self.zones[source]
        self.travelling[_way(source, target)] = Travelling(carrier, source)

    def arrive(self, source: str, target: str, *, back: bool = False) -> None:
        """Let the carrier on its way come to stand in `target`, or roll back to `source`."""
        way = self.travelling.pop(_way(source, target), None)
        if way is None or way.source != source:
            raise ImpossibleError(f"no carrier is on its way from {source} to {target}")
        if not back and source == "divert":
            self.returning.append(way.carrier)
        else:
            self._stand(source if back else target, way.carrier)
        end = source if back else target
        self._note(history.CarrierMoved, carrier=way.carrier.number, source=source, target=end)

    def is_free(self, zone: str) -> bool:
        """Whether nothing stands in the zone or is on its way there."""
        return not self._taken(zone)

    def carrier_at(self, zone: str) -> Carrier:
        """Return the carrier that stands in the zone. :raises ImpossibleError: none does."""
        carrier = self.zones.get(zone)
        if carrier is None:
            raise ImpossibleError(f"no carrier stands in {zone!r}; carriers stand in {sorted(self.zones)}")
        return carrier

    def mailer_at(self, zone: str) -> Mailer:
        """Return the mailer that lies on the zone's carrier. :raises ImpossibleError: no carrier, no mailer."""
        carrier = self.carrier_at(zone)
        if carrier.mailer is None:
            raise ImpossibleError(f"carrier {carrier.number} in {zone} bears no mailer")
        return carrier.mailer

    def bears_mailer(self, zone: str) -> bool:
        """Whether a carrier with a mailer on it stands in the zone."""
        carrier = self.zones.get(zone)
        return carrier is not None and carrier.mailer is not None

    def _loose_carrier(self, zone: str) -> Carrier:
        carrier = self.carrier_at(zone)
        if zone in self.clamped:
            raise ImpossibleError(f"carrier {carrier.number} is clamped by the machine in {zone}")
        return carrier

    def _taken(self, zone: str) -> bool:
        return zone in self.zones or zone in self.travelling

    def _stand(self, zone: str, carrier: Carrier) -> None:
        self.zones[zone] = carrier
        self.arrived[zone] = self.clock()

    def _note(self, kind: type[history.Event], **facts: object) -> history.Event:
        event = kind(next(self._number), **facts)
        self.history.append(event)
        return event


def _way(source: str, target: str) -> str:
    return "return belt" if source == "divert" else target
