"""Documents and waybills as sprites: heading, Code 128 in true module width, its number in print."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from simulators.render.codes import code128_ink, code128_width
from simulators.render.glyphs import text_ink
from simulators.render.sprites import Colour, Picture, Sprite, blank, rectangle, stamp
from simulators.world import LABEL

DOCUMENT_MODULE_MM = 0.33
"""Width of the narrowest bar on certificates."""
WAYBILL_MODULE_MM = 0.375
"""Three dots of a 203 dpi printer, as `^BY3` prints."""
DOT_MM = 0.125
"""One heating element of the print head."""

BLACK: Colour = (28, 28, 28)
_GREY: Colour = (150, 150, 150)
_BACK: Colour = (226, 228, 224)
_HEADINGS: dict[str, tuple[str, Colour]] = {
    "vehicle_licence": ("机动车行驶证", (238, 232, 222)),
    "driving_licence": ("机动车驾驶证", (222, 238, 228)),
    "registration_certificate": ("机动车登记证书", (215, 232, 238)),
    "ebike_certificate": ("电动自行车行驶证", (240, 236, 228)),
    "travel_permit": ("EXIT-ENTRY PERMIT", (232, 226, 236)),
    "identity_card": ("IDENTITY CARD", (236, 236, 226)),
}
"""Heading and ground colour of each document style."""
_ZONE_PITCH_MM = 2.54
_ZONE_LETTER_MM = 2.6
_ZONE_LINE_MM = 4.4


@lru_cache(maxsize=48)
def document_sprite(
    style: str, code: str, code_readable: bool, size_mm: tuple[float, float], px_per_mm: float, text: str = ""
) -> Sprite:
    """A certificate. A style without an own heading is drawn as a white card with none.

    :param text: the number in print, by default the code's; a permit's machine-readable lines.
    """
    heading, ground = _HEADINGS.get(style, ("", (238, 238, 238)))
    width, height = size_mm
    picture = blank(width, height, px_per_mm, ground)
    if heading:
        _centred(picture, text_ink(heading, 6 * px_per_mm), 4 * px_per_mm)
    if style == "travel_permit":
        _zone(picture, text.split("\n"), px_per_mm)
    elif style == "identity_card":
        stamp(picture, text_ink(text, 5 * px_per_mm), BLACK, 20 * px_per_mm, (height - 9.0) * px_per_mm)
    for place in range(3):
        _line(picture, 8.0, 15.0 + 6 * place, width * (0.75 - 0.12 * place), px_per_mm)
    if code:
        _document_code(picture, code, text or code, code_readable, size_mm, px_per_mm)
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


@lru_cache(maxsize=8)
def document_back(size_mm: tuple[float, float], px_per_mm: float) -> Sprite:
    """The back of a certificate: fine rules and nothing to read."""
    picture = blank(*size_mm, px_per_mm, _BACK)
    for top in range(8, int(size_mm[1]) - 6, 6):
        _rule(picture, float(top), px_per_mm, _GREY)
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


@lru_cache(maxsize=32)
def label_sprite(mail_number: str, text: str, px_per_mm: float, wear: float = 0.0) -> Sprite:
    """A waybill of `LABEL` size; a label without a number bears no bars.

    :param wear: of the print head, 0..1.
    """
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
    if wear:
        picture = _worn(picture, wear, px_per_mm)
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


def _worn(picture: Picture, wear: float, px_per_mm: float) -> Picture:
    """Fainter print, and dead dots: white lines along the feed, that is along the bars."""
    faint = np.clip(picture.astype(np.float32) + (240.0 - picture) * 0.55 * wear, 0, 255).astype(np.uint8)
    chance = np.random.default_rng(5)
    for x in chance.uniform(0, LABEL[0], round(14 * wear)):
        left = round(x * px_per_mm)
        faint[:, left : left + max(1, round(DOT_MM * px_per_mm))] = 240
    return faint


def _zone(picture: Picture, lines: list[str], px_per_mm: float) -> None:
    """A machine-readable zone: fixed pitch, at the foot."""
    first = picture.shape[0] / px_per_mm - 4.0 - _ZONE_LINE_MM * len(lines)
    for row, line in enumerate(lines):
        for place, character in enumerate(line):
            x, y = 5.0 + place * _ZONE_PITCH_MM, first + row * _ZONE_LINE_MM
            if character == "<":
                _filler(picture, x, y, px_per_mm)
                continue
            ink = text_ink(character, _ZONE_LETTER_MM / 0.73 * px_per_mm)
            narrow = min(ink.shape[1], round(0.78 * _ZONE_PITCH_MM * px_per_mm))
            ink = np.asarray(cv2.resize(ink, (narrow, ink.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
            stamp(picture, ink, BLACK, (x + 0.4 * _ZONE_PITCH_MM) * px_per_mm - narrow / 2, y * px_per_mm)


def _filler(picture: Picture, x_mm: float, y_mm: float, px_per_mm: float) -> None:
    """The sign `<`."""
    corners = ((1.75, 0.4), (0.25, 1.35), (1.75, 2.3))
    points = np.array([((x_mm + x) * px_per_mm, (y_mm + y) * px_per_mm) for x, y in corners])
    fixed = np.round(points * 16).astype(np.int32)
    cv2.polylines(picture, [fixed], False, BLACK, max(1, round(0.4 * px_per_mm)), cv2.LINE_AA, 4)


def _document_code(
    picture: Picture, code: str, text: str, readable: bool, size_mm: tuple[float, float], px_per_mm: float
) -> None:
    width, height = size_mm
    modules = code128_width(code)
    module = min(DOCUMENT_MODULE_MM, width / (modules + 20))
    bars = code128_ink(code, module, 11.0, px_per_mm)
    left, top = (picture.shape[1] - bars.shape[1]) / 2, (height - 22.0) * px_per_mm
    stamp(picture, bars, BLACK, left, top)
    _centred(picture, text_ink(text, 5 * px_per_mm), (height - 9.0) * px_per_mm)
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


def _rule(picture: Picture, top: float, px_per_mm: float, colour: Colour = BLACK) -> None:
    y, inset = round(top * px_per_mm), round(3 * px_per_mm)
    picture[y : y + max(1, round(0.5 * px_per_mm)), inset : picture.shape[1] - inset] = colour
