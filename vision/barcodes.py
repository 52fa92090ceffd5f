"""Reading bar codes: zxing-cpp with the station's formats only, a retry on an enlarged region, pyzbar after a no-read.

Proof is never a vote between readers: who asks compares the text with what the order says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import cv2
import numpy as np
import zxingcpp

from vision.pictures import Picture
from vision.verdict import Symbology

CARRIER_QR_MODULES = 29
"""Modules of a side of the carrier's code: QR version 1 and its quiet zone of four."""
CARRIER_QR_MODULE_MM = 42.0 / CARRIER_QR_MODULES
DOCUMENT_MODULE_MM = 0.33
"""Narrowest bar of the codes on certificates."""
WAYBILL_MODULE_MM = 0.375
"""Three dots of a 203 dpi label printer."""
MIN_MODULE_PX = 2.0
"""A camera with fewer pixels a module does not read reliably (measured: 0.93 at 1.5 px, 0.04 at 1.2 px)."""

_FORMATS = {
    Symbology.CODE128: zxingcpp.BarcodeFormat.Code128,
    Symbology.CODE39: zxingcpp.BarcodeFormat.Code39,
    Symbology.ITF: zxingcpp.BarcodeFormat.ITF,
    Symbology.EAN13: zxingcpp.BarcodeFormat.EAN13,
    Symbology.QR: zxingcpp.BarcodeFormat.QRCode,
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.PDF417: zxingcpp.BarcodeFormat.PDF417,
}
_SECOND_READER = {
    Symbology.CODE128: "CODE128",
    Symbology.CODE39: "CODE39",
    Symbology.ITF: "I25",
    Symbology.EAN13: "EAN13",
    Symbology.QR: "QRCODE",
}
_ENLARGED = 2.0

Corners = tuple[tuple[float, float], ...]
"""Four corners in pixels, clockwise from the code's own upper left."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Code:
    """One code as read.

    :ivar aim: AIM identifier as `]C0`; empty from the second reader.
    """

    text: str
    symbology: Symbology
    aim: str
    corners: Corners

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the corners, in pixels."""
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4


def bar_module_px(px_per_mm: float, module_mm: float) -> float:
    """Pixels that a camera has for a code's narrowest module; under `MIN_MODULE_PX` it must not be asked to read."""
    return px_per_mm * module_mm


def read(picture: Picture, formats: frozenset[Symbology], region: Region | None = None) -> list[Code]:
    """Read all codes of the formats in a picture or a region of it; corners are the whole picture's."""
    part, left, top = _cut(picture, region)
    return [_moved(code, 1.0, left, top) for code in _zxing(part, formats)]


def read_hard(picture: Picture, formats: frozenset[Symbology], region: Region) -> list[Code]:
    """Read a region that gave nothing: enlarged and sharpened, then by the second reader."""
    part, left, top = _cut(picture, region)
    large = cv2.resize(part, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), 1.5)
    sharp = np.asarray(cv2.addWeighted(large, 2.0, soft, -1.0, 0), np.uint8)
    codes = _zxing(sharp, formats) or list(_zbar(sharp, formats))
    return [_moved(code, 1 / _ENLARGED, left, top) for code in codes]


def _zxing(picture: Picture, formats: frozenset[Symbology]) -> list[Code]:
    if picture.size == 0:
        return []
    wanted = zxingcpp.BarcodeFormats([_FORMATS[symbology] for symbology in sorted(formats)])
    found = zxingcpp.read_barcodes(
        np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8),
        formats=wanted,
        text_mode=zxingcpp.TextMode.Plain,
        try_invert=False,
        try_downscale=False,
    )
    return [code for code in map(_code, found) if code is not None]


def _code(barcode: zxingcpp.Barcode) -> Code | None:
    symbology = next((kind for kind, own in _FORMATS.items() if own == barcode.symbology), None)
    if symbology is None:
        return None
    place = barcode.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    corners = tuple((float(point.x), float(point.y)) for point in points)
    return Code(barcode.text, symbology, barcode.symbology_identifier, corners)


def _zbar(picture: Picture, formats: frozenset[Symbology]) -> Iterator[Code]:
    reader = _second_reader()
    names = {name: kind for kind, name in _SECOND_READER.items() if kind in formats}
    if reader is None or not names:
        return
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    for found in reader.decode(grey, symbols=[reader.ZBarSymbol[name] for name in names]):
        if found.type not in names:
            continue
        x, y, width, height = found.rect
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        yield Code(found.data.decode("utf-8", "replace"), names[found.type], "", corners)


@lru_cache(maxsize=1)
def _second_reader() -> ModuleType | None:
    """pyzbar, or None where libzbar is not installed: the first reader then stands alone."""
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):
        return None
    return pyzbar  # type: ignore[no-any-return]


def _cut(picture: Picture, region: Region | None) -> tuple[Picture, int, int]:
    if region is None:
        return picture, 0, 0
    left, top = max(0, region.left), max(0, region.top)
    return picture[top : max(top, region.bottom), left : max(left, region.right)], left, top


def _moved(code: Code, scale: float, left: int, top: int) -> Code:
    corners = tuple((x * scale + left, y * scale + top) for x, y in code.corners)
    return Code(code.text, code.symbology, code.aim, corners)
