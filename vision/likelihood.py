"""How much better an expected number explains what was seen than any number that it could be confused with.

The score is log P(expected) minus log P(best alternative), alternatives being every substitution of one character by
one of its class, every swap of neighbours, every text that lacks one character (what a covered one leaves), and the
texts that read best. Several readings of one plate are judged together by the mean of their log-likelihoods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from vision.alignment import (
    BLANK,
    DIGITS,
    ENDINGS,
    FLOOR,
    INDEX,
    LETTERS,
    PROVINCES,
    SYMBOLS,
    Frames,
    Values,
    best_text,
    log_likelihoods,
    substitutions,
)

UNEXPLAINED = -1000.0
"""Margin of a text that can't stand on a plate."""
_SERIAL = LETTERS + DIGITS


@dataclass(frozen=True, slots=True)
class Margins:
    """What speaks for a number.

    :ivar margin: positive when the number explains the frames best, in natural logarithms of likelihood.
    :ivar rival: the text that comes nearest to it. :ivar province_margin: of its province against every other, the
        rest being as expected; None: it begins with none. :ivar province: the likeliest of all.
    :ivar leads: each rival and the margin over it, to 0.001.
    """

    margin: float
    rival: str
    province_margin: float | None = None
    province: str = ""
    leads: tuple[tuple[str, float], ...] = ()


def margins(looks: Sequence[Frames], expected: str) -> Margins:
    """How well a number explains several readings of the same plate.

    :param expected: a text that holds anything but `SYMBOLS` explains nothing and has `UNEXPLAINED`.
    """
    if not explainable(expected):
        return Margins(UNEXPLAINED, "")
    others = tuple(dict.fromkeys((*rearranged(expected), *(text for look in looks if (text := best_text(look))))))
    others = tuple(text for text in others if text != expected)
    stacked = [np.stack(list(alike)) for _, alike in groupby(looks, key=len)]
    whole = np.concatenate([log_likelihoods(each, (expected, *others)) for each in stacked]).mean(axis=0)
    changed = np.concatenate([substitutions(each, expected) for each in stacked]).mean(axis=0)
    changed = np.where(_alternatives(expected), changed, -np.inf)
    place, symbol = np.unravel_index(int(np.argmax(changed)), changed.shape)
    nearest = [(float(changed[place, symbol]), _with(expected, int(place), int(symbol)))]
    likelihood, rival = max(nearest + list(zip(whole[1:].tolist(), others, strict=True)))
    lead = np.round(whole[0] - np.concatenate((whole[1:], changed[_alternatives(expected)])), 3).tolist()
    leads = tuple(zip((*others, *_changed(expected)), lead, strict=True))
    return Margins(float(whole[0]) - likelihood, rival, *_province(expected, float(whole[0]), changed[0]), leads)


def margins_in_place(signs: Frames, expected: str) -> Margins:
    """How well a number explains what each of its characters is seen to be by itself.

    :param signs: probabilities, one row a character; every other sign is its rival, and that none is seen.
    :param expected: of `SYMBOLS`, with as many characters.
    """
    logs = np.log(np.maximum(signs, FLOOR))
    own = np.arange(len(expected)), [INDEX[character] for character in expected]
    others = logs.copy()
    others[own] = -np.inf
    leads = logs[own] - others.max(axis=1)
    place = int(leads.argmin())
    rival = _with(expected, place, int(others[place].argmax()))
    provinces = np.where(_alternatives(expected)[0], logs[0, :BLANK], -np.inf)
    return Margins(float(leads[place]), rival, *_province(expected, float(logs[own][0]), provinces))


def explainable(text: str) -> bool:
    """Whether a text consists of `SYMBOLS` alone."""
    return bool(text) and all(character in INDEX for character in text)


def normalised(text: str) -> str:
    """A plate's number in the alphabet of `SYMBOLS`: no dots and blanks, O and I as the digits they would be."""
    return text.replace("·", "").replace(" ", "").replace("粵", "粤").replace("O", "0").replace("I", "1")


@lru_cache(maxsize=256)
def rearranged(expected: str) -> tuple[str, ...]:
    """Every swap of neighbours, and every text that lacks one character."""
    swaps = (expected[:at] + expected[at + 1] + expected[at] + expected[at + 2 :] for at in range(len(expected) - 1))
    lacking = (expected[:at] + expected[at + 1 :] for at in range(len(expected)))
    return tuple(text for text in dict.fromkeys((*swaps, *lacking)) if text and text != expected)


def _with(text: str, place: int, symbol: int) -> str:
    """The text with one character changed; lacking it where the symbol is the blank."""
    return text[:place] + SYMBOLS[symbol : symbol + 1] + text[place + 1 :]


def _province(expected: str, whole: float, first: Values) -> tuple[float | None, str]:
    """The margin against every other province, and the likeliest province."""
    if expected[0] not in PROVINCES:
        return None, ""
    margin = whole - float(first.max())
    return margin, expected[0] if margin > 0 else SYMBOLS[int(np.argmax(first))]


@lru_cache(maxsize=256)
def _alternatives(expected: str) -> NDArray[np.bool_]:
    """For each place the symbols by which its character could be confused, its own left out."""
    return np.array([_others(character, _class_of(character, place)) for place, character in enumerate(expected)])


@lru_cache(maxsize=256)
def _others(character: str, of: str) -> NDArray[np.bool_]:
    """Which symbols are of a class, a character of it left out."""
    return np.array([symbol in of and symbol != character for symbol in SYMBOLS])


@lru_cache(maxsize=256)
def _changed(expected: str) -> tuple[str, ...]:
    """The texts of `_alternatives`, in its order."""
    return tuple(_with(expected, int(place), int(symbol)) for place, symbol in np.argwhere(_alternatives(expected)))


def _class_of(character: str, place: int) -> str:
    if character in PROVINCES:
        return PROVINCES
    if character in ENDINGS:
        return ENDINGS
    return LETTERS if place == 1 and character in LETTERS else _SERIAL
