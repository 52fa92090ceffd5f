"""Other views of a picture in which a code may show that does not as it is: contrast, blur, sharpness, size, turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Grey

_LEAST_SIDE_PX = 4
_MOST_SIDE_PX = 16_000
"""Longest side of a view: well within what the library can address."""
_AS_IT_IS = np.array(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


@dataclass(frozen=True, slots=True)
class ViewOf:
    """A worked picture. :ivar onto: affine map, shape (2, 3), from its pixels to those of the picture that it is of."""

    grey: Grey
    onto: NDArray[np.float64]


Work = Callable[[Grey], ViewOf]


def equalised(grey: Grey) -> ViewOf:
    """Contrast made even over eight by eight tiles."""
    return _same_place(cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(grey))


def smoothed(grey: Grey) -> ViewOf:
    """Against grain and halftone."""
    return _same_place(cv2.GaussianBlur(grey, (0, 0), 1.2))


def median(grey: Grey) -> ViewOf:
    """Against salt and pepper."""
    return _same_place(cv2.medianBlur(grey, 3))


def sharpened(grey: Grey) -> ViewOf:
    """Against a soft focus."""
    return _same_place(_sharp(grey, 1.5))


def enlarged(grey: Grey) -> ViewOf:
    """Twice the size and sharpened, for modules under two pixels."""
    large = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    onto = np.array(((0.5, 0.0, -0.25), (0.0, 0.5, -0.25)))
    return ViewOf(_sharp(np.asarray(large, np.uint8), 2.5), onto)


def reduced(grey: Grey) -> ViewOf:
    """Half the size, for large modules with broken ink."""
    if min(grey.shape) < _LEAST_SIDE_PX:
        return as_it_is(grey)
    small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return ViewOf(np.asarray(small, np.uint8), np.array(((2.0, 0.0, 0.5), (0.0, 2.0, 0.5))))


def as_it_is(grey: Grey) -> ViewOf:
    """Nothing done."""
    return ViewOf(grey, _AS_IT_IS)


def turned(grey: Grey, turn: float, scale: float = 1.0) -> ViewOf:
    """Turned so that what lies at `turn` radians lies level; nothing is cut off."""
    height, width = grey.shape
    scale = min(scale, _MOST_SIDE_PX / (width + height))
    wide = round(scale * (abs(width * cos(turn)) + abs(height * sin(turn)))) + 1
    tall = round(scale * (abs(width * sin(turn)) + abs(height * cos(turn)))) + 1
    right, down = np.array((cos(turn), sin(turn))) / scale, np.array((-sin(turn), cos(turn))) / scale
    first = np.array((width - 1, height - 1)) / 2 - right * (wide - 1) / 2 - down * (tall - 1) / 2
    onto = np.stack((right, down, first), axis=1)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(grey, onto, (wide, tall), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return ViewOf(np.asarray(cut, np.uint8), onto)


def relaid(view: ViewOf, turn: float, scale: float) -> ViewOf:
    """The same view on other pixels: turned a little and made larger."""
    again = turned(view.grey, turn, scale)
    whole = np.vstack((view.onto, (0, 0, 1))) @ np.vstack((again.onto, (0, 0, 1)))
    return ViewOf(again.grey, np.asarray(whole[:2], np.float64))


def _sharp(grey: Grey, blur_px: float) -> Grey:
    return np.asarray(cv2.addWeighted(grey, 2.5, cv2.GaussianBlur(grey, (0, 0), blur_px), -1.5, 0), np.uint8)


def _same_place(worked: object) -> ViewOf:
    return ViewOf(np.asarray(worked, np.uint8), _AS_IT_IS)
