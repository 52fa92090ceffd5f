"""Certificates filled in as real ones are, and small things as they fall on them, in the plain renderer's place.

Nothing here is a real form: labels and fields are rows of characters at random. What counts is what a check must
stand: fields that nobody knows beforehand, of any length, printed later and a little off; a seal over print; a
photograph; fine security print.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from unittest import mock

import cv2
import numpy as np

from simulators.matter import StrayKind
from simulators.render import papers, scene, strays
from simulators.render.glyphs import text_ink
from simulators.render.sprites import Colour, Picture, Sprite, blank, rectangle, stamp

HAN = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新机动车行驶证登记书电自"
SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SEAL_MM = 16.0
PHOTO_MM = (20.0, 25.0)
_SECURITY_INK = 0.955
_LABEL: Colour = (90, 90, 90)
_RED: Colour = (60, 50, 200)


@dataclass(frozen=True)
class Form:
    """:ivar pitch: from a row to the next, mm; :ivar letter: height of a field's print, mm."""

    heading: str
    ground: Colour
    rows: int
    pitch: float
    letter: float
    seal: bool = False
    photo: bool = False


FORMS = {
    "filled_seal": Form("机动车行驶证", (238, 232, 222), 6, 4.0, 2.6, seal=True),
    "filled_photo": Form("机动车驾驶证", (222, 238, 228), 5, 5.0, 3.0, photo=True),
    "filled_dense": Form("机动车登记证书", (228, 236, 240), 6, 4.0, 2.4, seal=True),
}
THINGS = ("screw", "shiny screw", "nut", "chip", "paper", "paper of its colour")
"""Screw 30 x 7 mm of one grey, and as metal with a thread; nut 12 x 12 mm; white chip 8 x 8 mm; scraps 34 x 22 mm."""
_SIZES = {"nut": (12.0, 12.0), "chip": (8.0, 8.0)}


def kind_of(thing: str) -> StrayKind:
    return StrayKind.PAPER if thing.startswith("paper") else StrayKind.SCREW


@contextmanager
def drawn(thing: str = "screw", style: str = "") -> Iterator[None]:
    """Forms of `FORMS` are drawn as such, and the thing in the place of the kind that `kind_of` names.

    :param style: of the document whose colour the scrap has.
    """
    size = _SIZES.get(thing, strays.STRAY_SIZES_MM[kind_of(thing)])

    def stray(kind: StrayKind, px_per_mm: float) -> Sprite:
        return _thing(thing, style, size, px_per_mm) if kind is kind_of(thing) else strays.stray_sprite(kind, px_per_mm)

    with (
        mock.patch.object(scene, "document_sprite", _document),
        mock.patch.object(scene, "stray_sprite", stray),
        mock.patch.dict(strays.STRAY_SIZES_MM, {kind_of(thing): size}),
    ):
        yield


def _document(
    style: str, code: str, readable: bool, size_mm: tuple[float, float], px_per_mm: float, text: str = ""
) -> Sprite:
    if style not in FORMS:
        return papers.document_sprite(style, code, readable, size_mm, px_per_mm, text)
    return filled(style, code, size_mm, px_per_mm)


@lru_cache(maxsize=8)
def filled(style: str, code: str, size_mm: tuple[float, float], px_per_mm: float) -> Sprite:
    """A form of that style, filled in for the holder of a code."""
    form, fixed, own = FORMS[style], Random(style), Random(code)
    picture = blank(*size_mm, px_per_mm, form.ground)
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] / px_per_mm
    fine = np.sin(2 * np.pi * (y + 0.8 * np.sin(x / 4)) / 0.9) > 0.3
    picture[fine] = (picture[fine] * _SECURITY_INK).astype(np.uint8)
    heading = text_ink(form.heading, 6 * px_per_mm)
    stamp(picture, heading, papers.BLACK, (picture.shape[1] - heading.shape[1]) / 2, 4 * px_per_mm)
    right = size_mm[0] - (30 if form.photo else 5)
    for row in range(form.rows):
        starts = [5.0] if fixed.random() < 0.5 else [5.0, 5 + (right - 5) * 0.52]
        for left, end in zip(starts, [*starts[1:], right], strict=True):
            _field(picture, form, (left, 12.5 + row * form.pitch, end), fixed, own, px_per_mm)
    if form.seal:
        _seal(picture, fixed, own, px_per_mm)
    if form.photo:
        _photo(picture, own, px_per_mm)
    papers._document_code(picture, code, code, True, size_mm, px_per_mm)
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


def _text(chance: Random, count: int, signs: str) -> str:
    return "".join(chance.choice(signs) for _ in range(count))


