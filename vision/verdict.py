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
    :ivar city: whose name an e-bike's plate bears above its number; empty: not looked at, unless `text` begins with it.
    :ivar city_print: that name's ink as `vision.plate.city` writes it when taught; empty: as it is drawn.
    :ivar marks: how many maker's marks and stickers it bears along its lower edge at most, 0..9.
    :ivar earlier: of each earlier look that showed this plate clearly, the checks that it is joined with; see
        `vision.looks`.
    """

    role: str
    text: str
    colour: PlateColour
    box: Box
    city: str = ""
    city_print: str = ""
    marks: int = 1
    earlier: tuple[tuple[Check, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentLayout:
    """How one kind of document looks. Boxes are in mm from the document's own upper left corner, as it lies upright.

    :ivar heading: where its heading stands; :ivar fingerprint: the heading's ink as `vision.layouts` writes it.
    :ivar number: where the number is printed that must agree with the code; None: it bears none.
    :ivar zone: the first line of its machine-readable zone; None: it has none.
    :ivar identity: whether the number is a person's and must never leave the worker's memory.
    :ivar blank: what stays bare in every copy, as `vision.form_ground` writes it: a row of hex for each 2/3 mm from
        above, a bit for each 2/3 mm from the left, 1 is bare; empty: not known.
    :ivar plain: likewise where every copy's print can be filled with paper; :ivar inked: where every copy bears print.
    """

    name: str
    heading: Box
    fingerprint: str
    number: Box | None = None
    zone: Box | None = None
    identity: bool = False
    blank: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    inked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedDocument:
    """A certificate that must lie in the open mailer, known by its code.

    :ivar code: empty for a document that bears none.
    :ivar kind: name of its layout in the task; empty: nothing but the code is looked at.
    :ivar number: the printed number; empty: the same as the code. Of an identity card it stays empty.
    :ivar digest: of an identity card: HMAC-SHA-256 in hex of its number under the task's `digest_key`.
    """

    role: str
    code: str
    symbology: Symbology
    box: Box
    kind: str = ""
    number: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ContentsTask:
    """Prove plates or certificates in the open mailer: these and no others, and the carrier's own code.

    :ivar carrier_code: text of the QR code that the carrier bears, as `C017`.
    :ivar pocket: the part of the mailer that this camera answers for; anything else in it is a finding.
    :ivar layouts: all document kinds of the line, so that one is not taken for another.
    :ivar digest_key: key in hex under which identity numbers are compared.
    :ivar personal: whether an identity card may lie in view, also by mistake; then nothing is kept of the picture but
        what is proven to be none (`vision.kept_back`). A task with the layout of one is personal in any case.
    """

    carrier_code: str
    view: View
    pocket: Box
    plates: tuple[ExpectedPlate, ...] = ()
    documents: tuple[ExpectedDocument, ...] = ()
    layouts: tuple[DocumentLayout, ...] = ()
    digest_key: str = ""
    personal: bool = False


WAYBILL_TEXT = Box(8.0, 39.5, 84.0, 8.5)
"""Where the line's own label prints the number under the bars, in mm from the label's upper left corner."""


@dataclass(frozen=True, slots=True)
class WaybillTask:
    """Prove the applied waybill: this mail number, once, in its place, and the carrier's own code.

    :ivar sealed: whether a seam must be seen as well (after the jaw).
    :ivar text: where the label bears its human-readable line, in mm from the label's upper left corner.
    :ivar least_grade: relative print grade, 0..4, under which the code is not accepted.
    """

    carrier_code: str
    view: View
    mail_number: str
    box: Box
    sealed: bool = False
    least_grade: float = 1.5
    text: Box = WAYBILL_TEXT


@dataclass(frozen=True, slots=True)
class GoldenSample:
    """How a camera sees: as taught, or by one picture; see `vision.golden` for how each value is measured.

    :ivar code: of the carrier that stood there; :ivar sharpness: steepest edges of the code, share of its contrast a
        pixel; :ivar white: grey level of its tile, 0..255; :ivar x_mm: shift of the carrier against the view.
    :ivar grid: mean brightness of `vision.as_taught.GRID` patches, row by row; empty where they are not compared.
    """

    code: str
    sharpness: float
    white: float
    contrast: float
    px_per_mm: float
    x_mm: float
    y_mm: float
    turn: float
    grid: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GoldenTask:
    """Prove that a camera still sees as it was taught: focus, exposure, lighting, scale, place."""

    view: View
    sample: GoldenSample


Task = ContentsTask | WaybillTask | GoldenTask


@dataclass(frozen=True, slots=True)
class Standing:
    """By how much what is expected leads each of its rivals in one look; several looks are joined by the mean.

    :ivar needed: least mean over several looks, against every rival.
    :ivar leads: each rival and the lead over it, in the check's unit. Rivals may be plate numbers.
    """

    needed: float
    leads: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One named check of a verdict.

    :ivar name: stable snake_case identifier, as `plate_characters`, `carrier_code`, `foreign_code`.
    :ivar subject: which part or code, as the recipe's role; empty for the whole picture.
    :ivar expected: what the order says; :ivar found: what the picture shows. Both may hold a plate number: mask
        before they leave the line.
    :ivar score: in the check's own unit; :ivar threshold: the bound that it is held against.
    :ivar region: corners in pixels, clockwise from the upper left, or empty.
    :ivar looks: at how many pictures it was decided. :ivar standing: what `vision.looks` joins it by; empty where each
        look decides alone, and in verdicts that no further look follows.
    """

    name: str
    outcome: Outcome
    subject: str = ""
    expected: str = ""
    found: str = ""
    score: float | None = None
    threshold: float | None = None
    region: tuple[tuple[float, float], ...] = ()
    looks: int = 1
    standing: tuple[Standing, ...] = ()


NO_NUMBER = frozenset((
    "plate_colour", "plate_present", "plate_pose", "plate_kind", "plate_rows", "plate_visible", "plate_clear",
    "plate_alike", "plate_city", "plate_print",
))  # fmt: skip
"""Checks of a plate that tell in words, and name no more of its number than one character."""
PICTURE_FRESH = "picture_fresh"
"""The one check that no picture can answer: the line itself says it of one that it has had before."""
OTHER_NUMBER, UNSURE_NUMBER = "another number", "a number that can't be read surely"
"""What a check finds instead of a number that nobody may read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one task: the worst of its checks, and the picture with the findings drawn on it.

    :ivar evidence: JPEG, under 150 kB; empty only when the picture could not be decoded at all.
    :ivar camera: how the camera saw, without the grid; None when the carrier's code was not read, or not asked.
    """

    outcome: Outcome
    checks: tuple[Check, ...]
    evidence: bytes = b""
    camera: GoldenSample | None = None

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
