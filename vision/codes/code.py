"""What a code read in a picture is: its text, kind and place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.verdict import Symbology

Corners = tuple[tuple[float, float], ...]
"""Four corners in pixels, clockwise from the code's own upper left."""

LINEAR = frozenset({Symbology.CODE128, Symbology.CODE39, Symbology.ITF, Symbology.EAN13})
MATRIX = frozenset({Symbology.QR, Symbology.DATA_MATRIX})
WEAK = frozenset({Symbology.CODE39, Symbology.ITF, Symbology.EAN13})
"""Kinds whose own check lets a wrong reading pass easily: none at all, or one digit modulo 10."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Code:
    """One code as read.

    :ivar text: plain text; a UPC-A comes as the EAN-13 that it is, with a leading 0.
    :ivar aim: AIM identifier as `]C0`; the second reader knows the plain form alone.
    """

    text: str
    symbology: Symbology
    aim: str
    corners: Corners

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the corners, in pixels."""
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4

    @property
    def says(self) -> tuple[str, Symbology]:
        """What is compared with an order: text and kind."""
        return self.text, self.symbology


def moved(code: Code, onto: NDArray[np.float64]) -> Code:
    """The code in another picture's pixels. :param onto: affine map, shape (2, 3), from the code's to the other's."""
    corners = np.array(code.corners) @ onto[:, :2].T + onto[:, 2]
    return replace(code, corners=tuple((float(x), float(y)) for x, y in corners))


def same_place(one: Code, other: Code) -> bool:
    """Whether two readings are of one code: the middle of either lies in the other, widened to a third of its length.

    A linear code's corners may follow a single row, so that its area says nothing.
    """
    return _covers(one, other.centre) or _covers(other, one.centre)


def _covers(code: Code, point: tuple[float, float]) -> bool:
    (x, y), (width, height), turn = cv2.minAreaRect(np.array(code.corners, np.float32))
    reach = max(width, height) / 3
    along, across = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    right, down = point[0] - x, point[1] - y
    u, v = right * along + down * across, down * along - right * across
    return bool(abs(u) <= max(width / 2, reach) and abs(v) <= max(height / 2, reach))


def distinct(codes: Iterable[Code]) -> list[Code]:
    """The codes without repeated readings of the same text at the same place; the first is kept."""
    kept: list[Code] = []
    for code in codes:
        if not any(code.says == other.says and same_place(code, other) for other in kept):
            kept.append(code)
    return kept
