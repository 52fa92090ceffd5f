"""Ten reflectance profiles across a linear code, seen through the round aperture that its module calls for.

A reader's corners follow rows of pixels, not the code: on a code that is turned by a few degrees they cut it askew. So
the direction is taken from the gradients between the corners, and the height from where the bars stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan2, cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.codes.bars import Bars
from vision.codes.code import Code
from vision.pictures import Grey

PROFILES = 10
MIDDLE_SHARE = 0.8
"""Of the bars' height, over which the profiles are spread."""
FINE = 8
"""Samples a pixel along the code."""
QUIET_MODULES = 10
APERTURES_MM = ((0.180, 0.075, "03"), (0.330, 0.125, "05"), (0.635, 0.250, "10"), (float("inf"), 0.500, "20"))
"""Largest module, its aperture's diameter, and its number in the report."""
APERTURE_MODULES = 0.5
"""Diameter in modules where the scale is not known."""
_CHORDS = 5
"""Rows by which an aperture's disc is sampled."""
_MARGIN_PX = 4
_MOST_TURNED = pi / 9
"""A direction further from the corners' is not this code's."""
_TALLEST = 0.6
"""Half of the height that is searched for bars, as a share of the length."""
_SAME_BARS = 0.6
"""Correlation with the middle's rows from which on a row belongs to the bars."""

Profile = NDArray[np.float64]
"""Reflectance in per cent, along the code and its quiet zones."""


@dataclass(frozen=True, slots=True)
class Aperture:
    """:ivar diameter_px: in pixels of the picture. :ivar name: number of the report, empty: of unknown size."""

    diameter_px: float
    name: str


def aperture_for(module_px: float, px_per_mm: float | None) -> Aperture:
    """The aperture that a module calls for. :param px_per_mm: None: unknown, then half a module."""
    if px_per_mm is None:
        return Aperture(APERTURE_MODULES * module_px, "")
    module_mm = module_px / px_per_mm
    diameter, name = next((size, name) for most, size, name in APERTURES_MM if module_mm <= most)
    return Aperture(diameter * px_per_mm, name)


def place_of(grey: Grey, code: Code) -> Bars:
    """Where the whole code stands, from its first bar to its last, in its own direction of reading."""
    corners = np.array(code.corners, np.float64)
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    (across, down), middle = right - left, (left + right) / 2
    turn = _turn_of_bars(grey, corners, atan2(down, across))
    # The corners lie on rows that may cut the code askew: its length is what they span in its own direction.
    length = float(across * cos(turn) + down * sin(turn))
    return _with_height(grey, Bars(float(middle[0]), float(middle[1]), turn, max(1.0, length), 1.0))


def _turn_of_bars(grey: Grey, corners: NDArray[np.float64], roughly: float) -> float:
    """Direction across the bars between the corners, by the structure tensor; the corners' own where none shows."""
    low, high = np.floor(corners.min(axis=0)).astype(int) - 2, np.ceil(corners.max(axis=0)).astype(int) + 3
    part = grey[max(0, low[1]) : max(0, high[1]), max(0, low[0]) : max(0, high[0])]
    if min(part.shape) < 3:
        return roughly
    x, y = cv2.Scharr(part, cv2.CV_32F, 1, 0), cv2.Scharr(part, cv2.CV_32F, 0, 1)
    mixed, difference = 2 * cv2.multiply(x, y).sum(), (cv2.multiply(x, x) - cv2.multiply(y, y)).sum()
    away = (atan2(mixed, difference) / 2 - roughly + pi / 2) % pi - pi / 2
    return roughly + away if abs(away) < _MOST_TURNED else roughly


def _with_height(grey: Grey, place: Bars) -> Bars:
    """The place grown over all rows, up and down from its middle, that show the same bars."""
    reach = max(1, round(place.length * _TALLEST))
    rows = _rows_at(grey, place, np.arange(-reach, reach + 1, dtype=np.float64), 1)
    centred = rows - rows.mean(axis=1, keepdims=True)
    usual = centred[max(0, reach - 1) : reach + 2].mean(axis=0)
    size = np.linalg.norm(centred, axis=1) * np.linalg.norm(usual) + 1e-6
    other = np.flatnonzero((centred @ usual) / size < _SAME_BARS)
    up, down = other[other < reach], other[other > reach]
    first = int(up.max()) + 1 if len(up) else 0
    last = int(down.min()) - 1 if len(down) else 2 * reach
    shift = (first + last) / 2 - reach
    x, y = place.x - shift * sin(place.turn), place.y + shift * cos(place.turn)
    return replace(place, x=x, y=y, height=float(last - first + 1))


def profiles_of(grey: Grey, place: Bars, module_px: float, aperture: Aperture) -> list[Profile]:
    """Ten profiles, `FINE` samples a pixel, quiet zones and a little more on either side."""
    wide = replace(place, length=place.length + 2 * ((QUIET_MODULES + 2) * module_px + _MARGIN_PX))
    reach = MIDDLE_SHARE * place.height / 2
    chords = (np.arange(_CHORDS) - (_CHORDS - 1) / 2) * aperture.diameter_px / _CHORDS
    lines = np.linspace(-reach, reach, PROFILES)
    rows = _rows_at(grey, wide, (lines[:, None] + chords).ravel(), FINE)
    return [_through(rows[first : first + _CHORDS], chords, aperture) for first in range(0, len(rows), _CHORDS)]


def _rows_at(grey: Grey, place: Bars, offsets: NDArray[np.float64], fine: int) -> NDArray[np.float32]:
    """Rows across the code, `fine` samples a pixel, so many pixels down from its middle."""
    samples = max(2, round(place.length * fine))
    across = (np.arange(samples) - (samples - 1) / 2) / fine
    right, down = (cos(place.turn), sin(place.turn)), (-sin(place.turn), cos(place.turn))
    x = (place.x + across * right[0])[None, :] + (offsets * down[0])[:, None]
    y = (place.y + across * right[1])[None, :] + (offsets * down[1])[:, None]
    seen = cv2.remap(grey, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _through(rows: NDArray[np.float32], chords: NDArray[np.float64], aperture: Aperture) -> Profile:
    """Mean over the aperture's disc around each sample of the middle row, in per cent."""
    radius = aperture.diameter_px / 2
    widths = [max(1, round(2 * float(np.sqrt(radius**2 - chord**2)) * FINE)) | 1 for chord in chords]
    seen = sum(
        cv2.blur(row[None, :], (width, 1))[0] * np.float32(width) for row, width in zip(rows, widths, strict=True)
    )
    return np.asarray(seen, np.float64) * (100 / 255 / sum(widths))
