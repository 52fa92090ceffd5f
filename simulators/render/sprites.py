"""Flat pieces of a picture, in a view's pixels, and how they are laid on one another."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Outline = NDArray[np.float64]
"""Corners of a convex shape, shape (n, 2)."""
Map = NDArray[np.float64]
"""Affine map, shape (2, 3): millimetres on the carrier's plane to pixels of one picture."""
Colour = tuple[int, int, int]
"""Blue, green, red, 0..255."""

_SHADOW_MM = 0.8
_SHADOW_GAIN = 0.8
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Sprite:
    """A piece lying flat.

    :ivar outline: its solid shape in the picture's own pixels.
    :ivar px_per_mm: scale at which it is drawn.
    """

    picture: Picture
    outline: Outline
    px_per_mm: float


def blank(width_mm: float, height_mm: float, px_per_mm: float, colour: Colour) -> Picture:
    """A piece of one colour."""
    picture = np.empty((max(1, round(height_mm * px_per_mm)), max(1, round(width_mm * px_per_mm)), 3), np.uint8)
    cv2.rectangle(picture, (0, 0), (picture.shape[1], picture.shape[0]), colour, -1)
    return picture


def rectangle(left: float, top: float, width: float, height: float) -> Outline:
    """Corners of an upright rectangle, clockwise from the upper left."""
    right, bottom = left + width, top + height
    return np.array(((left, top), (right, top), (right, bottom), (left, bottom)), np.float64)


def stamp(picture: Picture, ink: Picture, colour: Colour, left: float, top: float) -> None:
    """Print an ink mask on a picture at pixel (left, top); what reaches beyond the edge is cut off."""
    x, y = max(0, round(left)), max(0, round(top))
    room = picture[y : y + ink.shape[0], x : x + ink.shape[1]]
    if room.size == 0:
        return
    share = ink[: room.shape[0], : room.shape[1], None].astype(np.float32) / 255
    room[:] = (room * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)


def fill(canvas: Picture, outline_mm: Outline, camera: Map, colour: Colour) -> None:
    """Fill a convex shape of the carrier's plane with one colour."""
    cv2.fillConvexPoly(canvas, _fixed(_mapped(outline_mm, camera)), colour, cv2.LINE_AA, _SUBPIXEL_BITS)


def lay(canvas: Picture, sprite: Sprite, camera: Map, x_mm: float, y_mm: float, turn: float = 0.0) -> None:
    """Lay a sprite with its unturned upper left corner at (x, y) mm, turned clockwise about its centre.

    It covers what lies beneath it and throws a narrow shadow to the lower right.

    :param turn: degrees.
    """
    whole = _joined(camera, _lying(sprite, x_mm, y_mm, turn))
    _shade(canvas, _mapped(sprite.outline, whole) + _SHADOW_MM * sprite.px_per_mm)
    outline = _mapped(sprite.outline, whole)
    window = _window(canvas, outline)
    if window is None:
        return
    left, top, room = window
    whole[:, 2] -= (left, top)
    size = (room.shape[1], room.shape[0])
    body = cv2.warpAffine(sprite.picture, whole, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cv2.copyTo(body, _solid(outline - (left, top), room), room)


def _lying(sprite: Sprite, x_mm: float, y_mm: float, turn: float) -> Map:
    """Map from the sprite's pixels to millimetres on the plane."""
    height, width = sprite.picture.shape[0] / sprite.px_per_mm, sprite.picture.shape[1] / sprite.px_per_mm
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turned = np.array(((cosine, -sine), (sine, cosine)))
    middle = np.array((width / 2, height / 2))
    shift = np.array((x_mm, y_mm)) + middle - turned @ middle
    return np.hstack((turned / sprite.px_per_mm, shift[:, None]))


def _joined(second: Map, first: Map) -> Map:
    return np.hstack((second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2:] + second[:, 2:]))


def _mapped(points: Outline, by: Map) -> Outline:
    return np.asarray(points @ by[:, :2].T + by[:, 2], np.float64)


def _fixed(outline: Outline) -> NDArray[np.int32]:
    return np.round(outline * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _shade(canvas: Picture, outline: Outline) -> None:
    window = _window(canvas, outline)
    if window is not None:
        left, top, room = window
        cv2.copyTo(cv2.convertScaleAbs(room, alpha=_SHADOW_GAIN), _solid(outline - (left, top), room), room)


def _window(canvas: Picture, outline: Outline) -> tuple[int, int, Picture] | None:
    """The part of the canvas that an outline can touch, with its left and top; None when it lies outside."""
    left, top = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 1, (canvas.shape[1], canvas.shape[0]))
    if right <= left or bottom <= top:
        return None
    return int(left), int(top), canvas[top:bottom, left:right]


def _solid(outline: Outline, room: Picture) -> Picture:
    mask = np.zeros(room.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, _fixed(outline), 255, cv2.LINE_8, _SUBPIXEL_BITS)
    return mask
