"""What lies in a part of the mailer: every thing that is not the mailer's grey ground, as turned rectangles in mm."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np

from vision.pictures import Grey, Picture, Shot, as_grey, ends, shrunk, warped
from vision.plane import Plane, Points, box_corners, shrunk_map
from vision.verdict import Box

SCALE_PX_PER_MM = 1.25
"""Scale of the upright picture of the pocket that is searched."""
MIN_AREA_MM2 = 200.0
"""Smaller things are dust and reflections."""
GROUND_LEVELS = (60, 155)
"""Darkest and lightest brightness, 0..255, of the mailer's film and inside, and of the carrier."""
GROUND_SATURATION = 80
"""Highest HSV saturation of the ground, 0..255."""

_LEAST_OF_GREY = np.array([int(most * (1 - (GROUND_SATURATION + 0.5) / 255)) + 1 for most in range(256)], np.uint8)
"""For the largest of a pixel's channels, what its least has at least when its saturation is not over the ground's."""
_STEEP = 36.0
"""Steepness, eighths of a grey level a pixel, over which an outline is seen."""
_MIN_EDGE_PX = 5
_GLARE_STEP = 10.0
"""Greatest step, grey levels a pixel, of a glare; the outline of white paper on the ground has from 17 on."""
_RIM_MM = 2.0
"""The pocket's own rim is no outline of a thing."""
_SHADOW_MM = 3.5
"""How far around a thing its shadow and soft edge reach."""
_CLEAN_PX = 3
"""Gaps up to one pixel less are closed, so that a border's soft edge does not cut a plate in pieces; two parts must
lie about 2.6 mm apart to be seen as two."""


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
        return self.part(Box(0.0, 0.0, self.width, self.height))

    def part(self, box: Box) -> Points:
        """Corners in mm of a box that is given from the thing's own upper left corner."""
        turn = radians(self.turn)
        turned = np.array(((cos(turn), sin(turn)), (-sin(turn), cos(turn))))
        return np.asarray((box_corners(box) - (self.width / 2, self.height / 2)) @ turned + (self.x, self.y))


def upright(shot: Shot, plane: Plane, area: Box) -> Picture:
    """The area of the carrier's plane, seen from straight above at `SCALE_PX_PER_MM`."""
    step = max(1, int(plane.px_per_mm / SCALE_PX_PER_MM + 0.05))
    picture = shot.whole
    if step % 2 == 0:
        picture, plane, step = shot.half, plane.halved(), step // 2
    region = plane.region(area)
    left, top = max(0, region.left), max(0, region.top)
    small = shrunk(picture[top : max(top + step, region.bottom), left : max(left + step, region.right)], step)
    onto = plane.matrix.copy()
    onto[:, 2] += onto[:, :2] @ np.array((area.x, area.y)) - (left, top)
    onto[:, :2] /= SCALE_PX_PER_MM
    onto = shrunk_map(onto, step)
    size = (round(area.width * SCALE_PX_PER_MM), round(area.height * SCALE_PX_PER_MM))
    return warped(small, onto, size, inverse=True)


def things_in(seen: Picture, area: Box, apart_from: tuple[Box, ...] = (), *, by_steps: bool = False) -> list[Thing]:
    """All things in an upright picture of an area, the largest first.

    :param apart_from: places that are not looked at.
    :param by_steps: the ground is what is reached without a step, pale or dim, and nothing else: for uneven light, when
        the parts do not show by their brightness. What has an outline `strays_in` finds all the same.
    """
    mask = _not_ground(seen, by_steps)
    for box in apart_from:
        left, top = (box.x - area.x) * SCALE_PX_PER_MM, (box.y - area.y) * SCALE_PX_PER_MM
        right, bottom = left + box.width * SCALE_PX_PER_MM, top + box.height * SCALE_PX_PER_MM
        cv2.rectangle(mask, (int(left) - 2, int(top) - 2), (int(right) + 2, int(bottom) + 2), 0, -1)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = [thing for outline in outlines if (thing := _thing(np.asarray(outline), area)) is not None]
    return sorted(found, key=lambda thing: -thing.width * thing.height)


