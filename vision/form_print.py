"""What lies on a certificate's print: an outline that is left when the print is filled with paper, or print hidden.

Print is made of strokes. Where the picture is closed by a square wider than strokes, they are gone whatever they say,
and the paper is left; a thing is wider and stays. So one can look also where copies bear what nobody knows beforehand.
A thing of the paper's own colour has no outline: it hides print that every copy bears.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.form_flags import (
    CELL,
    CELLS_PER_MM,
    Flags,
    Mask,
    above,
    cells_of,
    darker,
    outlined,
    paper_level,
    sharp,
    steepness,
    without_rim,
    written,
)
from vision.pictures import Picture, as_grey
from vision.pocket import pieces_of
from vision.verdict import Box

PLAIN_MM = 3.0
"""From so much of its outline on something lies on the print: it is at least as wide as strokes are not."""
HIDDEN_MM = 10.0
"""From this extent on print is hidden and not only shorter than in the samples."""

_STROKES_CELLS = 7
"""Print narrower than this square, 4.7 mm, is filled; so is a thing that is narrower."""
_SHARP_CELLS = 5
"""Slopes that are wider are light's."""
_STEP = 42
"""Step of one channel, in thousandths of the paper's brightness, from which on there is an outline."""
_PRINT = 12
"""Likewise from which on print of a sample is not quite filled."""
_DARK_SHARE = 0.85
"""Brightness against the paper around it under which a sample bears no strokes, as in a photograph."""
_PAPER_AROUND_CELLS = 23
_LIGHT_CELLS = 4.0
"""Slopes of light are taken off down to this width; of a thing the outline is left."""
_COARSER = 4
"""By so much smaller is the picture in which light is found."""
_JOIN_CELLS = 3
"""Pieces of an outline are one when they are nearer."""
_REGISTER_CELLS = 2
"""So far up and down another copy's print may lie."""
_ROOM_CELLS = 3
"""Left and right."""
_INKED = 0.2
"""Depth of ink, as a share of the paper around it, that a sample bears."""
_BARE = 0.09
"""Likewise under which there is none."""
_NEAR_CELLS = 5
"""Ink is looked for in a square of this side: between strokes and lines there is none."""
_LONGER_CELLS = 4
"""Left and right of where every sample bears ink: another copy's may be shorter."""
_RIM_CELLS = 3
"""The document's own edge is no step of a thing."""


def learn_print(samples: list[Picture]) -> tuple[Flags, Flags]:
    """Where the print of every sample can be filled with paper, and where every sample bears print.

    :param samples: as `samples_of` gives them.
    """
    some, every = (np.full(_size(samples[0]), start, np.uint8) for start in (0, 255))
    for each in samples:
        level = paper_level(each)
        paper, grey = _filled(each, level)
        dark = darker(grey, _PAPER_AROUND_CELLS, _DARK_SHARE)
        steps = cv2.bitwise_or(above(sharp(steepness(paper, level), _SHARP_CELLS), _PRINT), dark)
        some |= without_rim(np.asarray(steps, np.uint8), _RIM_CELLS)
        every &= np.asarray(cv2.bitwise_not(_under(_ink(each, grey), grey, _INKED)), np.uint8)
    uneven = cv2.dilate(some, np.ones((2 * _REGISTER_CELLS + 1, 2 * _ROOM_CELLS + 1), np.uint8))
    inked = cv2.erode(every, np.ones((3, 2 * _LONGER_CELLS + 1), np.uint8))
    plain, bears = (without_rim(np.asarray(each, np.uint8), _RIM_CELLS) for each in (cv2.bitwise_not(uneven), inked))
    return written(plain), written(bears)


def steps_on(document: Picture, level: float, plain: Flags, inked: Flags) -> tuple[list[Box], list[Box]]:
    """Outlines of things on the print, and where print is hidden; in mm.

    :param document: aligned. :param level: of its paper. :param plain: as `learn_print` gives them, and `inked`.
    """
    paper, grey = _filled(document, level)
    outlines = above(sharp(steepness(paper, level), _SHARP_CELLS), _STEP)
    hidden = _under(_ink(document, grey), grey, _BARE)
    steps = [outlined(*piece) for piece in _pieces(outlines, plain, _JOIN_CELLS)]
    return steps, [Box(*(value / CELLS_PER_MM for value in piece)) for piece in _pieces(hidden, inked, 1)]


def _filled(document: Picture, level: float) -> tuple[Picture, Mask]:
    """The document's paper, a pixel a cell, its print filled with the paper around it: in even light, as bright as the
    level, and its grey as it is."""
    corner, strokes = np.ones((CELL, CELL), np.uint8), np.ones((_STROKES_CELLS, _STROKES_CELLS), np.uint8)
    brightest = _each_cell(cv2.dilate(document, corner, anchor=(0, 0)))
    grey = np.asarray(cv2.morphologyEx(as_grey(brightest), cv2.MORPH_CLOSE, strokes), np.uint8)
    # A slope of light, filled line by line, would be a staircase.
    small = cv2.resize(grey, (grey.shape[1] // _COARSER, grey.shape[0] // _COARSER), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), _LIGHT_CELLS / _COARSER)
    light = cv2.resize(soft, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    even = cv2.divide(brightest, cv2.merge((light, light, light)), scale=level)
    return np.asarray(cv2.morphologyEx(even, cv2.MORPH_CLOSE, strokes), np.uint8), grey


def _ink(document: Picture, paper: Mask) -> Mask:
    """By how many grey levels the darkest near a cell is darker than its paper."""
    darkest = cv2.erode(as_grey(document), np.ones((CELL, CELL), np.uint8), anchor=(0, 0))
    depth = cv2.subtract(paper, _each_cell(darkest))
    return np.asarray(cv2.dilate(depth, np.ones((_NEAR_CELLS, _NEAR_CELLS), np.uint8)), np.uint8)


def _under(ink: Mask, paper: Mask, share: float) -> Mask:
    """Where the ink is not that deep."""
    return np.asarray(cv2.compare(ink, cv2.convertScaleAbs(paper, alpha=share), cv2.CMP_LT), np.uint8)


def _each_cell(points: cv2.typing.MatLike) -> Picture:
    height, width = points.shape[0] // CELL * CELL, points.shape[1] // CELL * CELL
    return np.ascontiguousarray(points[:height:CELL, :width:CELL], np.uint8)


def _size(document: Picture) -> tuple[int, int]:
    return document.shape[0] // CELL, document.shape[1] // CELL


def _pieces(found: Mask, flags: Flags, join: int) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of the pieces of what was found where flags are set, in cells.

    :param join: pieces nearer than so many cells are one.
    """
    if not flags:
        return []
    looked_at = cells_of(flags)
    rows, columns = (min(found.shape[axis], looked_at.shape[axis]) for axis in (0, 1))
    seen = cv2.bitwise_and(found[:rows, :columns], looked_at[:rows, :columns])
    seen = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((join, join), np.uint8))
    return [piece[:4] for piece in pieces_of(np.asarray(seen, np.uint8))]
