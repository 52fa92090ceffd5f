"""What a picture is asked and what it answers: pure data, shared by the line, the workers and the simulators.

Coordinates: millimetres on the carrier's plane, origin at the carrier's upper left corner, x to the right,
y down; `View` says where a camera's picture lies on that plane. Pixels: (x, y) from the picture's upper left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a check or a whole verdict says. Only ACCEPT lets an item go on."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"
    """Not shown either way: another picture may be taken, else the item goes to rework."""


class PlateColour(StrEnum):
    """Colour class of a plate's ground."""

    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    """Gradient green of small new-energy plates."""
    YELLOW_GREEN = "yellow_green"
    WHITE = "white"
    BLACK = "black"


class Symbology(StrEnum):
    """Bar code kinds that a recipe may name; the value is the name that the AIM identifier stands for."""

    CODE128 = "Code128"
    CODE39 = "Code39"
    ITF = "ITF"
    EAN13 = "EAN13"
    QR = "QRCode"
    DATA_MATRIX = "DataMatrix"
    PDF417 = "PDF417"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the carrier's plane, in mm."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera's picture lies on the carrier's plane.

    :ivar px_per_mm: pixels a millimetre, 0.5..50.
    :ivar left_mm: x of the picture's left edge; :ivar top_mm: y of its upper edge.
    """

    px_per_mm: float
    left_mm: float
    top_mm: float


@dataclass(frozen=True, slots=True)
class ExpectedPlate:
    """A plate that must lie in the open mailer.

    :ivar text: the whole number, as `粤B12345`; equality is on these characters, none is confusable with another.
    :ivar box: where the recipe lays it.
    """

    role: str
    text: str
    colour: PlateColour
    box: Box


@dataclass(frozen=True, slots=True)
class ExpectedDocument:
    """A certificate that must lie in the open mailer, known by its code."""

    role: str
    code: str
    symbology: Symbology
    box: Box


@dataclass(frozen=True, slots=True)
class ContentsTask:
    """Prove plates or certificates in the open mailer: these and no others, and the carrier's own code.

    :ivar carrier_code: text of the QR code that the carrier bears, as `C017`.
    :ivar pocket: the part of the mailer that this camera answers for; anything else in it is a finding.
    """

    carrier_code: str
    view: View
    pocket: Box
    plates: tuple[ExpectedPlate, ...] = ()
    documents: tuple[ExpectedDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class WaybillTask:
    """Prove the applied waybill: this mail number, once, in its place, and the carrier's own code.

    :ivar sealed: whether a seam must be seen as well (after the jaw).
    """

    carrier_code: str
    view: View
    mail_number: str
    box: Box
    sealed: bool = False


Task = ContentsTask | WaybillTask


@dataclass(frozen=True, slots=True)
class Check:
    """One named check of a verdict.

    :ivar name: stable snake_case identifier, as `plate_characters`, `carrier_code`, `foreign_code`.
    :ivar subject: which part or code, as the recipe's role; empty for the whole picture.
    :ivar expected: what the order says; :ivar found: what the picture shows. Both may hold a plate number: mask
        before they leave the line.
    :ivar score: in the check's own unit; :ivar threshold: the bound that it is held against.
    :ivar region: corners in pixels, clockwise from the upper left, or empty.
    """

    name: str
    outcome: Outcome
    subject: str = ""
    expected: str = ""
    found: str = ""
    score: float | None = None
    threshold: float | None = None
    region: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one task: the worst of its checks, and the picture with the findings drawn on it.

    :ivar evidence: JPEG, under 150 kB; empty only when the picture could not be decoded at all.
    """

    outcome: Outcome
    checks: tuple[Check, ...]
    evidence: bytes = b""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that are not accepted, in the order in which they were made."""
        return tuple(check for check in self.checks if check.outcome is not Outcome.ACCEPT)


def worst(checks: tuple[Check, ...]) -> Outcome:
    """The outcome of a whole: REJECT before UNSURE before ACCEPT. No check at all is REJECT: nothing was proven."""
    outcomes = {check.outcome for check in checks}
    if not outcomes or Outcome.REJECT in outcomes:
        return Outcome.REJECT
    return Outcome.UNSURE if Outcome.UNSURE in outcomes else Outcome.ACCEPT
