"""Finding one plate in a picture and setting it straight, whatever the perspective."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture

Corners = NDArray[np.float32]
"""Shape (4, 2): clockwise from the upper left, in pixels."""

_WORKING_PX = 640
"""Longer side at which outlines are looked for."""
_LEAST_SHARE = 0.01
"""Least share of the picture that a plate covers."""
_ASPECT_SLACK = 1.6
"""How much a plate's sides may be foreshortened against each other."""
_HEIGHT_PX = 140
_MASKS = (
    ((95, 80, 40), (130, 255, 255)),
    ((15, 90, 90), (36, 255, 255)),
    ((35, 35, 60), (92, 255, 255)),
    ((0, 0, 150), (180, 60, 255)),
    ((0, 0, 0), (180, 255, 70)),
)
"""Bounds of the grounds' colours in hue, saturation and value: blue, yellow, green, white, black."""
_MOST = 4


def plates_in(picture: Picture, aspect: float) -> list[Corners]:
    """Corners of what may be plates of a width of so many heights, the likeliest first; at most four."""
    scale = min(1.0, _WORKING_PX / max(picture.shape[:2]))
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    found: list[tuple[float, Corners]] = []
    for mask in _grounds(small):
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for outline in outlines:
            judged = _judged(np.asarray(outline), small.shape[0] * small.shape[1], aspect)
            if judged is not None:
                found.append((judged[0], (judged[1] + 0.5) / np.float32(scale) - 0.5))
    found.sort(key=lambda each: -each[0])
    return [corners for _, corners in _apart(found)][:_MOST]


def straightened(picture: Picture, corners: Corners, aspect: float) -> Picture:
    """The plate seen from straight ahead, `_HEIGHT_PX` high."""
    size = round(_HEIGHT_PX * aspect), _HEIGHT_PX
    onto = np.array(((0, 0), (size[0], 0), size, (0, size[1])), np.float32) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), onto)
    flat = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)


def _grounds(small: Picture) -> Iterator[Picture]:
    colours = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    kernel = np.ones((5, 5), np.uint8)
    for low, high in _MASKS:
        mask = cv2.inRange(colours, np.array(low), np.array(high))
        yield np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), np.uint8)


def _judged(outline: NDArray[np.int32], whole: int, aspect: float) -> tuple[float, Corners] | None:
    """How well an outline fits a plate, and its corners."""
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull)
    if area < _LEAST_SHARE * whole:
        return None
    corners = _four(np.asarray(hull, np.int32))
    covered = cv2.contourArea(outline) / max(1.0, cv2.contourArea(corners))
    width = np.hypot(*(corners[1] - corners[0])) + np.hypot(*(corners[2] - corners[3]))
    height = np.hypot(*(corners[3] - corners[0])) + np.hypot(*(corners[2] - corners[1]))
    off = abs(np.log(max(1.0, width) / max(1.0, height) / aspect))
    if off > np.log(_ASPECT_SLACK) or covered < 0.6:
        return None
    return float(covered - off + 0.3 * np.sqrt(area / whole)), corners


def _four(hull: NDArray[np.int32]) -> Corners:
    """The quadrilateral of a hull: simplified until four corners are left, else its smallest rectangle."""
    length = cv2.arcLength(hull, True)
    for share in np.arange(0.01, 0.09, 0.005):
        simple = cv2.approxPolyDP(hull, float(share) * length, True)
        if len(simple) == 4:
            return _ordered(np.asarray(simple, np.float32).reshape(4, 2))
    return _ordered(np.asarray(cv2.boxPoints(cv2.minAreaRect(hull)), np.float32))


def _ordered(corners: Corners) -> Corners:
    """Clockwise from the upper left, for a plate turned by less than about 40 degrees."""
    middle = corners.mean(axis=0)
    turned = corners[np.argsort(np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0]))]
    first = int(np.argmin(turned.sum(axis=1)))
    return np.asarray(np.roll(turned, -first, axis=0), np.float32)


def _apart(found: list[tuple[float, Corners]]) -> list[tuple[float, Corners]]:
    """Without those that lie where a better one lies."""
    kept: list[tuple[float, Corners]] = []
    for score, corners in found:
        near = float(np.hypot(*(corners[1] - corners[0]))) / 8
        if all(np.abs(corners - other).max() > near for _, other in kept):
            kept.append((score, corners))
    return kept
