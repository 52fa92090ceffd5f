"""What lies in a part of the mailer: every thing that is not the mailer's grey ground, as turned rectangles in mm."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np

from vision.pictures import Picture
from vision.plane import Plane, Points
from vision.verdict import Box

SCALE_PX_PER_MM = 1.3
"""Scale of the upright picture of the pocket that is searched."""
MIN_AREA_MM2 = 200.0
"""Smaller things are dust and reflections."""
GROUND_LEVELS = (60, 155)
"""Darkest and lightest brightness, 0..255, of the mailer's film and inside, and of the carrier."""
GROUND_SATURATION = 80
"""Highest HSV saturation of the ground, 0..255."""

_CLEAN_PX = 3
"""Gaps up to one pixel less are closed, so that a border's soft edge does not cut a plate in pieces; two parts must
lie about 2.6 mm apart to be seen as two."""
_HALF_PX = np.array(((0.0, 0.0, 0.5), (0.0, 0.0, 0.5)))
"""Pixel centres stand half a pixel in; shrinking by whole steps moves them."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something lying there.

    :ivar x: centre in mm; :ivar y: likewise. :ivar width: the side nearer to the horizontal, in mm.
    :ivar turn: degrees clockwise, -45..45. :ivar fill: share of the rectangle that its outline covers, 0..1.
    """

    x: float
    y: float
    width: float
    height: float
    turn: float
    fill: float

    @property
    def text(self) -> str:
        """For a verdict's `found`."""
        return f"{self.width:.0f}x{self.height:.0f} mm at ({self.x:.0f}, {self.y:.0f}), turned {self.turn:.0f}"

    def corners(self) -> Points:
        """Corners in mm, clockwise from the upper left."""
        turn = radians(self.turn)
        along = np.array((cos(turn), sin(turn))) * self.width / 2
        down = np.array((-sin(turn), cos(turn))) * self.height / 2
        middle = np.array((self.x, self.y))
        return np.stack((middle - along - down, middle + along - down, middle + along + down, middle - along + down))


def upright(picture: Picture, plane: Plane, area: Box) -> Picture:
    """The area of the carrier's plane, seen from straight above at `SCALE_PX_PER_MM`."""
    region = plane.region(area)
    left, top = max(0, region.left), max(0, region.top)
    step = max(1, int(plane.px_per_mm / SCALE_PX_PER_MM + 0.05))
    small = _shrunk(picture[top : max(top + step, region.bottom), left : max(left + step, region.right)], step)
    onto = plane.matrix.copy()
    onto[:, 2] += onto[:, :2] @ np.array((area.x, area.y)) - (left, top)
    onto[:, :2] /= SCALE_PX_PER_MM
    onto = (onto + _HALF_PX) / step - _HALF_PX
    size = (round(area.width * SCALE_PX_PER_MM), round(area.height * SCALE_PX_PER_MM))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, onto, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _shrunk(part: Picture, step: int) -> Picture:
    """Each square of `step` pixels as one, which keeps fine bars from aliasing; odd pixels at the far edges are cut."""
    width, height = max(1, part.shape[1] // step), max(1, part.shape[0] // step)
    whole = part[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def things_in(seen: Picture, area: Box, apart_from: tuple[Box, ...] = ()) -> list[Thing]:
    """All things in an upright picture of an area, the largest first.

    :param apart_from: places that are not looked at.
    """
    mask = _not_ground(seen)
    for box in apart_from:
        left, top = (box.x - area.x) * SCALE_PX_PER_MM, (box.y - area.y) * SCALE_PX_PER_MM
        right, bottom = left + box.width * SCALE_PX_PER_MM, top + box.height * SCALE_PX_PER_MM
        cv2.rectangle(mask, (int(left) - 2, int(top) - 2), (int(right) + 2, int(bottom) + 2), 0, -1)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = [thing for outline in outlines if (thing := _thing(np.asarray(outline), area)) is not None]
    return sorted(found, key=lambda thing: -thing.width * thing.height)


def _not_ground(seen: Picture) -> Picture:
    hue_saturation_value = cv2.cvtColor(seen, cv2.COLOR_BGR2HSV)
    low, high = (0, 0, GROUND_LEVELS[0]), (180, GROUND_SATURATION, GROUND_LEVELS[1])
    mask = cv2.bitwise_not(cv2.inRange(hue_saturation_value, np.array(low), np.array(high)))
    kernel = np.ones((_CLEAN_PX, _CLEAN_PX), np.uint8)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel), np.uint8)


def _thing(outline: np.ndarray[tuple[int, ...], np.dtype[np.int32]], area: Box) -> Thing | None:
    covered = cv2.contourArea(outline) / SCALE_PX_PER_MM**2
    if covered < MIN_AREA_MM2:
        return None
    (x, y), (width, height), turn = cv2.minAreaRect(outline)
    while turn > 45:
        width, height, turn = height, width, turn - 90
    while turn < -45:
        width, height, turn = height, width, turn + 90
    # A contour runs through the middle of the outermost pixels, so that each side is one pixel short.
    sides = (width + 1) / SCALE_PX_PER_MM, (height + 1) / SCALE_PX_PER_MM
    centre = area.x + (x + 0.5) / SCALE_PX_PER_MM, area.y + (y + 0.5) / SCALE_PX_PER_MM
    return Thing(*centre, *sides, float(turn), min(1.0, covered / (sides[0] * sides[1])))
