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
_STEP = 42
"""Step of one channel, in thousandths of the paper's brightness, from which on there is an outline."""
_PRINT = 10
"""Likewise from which on print of a sample is not quite filled."""
_DARK_SHARE = 0.85
_PAPER_AROUND_CELLS = 23
_RISE_CELLS = 9
"""Light rises on from there, a thing's outline does not: so far to each side both are compared."""
_RISE_SHARE = 0.32
"""Share of that rise that a step must exceed: a slope of light, filled line by line, is a staircase."""
_JOIN_CELLS = 3
_ROOM_CELLS = 3
_INKED = 0.2
"""Depth of ink, as a share of the paper around it, that a sample bears."""
_BARE = 0.09
"""Likewise under which there is none."""
_NEAR_CELLS = 5
"""Ink is looked for in a square of this side: between strokes and lines there is none."""
_LONGER_CELLS = 4
"""Left and right of where every sample bears ink: another copy's may be shorter."""
_RIM_CELLS = 3


def learn_print(samples: list[Picture]) -> tuple[Flags, Flags]:
    """Where the print of every sample can be filled with paper, and where every sample bears print.

    :param samples: as `samples_of` gives them.
    """
    some, every = (np.full(_size(samples[0]), start, np.uint8) for start in (0, 255))
    for each in samples:
        paper = _filled(each)
        grey = as_grey(paper)
        dark = darker(grey, _PAPER_AROUND_CELLS, _DARK_SHARE)
        steps = cv2.bitwise_or(above(sharp(steepness(paper, paper_level(each)), _SHARP_CELLS), _PRINT), dark)
        some |= without_rim(np.asarray(steps, np.uint8), _RIM_CELLS)
        every &= np.asarray(cv2.bitwise_not(_under(_ink(each, grey), grey, _INKED)), np.uint8)
    uneven = cv2.dilate(some, np.ones((3, 2 * _ROOM_CELLS + 1), np.uint8))
    inked = cv2.erode(every, np.ones((3, 2 * _LONGER_CELLS + 1), np.uint8))
    plain, bears = (without_rim(np.asarray(each, np.uint8), _RIM_CELLS) for each in (cv2.bitwise_not(uneven), inked))
    return written(plain), written(bears)


def steps_on(document: Picture, level: float, plain: Flags, inked: Flags) -> tuple[list[Box], list[Box]]:
    """Outlines of things on the print, and where print is hidden; in mm.

    :param document: aligned. :param level: of its paper. :param plain: as `learn_print` gives them, and `inked`.
    """
    paper = _filled(document)
    grey = as_grey(paper)
    outlines, hidden = _outlines(paper, grey, level), _under(_ink(document, grey), grey, _BARE)
    steps = [outlined(*piece) for piece in _pieces(outlines, plain, _JOIN_CELLS)]
    return steps, [Box(*(value / CELLS_PER_MM for value in piece)) for piece in _pieces(hidden, inked, 1)]


def _outlines(paper: Picture, grey: Mask, level: float) -> Mask:
    steep = sharp(steepness(paper, level), _SHARP_CELLS)
    steeper = cv2.compare(steep, cv2.convertScaleAbs(_rise(grey), alpha=_RISE_SHARE * 1000 / level), cv2.CMP_GT)
    return np.asarray(cv2.bitwise_and(above(steep, _STEP), steeper), np.uint8)


def _rise(grey: Mask) -> Mask:
    """How far light rises around each cell, across or down."""
    far = 2 * _RISE_CELLS
    soft = cv2.copyMakeBorder(cv2.blur(grey, (5, 5)), *(_RISE_CELLS,) * 4, cv2.BORDER_REPLICATE)
    across = cv2.absdiff(soft[_RISE_CELLS:-_RISE_CELLS, far:], soft[_RISE_CELLS:-_RISE_CELLS, :-far])
    down = cv2.absdiff(soft[far:, _RISE_CELLS:-_RISE_CELLS], soft[:-far, _RISE_CELLS:-_RISE_CELLS])
    return np.asarray(cv2.max(across, down), np.uint8)


def _filled(document: Picture) -> Picture:
    """The document's paper, a pixel a cell, its print filled with the paper around it."""
    brightest = cv2.dilate(document, np.ones((CELL, CELL), np.uint8), anchor=(0, 0))
    strokes = np.ones((_STROKES_CELLS, _STROKES_CELLS), np.uint8)
    return np.asarray(cv2.morphologyEx(_each_cell(brightest), cv2.MORPH_CLOSE, strokes), np.uint8)


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
