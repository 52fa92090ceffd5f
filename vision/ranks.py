"""Medians and percentiles of pixels and of other few numbers.

NumPy's own ask so many questions first that on so little they take several times as long as the answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def median(values: ArrayLike) -> float:
    """The middle of at least one number."""
    return percentile(values, 50)


def percentile(values: ArrayLike, per_cent: float) -> float:
    """What so many per cent of at least one number lie under, drawn straight between the two nearest."""
    numbers = np.asarray(values).ravel()
    place = per_cent / 100 * (numbers.size - 1)
    lower = int(place)
    upper = min(lower + 1, numbers.size - 1)
    parted = np.partition(numbers, (lower, upper))
    return float(parted[lower]) + (float(parted[upper]) - float(parted[lower])) * (place - lower)


def medians(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The median of each column. :param rows: shape (at least one, columns)."""
    return np.array([median(column) for column in rows.T])
