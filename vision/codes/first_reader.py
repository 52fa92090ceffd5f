"""zxing-cpp, the reader that everything rests on: with given formats only, on a grey picture."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp

from vision.codes.code import Code, Grey
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


@lru_cache(maxsize=128)
def _wanted(formats: frozenset[Symbology]) -> zxingcpp.BarcodeFormats:
    return zxingcpp.BarcodeFormats([_FORMATS[symbology] for symbology in sorted(formats)])


def _code(barcode: zxingcpp.Barcode) -> Code | None:
    aim = barcode.symbology_identifier
    symbology = _BY_AIM.get(aim[1:2])
    if symbology is None or (symbology is Symbology.EAN13 and len(barcode.text) != _EAN13_DIGITS):
        return None
    place = barcode.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    corners = tuple((float(point.x), float(point.y)) for point in points)
    return Code(barcode.text, symbology, aim, corners)


def as_grey(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Grey:
    """Brightness of a BGR picture."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
