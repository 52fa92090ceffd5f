"""zxing-cpp, the reader that everything rests on: with given formats only, on a grey picture."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import zxingcpp

from vision.codes.code import MATRIX, Code, Corners
from vision.codes.mesh import Grid, grid_of
from vision.pictures import Grey
from vision.verdict import Symbology

_FORMATS = {
    Symbology.CODE128: zxingcpp.BarcodeFormat.Code128,
    Symbology.CODE39: zxingcpp.BarcodeFormat.Code39,
    Symbology.ITF: zxingcpp.BarcodeFormat.ITF,
    Symbology.EAN13: zxingcpp.BarcodeFormat.EAN13,
    Symbology.QR: zxingcpp.BarcodeFormat.QRCode,
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.PDF417: zxingcpp.BarcodeFormat.PDF417,
}
_BY_AIM = {
    "C": Symbology.CODE128,
    "A": Symbology.CODE39,
    "I": Symbology.ITF,
    "E": Symbology.EAN13,
    "Q": Symbology.QR,
    "d": Symbology.DATA_MATRIX,
    "L": Symbology.PDF417,
}
"""Kind by the letter of the AIM identifier, ISO/IEC 15424: the reader's own names change between its releases."""
_EAN13_DIGITS = 13
LEAST_UNUSED = 0.15
"""Share of the error correction that a code drawn anew must leave unused."""


class Threshold(Enum):
    """How grey becomes black and white."""

    LOCAL = zxingcpp.Binarizer.LocalAverage
    GLOBAL = zxingcpp.Binarizer.GlobalHistogram
    MIDDLE = zxingcpp.Binarizer.FixedThreshold
    """At 127: for pictures that were levelled before."""


def first_reader(
    picture: Grey,
    formats: frozenset[Symbology],
    *,
    threshold: Threshold = Threshold.LOCAL,
    turned: bool = True,
    inverted: bool = False,
    smaller: bool = False,
) -> list[Code]:
    """All codes that one look finds.

    :param turned: search columns as well as rows. :param inverted: also light on dark.
    :param smaller: also in the picture made smaller.
    """
    if picture.size == 0 or not formats:
        return []
    found = zxingcpp.read_barcodes(
        picture,
        formats=_wanted(formats),
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=threshold.value,
        try_rotate=turned,
        try_invert=inverted,
        try_downscale=smaller,
    )
    return [code for barcode in found if (code := _code(barcode)) is not None and code.symbology in formats]


def unread_grids(picture: Grey, formats: frozenset[Symbology], threshold: Threshold) -> list[Grid]:
    """Matrix codes that are there, but whose bits were too wrong to be corrected; the largest first."""
    if picture.size == 0 or not formats & MATRIX:
        return []
    found = zxingcpp.read_barcodes(
        picture, formats=_wanted(formats & MATRIX), binarizer=threshold.value, try_downscale=False, return_errors=True
    )
    grids = [grid_of(_extra(barcode, "Version"), _corners(barcode)) for barcode in found if not barcode.valid]
    return sorted((grid for grid in grids if grid is not None), key=lambda grid: -grid.columns)


def flat_reader(picture: Grey, formats: frozenset[Symbology]) -> Code | None:
    """The one code of a flat drawing, when its correction was not near its limit: there it may correct wrongly."""
    found = zxingcpp.read_barcodes(
        picture, formats=_wanted(formats & MATRIX), text_mode=zxingcpp.TextMode.Plain, is_pure=True
    )
    sure = [barcode for barcode in found if float(_extra(barcode, "UEC") or 0) >= LEAST_UNUSED]
    return _code(sure[0]) if sure else None


@lru_cache(maxsize=128)
def _wanted(formats: frozenset[Symbology]) -> zxingcpp.BarcodeFormats:
    return zxingcpp.BarcodeFormats([_FORMATS[symbology] for symbology in sorted(formats)])


def _code(barcode: zxingcpp.Barcode) -> Code | None:
    aim = barcode.symbology_identifier
    symbology = _BY_AIM.get(aim[1:2])
    if symbology is None or (symbology is Symbology.EAN13 and len(barcode.text) != _EAN13_DIGITS):
        return None
    return Code(barcode.text, symbology, aim, _corners(barcode))


def _extra(barcode: zxingcpp.Barcode, name: str) -> str:
    """What the reader says beside the text; empty: nothing of this name."""
    extra = barcode.extra
    return str(extra.get(name, "")) if isinstance(extra, dict) else ""


def _corners(barcode: zxingcpp.Barcode) -> Corners:
    place = barcode.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)
