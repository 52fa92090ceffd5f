"""Bar codes as ink: module-true, so that what a camera can resolve is decided by its pixels a millimetre."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

_FINE = 16
"""Steps a pixel when bars are cut, before they are averaged to pixels."""


@lru_cache(maxsize=256)
def code128_ink(text: str, module_mm: float, height_mm: float, px_per_mm: float) -> NDArray[np.uint8]:
    """Ink mask of a Code 128 without quiet zone."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    modules = 255 - np.asarray(barcode.to_image(scale=1, add_quiet_zones=False), np.uint8)[0]
    width = max(1, round(len(modules) * module_mm * px_per_mm))
    places = (np.arange(width * _FINE) + 0.5) * (len(modules) / (width * _FINE))
    row = modules[places.astype(np.intp)].reshape(width, _FINE).mean(axis=1).astype(np.uint8)
    return np.repeat(row[None, :], max(1, round(height_mm * px_per_mm)), axis=0)


def code128_width(text: str) -> int:
    """Width of a Code 128 in modules, without quiet zone."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    return int(np.asarray(barcode.to_image(scale=1, add_quiet_zones=False)).shape[1])


@lru_cache(maxsize=256)
def qr_ink(text: str, side_mm: float, quiet_modules: int, px_per_mm: float) -> NDArray[np.uint8]:
    """Ink mask of a QR code whose side, quiet zone within it, is `side_mm`."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = 255 - np.asarray(barcode.to_image(scale=1, add_quiet_zones=False), np.uint8)
    padded = np.pad(modules, quiet_modules)
    side = max(1, round(side_mm * px_per_mm))
    fine = cv2.resize(padded, (side * 4, side * 4), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
