"""Whether the two plates of a pair look alike: both come from the same dies, so that what only one shows lies on it.

Nothing need be known of the press: what lies on a province's character, or between the strokes of any other, differs
from the other plate however its dies are cut. Asked last, of plates on which nothing else was found; of parts whose
number, colour and size are the same. `vision.plate_ground` looks at each plate alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture, as_grey
from vision.plane import Plane
from vision.plate.area import ellipse, inner
from vision.plate.lower_edge import unlike_along
from vision.plate_ground import COVER_MM
from vision.pocket import SCALE_PX_PER_MM, Thing, extent
from vision.ranks import percentile
from vision.verdict import Box, Check, ExpectedPlate, Outcome

_LIGHT_MM = 60.0
"""Side of the surroundings by which both plates are brought to one brightness; a screw changes its mean by 4 levels."""
_EACH = 3
"""Light and contrast are measured on every so many-th row and column."""
_INK_PER_CENT = (10, 90)
"""Per cent of a plate's pixels that are darker than its contrast's two ends."""
_PLAY_PX = 2
"""So far from its place on the other plate anything may be: cut out a little otherwise, pressed a little otherwise."""
_ODD = 0.12
"""From this share of the contrast on, a place is not as on the other plate."""
_OUTLINE_LEVELS = 40.0
"""Step of brightness, eighths of a grey level a pixel, over which there is an outline."""
_OUTLINED = 0.3
"""Least length of the outlines that the other plate has not, in lengths of the thing: light and glare have none."""
_PIECES_MM = 1.75
_LEAST_PX = 6

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Lying:
    """A plate in the mailer.

    :ivar alone: as `vision.plates.flattened` gives it. :ivar along: as `vision.plate_ground.Ground` has it.
    """

    thing: Thing
    alone: Picture
    along: tuple[Box, ...]


def check_pairs(plane: Plane, plates: Sequence[ExpectedPlate], found: Mapping[str, Lying]) -> list[Check]:
    """A check for each plate that must look like the one before it; its place is on that plate.

    :param found: by their roles, plates that are accepted by all else.
    """
    checks = []
    for one, other in pairwise(plate for plate in plates if plate.role in found):
        if (one.text, one.colour, one.box.width, one.box.height) == (
            other.text, other.colour, other.box.width, other.box.height,
        ):  # fmt: skip
            first, second = (found[each.role] for each in (one, other))
            odds = odd_between(second.alone, first.alone), unlike_along(second.along, first.along)
            odd = max((each for each in odds if each is not None), key=extent, default=None)
            size = extent(odd) if odd is not None else 0.0
            outcome = Outcome.REJECT if size >= COVER_MM else Outcome.ACCEPT
            thing = second.thing
            corners = thing.part(odd) if odd is not None and outcome is Outcome.REJECT else thing.corners()
            expected, text = "as the other of its pair", f"{size:.0f} mm unlike it" if size else "alike"
            region = plane.outline(corners)
            checks.append(Check("plate_alike", outcome, other.role, expected, text, size, COVER_MM, region))
    return checks


def odd_between(one: Picture, other: Picture) -> Box | None:
    """Largest thing that one of two plates bears and the other does not, mm from `one`'s upper left corner; its rim and
    lowest band, where each plate has its own marks and sticker, are left out.

    :param one: a plate alone, upright, at `SCALE_PX_PER_MM`; :param other: likewise.
    """
    grey = as_grey(one)
    second = cv2.resize(as_grey(other), grey.shape[::-1])
    first, second = (each[inner()] for each in (grey, np.asarray(second, np.uint8)))
    second = _lit_as(second, first)
    play = np.ones((2 * _PLAY_PX + 1,) * 2, np.uint8)
    away = cv2.max(_beyond(first, second, play), _beyond(second, first, play))
    dark, light = (percentile(first[::_EACH, ::_EACH], share) for share in _INK_PER_CENT)
    odd = cv2.morphologyEx(cv2.inRange(away, _ODD * (light - dark), 255), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    if not cv2.countNonZero(odd):
        return None
    joined = cv2.morphologyEx(odd, cv2.MORPH_CLOSE, ellipse((_PIECES_MM,) * 2))
    count, labels, measured, _ = cv2.connectedComponentsWithStats(joined)
    steep, others = _steep(first), _steep(second)
    own = cv2.max(cv2.subtract(steep, cv2.dilate(others, play)), cv2.subtract(others, cv2.dilate(steep, play)))
    around = cv2.dilate(labels.astype(np.uint16), np.ones((3, 3), np.uint8))
    outlines = np.bincount(around[own > 0].ravel(), minlength=count)
    sides = measured[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    sides[(outlines < _OUTLINED * sides) | (measured[:, cv2.CC_STAT_AREA] < _LEAST_PX)] = 0
    sides[0] = 0
    if not sides.any():
        return None
    left, top, wide, high = measured[int(sides.argmax()), :4].tolist()
    down, across = (each.start for each in inner())
    return Box(*(each / SCALE_PX_PER_MM for each in (left + across, top + down, wide, high)))


def _lit_as(other: Mask, one: Mask) -> Mask:
    """A plate as it would be under the light of another."""
    side = (2 * round(_LIGHT_MM * SCALE_PX_PER_MM / _EACH / 2) + 1,) * 2
    levels = [cv2.blur(each[1::_EACH, 1::_EACH].astype(np.float32), side) for each in (one, other)]
    share = cv2.resize(levels[0] / np.maximum(levels[1], 1), one.shape[::-1])
    return np.asarray(cv2.multiply(other, share, dtype=cv2.CV_8U), np.uint8)


def _beyond(one: Mask, other: Mask, play: Mask) -> Mask:
    """By how much a place is lighter or darker than all of the other plate near it."""
    lighter, darker = cv2.subtract(one, cv2.dilate(other, play)), cv2.subtract(cv2.erode(other, play), one)
    return np.asarray(cv2.max(lighter, darker), np.uint8)


def _steep(grey: Mask) -> Mask:
    """255 where brightness changes at a step."""
    gradients = cv2.spatialGradient(cv2.blur(grey, (3, 3)))
    across, down = (cv2.inRange(each, -_OUTLINE_LEVELS, _OUTLINE_LEVELS) for each in gradients)
    return np.asarray(cv2.bitwise_not(cv2.bitwise_and(across, down)), np.uint8)
