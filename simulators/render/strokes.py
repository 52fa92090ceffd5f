"""Letters and digits drawn as strokes of even width, as the dies of an embossing press draw them.

Each is a set of paths in a box of 45 x 90 units (the character box of a plate, whose unit is 1 mm), measured at the
middle of the stroke. They are our own drawing after the proportions of GA 36, not a copy of its character plates.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

BOX = (45.0, 90.0)
STROKES = (7.0, 13.0)
"""Thinnest and thickest stroke that is drawn, in units; GA 36 characters have about 10."""

_Path = str
"""Points `x,y` joined by lines; `~rx,ry,from,to` adds an elliptic arc around the last point's place as its centre."""

_PATHS: dict[str, tuple[_Path, ...]] = {
    "0": ("22.5,20~17.5,15,180,360 40,70 22.5,70~17.5,15,0,180 5,20",),
    "1": ("14,14 23,5 23,85",),
    "2": ("22.5,22~17.5,17,180,380 5,85 41,85",),
    "3": ("6,5 39,5 19,36 22.5,60~17.5,25,280,520",),
    "4": ("29,5 5,64 41,64", "31,42 31,85"),
    "5": ("39,5 8,5 7,39 22.5,59~17.5,26,220,510",),
    "6": ("30,5 9,48 22.5,62~17.5,23,200,560",),
    "7": ("5,5 40,5 19,85",),
    "8": ("22.5,24~15.5,19,0,360", "22.5,64~17.5,21,0,360"),
    "9": ("15,85 36,42 22.5,28~17.5,23,20,380",),
    "A": ("4,85 22.5,6 41,85", "11,60 34,60"),
    "B": ("6,5 6,85 22,85 22,64~18,21,90,-90 6,43 20,43 20,24~16,19,90,-90 6,5",),
    "C": ("40,30 40,22 22.5,22~17.5,17,360,180 5,68 22.5,68~17.5,17,180,0 40,60",),
    "D": ("6,5 20,5 20,25~20,20,-90,0 40,65 20,65~20,20,0,90 6,85 6,5",),
    "E": ("39,5 6,5 6,85 39,85", "6,44 34,44"),
    "F": ("39,5 6,5 6,85", "6,45 33,45"),
    "G": ("40,28 40,22 22.5,22~17.5,17,360,180 5,68 22.5,68~17.5,17,180,0 40,50 24,50",),
    "H": ("6,5 6,85", "39,5 39,85", "6,44 39,44"),
    "J": ("35,5 35,66 20,66~15,19,0,180",),
    "K": ("6,5 6,85", "39,5 6,52", "17,38 40,85"),
    "L": ("7,5 7,85 40,85",),
    "M": ("5,85 5,5 22.5,60 40,5 40,85",),
    "N": ("6,85 6,5 39,85 39,5",),
    "P": ("6,85 6,5 21,5 21,27~18,22,-90,90 6,49",),
    "Q": ("22.5,20~17.5,15,180,360 40,70 22.5,70~17.5,15,0,180 5,20", "25,64 41,87"),
    "R": ("6,85 6,5 21,5 21,26~18,21,-90,90 6,47", "22,47 40,85"),
    "S": ("39,26 39,22 22.5,22~17,17,360,170 10,37 35,52 22.5,66~17.5,19,-40,180 5,62",),
    "T": ("4,5 41,5", "22.5,5 22.5,85"),
    "U": ("5,5 5,68 22.5,68~17.5,17,180,0 40,5",),
    "V": ("4,5 22.5,84 41,5",),
    "W": ("3,5 11,84 22.5,25 34,84 42,5",),
    "X": ("5,5 40,85", "40,5 5,85"),
    "Y": ("4,5 22.5,46 41,5", "22.5,46 22.5,85"),
    "Z": ("6,5 39,5 5,85 40,85",),
}
_FINE = 4
"""Pixels drawn for each that is kept, so that edges are smooth."""


def has_strokes(character: str) -> bool:
    """Whether this alphabet has the character; Chinese characters it has not."""
    return character in _PATHS


@lru_cache(maxsize=4096)
def stroke_ink(character: str, width_px: int, height_px: int, stroke: float) -> NDArray[np.uint8]:
    """Ink mask of one letter or digit: 255 where there is ink.

    :param stroke: width of the stroke in units of the box, within `STROKES`.
    :raises KeyError: a character that this alphabet has not.
    """
    scale = height_px * _FINE / BOX[1]
    canvas = np.zeros((height_px * _FINE, round(BOX[0] * scale)), np.uint8)
    for path in _PATHS[character]:
        points = np.round(_points(path, stroke) * scale * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, (255,), max(1, round(stroke * scale)), cv2.LINE_AA, 4)
    return np.asarray(cv2.resize(canvas, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)


def _points(path: _Path, stroke: float) -> NDArray[np.float64]:
    """The path's points in units, drawn in by what the stroke is wider than the 10 for which it was measured."""
    points: list[tuple[float, float]] = []
    for step in path.split():
        place, _, arc = step.partition("~")
        x, y = (float(part) for part in place.split(","))
        if not arc:
            points.append((x, y))
            continue
        rx, ry, first, last = (float(part) for part in arc.split(","))
        angles = np.radians(np.linspace(first, last, 24))
        points += zip(x + rx * np.cos(angles), y + ry * np.sin(angles), strict=True)
    centre = np.array(BOX) / 2
    return np.asarray(centre + (np.array(points) - centre) * (1 - (stroke - 10.0) / np.array(BOX)), np.float64)
