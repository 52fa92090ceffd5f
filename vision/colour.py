"""The colour class of a plate's ground, by a vote of its pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture, as_grey
from vision.verdict import PlateColour

MIN_SHARE = 0.35
"""Share of pixels that a class must hold; a plate with less is of no known colour."""

_BLUE = ((95, 90, 50), (130, 255, 255))
_YELLOW = ((15, 100, 100), (34, 255, 255))
_GREEN = ((35, 45, 50), (90, 255, 255))
_WHITE = ((0, 0, 140), (180, 55, 255))
_BLACK = ((0, 0, 0), (180, 255, 65))
_LARGER = 3.0
"""How much the share of its pixels that would be ground says for a colour, beside how like it is."""
_UNLIKELY = -0.2
"""Under this a colour is not that class's, however much of the plate it covers, as where characters are blown up."""
_HEAD_YELLOW = 0.12
"""From this share of yellow on, a green plate is the large new-energy one with its yellow head."""


def plate_colour(plate: Picture) -> tuple[PlateColour | None, float]:
    """The class of an upright plate's picture and the share of pixels that voted for it."""
    pixels = np.asarray(cv2.cvtColor(plate, cv2.COLOR_BGR2HSV), np.uint8)
    blue = _share(pixels, _BLUE)
    if blue >= MIN_SHARE:
        return PlateColour.BLUE, blue
    yellow, green = _share(pixels, _YELLOW), _share(pixels, _GREEN)
    if green + yellow >= MIN_SHARE:
        return _coloured(yellow, green)
    white, black = _share(pixels, _WHITE), _share(pixels, _BLACK)
    if max(white, black) < MIN_SHARE:
        return None, max(white, black)
    return (PlateColour.WHITE, white) if white > black else (PlateColour.BLACK, black)


def _coloured(yellow: float, green: float) -> tuple[PlateColour, float]:
    if green < MIN_SHARE / 2:
        return PlateColour.YELLOW, yellow
    if yellow >= _HEAD_YELLOW:
        return PlateColour.YELLOW_GREEN, yellow + green
    return PlateColour.GREEN, green


def _share(pixels: Picture, bounds: tuple[tuple[int, int, int], tuple[int, int, int]]) -> float:
    inside = cv2.inRange(pixels, np.array(bounds[0]), np.array(bounds[1]))
    return float(cv2.countNonZero(inside)) / inside.size


def colour_by_ink(plate: Picture, allowed: frozenset[PlateColour]) -> PlateColour:
    """The most likely of some classes by the ground's colour against the ink's: holds in any light.

    White ink shows what the light does to white, and so does a light ground under black ink.

    :param allowed: at least one; with one it is the answer, since nothing else can be meant.
    """
    scores: dict[PlateColour, float] = {}
    for ground, ink, share in _grounds_and_inks(plate):
        likely = _likely(ground, ink)
        larger = _LARGER * (share - 0.5)
        scores |= {colour: score + (larger if score > _UNLIKELY else -_LARGER) for colour, score in likely.items()}
    return max(sorted(allowed), key=lambda colour: scores.get(colour, -2.0))


def _likely(ground: NDArray[np.float64], ink: NDArray[np.float64]) -> dict[PlateColour, float]:
    """How like each class with such an ink a ground is."""
    light_ink = ink.sum() > ground.sum()
    blue, green, red = (float(part) for part in ground / np.maximum(ink if light_ink else ground.max(), 1.0))
    if light_ink:
        return {PlateColour.BLUE: blue - red - 0.1, PlateColour.BLACK: 0.1 - abs(blue - red)}
    return {
        PlateColour.YELLOW: red - blue - 0.3,
        PlateColour.GREEN: green - red - 0.1,
        PlateColour.YELLOW_GREEN: green - blue - 0.25,
        PlateColour.WHITE: 0.15 - (max(blue, green, red) - min(blue, green, red)),
    }


def _grounds_and_inks(plate: Picture) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    """Mean colours of the ground and of the characters, which cover the lesser part of a plate, and the ground's share;
    both ways round, since blown-up or blurred characters cover as much as the ground does."""
    height, width = plate.shape[:2]
    inner = np.ascontiguousarray(plate[height // 5 : -(height // 5) or None, width // 16 : -(width // 16) or None])
    grey = as_grey(inner)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = grey > level
    if not light.any():
        mean = np.asarray(inner.mean(axis=(0, 1)), np.float64)
        return [(mean, mean, 1.0)]
    bright, dark = (np.asarray(inner[part].mean(axis=0), np.float64) for part in (light, ~light))
    share = float(light.mean())
    return [(bright, dark, share), (dark, bright, 1 - share)]
