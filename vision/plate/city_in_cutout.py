"""The city above an e-bike's number on a plate that was cut out of a photograph: small, askew, in whatever light.

There the frame can't be told by its place, and the few points in which two names differ are blurred away. So the name
is what stands free of frame and number under a levelled light, and must be likelier than any other city's by a gap, as
a whole and character by character.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vision.pictures import Picture
from vision.plate.city import CITIES, SIZE, Ink, city_before, drawn_names, likeliest, sized
from vision.verdict import Check, Outcome

MIN_LIKENESS = 0.65
MIN_GAP = 0.05
"""Between the likeliest city and the next, as correlations; and each of its two characters must be likelier than any
other city's in its place. Of 1,200 drawn cut-outs for tuning 79 % were so sure, none of them of the wrong city."""
_ROWS, _COLUMNS = (0.08, 0.46), (0.25, 0.75)
"""Shares of the cut-out between which the name stands, whatever tilt it has."""
_LARGER = 4
_INK = 0.45
"""Of the darkest ink, from which on a point belongs to a character."""
_LEAST_AREA = 0.0008
_MOST_WIDE, _MOST_HIGH = 0.8, 0.75
_BLURS = (0.0, 1.5, 2.5)
"""By which drawn names are blurred, points: a photograph's is not known."""


def check_city_in_cutout(picture: Picture, expected: str) -> list[Check]:
    """Whether the city that the text begins with stands on the plate; none in the text: no check.

    Another city that is as surely there rejects; whatever is not sure wants another picture.
    """
    city = city_before(expected)
    if not city:
        return []
    (top, bottom), (left, right) = (_shares(picture.shape[at], each) for at, each in enumerate((_ROWS, _COLUMNS)))
    found, likeness, gap = _read(picture[top:bottom, left:right])
    sure = likeness >= MIN_LIKENESS and gap >= MIN_GAP
    outcome = Outcome.UNSURE if not sure else Outcome.ACCEPT if found == city else Outcome.REJECT
    score, threshold = (likeness, MIN_LIKENESS) if likeness < MIN_LIKENESS else (gap, MIN_GAP)
    region = tuple((float(x), float(y)) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)))
    return [Check("plate_city", outcome, "", city, found or "nothing readable there", score, threshold, region)]


def _shares(length: int, shares: tuple[float, float]) -> tuple[int, int]:
    return round(shares[0] * length), round(shares[1] * length)


def _read(part: Picture) -> tuple[str, float, float]:
    """The likeliest city, its likeness, and the gap to the next; none where a character of it is another's."""
    ink = _levelled_ink(part)
    place = _name_in(ink)
    if place is None:
        return "", 0.0, 0.0
    x, y, wide, high = place
    name = ink[y : y + high, x : x + wide]
    seen = sized(np.asarray(np.clip(name / max(float(np.percentile(name, 98)), 1e-6), 0, 1), np.float32))
    found = (likeliest(seen, names) for names in _blurred_names())
    likenesses, prints = max(found, key=lambda each: float(each[0].max()))
    order = np.argsort(likenesses)[::-1]
    first, best, next_best = int(order[0]), float(likenesses[order[0]]), float(likenesses[order[1]])
    own = all(_leads(seen, prints, first, character) for character in (0, 1))
    return CITIES[first], best, best - next_best if own else 0.0


def _leads(seen: Ink, prints: Ink, city: int, character: int) -> bool:
    """Whether one of a city's two characters is likelier than every other that stands in its place."""
    half = slice(character * SIZE[0] // 2, (character + 1) * SIZE[0] // 2)
    likenesses = likeliest(seen[:, half], prints[None, :, :, half])[0]
    others = [place for place, name in enumerate(CITIES) if name[character] != CITIES[city][character]]
    return bool(likenesses[city] > likenesses[others].max())


def _levelled_ink(part: Picture) -> Ink:
    """Ink as the share by which it is darker than the ground around it, at `_LARGER` times the size."""
    large = cv2.resize(part, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC)
    blue, green, red = cv2.split(large)
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), np.float32)
    around = darkest.shape[0] // 2 | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))
    ground = cv2.GaussianBlur(cv2.morphologyEx(darkest, cv2.MORPH_CLOSE, kernel), (0, 0), around / 6)
    return np.asarray(np.clip(ground - darkest, 0, None) / np.maximum(ground, 1), np.float32)


def _name_in(ink: Ink) -> tuple[int, int, int, int] | None:
    """Where what stands free lies: x, y, width, height. The frame and the number run out of the part."""
    height, width = ink.shape
    dark = (ink > _INK * float(np.percentile(ink, 99))).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(dark)
    free = [
        (int(x), int(y), int(x + wide), int(y + high))
        for x, y, wide, high, area in found[1:]
        if x > 0 and y > 0 and x + wide < width and y + high < height
        if area >= _LEAST_AREA * ink.size and wide <= _MOST_WIDE * width and high <= _MOST_HIGH * height
    ]
    if not free:
        return None
    left, top = min(each[0] for each in free), min(each[1] for each in free)
    return left, top, max(each[2] for each in free) - left, max(each[3] for each in free) - top


@lru_cache(maxsize=1)
def _blurred_names() -> tuple[Ink, ...]:
    """Every city's name in every type, shape (types, cities, height, width), at each blur."""
    names = drawn_names()
    flat = names.reshape(-1, *SIZE[::-1])
    return tuple(
        names if not blur else np.array([cv2.GaussianBlur(each, (0, 0), blur) for each in flat]).reshape(names.shape)
        for blur in _BLURS
    )
