"""Plates as sprites: ground, border, embossed characters in the boxes of their type, the code's sticker.

Letters and digits are strokes as an embossing press's dies draw them, of the width that the number's die set has; every
fourth set is cut after a bold sans-serif instead, as older presses have it. Character boxes follow the proportions of
GA 36 for 440 x 140, 480 x 140 and the two-row plates; the e-bike plate's layout differs by city and is a plausible one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.render.codes import code128_ink, code128_width
from simulators.render.glyphs import glyph_ink, text_ink
from simulators.render.sprites import Colour, Outline, Picture, Sprite, blank, stamp
from simulators.render.strokes import has_strokes, stroke_ink

WHITE: Colour = (238, 238, 238)
BLACK: Colour = (26, 26, 26)
RED: Colour = (40, 30, 190)
_RELIEF = 34
"""Brightness step of the lit and the shaded rim of an embossed character."""
_CORNER_MM = 5.0
_TWO_ROW_ASPECT = 2.4
_CITIES = ("广州", "深圳", "佛山", "东莞", "珠海", "惠州", "中山", "江门", "汕头", "湛江", "肇庆")
_NUMBER_LENGTH = 6
_STICKER_MM = (40.0, 8.0)


@dataclass(frozen=True, slots=True)
class Style:
    """Ground (upper and lower end of a gradient) and ink of a plate kind."""

    upper: Colour
    lower: Colour
    ink: Colour
    head: Colour | None = None
    """Ground behind the first two characters where it differs, as on large new-energy plates."""


STYLES: dict[str, Style] = {
    "blue": Style((165, 75, 20), (165, 75, 20), WHITE),
    "yellow": Style((20, 185, 240), (20, 185, 240), BLACK),
    "green": Style((225, 240, 225), (80, 190, 60), BLACK),
    "yellow_green": Style((70, 190, 60), (70, 190, 60), BLACK, head=(20, 185, 240)),
    "white": Style(WHITE, WHITE, BLACK),
    "black": Style(BLACK, BLACK, WHITE),
    "ebike": Style(WHITE, WHITE, BLACK),
}
_DIES = (8.6, 9.4, 10.2, 11.0, 11.8)
"""Stroke widths of the die sets, in units of `strokes.BOX`."""
_Slot = tuple[str, float, float, float, float]
"""Character, left, top, width, height in mm."""


@lru_cache(maxsize=48)
def plate_sprite(style: str, text: str, code: str, size_mm: tuple[float, float], px_per_mm: float) -> Sprite:
    """The plate as it is made: unturned, evenly lit.

    :param style: a key of `STYLES`; any other raises KeyError.
    """
    look = STYLES[style]
    picture = _ground(look, size_mm, px_per_mm)
    _border(picture, look.ink, px_per_mm)
    for slot in slots_of(style, text, size_mm):
        _emboss(picture, slot, RED if slot[0] == "警" else look.ink, px_per_mm, die_of(text))
    if style == "ebike":
        _ebike_head(picture, text, size_mm, px_per_mm)
    _sticker(picture, code, size_mm, px_per_mm)
    return Sprite(picture, _rounded(picture, px_per_mm), px_per_mm)


def die_of(text: str) -> float:
    """Stroke width of the die set that a number is pressed with; 0: the sans-serif set."""
    chosen = sum(map(ord, text))
    return 0.0 if chosen % 4 == 0 else _DIES[chosen % len(_DIES)]


def _ground(look: Style, size_mm: tuple[float, float], px_per_mm: float) -> Picture:
    picture = blank(*size_mm, px_per_mm, look.upper)
    if look.upper != look.lower:
        share = np.linspace(0, 1, picture.shape[0], dtype=np.float32)[:, None, None]
        rows = np.array(look.upper, np.float32) * (1 - share) + np.array(look.lower, np.float32) * share
        picture[:] = rows.astype(np.uint8)
    if look.head is not None:
        picture[:, : round(122 * px_per_mm)] = look.head
    return picture


def _border(picture: Picture, ink: Colour, px_per_mm: float) -> None:
    inset, thick = round(3 * px_per_mm), max(1, round(1.5 * px_per_mm))
    height, width = picture.shape[:2]
    cv2.rectangle(picture, (inset, inset), (width - inset - 1, height - inset - 1), ink, thick)


def slots_of(style: str, text: str, size_mm: tuple[float, float]) -> list[_Slot]:
    """Where each character stands on a plate: the character, left, top, width and height in mm."""
    width, height = size_mm
    if style == "ebike":
        return _row(text[-_NUMBER_LENGTH:], width, 38.0, 22.0, 45.0, 5.0)
    if width / height < _TWO_ROW_ASPECT:
        return _two_rows(text, width, height)
    return _one_row(text, width)


def _one_row(text: str, width: float) -> list[_Slot]:
    box, gap, dot = (43.0, 9.0, 49.0) if len(text) > 7 else (45.0, 12.0, 34.0)
    total = len(text) * box + (len(text) - 2) * gap + dot
    lefts, x = [], (width - total) / 2
    for place in range(len(text)):
        lefts.append(x)
        x += box + (dot if place == 1 else gap)
    slots: list[_Slot] = [(character, left, 25.0, box, 90.0) for character, left in zip(text, lefts, strict=True)]
    return slots if len(text) > 7 else [*slots, ("·", lefts[1] + box + dot / 2 - 5, 65.0, 10.0, 10.0)]


def _two_rows(text: str, width: float, height: float) -> list[_Slot]:
    if height > 200:
        return _row(text[:2], width, 15.0, 80.0, 60.0, 50.0) + _row(text[2:], width, 90.0, 65.0, 110.0, 15.0)
    return _row(text[:2], width, 12.0, 42.0, 40.0, 30.0) + _row(text[2:], width, 62.0, 32.0, 65.0, 8.0)


def _row(text: str, width: float, top: float, box: float, height: float, gap: float) -> list[_Slot]:
    box = min(box, (width - 16.0 - (len(text) - 1) * gap) / max(1, len(text)))
    left = (width - len(text) * box - (len(text) - 1) * gap) / 2
    return [(character, left + place * (box + gap), top, box, height) for place, character in enumerate(text)]


def _emboss(picture: Picture, slot: _Slot, ink: Colour, px_per_mm: float, die: float) -> None:
    character, left, top, width, height = slot
    mask = _ink(character, max(2, round(width * px_per_mm)), max(2, round(height * px_per_mm)), die)
    x = round((left + width / 2) * px_per_mm) - mask.shape[1] // 2
    y = round(top * px_per_mm)
    room = picture[y : y + mask.shape[0], x : x + mask.shape[1]]
    if room.shape[:2] != mask.shape:
        return
    share, rim = _relief(mask.tobytes(), mask.shape)
    room[:] = np.clip(room * (1 - share) + np.array(ink, np.float32) * share + rim, 0, 255).astype(np.uint8)


def _ink(character: str, width_px: int, height_px: int, die: float) -> NDArray[np.uint8]:
    if die and has_strokes(character):
        return stroke_ink(character, width_px, height_px, die)
    return glyph_ink(character, width_px, height_px)


@lru_cache(maxsize=512)
def _relief(ink: bytes, shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Share of ink (0..1) and the lit and shaded rim that embossing leaves, both with a colour axis."""
    share = np.frombuffer(ink, np.uint8).reshape(shape).astype(np.float32) / np.float32(255)
    step = max(1, shape[0] // 100)
    around = np.pad(share, step)
    rim = (around[2 * step :, 2 * step :] - around[: -2 * step, : -2 * step]) * _RELIEF
    return share[:, :, None], np.asarray(cv2.GaussianBlur(rim, (3, 3), 0), np.float32)[:, :, None]


def _ebike_head(picture: Picture, text: str, size_mm: tuple[float, float], px_per_mm: float) -> None:
    city = text[:-_NUMBER_LENGTH] or _CITIES[sum(map(ord, text)) % len(_CITIES)]
    ink = text_ink(city, 17 * px_per_mm)
    stamp(picture, ink, BLACK, (picture.shape[1] - ink.shape[1]) / 2, 11 * px_per_mm)
    for x in (25.0, size_mm[0] - 25.0):
        cv2.circle(picture, (round(x * px_per_mm), round(18 * px_per_mm)), round(4 * px_per_mm), (105, 105, 105), -1)


def _sticker(picture: Picture, code: str, size_mm: tuple[float, float], px_per_mm: float) -> None:
    width, height = _STICKER_MM
    left, top = size_mm[0] - width - 12.0, size_mm[1] - height - 1.5
    x, y = round(left * px_per_mm), round(top * px_per_mm)
    picture[y : y + round(height * px_per_mm), x : x + round(width * px_per_mm)] = WHITE
    if code:
        module = (width - 4.0) / code128_width(code)
        stamp(picture, code128_ink(code, module, height - 2.0, px_per_mm), BLACK, x + 2 * px_per_mm, y + px_per_mm)


def _rounded(picture: Picture, px_per_mm: float) -> Outline:
    height, width = picture.shape[:2]
    radius = _CORNER_MM * px_per_mm
    middles = ((radius, radius), (width - radius, radius), (width - radius, height - radius), (radius, height - radius))
    arcs = []
    for quarter, middle in enumerate(middles):
        angles = np.radians(np.linspace(180, 270, 9) + 90 * quarter)
        arcs.append(np.array(middle) + radius * np.stack((np.cos(angles), np.sin(angles)), axis=1))
    return np.concatenate(arcs)
