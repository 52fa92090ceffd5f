"""Hard photographs of one plate: perspective, retro-reflective glare, uneven light, blur, grain, JPEG.

Everything is chosen by a seed. What is drawn stays readable for a person: a glare hides no character unless asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.render.plates import plate_sprite
from simulators.render.sprites import Picture

Values = NDArray[np.float32]

WIDTHS_PX = (200, 460)
"""Narrowest and widest that a plate of 440 mm is in the photograph; others in proportion."""
_DRAWN_PX_PER_MM = 1.4
_LEAN = 0.035
"""How far each corner may be out of its place, as a share of the plate's width."""
_SURROUND = 0.05
_BLUR_PX = (0.2, 0.9)
_MOTION_PX = (1, 4)
_GAIN = (0.65, 1.15)
_GLARE = (15.0, 85.0)
_GRAIN = (1.0, 6.0)
_QUALITY = (55, 93)


def plate_photo(style: str, text: str, size_mm: tuple[float, float], seed: int, code: str = "PM0000000001") -> Picture:
    """One photograph, the plate filling it but for a narrow surround.

    :param style: a key of `simulators.render.plates.STYLES`.
    """
    chance = np.random.default_rng(seed)
    plate = plate_sprite(style, text, code, size_mm, _DRAWN_PX_PER_MM).picture.astype(np.float32)
    lit = _lit(plate, chance)
    picture = _seen_askew(lit, round(float(chance.uniform(*WIDTHS_PX)) * size_mm[0] / 440.0), chance)
    return _exposed(picture, chance)


COVERS = ("paint", "dark", "white", "glare", "dirt", "tape", "finger", "label", "cloth")
"""What `spoilt` can hide a character with."""
_COLOURS = {
    "dark": (22, 22, 22),
    "white": (245, 245, 245),
    "glare": (255, 255, 255),
    "dirt": (58, 74, 90),
    "tape": (150, 190, 205),
    "finger": (115, 150, 205),
    "cloth": (125, 125, 125),
}


