"""Code 128 by its reference algorithm (ISO/IEC 15417): characters from edge to similar edge, and how clearly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232"
).split()
"""Bars and spaces of the characters 0..105, in modules."""
STOP_ELEMENTS = 7
ELEMENTS = 6
MODULES = 11
STOP_MODULES = 13
_CHECK = 103
_FIRST_START = 103

_BY_EDGES = {
    tuple(int(width[place]) + int(width[place + 1]) for place in range(4)): value for value, width in enumerate(_WIDTHS)
}
"""Character by its four sums of an edge to the next similar edge."""
_BAR_MODULES = [sum(int(each) for each in width[::2]) for width in _WIDTHS]


def modules_of(elements: int) -> int | None:
    """Width of a code of so many elements, in modules; None: no Code 128 has so many."""
    characters, rest = divmod(elements - STOP_ELEMENTS, ELEMENTS)
    return characters * MODULES + STOP_MODULES if rest == 0 and characters >= 3 else None


def decodability(widths: NDArray[np.float64]) -> float | None:
    """Worst decodability of the characters, 0..100 per cent; None: the widths don't decode.

    :param widths: of all elements from the first bar to the last, any unit.
    """
    if modules_of(len(widths)) is None:
        return None
    characters = widths[:-STOP_ELEMENTS].reshape(-1, ELEMENTS)
    values, worst = [], 1.0
    for elements in characters:
        found = _character(elements)
        if found is None:
            return None
        values.append(found[0])
        worst = min(worst, found[1])
    return 100 * max(0.0, worst) if _checked(values) else None


def _character(elements: NDArray[np.float64]) -> tuple[int, float] | None:
    """Value and decodability of one character."""
    size = float(elements.sum())
    module = size / MODULES
    edges = elements[:4] + elements[1:5]
    value = _BY_EDGES.get(tuple(int(each) for each in np.rint(edges / module)))
    if value is None:
        return None
    thresholds = (np.arange(1, 8) + 0.5) * module
    nearest = float(np.abs(edges[:, None] - thresholds).min())
    bars = float(elements[::2].sum())
    by_bars = (1.75 - abs(bars / module - _BAR_MODULES[value])) / 1.75
    return value, min(nearest / (size / 22), by_bars)


def _checked(values: list[int]) -> bool:
    """Whether it begins with a start character and its check character is right."""
    start, *data, check = values
    total = start + sum(place * value for place, value in enumerate(data, start=1))
    return start >= _FIRST_START and total % _CHECK == check
