"""Code 128 by its reference algorithm (ISO/IEC 15417): characters from edge to similar edge, and how clearly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ALL_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_WIDTHS = [_ALL_WIDTHS[place : place + 6] for place in range(0, len(_ALL_WIDTHS), 6)]
"""Bars and spaces of the characters 0..105, in modules."""
STOP_ELEMENTS = 7
ELEMENTS = 6
MODULES = 11
FEWEST_ELEMENTS = STOP_ELEMENTS + 3 * ELEMENTS
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
