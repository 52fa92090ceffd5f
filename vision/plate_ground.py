"""Whether something lies on a plate: an outline where the ground must be free, or a colour that no plate has.

Where the characters are proven, their dies tell to the millimetre what ground lies between them, and every outline
there is looked at; else only what GA 36 leaves free on every plate of one row. Colours are looked at on the whole
plate. What covers a character in the plate's own colours `vision.plate` must see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.alignment import PROVINCES
from vision.pictures import Picture, as_grey, ends
from vision.plate.area import ellipse, low_band, within_rim
from vision.plate.kinds import ONE_ROW, number_in
from vision.plate.lower_edge import things_along
from vision.plate.odd_colours import odd_colours
from vision.plate.templates import Ink
from vision.pocket import SCALE_PX_PER_MM, extent, pieces_of
from vision.ranks import median, medians
from vision.shadow_line import shadow_line
from vision.verdict import Box, Check, ExpectedPlate, Outcome, PlateColour

COVER_MM = 9.0
"""From this extent on something lies on the ground; a mounting hole has 7 mm."""

_ROW_MM = (25.0, 115.0)
_INK_REACH_MM = 5.0
"""How far around its box a character's ink and relief reach."""
_DOT_REACH_MM = 5.0
_NEW_ENERGY = 8
"""Characters of a new-energy plate."""
_GAP_REACH_MM = 10.0
_MARK_HALF_MM = 22.0
"""Half the height of a new-energy plate's mark, which stands as high as the middle of the characters."""
_GROUND_AROUND_MM = 25.0
_EACH = 3
"""Levels are measured on every so many-th row and column."""
_INK_SHARE = 0.4
"""Share of the contrast between ground and ink from which on something is taken for ink, a thing of grey is not."""
_INNER = 0.2
_EDGE_REACH_PX = 6
"""So far from an edge on the ink what is not as the ink around it belongs to that edge."""
_PIECES_MM = 3.5
"""So far apart pieces of one thing are seen, as where it crosses a character's edge."""
_UPPER_MIDDLE = 0.22
"""Middle of the upper of two rows as a share of the height; some plates bear a dot there."""
_TWO_ROW_ASPECT = 2.4
_OTHER_DIE_MM = (3.5, 5.0)
"""How far beside and above the ink of a die another press's may have its ink, on a plate of `_HEIGHT_MM` or less; more
on higher ones, whose characters are larger."""
_RELIEF_MM = (2.4, 3.2)
"""How far beside and above the ink that is seen its relief and soft edge reach."""
_SPREAD_BESIDE_MM, _SPREAD_MM = (1.5, 1.5), (3.0, 3.0)
"""What is as ink beyond so much beside it and above, and as wide as twice this at least, is no other die's."""
_LEAST_OUTLINE_PX = 6
_INKED = 0.3
_CORE = 0.8
_ENDS_SHARE = 0.015
"""Share of the plate's height by which a die may be too long or too short at each end."""
_NEAR_PX = 2
"""So far from its place ink may lie, where a die does not quite fit."""
_DRAWN_PX = 5
"""By this much what lies on a stroke's core is larger than what is seen of it there."""
_INK_AROUND_MM = 70.0
_PALE = 0.15
"""From this share of the contrast between ground and ink on, ink is not as the ink around it."""
_HEIGHT_MM = 140.0
_WIDTH_MM = 400.0
_HUED = (PlateColour.YELLOW, PlateColour.GREEN, PlateColour.YELLOW_GREEN)
"""Coloured grounds of dark ink: what is as coloured in the place of ink is ground, since most things are grey. Gloves
are as blue as blue plates."""
_HUE = 30.0
"""Least strength of a ground's colour, in grey levels, that tells ground from grey things."""
_MISFIT_PX = 3
"""Up to this size ground in the place of ink is that beside a stroke which its die does not quite fit. With 4 a scrap
of the plate's own colour passed."""
_STEEP = 52.0
"""Step of one channel, eighths of a grey level a pixel, over which there is an outline."""

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Inked:
    """Where a plate must bear ink, 0..1, of the plate's size.

    :ivar every: of all its characters. :ivar serial: of letters and digits, which all have the plate's one ink.
    """

    every: Ink
    serial: Ink


