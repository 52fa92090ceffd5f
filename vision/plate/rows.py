"""The rows of print on a plate: how many there are, and each cut out for the recogniser."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.alignment import PROVINCES
from vision.pictures import Picture, as_grey
from vision.ranks import percentile

MOST_BETWEEN_ROWS = 0.45
"""Greatest steepness along a gap between two rows, as a share of the weaker row's. A single row has no such gap."""

_SPLIT_ROWS = (0.26, 0.52)
"""Between these shares of the height the gap between two rows is looked for."""
_EDGE = 0.04
"""Share of the height that border and rounded corners take on each side."""
_NUMBER_ONLY = (0.34, 0.93)
"""An e-bike's number stands between these shares of the height, under the name of its city."""
_SIDE = 0.1
_TWO_ROW_ASPECT = 2.4
_FINE_PX = 64
"""Height at which rows are looked for."""

Profile = NDArray[np.float64]
RowPlace = tuple[slice, slice]
"""Rows and columns of the picture that a row of print takes."""


def places_of_rows(picture: Picture, rows: int, number: str, *, trimmed: bool) -> list[RowPlace]:
    """Where the rows of the number stand, in reading order.

    :param trimmed: whether the picture ends at the plate's edge, so that its border can be cut off.
    """
    height, width = picture.shape[:2]
    side = round(_EDGE * height) if trimmed else 0
    across = slice(side, width - side)
    if rows == 1 and number[:1] not in PROVINCES and width < _TWO_ROW_ASPECT * height:
        return [(slice(round(_NUMBER_ONLY[0] * height), round(_NUMBER_ONLY[1] * height)), across)]
    if rows == 1:
        return [(slice(side, height - side), across)]
    split = side + _gap(picture[side : height - side, across])
    return [(slice(side, split), across), (slice(split, height - side), across)]


def printed_rows(aspect: float) -> int:
    """Rows of print on a plate whose width is so many heights; an e-bike's city is one."""
    return 2 if aspect < _TWO_ROW_ASPECT else 1


def rows_in(picture: Picture) -> tuple[int, float]:
    """How many rows of print a plate bears, and the steepness in the gap between them as `MOST_BETWEEN_ROWS` says."""
    profile = _steepness(picture)
    first, last = (int(share * profile.size) for share in _SPLIT_ROWS)
    gap = first + int(np.argmin(profile[first:last]))
    edge = round(2 * _EDGE * profile.size)
    weaker = min(percentile(profile[edge:gap], 80), percentile(profile[gap:-edge], 80))
    share = float(profile[gap] / max(1e-3, weaker))
    return (2 if share <= MOST_BETWEEN_ROWS else 1), share


def _gap(picture: Picture) -> int:
    """The row with the least steepness across, where two rows of characters part."""
    profile = _steepness(picture)
    first, last = (int(share * profile.size) for share in _SPLIT_ROWS)
    height = int(picture.shape[0])
    return round((first + int(np.argmin(profile[first:last])) + 0.5) * height / profile.size)


def _steepness(picture: Picture) -> Profile:
    """Mean steepness along each row of the picture brought to `_FINE_PX` height."""
    width = max(16, round(float(picture.shape[1]) * _FINE_PX / picture.shape[0]))
    small = cv2.resize(as_grey(picture), (width, _FINE_PX), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float64)
    side = round(_SIDE * width)
    across = np.abs(grey[:, 2:] - grey[:, :-2])[:, side:-side].mean(axis=1)
    return np.asarray(np.convolve(across, np.ones(3) / 3, mode="same"), np.float64)
