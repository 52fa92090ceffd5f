"""Documents and waybills as sprites: heading, Code 128 in true module width, its number in print."""

from __future__ import annotations

from functools import lru_cache

import cv2

from simulators.render.codes import code128_ink, code128_width
from simulators.render.glyphs import text_ink
from simulators.render.sprites import Colour, Picture, Sprite, blank, rectangle, stamp
from simulators.world import LABEL

DOCUMENT_MODULE_MM = 0.33
"""Width of the narrowest bar on certificates."""
WAYBILL_MODULE_MM = 0.375
"""Three dots of a 203 dpi printer, as `^BY3` prints."""

BLACK: Colour = (28, 28, 28)
_GREY: Colour = (150, 150, 150)
_HEADINGS: dict[str, tuple[str, Colour]] = {
    "vehicle_licence": ("机动车行驶证", (238, 232, 222)),
    "driving_licence": ("机动车驾驶证", (222, 238, 228)),
    "registration_certificate": ("机动车登记证书", (215, 232, 238)),
    "ebike_certificate": ("电动自行车行驶证", (240, 236, 228)),
}
"""Heading and ground colour of each document style."""


@lru_cache(maxsize=48)
def document_sprite(
    style: str, code: str, code_readable: bool, size_mm: tuple[float, float], px_per_mm: float
) -> Sprite:
    """A certificate. A style without an own heading is drawn as a white card with none."""
    heading, ground = _HEADINGS.get(style, ("", (238, 238, 238)))
    width, height = size_mm
    picture = blank(width, height, px_per_mm, ground)
    if heading:
        _centred(picture, text_ink(heading, 6 * px_per_mm), 4 * px_per_mm)
    for place in range(3):
        _line(picture, 8.0, 15.0 + 6 * place, width * (0.75 - 0.12 * place), px_per_mm)
    if code:
        _document_code(picture, code, code_readable, size_mm, px_per_mm)
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


@lru_cache(maxsize=32)
def label_sprite(mail_number: str, text: str, px_per_mm: float) -> Sprite:
    """A waybill of `LABEL` size; a label without a number bears no bars."""
    width, height = LABEL
    picture = blank(width, height, px_per_mm, (240, 240, 240))
    stamp(picture, text_ink("中国邮政 EMS", 6 * px_per_mm), BLACK, 5 * px_per_mm, 5 * px_per_mm)
    if mail_number:
        bars = code128_ink(mail_number, WAYBILL_MODULE_MM, 20.0, px_per_mm)
        _centred(picture, bars, 18 * px_per_mm)
    if text:
        _centred(picture, text_ink(text, 6 * px_per_mm), 41 * px_per_mm)
    for top in (52.0, 95.0, 130.0):
        _rule(picture, top, px_per_mm)
    for top in (60.0, 68.0, 76.0, 102.0, 110.0, 118.0):
        _line(picture, 8.0, top, 30.0 + (top * 7) % 55, px_per_mm)
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


def _document_code(picture: Picture, code: str, readable: bool, size_mm: tuple[float, float], px_per_mm: float) -> None:
    width, height = size_mm
    modules = code128_width(code)
    module = min(DOCUMENT_MODULE_MM, width / (modules + 20))
    bars = code128_ink(code, module, 11.0, px_per_mm)
    left, top = (picture.shape[1] - bars.shape[1]) / 2, (height - 22.0) * px_per_mm
    stamp(picture, bars, BLACK, left, top)
    _centred(picture, text_ink(code, 5 * px_per_mm), (height - 9.0) * px_per_mm)
    if not readable:
        _scratch(picture, round(left), round(top), bars.shape)


def _scratch(picture: Picture, left: int, top: int, bars: tuple[int, ...]) -> None:
    """Wear three bands of bars off over their whole height, so that no row of the code is whole."""
    height, width = bars[0], bars[1]
    paper = tuple(int(value) for value in picture[max(0, top - 2), max(0, left)])
    for share in (0.2, 0.5, 0.8):
        x = left + round(width * share)
        cv2.line(picture, (x, top - 2), (x + width // 14, top + height + 1), paper, max(3, width // 20))


def _centred(picture: Picture, ink: Picture, top: float) -> None:
    stamp(picture, ink, BLACK, (picture.shape[1] - ink.shape[1]) / 2, top)


def _line(picture: Picture, left: float, top: float, length: float, px_per_mm: float) -> None:
    """Stands for a line of print, which no check reads; nobody's data is drawn."""
    x, y = round(left * px_per_mm), round(top * px_per_mm)
    picture[y : y + max(1, round(2.2 * px_per_mm)), x : x + round(length * px_per_mm)] = _GREY


def _rule(picture: Picture, top: float, px_per_mm: float) -> None:
    y, inset = round(top * px_per_mm), round(3 * px_per_mm)
    picture[y : y + max(1, round(0.5 * px_per_mm)), inset : picture.shape[1] - inset] = BLACK
