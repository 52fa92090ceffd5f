"""A line of characters set straight: level, upright, and cut to the characters' height.

The recogniser was taught on straight print. What a leaning camera does to a plate is taken back before it reads: the
line's slope and the characters' slant are those at which the upright edges lie in the fewest rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture, as_grey, shrunk
from vision.ranks import percentile

Edges = NDArray[np.float32]
Map = NDArray[np.float64]

_SIZE = (188, 48)
"""Working width and height, px."""
_SLOPES = tuple(round(0.02 * step, 2) for step in range(-15, 16))
"""Rise of the line to be tried, px a px at working size."""
_SLANTS = tuple(round(0.05 * step, 2) for step in range(-16, 17))
_FINE_TO_HALVE = 3
"""Heights of the answer from which on a picture is halved first: one less fine would lose sharpness."""
_FINE = 2
"""Pixels that are drawn for each of the answer."""
_LEVEL = 0.02
_UPRIGHT = 0.05
_EDGE_PX = 6
"""Columns at each end that the plate's border takes."""
_LEAST_BAND = 22
"""Least height of the characters at working size; lower rows are bolts, border and what stands around."""
_COMMONEST = 95
"""Percentile at which edges are cut off, so that no single glint decides."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How a line lies in its picture, at working size.

    :ivar slope: rise a px. :ivar slant: of upright strokes, px a px. :ivar top: first row of the characters;
        :ivar bottom: the row after the last.
    """

    slope: float
    slant: float
    top: float
    bottom: float

    @property
    def straight(self) -> bool:
        """Whether it need not be set straight."""
        return abs(self.slope) <= _LEVEL and abs(self.slant) <= _UPRIGHT


LEVEL = Lie(0.0, 0.0, 0.0, float(_SIZE[1]))
"""How a line lies that was cut out along its plate's own edges; its characters' height is not known."""


def lie_of(line: Picture) -> Lie:
    """How the characters of a line lie."""
    edges = _edges(line)
    slope = _SLOPES[int(_rows_at_slopes(edges).var(axis=1).argmax())]
    level = _sheared(edges, _levelling(slope))
    top, bottom = _band(level.sum(axis=1))
    band = np.ascontiguousarray(level[top:bottom])
    middle = (bottom - top) / 2

    def uprightness(slant: float) -> float:
        columns = cv2.reduce(_sheared(band, _righting(slant, middle)), 0, cv2.REDUCE_SUM)
        return float(cv2.norm(columns))

    coarse = max(range(0, len(_SLANTS), 2), key=lambda place: uprightness(_SLANTS[place]))
    near = range(max(0, coarse - 1), min(len(_SLANTS), coarse + 2))
    slant = _SLANTS[max(near, key=lambda place: uprightness(_SLANTS[place]))]
    return Lie(slope, slant, float(top), float(bottom))


def straightened(line: Picture, lie: Lie, size: tuple[int, int], spare: float | None) -> Picture:
    """The line set straight and brought to a size.

    :param size: width and height, px. :param spare: share of the characters' height that is kept above and below
        them; None: the picture keeps its whole height.
    """
    above = _SIZE[1] * 0.5 if spare is None else spare * (lie.bottom - lie.top)
    top, bottom = (0.0, float(_SIZE[1])) if spare is None else (lie.top - above, lie.bottom + above)
    if lie.straight and top >= 0 and bottom <= _SIZE[1]:
        # Drawn once only: what is drawn twice is less sharp.
        return _resized(line[_rows(line, top) : _rows(line, bottom)], size)
    cut = np.array(((1.0, 0, 0), (0, 1, -top), (0, 0, 1)))
    scale = np.diag((size[0] / _SIZE[0], size[1] / (bottom - top), 1.0)) * np.array((_FINE, _FINE, 1.0))
    straight = scale @ cut @ _righting(lie.slant, (lie.top + lie.bottom) / 2) @ _levelling(lie.slope)
    matrix = straight @ np.diag((1 / _FINE, 1 / _FINE, 1.0))
    fine = _resized(line, (_FINE * _SIZE[0], _FINE * _SIZE[1]))
    wide, high = _FINE * size[0], _FINE * size[1]
    flat = cv2.warpPerspective(fine, matrix, (wide, high), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)


def _rows(line: Picture, working: float) -> int:
    return round(working * int(line.shape[0]) / _SIZE[1])


def _resized(picture: Picture, size: tuple[int, int]) -> Picture:
    if picture.shape[0] >= _FINE_TO_HALVE * size[1] and picture.shape[1] >= 2 * size[0]:
        # Halving has a quick way of its own.
        picture = shrunk(picture, 2)
    sampling = cv2.INTER_AREA if picture.shape[0] > size[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=sampling), np.uint8)


def _edges(line: Picture) -> Edges:
    """Steepness across the line at working size; none at its ends."""
    grey = as_grey(_resized(line, _SIZE))
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    edges = np.minimum(edges, percentile(edges, _COMMONEST)).astype(np.float32)
    edges[:, :_EDGE_PX] = edges[:, -_EDGE_PX:] = 0
    return np.asarray(edges, np.float32)


def _levelling(slope: float) -> Map:
    return np.array(((1.0, 0, 0), (slope, 1, -slope * _SIZE[0] / 2), (0, 0, 1)))


def _righting(slant: float, middle: float) -> Map:
    return np.array(((1.0, slant, -slant * middle), (0, 1, 0), (0, 0, 1)))


def _sheared(edges: Edges, matrix: Map) -> Edges:
    return np.asarray(cv2.warpAffine(edges, matrix[:2], (edges.shape[1], edges.shape[0])), np.float32)


def _rows_at_slopes(edges: Edges) -> Edges:
    """Sum of each row when a line of each slope of `_SLOPES` is set level."""
    width, height = _SIZE
    pairs = edges[:, 0::2] + edges[:, 1::2]
    fine = np.zeros((_FINE * height + 1, width // 2), np.float32)
    fine[:-1] = cv2.resize(pairs, (width // 2, _FINE * height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine.ravel().take(_places_at_slopes()).sum(axis=2), np.float32)


@lru_cache(maxsize=1)
def _places_at_slopes() -> NDArray[np.intp]:
    """Which of the finer rows' pixels come into each row and pair of columns: shape (slopes, rows, pairs); what lies
    outside is in the last row."""
    width, height = _SIZE
    across = np.arange(width // 2)
    rise = np.array(_SLOPES)[:, None, None] * (2 * across + 0.5 - width / 2)
    rows = np.floor((np.arange(height)[None, :, None] - rise + 0.5) * _FINE).astype(np.intp)
    rows = np.where((rows >= 0) & (rows < _FINE * height), rows, _FINE * height)
    return np.asarray(rows * across.size + across, np.intp)


def _band(rows: Edges) -> tuple[int, int]:
    """First row of the characters and the row after them: where the edges differ most from those above and below."""
    smooth = np.convolve(np.pad(rows, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    summed = np.concatenate(([0.0], np.cumsum(smooth)))
    tops, bottoms = _spans()
    inside, high = summed[bottoms] - summed[tops], bottoms - tops
    low = np.maximum(1, _SIZE[1] - high)
    more = inside / high - (summed[-1] - inside) / low
    best = int(np.argmax(np.where(more > 0, high * low * more**2, 0.0)))
    return int(tops[best]), int(bottoms[best])


@lru_cache(maxsize=1)
def _spans() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    pairs = [(top, top + high) for high in range(_LEAST_BAND, _SIZE[1], 2) for top in range(_SIZE[1] + 1 - high)]
    return np.array([top for top, _ in pairs]), np.array([bottom for _, bottom in pairs])