def _field(
    picture: Picture, form: Form, place: tuple[float, float, float], fixed: Random, own: Random, px_per_mm: float
) -> None:
    """A label and what is filled in, a third to all of its room; some are now and then left empty."""
    left, top, end = place
    label = text_ink(_text(fixed, fixed.choice((2, 4)), HAN), form.letter * 0.8 * px_per_mm)
    stamp(picture, label, _LABEL, left * px_per_mm, (top + 0.3) * px_per_mm)
    start = left + label.shape[1] / px_per_mm + 1.5
    signs, optional = HAN if fixed.random() < 0.4 else SIGNS, fixed.random() < 0.15
    most = max(1, int((end - start - 1) / (form.letter * (1.0 if signs is HAN else 0.62))))
    words = _text(own, own.randint(max(1, int(0.35 * most)), most), signs)
    off = own.uniform(-0.5, 0.5), own.uniform(-0.4, 0.4)
    if not (optional and own.random() < 0.5):
        ink = text_ink(words, form.letter * px_per_mm)[:, : max(1, int((end - start - 1) * px_per_mm))]
        stamp(picture, ink, papers.BLACK, (start + off[0]) * px_per_mm, (top + off[1]) * px_per_mm)


def _seal(picture: Picture, fixed: Random, own: Random, px_per_mm: float) -> None:
    """A square seal, up to 1.5 mm and 4 degrees off."""
    side = int(SEAL_MM * px_per_mm)
    seal = np.zeros((side, side), np.uint8)
    cv2.rectangle(seal, (1, 1), (side - 2, side - 2), 255, max(1, round(0.7 * px_per_mm)))
    for line in range(3):
        ink = text_ink(_text(fixed, 4, HAN), 4 * px_per_mm)[: int(4.2 * px_per_mm), : side - int(2.4 * px_per_mm)]
        top, left = int((1.6 + 4.6 * line) * px_per_mm), int(1.2 * px_per_mm)
        seal[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), own.uniform(-4, 4), 1)
    ink = (cv2.warpAffine(seal, turn, (side, side)) * 0.85).astype(np.uint8)
    place = [(mm + own.uniform(-1.5, 1.5)) * px_per_mm for mm in (8.0, 24.0)]
    stamp(picture, ink, _RED, place[0], place[1])


def _photo(picture: Picture, own: Random, px_per_mm: float) -> None:
    wide, high = (int(side * px_per_mm) for side in PHOTO_MM)
    photo = np.full((high, wide, 3), own.choice(((235, 200, 160), (245, 245, 245), (60, 60, 220))), np.uint8)
    skin, coat = (140 + own.randint(-20, 30), 170 + own.randint(-20, 20), 215), (own.randint(30, 200),) * 3
    middle = wide // 2
    cv2.ellipse(photo, (middle, int(high * 0.42)), (int(wide * 0.26), int(high * 0.25)), 0, 0, 360, skin, -1)
    cv2.ellipse(photo, (middle, int(high * 0.25)), (int(wide * 0.28), int(high * 0.13)), 0, 180, 360, (30, 30, 35), -1)
    cv2.ellipse(photo, (middle, high), (int(wide * 0.45), int(high * 0.33)), 0, 180, 360, coat, -1)
    top, left = int(12 * px_per_mm), picture.shape[1] - int(26 * px_per_mm)
    picture[top : top + high, left : left + wide] = photo


@lru_cache(maxsize=8)
def _thing(thing: str, style: str, size_mm: tuple[float, float], px_per_mm: float) -> Sprite:
    if thing in ("screw", "paper"):
        return strays.stray_sprite(kind_of(thing), px_per_mm)
    ground = FORMS[style].ground if style in FORMS else papers._HEADINGS.get(style, ("", (238, 238, 238)))[1]
    colours: dict[str, Colour] = {"nut": (120, 125, 128), "chip": (250, 250, 250)}
    picture = blank(*size_mm, px_per_mm, colours.get(thing, ground))
    if thing == "shiny screw":
        # Dark at both sides, a bright line along it, the thread across.
        across = (np.arange(picture.shape[0]) + 0.5) / picture.shape[0] * 2 - 1
        light = 70 + 90 * np.sqrt(1 - np.square(across)) + 110 * np.exp(-np.square((across - 0.2) / 0.22))
        thread = 1 + 0.12 * np.sin(2 * np.pi * np.arange(picture.shape[1]) / px_per_mm)
        picture[:] = np.clip(light[:, None] * thread, 0, 255).astype(np.uint8)[:, :, None]
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)
