"""Flags of a form, one for each 2/3 mm: how a layout holds them, and how a document is laid under them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.layouts import POINTS_PER_MM, heading_off
from vision.pictures import Picture
from vision.ranks import median
from vision.verdict import Box, DocumentLayout

CELL = 2
"""Points a flag is wide and high."""
CELLS_PER_MM = POINTS_PER_MM / CELL

_SIDE = 5
_WHOLE_STEP = 48.0
"""What a step of one level gives under this kernel of OpenCV's."""

Mask = NDArray[np.uint8]
"""0 or 255 at each point or cell."""
Flags = tuple[str, ...]
"""A row of hex for each row of cells from above, a bit for each cell from the left."""


def written(mask: Mask) -> Flags:
    """A mask of cells as a layout holds it; empty when none is set."""
    return tuple(row.tobytes().hex() for row in np.packbits(mask > 0, axis=1)) if mask.any() else ()


@lru_cache(maxsize=96)
def cells_of(flags: Flags) -> Mask:
    """The mask that was written."""
    cells = np.unpackbits(np.array([list(bytes.fromhex(row)) for row in flags], np.uint8), axis=1)
    return np.asarray(cells * np.uint8(255), np.uint8)


def aligned(document: Picture, off: tuple[int, int]) -> Picture:
    """A document moved so far left and up that its heading stands where the layout says; what is missing at an edge is
    drawn out.

    :param document: as `coarse` gives it. :param off: as `heading_off` gives it.
    """
    if off == (0, 0):
        return document
    right, down = off
    edges = max(0, -down), max(0, down), max(0, -right), max(0, right)
    grown = cv2.copyMakeBorder(document, *edges, cv2.BORDER_REPLICATE)
    top, left = max(0, down), max(0, right)
    return np.asarray(grown[top : top + document.shape[0], left : left + document.shape[1]], np.uint8)


def samples_of(documents: list[Picture], layout: DocumentLayout) -> list[Picture]:
    """Documents aligned and cut to the size that all have, in whole cells."""
    height, width = (min(each.shape[axis] for each in documents) // CELL * CELL for axis in (0, 1))
    return [aligned(each, heading_off(each, layout))[:height, :width] for each in documents]


def steepness(picture: Picture, level: float) -> Mask:
    """How steeply brightness or colour changes, the strongest channel, in thousandths of the paper's brightness.

    :param level: that brightness.
    """
    across = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=_SIDE, scale=1 / _WHOLE_STEP)
    down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=_SIDE, scale=1 / _WHOLE_STEP)
    blue, green, red = cv2.split(cv2.convertScaleAbs(cv2.magnitude(across, down), alpha=1000 / level))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def sharp(steep: Mask, side: int) -> Mask:
    """Steepness without slopes of that width, in points, and wider: they are light's."""
    return np.asarray(cv2.morphologyEx(steep, cv2.MORPH_TOPHAT, np.ones((side, side), np.uint8)), np.uint8)


def paper_level(picture: Picture) -> float:
    """The paper's brightness, 1..255."""
    return max(1.0, median(picture[::4, ::4]))


def darker(grey: Mask, around: int, share: float) -> Mask:
    """Where it is darker than that share of the brightest within so many points."""
    paper = cv2.dilate(grey, np.ones((around, around), np.uint8))
    return np.asarray(cv2.compare(grey, cv2.convertScaleAbs(paper, alpha=share), cv2.CMP_LT), np.uint8)


def outlined(x: int, y: int, wide: int, high: int) -> Box:
    """The place in mm of an outline in cells: it is seen a cell too far out."""
    return Box(*(value / CELLS_PER_MM for value in (x + 1, y + 1, max(1, wide - 2), max(1, high - 2))))


def above(values: Mask, least: int) -> Mask:
    """Where a value is over that."""
    return np.asarray(cv2.threshold(values, least, 255, cv2.THRESH_BINARY)[1], np.uint8)


def without_rim(mask: Mask, rim: int) -> Mask:
    """A mask with nothing in so many points along its edge."""
    inner = np.zeros_like(mask)
    inner[rim:-rim, rim:-rim] = mask[rim:-rim, rim:-rim]
    return inner
