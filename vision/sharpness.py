"""How sharp a picture is, by the carrier's own code in it: its tile is the same in every picture and never worn."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import cv2
import numpy as np

from vision.codes.code import Code
from vision.pictures import Grey
from vision.ranks import percentile

_SOBEL = 8.0
"""How many times the slope a pixel Sobel's filter of three pixels tells."""
_BLURS_PX = np.linspace(0.3, 2.5, 221)
_STEEPEST = np.array([erf(1 / (blur * sqrt(2))) / 2 for blur in _BLURS_PX])
"""Steepest slope, a pixel, of a straight edge of height 1 that a Gaussian of each width has blurred."""


@dataclass(frozen=True, slots=True)
class Tile:
    """What a carrier's code shows of light and focus.

    :ivar sharpness: its steepest edges, share of the contrast a pixel. :ivar white: grey level. :ivar contrast: white
        less black, grey levels, at least 1.
    """

    sharpness: float
    white: float
    contrast: float

    @property
    def blur_px(self) -> float:
        """Width (sigma) of the blur that makes edges so steep, from 0.3 to 2.5."""
        return float(np.interp(-self.sharpness, -_STEEPEST, _BLURS_PX))


def tile(grey: Grey, code: Code) -> Tile:
    """Measure a carrier's code that was read in a picture."""
    points = np.array(code.corners)
    left, top = np.maximum(np.floor(points.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    part = np.ascontiguousarray(grey[top:bottom, left:right])
    black, white = percentile(part, 5), percentile(part, 90)
    contrast = max(1.0, white - black)
    return Tile(_steepest(part) / contrast, white, contrast)


def _steepest(part: Grey) -> float:
    """What all but three of a hundred slopes lie under, grey levels a pixel."""
    across, down = cv2.spatialGradient(part)
    slopes = cv2.magnitude(across.astype(np.float32), down.astype(np.float32))
    steep = slopes[slopes > 0.75 * float(slopes.max())]
    # As a rule the rank stands among the steeper few: to part those alone takes a fifth of the time.
    rank = 0.97 * (slopes.size - 1) - (slopes.size - steep.size)
    found = percentile(slopes, 97) if rank < 0 else percentile(steep, 100 * rank / max(1, steep.size - 1))
    return found / _SOBEL
