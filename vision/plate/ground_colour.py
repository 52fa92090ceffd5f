"""The ground's colour in a character's place: what lies on a character is seldom of the plate's colour."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture
from vision.ranks import medians

Colours = NDArray[np.float32]
"""How much of the ground's colour each place of a line has, in grey levels away from grey."""

_AWAY_FROM_GREY = np.eye(3, dtype=np.float32) - np.float32(1 / 3)
_FREE_SHARE = 20
"""Per cent of a character's place that shows the ground at least."""
_MIDDLE_ROWS = (0.3125, 0.8125)
"""Of the characters' rows: above and below them a plate ends that is seen aslant, and what stands around may have its
colour."""
_THIRDS = 3


def ground_colour(rows: Picture, left: float, right: float) -> Colours:
    """The colour along that of the ground between two columns.

    :param rows: that the characters fill at least.
    """
    hue = cv2.transform(rows.astype(np.float32), _AWAY_FROM_GREY)
    among = hue[:, max(0, int(left)) : max(1, int(right))].reshape(-1, 3)
    strength = np.einsum("pc,pc->p", among, among)
    strong = np.partition(strength, strength.size * 3 // 5)[strength.size * 3 // 5]
    ground = medians(among[strength >= strong])
    along = ground / max(1e-3, float(np.linalg.norm(ground)))
    return np.asarray(cv2.transform(hue, along.astype(np.float32)[None]), np.float32)


def free_ground(colour: Colours, left: float, right: float) -> float:
    """The colour that the most coloured part of a character's place has at least."""
    part = colour[:, max(0, int(left)) : int(right) + 1].ravel()
    place = part.size * (100 - _FREE_SHARE) // 100
    return float(np.partition(part, place)[place]) if part.size else 0.0


def free_half(colour: Colours, left: float, right: float) -> float:
    """The same of the half that has less of it."""
    middle = (left + right) / 2
    return min(free_ground(colour, left, middle), free_ground(colour, middle, right))


def free_third(colour: Colours, left: float, right: float) -> float:
    """The same of the third that has the least of it, in the middle of the rows."""
    first, last = (round(share * len(colour)) for share in _MIDDLE_ROWS)
    ends = np.linspace(left, right, _THIRDS + 1).tolist()
    return min(free_ground(colour[first:last], *third) for third in pairwise(ends))