def spoilt(
    picture: Picture, share: tuple[float, float], how: str, seed: int, rows: tuple[float, float] = (0.0, 1.0)
) -> Picture:
    """A photograph with one character hidden.

    :param share: left and right of what is hidden, as shares of the width; :param rows: top and bottom, of the height.
    :param how: one of `COVERS`; `paint` has the ground's colour, `label` bears print.
    """
    chance = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    place = _Place(share[0] * width, share[1] * width, rows[0] * height, rows[1] * height)
    mask = _covered(place, how, (height, width), chance)
    colour = _printed_label(picture, place, chance) if how == "label" else _cover(picture, how, chance)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.7)[:, :, None]
    return np.asarray(np.clip(picture * (1 - soft) + colour * soft, 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class _Place:
    """What is hidden, px."""

    left: float
    right: float
    top: float
    bottom: float


def _covered(place: _Place, how: str, shape: tuple[int, int], chance: np.random.Generator) -> Values:
    """1 where the cover lies."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    across, half = x - (place.left + place.right) / 2, (place.right - place.left) / 2
    down, high = y - (place.top + place.bottom) / 2, place.bottom - place.top
    inside = np.abs(down) <= high / 2
    if how == "glare":
        away = np.hypot(across, down) / (high * float(chance.uniform(0.45, 0.6)))
        return np.asarray(np.clip(1.6 - away, 0, 1), np.float32)
    if how in ("dirt", "cloth"):
        ragged = cv2.resize(chance.normal(0, 0.15, (6, 14)).astype(np.float32), shape[::-1])
        away = np.hypot(across / (half * 1.25), down / (high * 0.55))
        return np.asarray(np.clip((1.25 - away + ragged) * 4, 0, 1), np.float32)
    if how == "finger":
        # It comes from below and ends round, just under the character's top.
        tip = place.top + high * float(chance.uniform(0.0, 0.1)) + half
        body = (np.abs(across) <= 1.1 * half) & (y >= tip)
        return np.asarray(body | (np.hypot(across / 1.1, y - tip) <= half), np.float32)
    if how == "tape":
        askew = across - down * float(chance.uniform(-0.25, 0.25))
        return np.asarray((np.abs(askew) <= 1.1 * half) & inside, np.float32)
    return np.asarray((np.abs(across) <= half) & inside, np.float32)


def _cover(picture: Picture, how: str, chance: np.random.Generator) -> Values:
    """The cover's colour in the picture's light."""
    if how == "paint":
        return np.asarray(np.median(picture.reshape(-1, 3), axis=0), np.float32)
    colour = np.array(_COLOURS[how], np.float32)
    if how not in ("tape", "finger", "cloth"):
        return colour
    texture = chance.normal(0, 14 if how == "cloth" else 5, picture.shape[:2]).astype(np.float32)
    light = min(1.0, float(np.percentile(picture, 90)) / 225)
    return np.asarray((colour + cv2.GaussianBlur(texture, (0, 0), 1.0)[:, :, None] * 2) * light, np.float32)


def _printed_label(picture: Picture, place: _Place, chance: np.random.Generator) -> Values:
    label = np.full(picture.shape, 235, np.uint8)
    high = place.bottom - place.top
    for line in range(3):
        text = "".join(chance.choice(list("ABC0123456789"), 4))
        corner = round(place.left) + 1, round(place.top + high * (line + 0.7) / 3.4)
        cv2.putText(label, text, corner, cv2.FONT_HERSHEY_SIMPLEX, max(0.2, high / 110), (40, 40, 40), 1, cv2.LINE_AA)
    return np.asarray(label * min(1.0, float(np.percentile(picture, 90)) / 225), np.float32)


def _lit(plate: Values, chance: np.random.Generator) -> Values:
    """Uneven light, and the sheeting throwing the lamp back from one place: it washes out, but hides nothing."""
    height, width = plate.shape[:2]
    gain = cv2.resize(chance.uniform(*_GAIN, (2, 4)).astype(np.float32), (width, height))[:, :, None]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    spot = np.hypot(x - chance.uniform(0, width), y - chance.uniform(0, height)) / (height * chance.uniform(0.5, 1.6))
    thrown = np.exp(-(spot**2))[:, :, None] * np.float32(chance.uniform(*_GLARE))
    return np.asarray(plate * gain * chance.uniform(0.92, 1.08, 3).astype(np.float32) + thrown, np.float32)


def _seen_askew(plate: Values, width: int, chance: np.random.Generator) -> Values:
    height = round(width * plate.shape[0] / plate.shape[1])
    surround = round(width * _SURROUND * float(chance.uniform(0.3, 1)))
    corners = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    corners += chance.uniform(-_LEAN, _LEAN, (4, 2)).astype(np.float32) * np.float32(width) * np.float32(0.5) + surround
    onto = np.array(((0, 0), (plate.shape[1], 0), plate.shape[1::-1], (0, plate.shape[0])), np.float32)
    size = width + 2 * surround, height + 2 * surround
    matrix = cv2.getPerspectiveTransform(onto, corners)
    smaller = max(1.0, plate.shape[1] / width)
    soft = cv2.GaussianBlur(plate, (0, 0), 0.45 * smaller)
    inside = cv2.warpPerspective(np.ones(plate.shape[:2], np.float32), matrix, size)[:, :, None]
    seen = cv2.warpPerspective(soft, matrix, size, flags=cv2.INTER_LINEAR)
    ground = np.full(seen.shape, chance.uniform(60, 150), np.float32)
    return np.asarray(seen * inside + ground * (1 - inside), np.float32)


def _exposed(picture: Values, chance: np.random.Generator) -> Picture:
    blurred = cv2.GaussianBlur(picture, (0, 0), float(chance.uniform(*_BLUR_PX)))
    length = int(chance.integers(*_MOTION_PX))
    blurred = cv2.blur(blurred, (length, 1) if chance.random() < 0.5 else (1, length))
    grain = chance.normal(0, chance.uniform(*_GRAIN), picture.shape)
    seen = np.clip(blurred + grain, 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", seen, (cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(*_QUALITY))))[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
