"""Where the carrier lies in a picture: the view says roughly, the carrier's own codes say precisely."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from vision.barcodes import CARRIER_QR_MODULES, Code, Region
from vision.verdict import Box, Symbology, View

CARRIER_CODES = (
    Box(465.0, 332.0, 42.0, 42.0),
    Box(222.0, 334.0, 42.0, 42.0),
    Box(600.0, 205.0, 42.0, 42.0),
    Box(525.0, 340.0, 42.0, 42.0),
)
"""Where the carrier bears its code, white tile and all, as its drawing says."""
MATCH_MM = 30.0
"""A code is taken for one of the carrier's when it lies this close to where the view expects it."""

_QUIET_MODULES = 4

_HALF_PX = np.array(((0.0, 0.0, 0.5), (0.0, 0.0, 0.5)))

Points = NDArray[np.float64]
"""Shape (n, 2)."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The map from millimetres on the carrier to pixels of one picture: turn, scale and shift.

    :ivar matrix: shape (2, 3).
    """

    matrix: NDArray[np.float64]

    @classmethod
    def of_view(cls, view: View) -> Plane:
        """The map that the configuration says, for want of a better."""
        scale = view.px_per_mm
        return cls(np.array(((scale, 0.0, -view.left_mm * scale), (0.0, scale, -view.top_mm * scale))))

    @property
    def px_per_mm(self) -> float:
        """Scale."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))

    def halved(self) -> Plane:
        """The map to pixels of the picture at half its size."""
        return Plane(shrunk_map(self.matrix, 2))

    def to_px(self, points: Points) -> Points:
        """Millimetres to pixels."""
        return np.asarray(points @ self.matrix[:, :2].T + self.matrix[:, 2], np.float64)

    def to_mm(self, points: Points) -> Points:
        """Pixels to millimetres."""
        return np.asarray((points - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T, np.float64)

    def corners(self, box: Box) -> tuple[tuple[float, float], ...]:
        """Corners of a box in pixels, clockwise from its upper left."""
        return self.outline(box_corners(box))

    def outline(self, points: Points) -> tuple[tuple[float, float], ...]:
        """A shape given in mm, in pixels, as a verdict's region."""
        return tuple((x, y) for x, y in self.to_px(points).tolist())

    def region(self, box: Box, margin_mm: float = 0.0) -> Region:
        """The upright part of the picture that holds a box and a margin around it."""
        wide = Box(box.x - margin_mm, box.y - margin_mm, box.width + 2 * margin_mm, box.height + 2 * margin_mm)
        points = self.to_px(box_corners(wide))
        left, top = np.floor(points.min(axis=0)).astype(int)
        right, bottom = np.ceil(points.max(axis=0)).astype(int)
        return Region(int(left), int(top), int(right), int(bottom))


def shrunk_map(onto: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """A map to pixels, made one to pixels of the picture shrunk by a whole step: their centres stand half a pixel in.

    :param onto: shape (2, 3).
    """
    return np.asarray((onto + _HALF_PX) / step - _HALF_PX, np.float64)


def box_corners(box: Box) -> Points:
    """Corners of a box in mm, clockwise from its upper left."""
    right, bottom = box.x + box.width, box.y + box.height
    return np.array(((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)))


def tile_of(code: Code, view: View) -> Box | None:
    """Which of the carrier's own codes a code is by its place; None: it is none of them."""
    if code.symbology is not Symbology.QR:
        return None
    x, y = (place / view.px_per_mm for place in code.centre)
    left, top = view.left_mm + x, view.top_mm + y
    for tile in CARRIER_CODES:
        if hypot(left - tile.x - tile.width / 2, top - tile.y - tile.height / 2) <= MATCH_MM:
            return tile
    return None


def fit(codes: list[Code], view: View) -> Plane:
    """The map that best carries the carrier's drawing onto the corners of its codes, by least squares.

    :param codes: codes that `tile_of` knows; none: the view's own map is returned.
    """
    pairs = [(tile, code) for code in codes if (tile := tile_of(code, view)) is not None]
    if not pairs:
        return Plane.of_view(view)
    drawn = np.concatenate([_symbol_corners(tile) for tile, _ in pairs])
    seen = np.concatenate([np.array(code.corners) for _, code in pairs])
    source, target = drawn[:, 0] + 1j * drawn[:, 1], seen[:, 0] + 1j * seen[:, 1]
    middle_source, middle_target = source.mean(), target.mean()
    centred = source - middle_source
    turn = (np.conj(centred) * (target - middle_target)).sum() / (np.abs(centred) ** 2).sum()
    shift = middle_target - turn * middle_source
    return Plane(np.array(((turn.real, -turn.imag, shift.real), (turn.imag, turn.real, shift.imag))))


def _symbol_corners(tile: Box) -> Points:
    """Corners of the code itself, without its quiet zone."""
    quiet = tile.width * _QUIET_MODULES / CARRIER_QR_MODULES
    return box_corners(Box(tile.x + quiet, tile.y + quiet, tile.width - 2 * quiet, tile.height - 2 * quiet))
