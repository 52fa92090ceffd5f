"""Bars that no reading explains: where a linear code stands that the reader's rows missed, turned or too fine.

The reader looks along rows and columns of pixels: at 45° it sees nothing, and at two pixels a module it misses one code
in six. Where nothing foreign may lie, a code that was missed is as bad as one that was misread.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, sin

import cv2
import numpy as np

from vision.codes.bars import Bars
from vision.codes.code import LINEAR, Code
from vision.codes.strips import Profile, upright_rows
from vision.pictures import Grey

FEWEST_EDGES = 20
"""The shortest Code 128 has 26, of three characters; blur may swallow a few."""
FEWEST_STACKED_EDGES = 8
"""Of a PDF417 the gradients show the start and the stop pattern, each of eight edges or nine."""
_ROWS = 24
"""Rows of a place that are looked at."""
_SWING = 0.25
"""Of a profile's whole range, by which brightness must turn for an edge to count."""
_MIN_RANGE = 12.0
"""Grey levels; less is no print."""
_SAME_TURN = 0.2
_LEFT_OVER = 0.25
"""Of a read code's length, by which a place may be longer at one end: in more there may stand a second code."""


def code_like(grey: Grey, places: list[Bars], fewest: int = FEWEST_EDGES) -> list[Bars]:
    """The places that have as many edges as a code."""
    return [place for place in places if edges_across(grey, place) >= fewest]


def unexplained(places: list[Bars], codes: list[Code]) -> list[Bars]:
    """The places at which no code was read."""
    return [place for place in places if not any(_explains(code, place) for code in codes)]


def edges_across(grey: Grey, place: Bars) -> int:
    """How often a place turns from dark to light and back, along the middle of its bars."""
    rows = upright_rows(grey, place, _ROWS)
    quarter = len(rows) // 4
    return _turns(np.asarray(rows[quarter : len(rows) - quarter].mean(axis=0), np.float32))


def _explains(code: Code, place: Bars) -> bool:
    if code.symbology not in LINEAR:
        return cv2.pointPolygonTest(np.array(code.corners, np.float32), (place.x, place.y), measureDist=False) >= 0
    ends = np.array(code.corners[:2])
    (right, down), middle = ends[1] - ends[0], np.array((place.x, place.y))
    turned = abs((atan2(down, right) - place.turn + pi / 2) % pi - pi / 2)
    length = hypot(right, down)
    along = (ends - middle) @ (cos(place.turn), sin(place.turn))
    left_over = place.length / 2 - float(np.abs(along).min())
    return turned < _SAME_TURN and place.covers(code.centre) and left_over <= place.smear + _LEFT_OVER * length


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