@dataclass(frozen=True, slots=True)
class Ground:
    """What is seen of a plate's ground.

    :ivar check: what lies on it, the largest first; its region is in px of the plate alone.
    :ivar along: what lies along its lower edge, its maker's marks among it; nothing where that is not looked at.
    """

    check: Check
    along: tuple[Box, ...] = ()


def check_ground(alone: Picture, plate: ExpectedPlate, ink: Inked | None) -> Ground:
    """What lies on the plate.

    :param alone: the plate alone, upright, at `SCALE_PX_PER_MM`. :param ink: where it must bear ink; None: not
        known, and only what is free on every plate of one row is looked at.
    """
    covered, steep = odd_colours(alone, plate.colour), outlines(alone)
    free = _free(alone.shape, len(plate.text)) if _has_free_ground(plate) else None
    along: list[Box] = []
    light = _light_on(alone, ink.every) if ink is not None else None
    if ink is not None and light is not None:
        bare = _bare(alone.shape, ink, plate)
        free = _between(alone, light, ink, plate, bare)
        pale = _pale_ink(light, ink.serial, steep)
        covered |= _without_ground(pale, alone, light, ink) if plate.colour in _HUED and pale.any() else pale
        if _has_city(plate):
            bare[: _top(ink.every > _INKED)] = 0
            printed = light.inked(ends(alone)[0]) | (ink.every > _INKED)
            covered |= shadow_line(light.grey, printed, light.contrast)
        bare[low_band()] = 0
        covered |= _spread_ink(light, ink.every, steep, bare)
    if free is not None:
        grey = light.grey if light is not None else as_grey(alone)
        along = things_along(grey, steep, free)
        # What is thinner than an outline is the edge of a character that its die does not quite fit.
        stepped = cv2.morphologyEx(cv2.bitwise_and(steep, free), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        stepped[low_band()[0]] = 0
        covered |= np.asarray(stepped, np.uint8)
    closed = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, ellipse((_PIECES_MM / 2,) * 2))
    pieces = pieces_of(np.asarray(closed, np.uint8))
    boxes = [Box(*(value / SCALE_PX_PER_MM for value in piece[:4])) for piece in pieces if piece[4] >= 6]
    largest = max((*boxes, *along[plate.marks :]), key=extent, default=None)
    size = extent(largest) if largest is not None else 0.0
    outcome = Outcome.REJECT if size >= COVER_MM else Outcome.ACCEPT
    whole = Box(0, 0, alone.shape[1] / SCALE_PX_PER_MM, alone.shape[0] / SCALE_PX_PER_MM)
    place = largest if largest is not None and outcome is Outcome.REJECT else whole
    expected, found = f"nothing from {COVER_MM:.0f} mm on it", f"{size:.0f} mm" if size else "nothing"
    return Ground(
        Check("plate_clear", outcome, plate.role, expected, found, size, COVER_MM, _region(place)), tuple(along)
    )


@dataclass(frozen=True)
class _Light:
    """How a plate is lit.

    :ivar ground: brightness of the ground around each point. :ivar contrast: by which the ink is lighter than it.
    """

    grey: Mask
    ground: Ink
    contrast: float

    @cached_property
    def all_inked(self) -> Mask:
        """`inked` of the picture's brightness."""
        return self.inked(self.grey)

    def inked(self, channel: Mask) -> Mask:
        """1 where a channel of the picture is as far from the ground as ink is, at least."""
        over, under = (channel, self.ground) if self.contrast > 0 else (self.ground, channel)
        away = cv2.subtract(over, under, dtype=cv2.CV_32F)
        return np.asarray(cv2.threshold(away, _INK_SHARE * abs(self.contrast), 1, cv2.THRESH_BINARY)[1], np.uint8)


