"""From a measured parameter to its grade, 0..4, by ISO/IEC 15416:2016: linear between the steps, to one tenth."""

from __future__ import annotations

import numpy as np

SYMBOL_CONTRAST = ((15, 20, 40, 55, 70), (0, 1, 2, 3, 4))
"""Per cent, and their grades; so the three below."""
MODULATION = ((30, 40, 50, 60, 70), (0, 1, 2, 3, 4))
DEFECTS = ((15, 20, 25, 30), (4, 3, 2, 1))
MOST_DEFECTS = 30.0
"""Over it the grade is 0 at once."""
DECODABILITY = ((20, 25, 37, 50, 62), (0, 1, 2, 3, 4))
LETTERS = ((3.5, "A"), (2.5, "B"), (1.5, "C"), (0.5, "D"))
PASS, FAIL = 4.0, 0.0


def contrast_grade(per_cent: float) -> float:
    """Of the symbol contrast."""
    return _graded(per_cent, SYMBOL_CONTRAST)


def modulation_grade(per_cent: float) -> float:
    """Of the least edge contrast as a share of the symbol contrast."""
    return _graded(per_cent, MODULATION)


def defects_grade(per_cent: float) -> float:
    """Of the largest unevenness within an element as a share of the symbol contrast."""
    return FAIL if per_cent > MOST_DEFECTS else _graded(per_cent, DEFECTS)


def decodability_grade(per_cent: float) -> float:
    """Of the room that is left between the widths and the thresholds of decoding."""
    return _graded(per_cent, DECODABILITY)


def pass_or_fail(passed: bool) -> float:
    """Of a criterion that knows no degrees."""
    return PASS if passed else FAIL


def letter(grade: float) -> str:
    """A..F of a symbol grade."""
    return next((name for least, name in LETTERS if grade >= least), "F")


def _graded(value: float, scale: tuple[tuple[int, ...], tuple[int, ...]]) -> float:
    return round(float(np.interp(value, *scale)), 1)
