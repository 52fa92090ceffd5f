"""Whether something lies on a plate: an outline where the ground must be free, or a colour that no plate has.

Outlines are looked for where GA 36 leaves the ground of a one-row plate free; plates of two rows and e-bike plates
differ by issuing place. Colours are looked at on the whole plate: ground, ink, their blend, shade and glare all lie in
the plane of the ground's colour and grey. What covers a character in the plate's own colours `vision.plate` must see.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture
from vision.plane import Plane
from vision.pocket import SCALE_PX_PER_MM, Thing, extent
from vision.verdict import Box, Check, ExpectedPlate, Outcome, PlateColour

COVER_MM = 9.0
"""From this extent on something lies on the ground; a mounting hole has 7 mm."""

_ONE_ROW = {7: (45.0, 12.0, 34.0), 8: (43.0, 9.0, 49.0)}
"""Characters → width of one, gap, and gap at the dot, mm (GA 36)."""
_ROW_MM = (25.0, 115.0)
_RIM_MM = 8.0
_INK_REACH_MM = 5.0
"""How far around its box a character's ink and relief reach."""
_DOT_REACH_MM = 5.0
_LOW_BAND_MM = 16.0
"""The lowest band, in which makers put their own marks and stickers, is not looked at."""
_HEIGHT_MM = 140.0
_WIDTH_MM = 400.0
_ONE_HUE = (PlateColour.BLUE, PlateColour.YELLOW, PlateColour.GREEN)
"""Grounds of one hue; of white and black ones the red characters would be odd."""
_ODD = 9.0
"""Distance from the plane of the plate's colours, in grey levels."""
_STEEP = 6.0
"""Step of one channel, grey levels a pixel, from which on there is an outline."""

Mask = NDArray[np.uint8]


def check_ground(seen: Picture, area: Box, plane: Plane, thing: Thing, plate: ExpectedPlate) -> Check:
    """What lies on the plate, the largest first.

    :param seen: the upright picture of `area`.
    """
    alone = _flattened(seen, area, thing)
    covered = _odd_colours(alone, plate.colour)
    if _has_free_ground(plate):
        free = _free(alone.shape, len(plate.text))
        covered |= np.asarray(cv2.bitwise_and(_outlines(alone), free), np.uint8)
    closed = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, _, places, _ = cv2.connectedComponentsWithStats(closed)
    boxes = [Box(*(value / SCALE_PX_PER_MM for value in row[:4])) for row in places[1:count].tolist() if row[4] >= 6]
    largest = max(boxes, key=extent, default=None)
    size = extent(largest) if largest is not None else 0.0
    outcome = Outcome.REJECT if size >= COVER_MM else Outcome.ACCEPT
    corners = thing.part(largest) if largest is not None and outcome is Outcome.REJECT else thing.corners()
    expected, found = f"nothing from {COVER_MM:.0f} mm on it", f"{size:.0f} mm" if size else "nothing"
    return Check("plate_clear", outcome, plate.role, expected, found, size, COVER_MM, plane.outline(corners))


def _has_free_ground(plate: ExpectedPlate) -> bool:
    """Whether it is a plate of one row and one ground, whose bare places are known."""
    one_row = abs(plate.box.height - _HEIGHT_MM) <= 1 and plate.box.width >= _WIDTH_MM
    return len(plate.text) in _ONE_ROW and one_row and plate.colour is not PlateColour.YELLOW_GREEN


def _odd_colours(alone: Picture, colour: PlateColour) -> Mask:
    """Where the colour is neither ground nor ink nor any blend, shade or glare of them."""
    if colour not in _ONE_HUE:
        return np.zeros(alone.shape[:2], np.uint8)
    rim = round(_RIM_MM * SCALE_PX_PER_MM)
    soft = cv2.blur(alone, (3, 3)).astype(np.float32)
    inner = soft[rim:-rim:3, rim:-rim:3].reshape(-1, 3)
    hue = inner - inner.mean(axis=1, keepdims=True)
    strong = np.linalg.norm(hue, axis=1)
    ground = np.median(hue[strong >= np.percentile(strong, 60)], axis=0)
    normal = np.cross(ground, np.ones(3))
    normal /= max(1e-6, float(np.linalg.norm(normal)))
    away = np.abs(soft @ normal.astype(np.float32))
    odd = np.asarray((away > _ODD) * np.uint8(255), np.uint8)
    odd[:rim], odd[-rim:], odd[:, :rim], odd[:, -rim:] = 0, 0, 0, 0
    return np.asarray(cv2.morphologyEx(odd, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


@lru_cache(maxsize=8)
def _free(shape: tuple[int, ...], characters: int) -> Mask:
    """Where a plate of one row bears nothing."""
    width, gap, at_dot = _ONE_ROW[characters]
    wide = shape[1] / SCALE_PX_PER_MM
    free = np.zeros(shape[:2], np.uint8)
    rim, low = round(_RIM_MM * SCALE_PX_PER_MM), round(_LOW_BAND_MM * SCALE_PX_PER_MM)
    free[rim:-low, rim:-rim] = 255
    left = (wide - characters * width - (characters - 2) * gap - at_dot) / 2
    top, bottom = (round(each * SCALE_PX_PER_MM) for each in (_ROW_MM[0] - _INK_REACH_MM, _ROW_MM[1] + _INK_REACH_MM))
    for place in range(characters):
        spans = [(left, left + width)]
        if place == 1:
            # New-energy plates bear their mark in the wider gap, the others a dot in its middle.
            middle, reach = left + width + at_dot / 2, at_dot / 2 if characters == 8 else _DOT_REACH_MM
            spans.append((middle - reach, middle + reach))
        for first, last in spans:
            start, end = (round(each * SCALE_PX_PER_MM) for each in (first - _INK_REACH_MM, last + _INK_REACH_MM))
            free[top:bottom, max(0, start) : end] = 0
        left += width + (at_dot if place == 1 else gap)
    return free


def _outlines(alone: Picture) -> Mask:
    """Where brightness or colour changes at a step; grounds that shade from row to row and light have none."""
    soft = cv2.GaussianBlur(alone, (3, 3), 0)
    steep = [cv2.convertScaleAbs(cv2.Sobel(soft, cv2.CV_16S, *way), alpha=1 / 8) for way in ((1, 0), (0, 1))]
    strongest = cv2.max(*steep).max(axis=2)
    return np.asarray(cv2.threshold(strongest, _STEEP, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _flattened(seen: Picture, area: Box, thing: Thing) -> Picture:
    """The plate alone, upright, at the scale of `seen`."""
    size = max(2, round(thing.width * SCALE_PX_PER_MM)), max(2, round(thing.height * SCALE_PX_PER_MM))
    corners = (thing.corners()[[0, 1, 3]] - (area.x, area.y)) * SCALE_PX_PER_MM - 0.5
    onto = np.array(((0, 0), (size[0], 0), (0, size[1])), np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform(corners.astype(np.float32), onto)
    return np.asarray(cv2.warpAffine(seen, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
