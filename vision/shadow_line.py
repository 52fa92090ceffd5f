"""The edge of white paper on a white ground: no outline, but a narrow shadow along a straight side.

A step of one or two hundredths of the contrast between ground and ink is less than the grain of a picture; summed along
18 mm of a straight line it is far more than any other line on bare ground has.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate.area import ellipse, inner
from vision.pocket import SCALE_PX_PER_MM

_LONG_MM = 18.0
"""Length of the line along which is summed."""
_SHADOW = 0.016
"""Least mean darkness along a line, what lies on print counting nothing, as a share of the contrast of the print:
120 right e-bikes had up to 0.012, ten that were accepted with paper on them from 0.021."""
_RELIEF_MM = (3.0, 3.6)
"""How far beside and above print its relief and soft edge reach."""
_AROUND_MM = 4.0
"""The ground's own level is the mean of so much to each side."""
_UNITS, _LEVEL, _AT_MOST = 8, 64, 192
"""Darkness is reckoned in eighths of a grey level from 64 on, cut off at 16 levels, so that no speck makes a line."""
_DEGREES = 7.5

Mask = NDArray[np.uint8]


def shadow_line(grey: Mask, printed: Mask, contrast: float) -> Mask:
    """255 along the darkest straight line on bare ground, 0 everywhere if no line is dark enough.

    :param grey: a plate alone, upright, at `SCALE_PX_PER_MM`. :param printed: 1 where it bears print, holes included.
    :param contrast: grey levels between ground and print.
    """
    darker = _darker(cv2.GaussianBlur(grey, (3, 3), 0), _bare(printed))
    found, best = np.zeros(grey.shape, np.uint8), _SHADOW * abs(contrast) * _UNITS + _LEVEL
    high, wide = grey.shape
    across = round(_LONG_MM * SCALE_PX_PER_MM)
    for turn in np.arange(0, 180, _DEGREES):
        onto = cv2.getRotationMatrix2D((wide / 2, high / 2), float(turn), 1.0)
        cosine, sine = abs(onto[0, 0]), abs(onto[0, 1])
        size = int(wide * cosine + high * sine), int(wide * sine + high * cosine)
        onto[:, 2] += np.array(size) / 2 - (wide / 2, high / 2)
        turned = cv2.warpAffine(darker, onto, size, borderValue=_LEVEL)
        _, most, _, (column, row) = cv2.minMaxLoc(cv2.blur(turned, (across, 1)))
        if most > best:
            best = most
            ends = np.array(((column - across / 2, row), (column + across / 2, row)))
            found = _drawn(grey.shape, cv2.transform(ends[None], cv2.invertAffineTransform(onto))[0])
    return found


def _bare(printed: Mask) -> NDArray[np.float32]:
    """1 where a plate is bare, neither print nor near it."""
    bare = np.zeros(printed.shape, np.float32)
    bare[inner()] = 1
    bare[cv2.dilate(printed, ellipse(_RELIEF_MM)) > 0] = 0
    return bare


def _darker(grey: cv2.typing.MatLike, bare: NDArray[np.float32]) -> Mask:
    """By how much each bare point is darker than the bare ground around it; `_LEVEL` is not at all, and elsewhere."""
    side = (2 * round(_AROUND_MM * SCALE_PX_PER_MM) + 1,) * 2
    around = cv2.blur(grey * bare, side) / np.maximum(cv2.blur(bare, side), 1e-3)
    return np.asarray(np.clip(np.round((around - grey) * bare * _UNITS) + _LEVEL, 0, _AT_MOST), np.uint8)


def _drawn(shape: tuple[int, ...], ends: cv2.typing.MatLike) -> Mask:
    line = np.zeros(shape, np.uint8)
    first, last = (tuple(int(value) for value in np.round(end)) for end in ends)
    return np.asarray(cv2.line(line, first, last, 255, 2), np.uint8)
