"""Reading bar codes: the door to the readers, and what a camera must resolve.

Proof is never a vote between readers: who asks compares text and symbology with what the order says.
"""

from __future__ import annotations

import numpy as np

from vision.codes.belief import Says
from vision.codes.code import Code, Corners, Region, moved
from vision.codes.ladder import FULL_MS, QUICK_MS, Climbed, climb
from vision.pictures import Grey, Picture, as_grey
from vision.verdict import Symbology

__all__ = [
    "FULL_MS",
    "QUICK_MS",
    "Climbed",
    "Code",
    "Corners",
    "Region",
    "bar_module_px",
    "climb_picture",
    "read",
    "read_hard",
]

CARRIER_QR_MODULES = 29
"""Modules of a side of the carrier's code: QR version 1 and its quiet zone of four."""
CARRIER_QR_MODULE_MM = 42.0 / CARRIER_QR_MODULES
DOCUMENT_MODULE_MM = 0.33
"""Narrowest bar of the codes on certificates."""
WAYBILL_MODULE_MM = 0.375
"""Three dots of a 203 dpi label printer."""
MIN_MODULE_PX = 2.0
"""A camera with fewer pixels a module does not read reliably (measured: 0.93 at 1.5 px, 0.04 at 1.2 px)."""
HARD_MS = 100.0
"""Budget of `read_hard`: for the region of one code every step but the dearest."""


def bar_module_px(px_per_mm: float, module_mm: float) -> float:
    """Pixels that a camera has for a code's narrowest module; under `MIN_MODULE_PX` it must not be asked to read."""
    return px_per_mm * module_mm


def read(
    picture: Picture | Grey,
    formats: frozenset[Symbology],
    region: Region | None = None,
    *,
    budget_ms: float = QUICK_MS,
    expected: frozenset[Says] = frozenset(),
    at_least: int = 1,
    every: bool = False,
) -> list[Code]:
    """Read codes of the formats in a picture or a region of it; corners are the whole picture's.

    :param budget_ms: nominal cost of the harder tries that may follow when the first look is not enough; 0: none.
    :param expected: text and kind of each code that must be read: harder tries go on until all are, and a value that
        equals one needs no second witness. Empty: they go on until `at_least` codes are believed.
    :param every: leave no linear code unread, however it is turned: for where nothing foreign may lie.
    """
    part, left, top = _cut(picture, region)
    if part.size == 0:
        return []
    onto = np.array(((1.0, 0.0, left), (0.0, 1.0, top)))
    climbed = climb(as_grey(part), formats, budget_ms, expected, at_least, every)
    return [moved(code, onto) for code in climbed.codes]


def climb_picture(picture: Picture, formats: frozenset[Symbology], budget_ms: float, at_least: int = 1) -> Climbed:
    """Read every code of a whole picture, and say after which step reading ended and what was spent."""
    return climb(as_grey(picture), formats, budget_ms, at_least=at_least, every=True)


def read_hard(
    picture: Picture | Grey, formats: frozenset[Symbology], region: Region, expected: frozenset[Says] = frozenset()
) -> list[Code]:
    """Read a region that gave nothing at the first look."""
    return read(picture, formats, region, budget_ms=HARD_MS, expected=expected)


def _cut(picture: Picture | Grey, region: Region | None) -> tuple[Picture | Grey, int, int]:
    if region is None:
        return picture, 0, 0
    left, top = max(0, region.left), max(0, region.top)
    return picture[top : max(top, region.bottom), left : max(left, region.right)], left, top
