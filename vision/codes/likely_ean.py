"""EAN-13 from a blurred or glaring profile: the likeliest number of all that can stand there, and by how much.

A reader of edges gives up where blur swallows the narrow bars. Here each digit's seven modules are compared as a whole
with every pattern that a digit may have, blurred likewise; first digit (the parity of the left half) and check digit
restrict what can stand there. The margin over the next likely number says how far the winner can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_R_CODES = (
    "1110010",
    "1100110",
    "1101100",
    "1000010",
    "1011100",
    "1001110",
    "1010000",
    "1000100",
    "1001000",
    "1110100",
)
"""Right-hand patterns of the digits 0..9, 1 is a bar (ISO/IEC 15420 table 1, set C)."""
_PARITIES = (
    "LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL",
)  # fmt: skip
"""Sets of the six left digits for each first digit (ISO/IEC 15420 table 3)."""
_SET_OFFSETS = np.array([[10 * (kind == "G") for kind in parity] + [0] * 6 for parity in _PARITIES])
"""For each first digit, where the set of each digit begins among the columns of fits."""
MODULES = 95
"""Width of the code."""
_DIGIT = 7
_STARTS = np.array([3 + _DIGIT * place for place in range(6)] + [50 + _DIGIT * place for place in range(6)])
_WEIGHTS = np.array([3, 1] * 6)
"""Of the digits 2..13 in the check sum; the first digit weighs 1."""
_FINE = 4
"""Samples a module."""
_BLURS = (0.6, 0.35, 0.85)
"""Standard deviations of the blur that are tried, in modules; the usual one first."""
_SHIFTS = np.linspace(-1.8, 1.8, 19)
"""How far a digit may stand from where even modules would have it, in modules."""
_SHIFT_STEP = 0.3
"""Standard deviation of the change of that shift from digit to digit, in modules."""
_QUIET = 4
_HOPELESS = 0.76
"""Mean fit at the usual blur under which no other blur brings a number."""
_TRIED = 10
_FIRSTS = 4
_DIGITS = 5
"""So many first digits and digits a place are followed; the rest is too unlikely to matter."""
_MIN_GUARDS = 0.5

MIN_FIT = 0.86
"""Mean correlation of the twelve digits with their patterns under which nothing is returned. Seen: right numbers from
0.86 to 0.93, chance ones up to 0.88 with a margin of 3."""
MIN_MARGIN = 2.0
"""Log likelihood of the number over the next one's under which it is not returned. Seen: chance ones up to 3.6."""
MIN_TOGETHER = 8.0
"""Sum of the margins of the bands of one code that say the same: they share no pixel, so their likelihoods add."""


@dataclass(frozen=True, slots=True)
class LikelyEan:
    """:ivar text: 13 digits. :ivar fit: mean correlation. :ivar margin: log likelihood above the next best number.

    :ivar left: first bar's left edge, in samples; :ivar right: last bar's right edge.
    """

    text: str
    fit: float
    margin: float
    left: float
    right: float


def likely_ean(ink: Floats, length: float) -> LikelyEan | None:
    """The likeliest number of a profile, read in either direction.

    :param ink: 0..1 along the code, 1 is a bar, quiet zones included. :param length: of the code in samples, roughly.
    """
    best: LikelyEan | None = None
    last = len(ink) - 1
    for left, module in _frames(ink, length):
        for reverse in (False, True):
            line, first = (ink[::-1], last - left - MODULES * module) if reverse else (ink, left)
            found = _decoded(line, first, module)
            if found is not None and (best is None or found.margin > best.margin):
                best = _reversed(found, last) if reverse else found
    return best


def _reversed(found: LikelyEan, last: int) -> LikelyEan:
    return LikelyEan(found.text, found.fit, found.margin, last - found.left, last - found.right)


