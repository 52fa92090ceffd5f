"""Colours that no plate of one hue has: ground, ink, their blend, shade and glare all lie in the plane of the ground's
colour and grey."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture, ends
from vision.plate.area import RIM_MM
from vision.pocket import SCALE_PX_PER_MM
from vision.ranks import medians
from vision.verdict import PlateColour

_EACH = 3
"""Colours are measured on every so many-th row and column; what is smaller each way is an edge's, and no thing."""
_ODD = 9.0
"""Distance from the plane of the plate's colours, in grey levels."""
_FINELY, _MIDDLE = 8, 128
"""In so many parts of a grey level, around so much, it is held: in a byte, which is quicker than a fraction."""
_FULL, _LOW = 240, 128
"""Grey levels from which on a channel may be at its end, and up to which it is low: white paper has no such channel."""
_ONE_HUE = (PlateColour.BLUE, PlateColour.YELLOW, PlateColour.GREEN)
"""Grounds of one hue; of white and black ones the red characters would be odd."""

Mask = NDArray[np.uint8]


def odd_colours(alone: Picture, colour: PlateColour) -> Mask:
    """255 where the colour is neither ground nor ink nor any blend, shade or glare of them.

    :param alone: a plate alone, upright, at `SCALE_PX_PER_MM`; its rim is not looked at. :param colour: of its ground;
        nothing is odd on one of more hues than one.
    """
    if colour not in _ONE_HUE:
        return np.zeros(alone.shape[:2], np.uint8)
    rim = round(RIM_MM * SCALE_PX_PER_MM)
    soft = cv2.blur(alone, (3, 3))
    inner = soft[rim:-rim:_EACH, rim:-rim:_EACH].reshape(-1, 3).astype(np.float32)
    # The ground is told well enough by every second of them.
    some = inner[::2]
    hue = some - some @ np.full((3, 3), 1 / 3, np.float32)
    strong = np.einsum("pc,pc->p", hue, hue)
    least = (3 * (strong.size - 1) + 4) // 5
    ground = medians(hue[strong >= np.partition(strong, least)[least]])
    normal = ground[[1, 2, 0]] - ground[[2, 0, 1]]
    normal /= max(1e-6, float(np.linalg.norm(normal)))
    # What is opened below by squares of `_EACH` shows at one of these points at least.
    if np.abs(inner @ normal).max() < _ODD - 1 / _FINELY:
        return np.zeros(alone.shape[:2], np.uint8)
    away = cv2.transform(soft, np.append(_FINELY * normal, _MIDDLE)[None])
    odd = np.asarray(cv2.bitwise_not(cv2.inRange(away, _MIDDLE - _FINELY * _ODD, _MIDDLE + _FINELY * _ODD)), np.uint8)
    odd[:rim], odd[-rim:], odd[:, :rim], odd[:, -rim:] = 0, 0, 0, 0
    opened = _opened(odd)
    if not cv2.countNonZero(opened):
        return opened
    odd[_overexposed(alone) > 0] = 0
    return _opened(odd)


def _opened(odd: Mask) -> Mask:
    return np.asarray(cv2.morphologyEx(odd, cv2.MORPH_OPEN, np.ones((_EACH, _EACH), np.uint8)), np.uint8)


def _overexposed(alone: Picture) -> Mask:
    """255 where one channel is at its end and another is low: bright light on a coloured ground changes its hue so."""
    darkest, lightest = ends(alone)
    full = cv2.inRange(lightest, _FULL, 255)
    if not cv2.countNonZero(full):
        return np.asarray(full, np.uint8)
    low = cv2.inRange(darkest, 0, _LOW)
    return np.asarray(cv2.dilate(cv2.bitwise_and(full, low), np.ones((5, 5), np.uint8)), np.uint8)
