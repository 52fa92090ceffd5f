"""The things of the simulated plant, as they are: parts, labels, mailers, carriers, and the geometry of a carrier.

Plane of a carrier, in mm, origin at its upper left corner (`CARRIER`): the open mailer's pocket takes plates in
`PLATE_POCKET` and certificates in `DOCUMENT_POCKET`; the waybill goes on the `LABEL_PANEL`; the carrier bears its
own QR code (text `C` and three digits) four times so that every camera sees one: `CARRIER_CODES`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from devices.plc.contract import Chute

CARRIER = (720.0, 440.0)
"""Width and height of a carrier."""
INSIDE = (5.0, 5.0, 515.0, 430.0)
"""x, y, width, height of the open mailer up to its seam."""
PLATE_POCKET = (10.0, 10.0, 500.0, 310.0)
"""Takes two plates of 480 x 140 one above the other."""
DOCUMENT_POCKET = (10.0, 330.0, 205.0, 100.0)
CLAMP = (221.5, 326.5, 292.5, 108.5)
"""The bar of the carrier that holds the open mailer shut where no pocket is, so that nothing lies in it unseen."""
LABEL_PANEL = (560.0, 10.0, 150.0, 190.0)
"""The waybill of 100 x 150 lies in its middle."""
LABEL = (100.0, 150.0)
SEAM = (520.0, 10.0, 20.0, 420.0)
"""The strip that the jaw seals, right of the pocket."""
CARRIER_CODES = ((465.0, 332.0, 42.0), (222.0, 334.0, 42.0), (600.0, 205.0, 42.0), (525.0, 340.0, 42.0))
"""x, y and side of each QR code (quiet zone of four modules inside it), for the wide camera and, nearer to the
certificates, for both; for the waybill camera and, beside the seam, for the parcel camera with it."""


class ImpossibleError(RuntimeError):
    """What was tried can't be done to matter as it lies; the message says what is in the way."""


class PartKind(StrEnum):
    """What a physical part is."""

    PLATE = "plate"
    DOCUMENT = "document"


@dataclass(slots=True)
class Part:
    """One physical plate or document.

    :ivar part_id: identity of the thing itself, never written on it; the oracle's.
    :ivar owner: acceptance number of the order that it truly belongs to; the oracle's.
    :ivar style: `blue`, `yellow`, `green`, `yellow_green`, `white`, `black`, `ebike` for a plate;
        `vehicle_licence`, `driving_licence`, `registration_certificate`, `ebike_certificate`, `travel_permit`,
        `identity_card` for a document.
    :ivar text: what is embossed or printed, as `粤B12345`; on a document the number beside its code (empty: the
        code's), on a permit the lines of its machine-readable zone.
    :ivar code: its bar code; :ivar code_readable: False when scratched: no reader gets it.
    :ivar size_mm: width and height; :ivar weight_g: its mass.
    """

    part_id: str
    owner: str
    kind: PartKind
    style: str
    text: str
    code: str
    size_mm: tuple[float, float]
    weight_g: float
    code_readable: bool = True


@dataclass(slots=True)
class PlacedPart:
    """A part in a mailer: upper left corner on the carrier's plane and turn in degrees, clockwise.

    :ivar face_down: its back is up.
    """

    part: Part
    x: float
    y: float
    turn: float = 0.0
    face_down: bool = False


class StrayKind(StrEnum):
    """What may fall into a mailer and belongs in none."""

    SCREW = "screw"
    PAPER = "paper"
    GLOVE = "glove"
    CLOTH = "cloth"
    """Of nearly the mailer's own grey."""


@dataclass(slots=True)
class Stray:
    """A strange thing in a mailer: upper left corner on the carrier's plane, turn in degrees."""

    kind: StrayKind
    x: float
    y: float
    turn: float = 0.0


class FlawKind(StrEnum):
    """What can be wrong with a pressed seam."""

    GAP = "gap"
    """Not pressed there."""
    WRINKLE = "wrinkle"
    """A fold that runs across."""
    CAUGHT = "caught"
    """Something lies in it."""


@dataclass(slots=True)
class SeamFlaw:
    """A flaw of a seam. :ivar at_mm: its middle, y on the carrier's plane; :ivar length_mm: along the seam."""

    kind: FlawKind
    at_mm: float
    length_mm: float


@dataclass(slots=True)
class Label:
    """A printed waybill. :ivar mail_number: as its bars say; :ivar text: its human-readable line.

    :ivar wear: of the print head, 0 (new) to 1: faint print and dead dots.
    """

    mail_number: str
    text: str
    wear: float = 0.0


@dataclass(slots=True)
class PlacedLabel:
    """A waybill on a mailer's label panel: offset from its proper place in mm, turn in degrees."""

    label: Label
    dx: float = 0.0
    dy: float = 0.0
    turn: float = 0.0


@dataclass(slots=True)
class Mailer:
    """One mailer.

    :ivar kit: acceptance number that the hands were filling it for; faults bind to it, no device can see it.
    :ivar attempt: which attempt at that order, 1..
    :ivar seal_temperature_dc: jaw temperature at which it was closed, None while open.
    """

    kit: str = ""
    attempt: int = 1
    contents: list[PlacedPart] = field(default_factory=list)
    labels: list[PlacedLabel] = field(default_factory=list)
    seal_temperature_dc: int | None = None
    strays: list[Stray] = field(default_factory=list)
    seam_flaws: list[SeamFlaw] = field(default_factory=list)

    EMPTY_WEIGHT_G = 42.0
    LABEL_WEIGHT_G = 3.0

    @property
    def sealed(self) -> bool:
        """Whether the jaw has closed it; its contents can no longer be seen."""
        return self.seal_temperature_dc is not None

    @property
    def weight_g(self) -> float:
        """Mass of mailer, contents and labels."""
        parts = sum(placed.part.weight_g for placed in self.contents)
        return self.EMPTY_WEIGHT_G + parts + self.LABEL_WEIGHT_G * len(self.labels)

    def facts(self) -> dict[str, object]:
        """Whose it is, what lies in it and what is on it, as the history tells it."""
        return {
            "kit": self.kit,
            "attempt": self.attempt,
            "part_ids": tuple(placed.part.part_id for placed in self.contents),
            "mail_numbers": tuple(placed.label.mail_number for placed in self.labels),
        }


@dataclass(slots=True)
class Carrier:
    """A numbered pocket, 1..999, and the mailer that it carries (None: just emptied)."""

    number: int
    mailer: Mailer | None = None

    @property
    def code(self) -> str:
        """Text of its QR code."""
        return f"C{self.number:03d}"


@dataclass(frozen=True, slots=True)
class Travelling:
    """A carrier between two zones; it stands in neither."""

    carrier: Carrier
    source: str


@dataclass(frozen=True, slots=True)
class Fallen:
    """A mailer that lies in a chute. :ivar at_sequence: number of its `ParcelFell` in the history."""

    mailer: Mailer
    chute: Chute
    at_sequence: int