def _frames(ink: Floats, length: float) -> list[tuple[float, float]]:
    """Where the guard bars fit best, which look alike from either side: first edge and module width, in samples."""
    modules = np.geomspace(0.7, 1.2, 46) * length / MODULES
    lefts = np.arange(0.0, len(ink) * 0.45, max(1.0, length / MODULES / 2))
    fits = _guard_fits(ink, lefts, modules)
    found = []
    for _ in range(_TRIED):
        row, column = np.unravel_index(int(np.argmax(fits)), fits.shape)
        if fits[row, column] < _MIN_GUARDS:
            break
        found.append(_refined(ink, float(lefts[row]), float(modules[column])))
        fits[max(0, row - 2) : row + 3, max(0, column - 1) : column + 2] = -1
    return found


def _refined(ink: Floats, left: float, module: float) -> tuple[float, float]:
    """The best frame within half a step of a coarse one."""
    lefts, modules = left + module * np.linspace(-0.4, 0.4, 7), module * np.linspace(0.99, 1.01, 9)
    row, column = divmod(int(np.argmax(_guard_fits(ink, lefts, modules))), len(modules))
    return float(lefts[row]), float(modules[column])


def _guard_fits(ink: Floats, lefts: Floats, modules: Floats) -> Floats:
    """Correlation of each frame, shape (lefts, modules); -1 where it runs over the end."""
    places, pattern = _guards()
    at = lefts[:, None, None] + modules[None, :, None] * places
    fits = _correlation(np.interp(at, np.arange(len(ink)), ink), pattern)
    fits[lefts[:, None] + modules[None, :] * MODULES > len(ink) - 1] = -1
    return fits


def _correlation(seen: Floats, pattern: Floats) -> Floats:
    """Of samples (..., n) with patterns (n,) or (..., n) of zero mean and unit length."""
    centred = seen - seen.mean(axis=-1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=-1)) + 0.02 * np.sqrt(seen.shape[-1])
    return np.asarray((centred * pattern).sum(axis=-1) / size)


@lru_cache(maxsize=1)
def _guards() -> tuple[Floats, Floats]:
    """Places in modules, and the pattern there."""
    bars = "0" * _QUIET + "101"
    start = (np.arange(len(bars) * _FINE) + 0.5) / _FINE - _QUIET
    middle = (np.arange(5 * _FINE) + 0.5) / _FINE + 45
    end = (np.arange(len(bars) * _FINE) + 0.5) / _FINE + 92
    patterns = [_blurred(text, 0.5) for text in (bars, "01010", bars[::-1])]
    return np.concatenate((start, middle, end)), _unit(np.concatenate(patterns))


def _blurred(bits: str, blur: float, before: str = "0", after: str = "0") -> Floats:
    """Samples of a pattern between its neighbours, `_FINE` a module."""
    around = 3
    line = np.repeat([float(bit) for bit in before * around + bits + after * around], _FINE)
    reach = np.arange(-3 * _FINE, 3 * _FINE + 1) / _FINE
    kernel = np.exp(-(reach**2) / (2 * blur**2))
    return np.convolve(line, kernel / kernel.sum(), "same")[around * _FINE : -around * _FINE]


def _unit(pattern: Floats) -> Floats:
    centred = pattern - pattern.mean()
    return np.asarray(centred / np.linalg.norm(centred))


@lru_cache(maxsize=len(_BLURS))
def _patterns(blur: float) -> tuple[Floats, Floats]:
    """Left patterns (20, n), set L then G, and right patterns (10, n)."""
    right = [_unit(_blurred(code, blur, "0", "1")) for code in _R_CODES]
    mirrored = {"0": "1", "1": "0"}
    l_codes = ["".join(mirrored[bit] for bit in code) for code in _R_CODES]
    left = [_unit(_blurred(code, blur, "1", "0")) for code in (*l_codes, *(code[::-1] for code in _R_CODES))]
    # A left digit begins with a space after a bar and ends with a bar before a space; a right one the other way round.
    return np.stack([_unit(pattern) for pattern in left]), np.stack(right)


