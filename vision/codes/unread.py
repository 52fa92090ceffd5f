"""Bars that no reading explains: where a linear code stands that the reader's rows missed, turned or too fine.

The reader looks along rows and columns of pixels: at 45° it sees nothing, and at two pixels a module it misses one code
in six. Where nothing foreign may lie, a code that was missed is as bad as one that was misread.
"""

from __future__ import annotations

from math import atan2, hypot, pi

import numpy as np

from vision.codes.bars import Bars
from vision.codes.code import LINEAR, Code, Grey
from vision.codes.strips import Profile, upright_rows

FEWEST_EDGES = 20
"""The shortest Code 128 has 26, of three characters; blur may swallow a few."""
_SWING = 0.25
"""Of a profile's whole range, by which brightness must turn for an edge to count."""
_MIN_RANGE = 12.0
"""Grey levels; less is no print."""
_SAME_TURN = 0.2
_EXPLAINED = 0.7
"""Share of a place's length that a read code must have: a longer place may hold a second one beside it."""


def unexplained(grey: Grey, places: list[Bars], codes: list[Code]) -> list[Bars]:
    """The places that look like a linear code and at which none was read."""
    linear = [code for code in codes if code.symbology in LINEAR]
    left = [place for place in places if not any(_explains(code, place) for code in linear)]
    return [place for place in left if edges_across(grey, place) >= FEWEST_EDGES]


def edges_across(grey: Grey, place: Bars) -> int:
    """How often a place turns from dark to light and back, along the middle of its bars."""
    rows = upright_rows(grey, place)
    quarter = len(rows) // 4
    return _turns(np.asarray(rows[quarter : len(rows) - quarter].mean(axis=0), np.float32))


def _explains(code: Code, place: Bars) -> bool:
    (ax, ay), (bx, by) = code.corners[0], code.corners[1]
    turned = abs((atan2(by - ay, bx - ax) - place.turn + pi / 2) % pi - pi / 2)
    return turned < _SAME_TURN and place.covers(code.centre) and hypot(bx - ax, by - ay) >= _EXPLAINED * place.length


def _turns(profile: Profile) -> int:
    """Changes between dark and light, each by `_SWING` of the range at least."""
    low, high = float(profile.min()), float(profile.max())
    if high - low < _MIN_RANGE:
        return 0
    swing = _SWING * (high - low)
    turns, rising, extreme = 0, True, low
    for value in profile.tolist():
        if (value > extreme) == rising:
            extreme = value
        elif abs(value - extreme) > swing:
            turns, rising, extreme = turns + 1, not rising, value
    return turns
