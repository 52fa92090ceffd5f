"""Ten reflectance profiles across a linear code, seen through the round aperture that its module calls for."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.codes.bars import Bars, find_bars
from vision.codes.code import Code, Grey, Region

PROFILES = 10
MIDDLE_SHARE = 0.8
"""Of the bars' height, over which the profiles are spread."""
FINE = 8
"""Samples a pixel along the code."""
_FINE_DOWN = 2
"""Likewise along the bars."""
QUIET_MODULES = 10
APERTURES_MM = ((0.180, 0.075, "03"), (0.330, 0.125, "05"), (0.635, 0.250, "10"), (float("inf"), 0.500, "20"))
"""Largest module, its aperture's diameter, and its number in the report."""
APERTURE_MODULES = 0.5
"""Diameter in modules where the scale is not known."""
_MARGIN_PX = 4

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
    """Where the whole code stands; its own corners may follow a few rows of it only."""
    corners = np.array(code.corners)
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    length = hypot(*(right - left))
    reach = int(length * 0.75) + _MARGIN_PX
    x, y = (int(each) for each in code.centre)
    for bars in find_bars(grey, Region(x - reach, y - reach, x + reach, y + reach)):
        if bars.covers(code.centre) and _same_way(bars.turn, atan2(*(right - left)[::-1])):
            return _as_long_as(bars, left, right)
    height = hypot(*(corners[3] - corners[0]))
    middle = (left + right) / 2
    return Bars(float(middle[0]), float(middle[1]), atan2(*(right - left)[::-1]), length, float(max(2.0, height)))


def _same_way(turn: float, other: float) -> bool:
    return abs((turn - other + pi / 2) % pi - pi / 2) < 0.1


def _as_long_as(bars: Bars, left: NDArray[np.float64], right: NDArray[np.float64]) -> Bars:
    """The place from the code's first to its last bar, in its own direction of reading."""
    turn = bars.turn if cos(bars.turn - atan2(*(right - left)[::-1])) > 0 else bars.turn + pi
    middle = (left + right) / 2
    down = np.array((-sin(turn), cos(turn)))
    middle = middle + down * float(down @ (np.array((bars.x, bars.y)) - middle))
    return Bars(float(middle[0]), float(middle[1]), turn, hypot(*(right - left)), bars.height)


def profiles_of(grey: Grey, place: Bars, module_px: float, aperture: Aperture) -> list[Profile]:
    """Ten profiles, `FINE` samples a pixel, quiet zones and a little more on either side."""
    margin = (QUIET_MODULES + 2) * module_px + _MARGIN_PX
    cut = _upright(grey, place, margin)
    seen = _through(cut, aperture)
    middle, reach = (len(seen) - 1) / 2, MIDDLE_SHARE * place.height * _FINE_DOWN / 2
    rows = np.clip(np.rint(np.linspace(middle - reach, middle + reach, PROFILES)), 0, len(seen) - 1).astype(int)
    return [np.asarray(seen[row] * (100 / 255), np.float64) for row in rows]


def _upright(grey: Grey, place: Bars, margin: float) -> NDArray[np.float32]:
    samples, rows = round((place.length + 2 * margin) * FINE), max(PROFILES, round(place.height * _FINE_DOWN))
    right = np.array((cos(place.turn), sin(place.turn))) / FINE
    down = np.array((-sin(place.turn), cos(place.turn))) / _FINE_DOWN
    first = np.array((place.x, place.y)) - right * (samples - 1) / 2 - down * (rows - 1) / 2
    onto = np.stack((right, down, first), axis=1)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(grey.astype(np.float32), onto, (samples, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(cut, 0, 255), np.float32)


def _through(cut: NDArray[np.float32], aperture: Aperture) -> NDArray[np.float32]:
    """Mean over the aperture's disc around each sample."""
    across, down = (max(1, round(aperture.diameter_px * fine)) | 1 for fine in (FINE, _FINE_DOWN))
    x, y = (np.arange(size) - size // 2 for size in (across, down))
    disc = ((x[None, :] * 2 / across) ** 2 + (y[:, None] * 2 / down) ** 2 <= 1).astype(np.float32)
    return np.asarray(cv2.filter2D(cut, -1, disc / disc.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)