def _decoded(ink: Floats, left: float, module: float) -> LikelyEan | None:
    shifts = np.zeros(len(_STARTS))
    best: tuple[float, Floats] | None = None
    for blur in _BLURS:
        fits = _digit_fits(ink, left, module, blur)
        path = _path(fits)
        chosen = fits[np.arange(len(_STARTS)), path]
        mean = float(chosen.max(axis=1).mean())
        if best is None or mean > best[0]:
            best, shifts = (mean, chosen), _SHIFTS[path]
        if mean < _HOPELESS:
            break
    assert best is not None
    if best[0] < MIN_FIT:
        return None
    text, margin, fit = _number(best[1])
    if margin < MIN_MARGIN or fit < MIN_FIT:
        return None
    return LikelyEan(text, fit, margin, left + shifts[0] * module, left + (MODULES + shifts[-1]) * module)


def _digit_fits(ink: Floats, left: float, module: float, blur: float) -> Floats:
    """Correlations, shape (12 digits, shifts, 20); of right digits the last ten are -1."""
    inside = (np.arange(_DIGIT * _FINE) + 0.5) / _FINE
    at = left + module * (_STARTS[:, None, None] + _SHIFTS[None, :, None] + inside)
    seen = np.interp(at, np.arange(len(ink)), ink)
    centred = seen - seen.mean(axis=-1, keepdims=True)
    size = np.linalg.norm(centred, axis=-1, keepdims=True) + 0.02 * np.sqrt(seen.shape[-1])
    left_patterns, right_patterns = _patterns(blur)
    fits = np.full((12, len(_SHIFTS), 20), -1.0)
    fits[:6] = (centred[:6] / size[:6]) @ left_patterns.T
    fits[6:, :, :10] = (centred[6:] / size[6:]) @ right_patterns.T
    return fits


def _path(fits: Floats) -> NDArray[np.intp]:
    """Best shift of each digit: that under which some digit fits best, and that changes little from digit to digit."""
    scores = _log_likelihood(fits.max(axis=2))
    change = -((_SHIFTS[:, None] - _SHIFTS[None, :]) ** 2) / (2 * _SHIFT_STEP**2)
    total, came = scores[0], []
    for row in scores[1:]:
        ways = total[:, None] + change
        came.append(ways.argmax(axis=0))
        total = ways.max(axis=0) + row
    path = [int(total.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1], np.intp)


def _log_likelihood(fits: Floats) -> Floats:
    """Of a pattern whose gain and ground are unknown, each module one independent measurement."""
    return np.asarray(-_DIGIT / 2 * np.log(1.02 - np.clip(fits, 0, 1) ** 2))


def _number(fits: Floats) -> tuple[str, float, float]:
    """The likeliest number that its check digit allows, its margin over the next likely, and its mean fit."""
    likely = _log_likelihood(fits)
    tables = [likely[np.arange(12)[:, None], offsets[:, None] + np.arange(10)] for offsets in _SET_OFFSETS]
    # A first digit whose best digits, check digit or not, are far behind can't win nor come second.
    firsts = sorted(range(10), key=lambda first: -float(tables[first].max(axis=1).sum()))[:_FIRSTS]
    ranked = [(score, f"{first}{digits}") for first in firsts for score, digits in _two_likeliest(tables[first], first)]
    ranked.sort(reverse=True)
    (score, text), (next_score, _) = ranked[:2]
    columns = _SET_OFFSETS[int(text[0])] + np.array([int(digit) for digit in text[1:]])
    return text, score - next_score, float(fits[np.arange(12), columns].mean())


def _two_likeliest(table: Floats, first: int) -> list[tuple[float, str]]:
    """The two best rows of digits whose check sum is 0 modulo 10, by the remainder reached after each digit."""
    ways: list[list[tuple[float, str]]] = [[] for _ in range(10)]
    ways[first] = [(0.0, "")]
    for row, weight in zip(table, _WEIGHTS, strict=True):
        onward: list[list[tuple[float, str]]] = [[] for _ in range(10)]
        usual = [int(digit) for digit in np.argsort(-row)[:_DIGITS]]
        for remainder, here in enumerate(ways):
            for score, digits in here:
                for digit in usual:
                    onward[(remainder + int(weight) * digit) % 10].append(
                        (score + float(row[digit]), f"{digits}{digit}")
                    )
        ways = [sorted(each, reverse=True)[:2] for each in onward]
    return ways[0]