def strays_in(seen: Picture, area: Box, within: Box, things: list[Thing]) -> list[Box]:
    """What has an outline within a box but is none of the things: small, or of the ground's own grey.

    Light that changes slowly has no outline; the edges of the things and their shadows are left out.
    """
    grey = cv2.GaussianBlur(as_grey(seen), (3, 3), 0)
    across, down = (cv2.inRange(gradient, -_STEEP, _STEEP) for gradient in cv2.spatialGradient(grey))
    edges = cv2.bitwise_not(cv2.bitwise_and(across, down))
    look = np.zeros(edges.shape, np.uint8)
    cv2.fillConvexPoly(look, _in_pixels(box_corners(grown(within, -_RIM_MM)), area), 255)
    for thing in things:
        wide = Box(-_SHADOW_MM, -_SHADOW_MM, thing.width + 2 * _SHADOW_MM, thing.height + 2 * _SHADOW_MM)
        cv2.fillConvexPoly(look, _in_pixels(thing.part(wide), area), 0)
    kernel = np.ones((_CLEAN_PX, _CLEAN_PX), np.uint8)
    closed = cv2.morphologyEx(cv2.bitwise_and(edges, look), cv2.MORPH_CLOSE, kernel)
    scale = SCALE_PX_PER_MM
    return [
        Box(area.x + x / scale, area.y + y / scale, width / scale, height / scale)
        for x, y, width, height, pixels in pieces_of(np.asarray(closed, np.uint8))
        if pixels >= _MIN_EDGE_PX
    ]


def pieces_of(mask: Picture) -> list[tuple[int, int, int, int, int]]:
    """Left, top, width, height and number of pixels of each connected part of a mask; most masks are empty."""
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return []
    count, _, places, _ = cv2.connectedComponentsWithStats(mask[top : top + height, left : left + width])
    return [(left + x, top + y, wide, high, pixels) for x, y, wide, high, pixels in places[1:count].tolist()]


def grown(box: Box, by_mm: float) -> Box:
    """A box with a margin around it."""
    return Box(box.x - by_mm, box.y - by_mm, box.width + 2 * by_mm, box.height + 2 * by_mm)


def extent(box: Box) -> float:
    """Its longer side."""
    return max(box.width, box.height)


def _in_pixels(points: Points, area: Box) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.asarray(np.round((points - (area.x, area.y)) * SCALE_PX_PER_MM), np.int32)


def _not_ground(seen: Picture, by_steps: bool) -> Picture:
    darkest, lightest = ends(seen)
    grey = cv2.compare(darkest, cv2.LUT(lightest, _LEAST_OF_GREY), cv2.CMP_GE)
    ground = np.asarray(cv2.bitwise_and(grey, cv2.inRange(lightest, *GROUND_LEVELS)), np.uint8)
    if by_steps:
        pale = cv2.bitwise_and(grey, cv2.inRange(lightest, GROUND_LEVELS[0], 255))
        ground = _reached(lightest, np.asarray(pale, np.uint8), ground)
    mask = cv2.bitwise_not(ground)
    kernel = np.ones((_CLEAN_PX, _CLEAN_PX), np.uint8)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel), np.uint8)


def _reached(lightest: Grey, pale: Grey, ground: Grey) -> Grey:
    """What is reached from the ground's largest part without a step, be it pale by a glare; and no more: paper in a
    dim corner is as dark as ground, but stands apart.

    :param lightest: the largest of each pixel's channels. :param pale: what is as light as ground or lighter, without
        colour.
    """
    smooth = pale.copy()
    for gradient in cv2.spatialGradient(cv2.GaussianBlur(lightest, (3, 3), 0)):
        smooth[np.abs(gradient) > 8 * _GLARE_STEP] = 0
    _, regions = cv2.connectedComponents(smooth, connectivity=4)
    shares = np.bincount(regions[(ground > 0) & (smooth > 0)], minlength=2)
    largest = np.asarray((regions == int(shares.argmax())) & (smooth > 0), np.uint8) * np.uint8(255)
    edge = cv2.bitwise_and(ground, cv2.dilate(largest, np.ones((_CLEAN_PX + 2,) * 2, np.uint8)))
    return np.asarray(cv2.bitwise_or(largest, edge), np.uint8)


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
