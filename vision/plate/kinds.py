"""Kinds of plate by what is seen of them: ground, size, rows and the form of the number.

Sizes and colours after GA 36-2018, as far as they are public; an e-bike's plate differs by city, and only its white
ground, its six characters and its one row of them are taken for granted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from vision.alignment import DIGITS, LETTERS, PROVINCES
from vision.likelihood import normalised
from vision.verdict import PlateColour

_P, _L, _S = f"[{PROVINCES}]", f"[{LETTERS}]", f"[{LETTERS}{DIGITS}]"
TWO_ROW_ASPECT = 2.4
"""A plate whose width is less than so many heights bears its number in two rows."""
ONE_ROW = {7: (45.0, 12.0, 34.0), 8: (43.0, 9.0, 49.0)}
"""Characters of a plate of one row → width of one, gap, and gap after the second, mm (GA 36)."""
_EBIKE_NUMBER = 6


class PlateKind(StrEnum):
    """The kinds that a recipe or `--plate-kind` can name."""

    LARGE = "large"
    LARGE_REAR = "large-rear"
    SMALL = "small"
    NEV = "nev"
    NEV_LARGE = "nev-large"
    MOTORCYCLE = "motorcycle"
    LIGHT_MOTORCYCLE = "light-motorcycle"
    TRAILER = "trailer"
    COACH = "coach"
    POLICE = "police"
    BORDER = "border"
    """Hong Kong and Macao vehicles."""
    EMBASSY = "embassy"
    CONSULATE = "consulate"
    EBIKE = "ebike"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is seen of a kind.

    :ivar size_mm: width and height. :ivar rows: of its number. :ivar pattern: of the number without dots.
    """

    colour: PlateColour
    size_mm: tuple[float, float]
    pattern: str
    rows: int = 1

    def bears(self, text: str) -> bool:
        """Whether such a plate can have this number."""
        return re.fullmatch(self.pattern, normalised(text)) is not None


_NORMAL = f"{_P}{_L}{_S}{{5}}"
LAYOUTS: dict[PlateKind, Layout] = {
    PlateKind.LARGE: Layout(PlateColour.YELLOW, (440, 140), _NORMAL),
    PlateKind.LARGE_REAR: Layout(PlateColour.YELLOW, (440, 220), _NORMAL, rows=2),
    PlateKind.SMALL: Layout(PlateColour.BLUE, (440, 140), _NORMAL),
    PlateKind.NEV: Layout(PlateColour.GREEN, (480, 140), f"{_P}{_L}{_L}{_S}[0-9]{{4}}"),
    PlateKind.NEV_LARGE: Layout(PlateColour.YELLOW_GREEN, (480, 140), f"{_P}{_L}[0-9]{{5}}{_L}"),
    PlateKind.MOTORCYCLE: Layout(PlateColour.YELLOW, (220, 140), _NORMAL, rows=2),
    PlateKind.LIGHT_MOTORCYCLE: Layout(PlateColour.BLUE, (220, 140), _NORMAL, rows=2),
    PlateKind.TRAILER: Layout(PlateColour.YELLOW, (440, 220), f"{_P}{_L}{_S}{{4}}挂", rows=2),
    PlateKind.COACH: Layout(PlateColour.YELLOW, (440, 140), f"{_P}{_L}{_S}{{4}}学"),
    PlateKind.POLICE: Layout(PlateColour.WHITE, (440, 140), f"{_P}[{LETTERS}0]{_S}{{4}}警"),
    PlateKind.BORDER: Layout(PlateColour.BLACK, (440, 140), f"粤Z{_S}{{4}}[港澳]"),
    PlateKind.EMBASSY: Layout(PlateColour.BLACK, (440, 140), "[0-9]{6}使"),
    PlateKind.CONSULATE: Layout(PlateColour.BLACK, (440, 140), f"{_P}(?:[0-9]{{5}}|{_L}[0-9]{{4}})领"),
    PlateKind.EBIKE: Layout(PlateColour.WHITE, (180, 95), f"(?:[\u4e00-\u9fff]{{2,4}})?{_S}{{{_EBIKE_NUMBER}}}"),
}


EXAMPLES = (
    "粤B12345", "粤BD12345", "粤B12345D", "粤B1234挂", "粤B1234学", "粤B1234警", "粤Z1234港", "123456使", "粤12345领",
    "深圳123456",
)  # fmt: skip
"""A number of each form."""


def forms() -> str:
    """What forms a number may have, as people are told: an example and the kinds that bear such a number."""
    return "; ".join(f"{each} ({', '.join(kind.value for kind in kinds_bearing(each))})" for each in EXAMPLES)


def kind_of(text: str, colour: PlateColour, aspect: float) -> PlateKind | None:
    """The kind that a recipe means by a number, a colour and a width in heights; None: no kind has these."""
    rows = rows_of(number_in(text), aspect)
    for kind, layout in LAYOUTS.items():
        if layout.colour is colour and layout.rows == rows and layout.bears(text):
            return kind
    return None


def kinds_bearing(text: str) -> tuple[PlateKind, ...]:
    """Every kind that can have this number, the narrowest form last."""
    return tuple(kind for kind, layout in LAYOUTS.items() if layout.bears(text))


def rows_of(text: str, aspect: float) -> int:
    """Rows of the number on a plate of this shape; an e-bike's city stands above, and is no row of its number."""
    return 2 if text[:1] in PROVINCES and aspect < TWO_ROW_ASPECT else 1


def number_in(text: str) -> str:
    """The embossed number of an order's text, without an e-bike's city in front."""
    plain = normalised(text)
    # A city may begin with a province's character, as 云浮; no number has two Chinese characters in front.
    has_city = len(plain) > _EBIKE_NUMBER + 1 and not plain[0].isascii() and not plain[1].isascii()
    return plain[-_EBIKE_NUMBER:] if has_city else plain
