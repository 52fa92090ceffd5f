"""Finding where parallel bars stand in a picture and how they are turned, from the gradients alone.

The structure tensor, averaged over a window, tells how strongly and how evenly brightness changes, and along which
line. Bars of a linear code are where it changes strongly and all the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.codes.code import Region
from vision.pictures import Grey, shrunk
from vision.ranks import percentile

SEARCH_SIDE_PX = 560
"""The picture is made about so small, longest side, before it is searched, by a whole factor; small ones stay."""
WINDOWS = (0.1, 0.05, 0.025)
"""Sides of the averaging window, as shares of the longest side: coarse for wide bars, fine for low codes."""
QUICK_WINDOWS = (0.05,)
"""For codes of common size alone, in a third of the time."""
MOST = 8
"""How many places are returned, the strongest first."""

_MOST_OF_A_TURN = 5
_MIN_COHERENCE = 0.6
_MIN_ENERGY_SHARE = 0.08
"""Of the strongest window's energy; fainter places are paper grain."""
_MIN_LENGTH_PX = 24
_MIN_SIDE_PX = 4
_TURN_BINS = 24
_NOT_EVEN = 255
_STEP = 2
"""Pixels from one looked-at window to the next."""
_SAME_TURN = 0.15

Floats = NDArray[np.float32]
Tensor = tuple[Floats, Floats, Floats]
"""Products of the gradients: across, down, mixed."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A place where bars stand.

    :ivar x: middle in pixels; :ivar y: likewise. :ivar turn: direction of reading, across the bars, in radians.
    :ivar length: across the bars, in pixels; :ivar height: along them.
    :ivar smear: how much of the length the search itself may have added.
    """

    x: float
    y: float
    turn: float
    length: float
    height: float
    smear: float = 0.0

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Corners in pixels, clockwise from the upper left in the direction of reading."""
        along, down = (cos(self.turn), sin(self.turn)), (-sin(self.turn), cos(self.turn))
        half = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return tuple(
            (
                self.x + (sign * along[0] * self.length + below * down[0] * self.height) / 2,
                self.y + (sign * along[1] * self.length + below * down[1] * self.height) / 2,
            )
            for sign, below in half
        )

    def covers(self, point: tuple[float, float], widened: float = 1.0) -> bool:
        """Whether a point lies within, sides stretched by a factor."""
        right, down = point[0] - self.x, point[1] - self.y
        u = right * cos(self.turn) + down * sin(self.turn)
        v = down * cos(self.turn) - right * sin(self.turn)
        return abs(u) <= widened * self.length / 2 and abs(v) <= widened * self.height / 2


def find_bars(grey: Grey, region: Region | None = None, windows: tuple[float, ...] = WINDOWS) -> list[Bars]:
    """Places that may hold a linear code, the most striking first, `MOST` at most."""
    part, left, top = (grey, 0, 0) if region is None else _cut(grey, region)
    step = max(1, round(max(part.shape, default=0) / SEARCH_SIDE_PX))
    if min(part.shape) < _MIN_SIDE_PX * step:
        return []
    small = shrunk(part, step)
    tensor = _tensor(small)
    found: list[tuple[float, Bars]] = []
    for share in windows:
        for strength, bars in _places(tensor, max(5, round(share * max(small.shape)) | 1)):
            # Pixel centres stand half a pixel in; shrinking moves them.
            x, y = ((place + 0.5) * step - 0.5 for place in (bars.x, bars.y))
            grown = Bars(x + left, y + top, bars.turn, bars.length * step, bars.height * step, bars.smear * step)
            if not any(_part_of(grown, other) for _, other in found):
                found.append((strength, grown))
    return [bars for _, bars in sorted(found, key=lambda each: -each[0])[:MOST]]


def _cut(grey: Grey, region: Region) -> tuple[Grey, int, int]:
    left, top = max(0, region.left), max(0, region.top)
    return grey[top : max(top, region.bottom), left : max(left, region.right)], left, top


def _tensor(small: Grey) -> Tensor:
    """Products of the gradients, one for each square of `_STEP` pixels.

    Brightness is taken by its root, so that shade counts too.
    """
    root = np.sqrt(small, dtype=np.float32)
    x, y = cv2.Scharr(root, cv2.CV_32F, 1, 0), cv2.Scharr(root, cv2.CV_32F, 0, 1)
    size = max(1, small.shape[1] // _STEP), max(1, small.shape[0] // _STEP)
    across, down, mixed = (
        np.asarray(cv2.resize(cv2.multiply(one, other), size, interpolation=cv2.INTER_AREA), np.float32)
        for one, other in ((x, x), (y, y), (x, y))
    )
    return across, down, mixed


def _places(tensor: Tensor, window: int) -> list[tuple[float, Bars]]:
    side = max(1, round(window / _STEP))
    xx, yy, xy = (cv2.blur(product, (side, side)) for product in tensor)
    energy, difference = np.asarray(cv2.add(xx, yy), np.float32), cv2.subtract(xx, yy)
    strength, angle = cv2.cartToPolar(difference, 2 * xy)
    strong = energy > _MIN_ENERGY_SHARE * percentile(energy[::2, ::2], 99.5)
    even = (strength > _MIN_COHERENCE * energy) & strong
    turn = 0.5 * np.asarray(angle, np.float32)
    found = []
    bins = np.where(even, np.minimum(turn * np.float32(_TURN_BINS / pi), _TURN_BINS - 1), _NOT_EVEN).astype(np.uint8)
    least = window * window // 2 // _STEP**2
    for first in _turns_in(bins[even], least):
        near = cv2.LUT(bins, _near(first))
        # Labels of 16 bits take a third of the time.
        _, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8, ltype=cv2.CV_16U)
        large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= least)
        large = large[large > 0]
        for label in large[np.argsort(-stats[large, cv2.CC_STAT_AREA])][:_MOST_OF_A_TURN]:
            placed = _placed(np.asarray(labels, np.int32), stats[label], int(label), turn, energy, window / _STEP)
            found += [placed] if placed is not None else []
    return found


@lru_cache(maxsize=_TURN_BINS)
def _near(first: int) -> NDArray[np.uint8]:
    """By bin, whether it is one of three from the first on."""
    bins = np.arange(256)
    return np.asarray(((bins - first) % _TURN_BINS < 3) & (bins < _TURN_BINS), np.uint8)


def _turns_in(bins: NDArray[np.uint8], least: int) -> list[int]:
    """First bins of runs of three that hold the most of the picture's even places, at most four, apart.

    :param least: places that a run must hold for the smallest code to be among them.
    """
    if bins.size == 0:
        return []
    counts = np.bincount(bins, minlength=_TURN_BINS).astype(np.int64)
    runs = counts + np.roll(counts, -1) + np.roll(counts, -2)
    chosen: list[int] = []
    for first in np.argsort(-runs):
        if len(chosen) == 4 or runs[first] < max(least, 0.02 * bins.size):
            break
        if all(min((first - other) % _TURN_BINS, (other - first) % _TURN_BINS) > 1 for other in chosen):
            chosen.append(int(first))
    return chosen


def _placed(
    labels: NDArray[np.int32],
    stats: NDArray[np.int32],
    label: int,
    turn: Floats,
    energy: Floats,
    window: float,
) -> tuple[float, Bars] | None:
    """Strength and place of one connected part, in pixels of the searched picture."""
    left, top, width, height = (int(value) for value in stats[:4])
    here = labels[top : top + height, left : left + width] == label
    rows, columns = np.nonzero(here)
    weight = energy[top : top + height, left : left + width][here]
    turns = turn[top : top + height, left : left + width][here]
    mean = 0.5 * np.arctan2((weight * np.sin(2 * turns)).sum(), (weight * np.cos(2 * turns)).sum())
    u = (columns + left) * cos(mean) + (rows + top) * sin(mean)
    v = (rows + top) * cos(mean) - (columns + left) * sin(mean)
    (u0, u1), (v0, v1) = ((float(axis.min()), float(axis.max())) for axis in (u, v))
    length, tall = _STEP * float(u1 - u0), _STEP * float(v1 - v0)
    if length < _MIN_LENGTH_PX:
        return None
    # The window smears the bars' ends along by half its side; what is added beyond does not harm a strip.
    tall = max(2.0, tall - _STEP * window / 2)
    middle_u, middle_v = (u0 + u1) / 2, (v0 + v1) / 2
    x, y = middle_u * cos(mean) - middle_v * sin(mean), middle_u * sin(mean) + middle_v * cos(mean)
    x, y = (float((place + 0.5) * _STEP - 0.5) for place in (x, y))
    return float(weight.sum()), Bars(x, y, float(mean), length, tall, _STEP * window)


def _part_of(one: Bars, other: Bars) -> bool:
    """Whether a place says nothing beside another: turned alike, and within it but for a tenth."""
    turned = abs((one.turn - other.turn + pi / 2) % pi - pi / 2)
    return turned < _SAME_TURN and all(other.covers(corner, 1.1) for corner in one.corners())
