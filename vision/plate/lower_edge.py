"""What lies along a plate's lower edge, where makers put their marks and stickers, so that things can't be told by
being there: the border line that runs along it is not to be seen, or there is an outline above that line.

How many marks a plate bears is known, and how long one is at most; what is more lies on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate.area import LOW_BAND_MM, low_band
from vision.pocket import SCALE_PX_PER_MM
from vision.verdict import Box

MOST_MARK_MM = 52.0
"""Greatest length of a mark; what is longer is several, none longer. A sticker of 40 mm is seen as one of 44."""
_APART_MM = 12.0
"""Pieces that lie nearer to one another and are together no longer than a mark are one mark."""
_PIECES_MM = 3.5
_BORDER = 0.5
"""Share of a row that has an outline from which on it is the border's: a mark takes a quarter of an e-bike's width."""
_MOST_LEAN_PX = 4
"""So much higher one half of the edge may lie than the other."""
_LIKE = 0.5
"""Least height of the border's steps in a place, in their mean height along the edge."""
_PLAY_PX = 1

Mask = NDArray[np.uint8]
Values = NDArray[np.float32]


def things_along(grey: Mask, steep: Mask, bare: Mask) -> list[Box]:
    """All things along the lower edge, the longest first, mm from the upper left corner of what is given.

    :param grey: a plate alone, upright, at `SCALE_PX_PER_MM`, or its lower part. :param steep: 255 where it has an
        outline. :param bare: 255 where it bears no print.
    """
    band, rim = low_band(), low_band()[1].start
    stepping, outlined, free = _levelled(grey[band], steep[band], bare[band])
    above = cv2.bitwise_and(outlined, free)
    lined = above.mean(axis=1, dtype=np.float32) > _BORDER * 255
    if lined.any():
        border = np.convolve(lined, np.ones(2 * _PLAY_PX + 1), "same") > 0
        # What lies along more than half of the edge has a line of its own, above the border's.
        between = np.flatnonzero(~border[: np.flatnonzero(lined)[-1]])
        border[: between[-1] if between.size else 0] = False
        above[int(border.argmax()) :] = 0
        outline = cv2.morphologyEx(above, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)).any(axis=0)
        taken = outline | (_like_border(stepping, border) < _LIKE)
    else:
        # What hides the border along more than half of the edge lies on the plate.
        taken = np.full(above.shape[1], True)
    bottom = grey.shape[0] / SCALE_PX_PER_MM
    runs = [(first + rim, last + rim) for first, last in _runs(taken)]
    places = _marks([(first / SCALE_PX_PER_MM, last / SCALE_PX_PER_MM) for first, last in runs])
    things = [_of_width(Box(first, bottom, 0.0, 0.0), last - first) for first, last in places]
    return sorted(things, key=lambda thing: -thing.width)


def unlike_along(one: Sequence[Box], other: Sequence[Box]) -> Box | None:
    """What lies along the lower edge of one of two plates alone, as long as the other has not. Where marks lie may
    differ.

    :param one: as `things_along` gives them; :param other: likewise.
    """
    nothing = Box(0.0, 0.0, 0.0, 0.0)
    pairs = [sorted(pair, key=lambda thing: thing.width) for pair in zip_longest(one, other, fillvalue=nothing)]
    unlike = (_of_width(longer, longer.width - shorter.width) for shorter, longer in pairs)
    return max(unlike, key=lambda thing: thing.width, default=None)


def _of_width(thing: Box, width: float) -> Box:
    """A thing along the lower edge made as wide, no higher than it is wide."""
    high = min(width, LOW_BAND_MM)
    return replace(thing, width=width, y=thing.y + thing.height - high, height=high)


def _levelled(grey: Mask, steep: Mask, bare: Mask) -> tuple[Values, Mask, Mask]:
    """Steps of brightness from row to row, outlines and bare places of the band, the border set level: a plate is cut
    out along its outermost edges, which are not quite its border's."""
    half = steep.shape[1] // 2
    left, right = (part.mean(axis=1, dtype=np.float32) for part in (steep[:, :half], steep[:, half:]))
    alike = np.correlate(right, left, "full")[left.size - 1 - _MOST_LEAN_PX : left.size + _MOST_LEAN_PX]
    lean = int(alike.argmax()) - _MOST_LEAN_PX
    steps = cv2.blur(cv2.Sobel(grey, cv2.CV_32F, 0, 1), (3, 1))
    if lean == 0:
        return np.asarray(steps, np.float32), steep, bare
    slope = lean / half
    onto = np.array(((1, 0, 0), (slope, 1, -slope * half)), np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    near = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    size = steep.shape[1::-1]
    outlined, free = (np.asarray(cv2.warpAffine(each, onto, size, flags=near), np.uint8) for each in (steep, bare))
    return np.asarray(cv2.warpAffine(steps, onto, size, flags=how), np.float32), outlined, free


def _like_border(steps: Values, border: NDArray[np.bool_]) -> Values:
    """How much of the border's steps each column has, 1 in the mean."""
    usual = steps.mean(axis=1) * border
    size = float(usual @ usual)
    by = np.arange(-_PLAY_PX, _PLAY_PX + 1)[:, None]
    shifted = usual[(np.arange(usual.size) - by) % usual.size] @ steps
    return np.asarray(shifted.max(axis=0) / max(size, 1e-3), np.float32)


def _runs(taken: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First column and the one after the last of each stretch that is taken, small gaps closed."""
    gap = round(_PIECES_MM * SCALE_PX_PER_MM)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], taken, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and first - runs[-1][1] <= gap:
            runs[-1] = runs[-1][0], last
        else:
            runs.append((first, last))
    return runs


def _marks(runs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Runs with those joined that can be one mark, and those parted that can't be one. All in mm."""
    joined: list[tuple[float, float]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] <= _APART_MM and last - joined[-1][0] <= MOST_MARK_MM:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    return [place for first, last in joined for place in _parted(first, last)]


def _parted(first: float, last: float) -> list[tuple[float, float]]:
    ends = np.linspace(first, last, 1 + max(1, ceil((last - first) / MOST_MARK_MM))).tolist()
    return list(pairwise(ends))
