"""Medians and percentiles of pixels and of other few numbers.

NumPy's own ask so many questions first that on so little they take several times as long as the answer.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

_COUNTED_FROM = 4096
"""So many grey levels are sooner counted than parted."""


def median(values: ArrayLike) -> float:
    """The middle of at least one number."""
    return percentile(values, 50)


def percentile(values: ArrayLike, per_cent: float) -> float:
    """What so many per cent of at least one number lie under, drawn straight between the two nearest."""
    numbers = np.asarray(values).ravel()
    place = per_cent / 100 * (numbers.size - 1)
    lower = int(place)
    upper = min(lower + 1, numbers.size - 1)
    low, high = _at(numbers, lower, upper)
    return low + (high - low) * (place - lower)


def _at(numbers: NDArray[Any], lower: int, upper: int) -> tuple[float, float]:
    """The numbers of these two ranks, from 0; the ranks are neighbours or the same."""
    if numbers.dtype == np.uint8 and numbers.size >= _COUNTED_FROM:
        under = np.cumsum(cv2.calcHist([numbers], [0], None, [256], [0, 256]))
        low, high = np.searchsorted(under, (lower, upper), side="right").tolist()
        return float(low), float(high)
    # The method asks less than the function, and one rank takes less than two.
    parted = numbers.copy()
    parted.partition(lower)
    return float(parted[lower]), float(parted[lower] if upper == lower else parted[upper:].min())


def medians(rows: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float64]:
    """The median of each column. :param rows: shape (at least one, columns)."""
    return np.array([median(column) for column in rows.T])