def _light_on(alone: Picture, ink: Ink) -> _Light | None:
    """None where no ink is to be seen."""
    grey = as_grey(alone)
    some, inked = grey[::_EACH, ::_EACH], ink[::_EACH, ::_EACH]
    if not (inked > _CORE).any():
        return None
    contrast = median(some[inked > _CORE]) - median(some[inked < 1 - _CORE])
    return _Light(grey, _around(grey, (ink < 1 - _CORE).astype(np.uint8), _GROUND_AROUND_MM), contrast)


def _around(grey: Mask, where: Mask, reach_mm: float) -> Ink:
    """Mean brightness around each point of what lies where a mask is 1."""
    centres = (slice(_EACH // 2, None, _EACH),) * 2
    some, there = grey[centres], where[centres]
    side = (2 * round(reach_mm * SCALE_PX_PER_MM / _EACH / 2) + 1,) * 2
    summed, share = (cv2.blur(each.astype(np.float32), side) for each in (some * there, there))
    return np.asarray(cv2.resize(summed / np.maximum(share, 1e-4), grey.shape[::-1]), np.float32)


def _region(box: Box) -> tuple[tuple[float, float], ...]:
    left, top = box.x * SCALE_PX_PER_MM, box.y * SCALE_PX_PER_MM
    right, bottom = left + box.width * SCALE_PX_PER_MM, top + box.height * SCALE_PX_PER_MM
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _bare(shape: tuple[int, ...], ink: Inked, plate: ExpectedPlate) -> Mask:
    """Where a plate bears nothing but what lies on the die's ink or near it and along its lower edge: not its rim nor
    its mark."""
    every = (ink.every > _INKED).astype(np.uint8)
    bare = np.zeros(every.shape, np.uint8)
    bare[within_rim()] = 255
    # In a Chinese character there is too little ground to tell its level.
    bare[_dilated(every * (ink.serial <= _INKED).astype(np.uint8), _other_die(plate)) > 0] = 0
    if len(plate.text) in ONE_ROW and every.shape[1] > _TWO_ROW_ASPECT * every.shape[0]:
        mark = _mark(shape, len(plate.text))
        # A large new-energy plate changes its ground there.
        bare[slice(None) if plate.colour is PlateColour.YELLOW_GREEN else mark[0], mark[1]] = 0
    elif number_in(plate.text)[:1] in PROVINCES:
        across, down = every.shape[1] / SCALE_PX_PER_MM / 2, every.shape[0] / SCALE_PX_PER_MM * _UPPER_MIDDLE
        bare[_px(across - _GAP_REACH_MM, down - _GAP_REACH_MM, across + _GAP_REACH_MM, down + _GAP_REACH_MM)] = 0
    return bare


def _between(alone: Picture, light: _Light, ink: Inked, plate: ExpectedPlate, bare: Mask) -> Mask:
    """Where a plate whose ink is known bears nothing, neither ink of another die nor its relief."""
    every, free = (ink.every > _INKED).astype(np.uint8), bare.copy()
    printed = np.asarray(cv2.bitwise_and(light.all_inked, _dilated(every, _other_die(plate))), np.uint8)
    if _has_city(plate):
        # Above an e-bike's number stands its city, as each city likes it, in whatever colour.
        above = slice(0, _top(every > 0))
        printed[above] |= light.inked(ends(alone)[0])[above]
    free[_dilated(printed, ellipse(_RELIEF_MM, _larger(plate))) > 0] = 0
    return free


def _larger(plate: ExpectedPlate) -> float:
    """By how much characters are larger than on a plate of `_HEIGHT_MM`."""
    return max(1.0, plate.box.height / _HEIGHT_MM)


def _other_die(plate: ExpectedPlate) -> cv2.typing.MatLike:
    return ellipse(_OTHER_DIE_MM, _larger(plate))


def _has_city(plate: ExpectedPlate) -> bool:
    return plate.colour is PlateColour.WHITE and number_in(plate.text)[:1] not in PROVINCES


def _top(every: NDArray[np.bool_]) -> int:
    """The first row that bears ink."""
    return int(every.any(axis=1).argmax())


def _dilated(mask: Mask, kernel: cv2.typing.MatLike) -> Mask:
    """A mask with all that the kernel reaches from it; only there is anything to be done."""
    left, top, width, height = cv2.boundingRect(mask)
    down, right = (side // 2 for side in kernel.shape)
    reached = np.zeros_like(mask)
    where = slice(max(0, top - down), top + height + down), slice(max(0, left - right), left + width + right)
    if width:
        reached[where] = cv2.dilate(mask[where], kernel)
    return reached


def _has_free_ground(plate: ExpectedPlate) -> bool:
    """Whether it is a plate of one row and one ground, whose bare places are known."""
    one_row = abs(plate.box.height - _HEIGHT_MM) <= 1 and plate.box.width >= _WIDTH_MM
    return len(plate.text) in ONE_ROW and one_row and plate.colour is not PlateColour.YELLOW_GREEN


def _pale_ink(light: _Light, ink: Ink, steep: Mask) -> Mask:
    """Where what must be ink is not as the ink around it, nor is anything near, and not by the light's slow change;
    drawn out to its true size."""
    high = 2 * round(_ENDS_SHARE * ink.shape[0]) + 1
    core = np.asarray(cv2.erode((ink > _CORE).astype(np.uint8), np.ones((high, 3), np.uint8)), np.uint8)
    near = np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)
    inkiest = np.asarray((cv2.dilate if light.contrast > 0 else cv2.erode)(light.grey, near), np.uint8)
    local = _around(inkiest, core, _INK_AROUND_MM)
    most = _PALE * abs(light.contrast)
    as_around = cv2.inRange(cv2.subtract(inkiest, local, dtype=cv2.CV_32F), -most, most)
    odd = np.asarray(cv2.subtract(core * np.uint8(255), as_around), np.uint8)
    if not cv2.countNonZero(odd):
        return np.zeros_like(core)
    inner = cv2.erode(core, near)
    if cv2.countNonZero(inner) < _INNER * cv2.countNonZero(core):
        # Strokes of a small plate have edges all through.
        inner = core
    odd &= np.asarray(cv2.dilate(steep * inner, np.ones((2 * _EDGE_REACH_PX + 1,) * 2, np.uint8)), np.uint8)
    opened = cv2.morphologyEx(odd, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(cv2.dilate(opened, np.ones((2 * _DRAWN_PX + 1,) * 2, np.uint8)), np.uint8)


def _without_ground(pale: Mask, alone: Picture, light: _Light, ink: Inked) -> Mask:
    """`pale` without what is no larger than a die's misfit and as coloured as so much of the ground around it."""
    ground = (ink.every < 1 - _CORE).astype(np.uint8)
    some = alone[::_EACH, ::_EACH][ground[::_EACH, ::_EACH] > 0].astype(np.float32)
    hue = medians(some - some.mean(axis=1, keepdims=True))
    hue -= hue.mean()
    hue /= max(1e-6, float(np.linalg.norm(hue)))
    along = np.asarray(np.clip(cv2.transform(alone.astype(np.float32), hue[None]), 0, 255), np.uint8)
    near = np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)
    usual, ink_level = _around(along, ground, _GROUND_AROUND_MM), median(light.grey[ink.serial > _CORE])
    coloured = np.where(usual > _HUE, cv2.erode(along, near) / np.maximum(usual, _HUE), 0)
    away = cv2.erode(light.grey, near) - ink_level - coloured * np.maximum(light.ground - ink_level, 0)
    _, labels, measured, _ = cv2.connectedComponentsWithStats(pale)
    kept = measured[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) > _MISFIT_PX + 2 * _DRAWN_PX
    inner = cv2.erode(pale, np.ones((2 * _DRAWN_PX + 1,) * 2, np.uint8)) > 0
    kept[labels[inner & (away > _PALE * abs(light.contrast))]] = True
    return np.asarray(pale * kept[labels], np.uint8)


def _spread_ink(light: _Light, ink: Ink, steep: Mask, bare: Mask) -> Mask:
    """Where what is as light or dark as ink is wider than any die's ink lies beside another's, though none belongs
    there; with an outline of its own, which a glare has not."""
    every = (ink > _INKED).astype(np.uint8)
    beyond = cv2.bitwise_and(cv2.subtract(light.all_inked, cv2.dilate(every, ellipse(_SPREAD_BESIDE_MM))), bare)
    cores = np.asarray(cv2.erode(beyond, ellipse(_SPREAD_MM)), np.uint8)
    if not cv2.countNonZero(cores):
        return cores
    wide = np.asarray(cv2.dilate(cores, ellipse(_SPREAD_MM)), np.uint8)
    count, labels = cv2.connectedComponents(cv2.dilate(wide, np.ones((3, 3), np.uint8)))
    own = labels[(steep > 0) & (cv2.dilate(every, ellipse(_RELIEF_MM)) == 0)]
    outlined = np.bincount(own, minlength=count) >= _LEAST_OUTLINE_PX
    outlined[0] = False
    return np.asarray(wide * outlined[labels] * np.uint8(255), np.uint8)


@lru_cache(maxsize=8)
def _free(shape: tuple[int, ...], characters: int) -> Mask:
    """Where any plate of one row bears nothing."""
    width, gap, at_dot = ONE_ROW[characters]
    free = np.zeros(shape[:2], np.uint8)
    free[within_rim()] = 255
    left = _first_left(shape, characters)
    top, bottom = _ROW_MM[0] - _INK_REACH_MM, _ROW_MM[1] + _INK_REACH_MM
    for place in range(characters):
        free[_px(left - _INK_REACH_MM, top, left + width + _INK_REACH_MM, bottom)] = 0
        left += width + (at_dot if place == 1 else gap)
    free[_mark(shape, characters)] = 0
    return free


def _mark(shape: tuple[int, ...], characters: int) -> tuple[slice, slice]:
    """Where a plate of one row bears its dot, or a new-energy plate its mark: in the gap after two characters."""
    width, gap, at_dot = ONE_ROW[characters]
    middle = _first_left(shape, characters) + 2 * width + gap + at_dot / 2
    across, high = (at_dot / 2, _MARK_HALF_MM) if characters == _NEW_ENERGY else (_DOT_REACH_MM, _DOT_REACH_MM)
    down = sum(_ROW_MM) / 2
    return _px(middle - across, down - high - _INK_REACH_MM, middle + across, down + high + _INK_REACH_MM)


def _first_left(shape: tuple[int, ...], characters: int) -> float:
    """Left of the first character on a plate of one row, mm."""
    width, gap, at_dot = ONE_ROW[characters]
    return (shape[1] / SCALE_PX_PER_MM - characters * width - (characters - 2) * gap - at_dot) / 2


def _px(left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
    """Rows and columns of what lies between these, mm."""
    first_row, last_row, first, last = (max(0, round(each * SCALE_PX_PER_MM)) for each in (top, bottom, left, right))
    return slice(first_row, last_row), slice(first, last)


def outlines(alone: Picture) -> Mask:
    """Where brightness or colour changes at a step; grounds that shade from row to row and light have none."""
    flat = np.full(alone.shape[:2], 255, np.uint8)
    for channel in cv2.split(cv2.GaussianBlur(alone, (3, 3), 0)):
        for gradient in cv2.spatialGradient(channel):
            cv2.bitwise_and(flat, cv2.inRange(gradient, -_STEEP, _STEEP), dst=flat)
    return np.asarray(cv2.bitwise_not(flat), np.uint8)
