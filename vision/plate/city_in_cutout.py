"""The city above an e-bike's number on a plate that was cut out of a photograph: small, askew, in whatever light.

There the frame can't be told by its place, and the few points in which two names differ are blurred away. So the name
is what stands free of frame and number under a levelled light, and must be likelier than any other city's by a gap, as
a whole and character by character. Where a faint first or last stroke ends is not known to the point: the name is cut
out a little larger and smaller to each side as well, and each city counts by the cut in which it is the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture
from vision.plate.city import CITIES, SIZE, Ink, city_before, drawn_names, sized
from vision.verdict import Check, Outcome, Standing

MIN_LIKENESS = 0.65
MIN_GAP = 0.05
"""Between the likeliest city and the next, as correlations; and each of its two characters must be likelier than any
other city's in its place."""
JOINT_LIKENESS, JOINT_GAP = 0.62, 0.04
"""The same as means of several looks, each character still likelier than any other's. Of 1,600 drawn pairs and triples
of looks for tuning no other city came to 0.02 with a character that leads."""
_LEAST_LEAD = 1e-3
_ROWS, _COLUMNS = (0.08, 0.46), (0.25, 0.75)
"""Shares of the cut-out between which the name stands, whatever tilt it has."""
_LARGER = 4
_INKS = (0.3, 0.45)
"""Of the darkest ink, from which on a point is ink: with more, faint strokes are lost; with less, noise is ink."""
_LEAST_AREA = 0.0008
_MOST_WIDE, _MOST_HIGH = 0.8, 0.75
_BLURS = (0.0, 1.5, 2.5)
"""By which drawn names are blurred, points: a photograph's is not known."""
_WIDER_LEFT, _WIDER_RIGHT, _HIGHER = (-0.04, 0.0, 0.04, 0.08), (-0.04, 0.0, 0.04), (-0.05, 0.0, 0.05)
"""By which the name is cut out larger, as shares of its width and height; the left stroke of many a first character is
faint."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom."""


@dataclass(frozen=True, slots=True)
class _Likenesses:
    """How like each city's name what stands there is. :ivar whole: shape (cities,). :ivar halves: of its characters,
    in the cut and type in which the name as a whole is the likeliest, shape (2, cities)."""

    whole: NDArray[np.float64]
    halves: NDArray[np.float64]

    def gaps(self, city: int) -> list[tuple[str, float]]:
        """Against each other city."""
        others = (place for place in range(len(CITIES)) if place != city)
        return [(CITIES[place], float(self.whole[city] - self.whole[place])) for place in others]

    def character_leads(self, city: int, character: int) -> list[tuple[str, float]]:
        """One of the name's two characters against each other that stands in its place."""
        others = (place for place, name in enumerate(CITIES) if name[character] != CITIES[city][character])
        own = self.halves[character]
        return [(CITIES[place], float(own[city] - own[place])) for place in others]


def check_city_in_cutout(picture: Picture, expected: str) -> list[Check]:
    """Whether the city that the text begins with stands on the plate; none in the text: no check.

    Another city that is as surely there rejects; whatever is not sure wants another picture.
    """
    city = city_before(expected)
    if not city:
        return []
    (top, bottom), (left, right) = (_shares(picture.shape[at], each) for at, each in enumerate((_ROWS, _COLUMNS)))
    seen = _likenesses(picture[top:bottom, left:right])
    found, likeness, gap = _likeliest(seen) if seen is not None else ("nothing readable there", 0.0, 0.0)
    sure = likeness >= MIN_LIKENESS and gap >= MIN_GAP
    outcome = Outcome.UNSURE if not sure else Outcome.ACCEPT if found == city else Outcome.REJECT
    score, threshold = (likeness, MIN_LIKENESS) if likeness < MIN_LIKENESS else (gap, MIN_GAP)
    region = tuple((float(x), float(y)) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)))
    standing = _standing(seen, CITIES.index(city)) if seen is not None and city in CITIES else ()
    return [Check("plate_city", outcome, "", city, found, score, threshold, region, standing=standing)]


def _shares(length: int, shares: tuple[float, float]) -> tuple[int, int]:
    return round(shares[0] * length), round(shares[1] * length)


def _likeliest(seen: _Likenesses) -> tuple[str, float, float]:
    """The likeliest city, its likeness, and the gap to the next; none where a character of it is another's."""
    first = int(seen.whole.argmax())
    gap = min(gap for _, gap in seen.gaps(first))
    own = all(lead > 0 for character in (0, 1) for _, lead in seen.character_leads(first, character))
    return CITIES[first], float(seen.whole[first]), gap if own else 0.0


def _standing(seen: _Likenesses, city: int) -> tuple[Standing, ...]:
    """By what several looks are joined: likeness, gaps, and the leads of each character."""
    leads = (Standing(_LEAST_LEAD, tuple(seen.character_leads(city, character))) for character in (0, 1))
    likeness = Standing(JOINT_LIKENESS, (("", float(seen.whole[city])),))
    return likeness, Standing(JOINT_GAP, tuple(seen.gaps(city))), *leads


def _likenesses(part: Picture) -> _Likenesses | None:
    """None where nothing stands free."""
    ink = _levelled_ink(part)
    places = [place for share in _INKS if (place := _name_in(ink, share)) is not None]
    if not places:
        return None
    left, top, right, bottom = places[0]
    full = max(float(np.percentile(ink[top:bottom, left:right], 98)), 1e-6)
    cuts = _cuts(np.asarray(np.clip(ink / full, 0, 1), np.float32), places)
    middle, every = SIZE[0] // 2, np.arange(len(CITIES))
    whole, *halves = (
        _correlated(part_of, names)
        for part_of, names in zip((cuts, cuts[..., :middle], cuts[..., middle:]), _normed_names(), strict=True)
    )
    best = whole.argmax(axis=0)
    return _Likenesses(whole[best, every], np.array([half[best, every] for half in halves]))


def _cuts(ink: Ink, places: Sequence[Box]) -> Ink:
    """The name cut out as it is found and a little larger and smaller, each of `SIZE`."""
    height, width = ink.shape
    boxes = set()
    for (left, top, right, bottom), at_left, at_right, high in product(places, _WIDER_LEFT, _WIDER_RIGHT, _HIGHER):
        wide, tall = right - left, bottom - top
        x, y = max(0, round(left - at_left * wide)), max(0, round(top - high * tall))
        boxes.add((x, y, min(width, round(right + at_right * wide)), min(height, round(bottom + high * tall))))
    return np.array([sized(ink[y:down, x:across]) for x, y, across, down in sorted(boxes)])


def _correlated(cuts: Ink, names: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of each cut with each name in each print: shape (cuts x prints, cities)."""
    return np.asarray((_normed(cuts) @ names.T).reshape(-1, len(CITIES)), np.float64)


def _normed(pictures: Ink) -> NDArray[np.float32]:
    """Each picture as a row without its mean, of length 1: the product of two such is their correlation."""
    rows = pictures.reshape(len(pictures), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), np.float32)


def _levelled_ink(part: Picture) -> Ink:
    """Ink as the share by which it is darker than the ground around it, at `_LARGER` times the size."""
    large = cv2.resize(part, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC)
    blue, green, red = cv2.split(large)
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), np.float32)
    small = cv2.resize(darkest, part.shape[1::-1], interpolation=cv2.INTER_AREA)
    around = small.shape[0] // 2 | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))
    ground = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), (0, 0), around / 6)
    ground = cv2.resize(ground, darkest.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(ground - darkest, 0, None) / np.maximum(ground, 1), np.float32)


def _name_in(ink: Ink, share: float) -> Box | None:
    """Where what stands free lies. The frame and the number run out of the part."""
    height, width = ink.shape
    dark = (ink > share * float(np.percentile(ink, 99))).astype(np.uint8)
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
    return left, top, max(each[2] for each in free), max(each[3] for each in free)


@lru_cache(maxsize=1)
def _normed_names() -> tuple[NDArray[np.float32], ...]:
    """Every city's name in every type at each blur as `_normed` has it, then its first and its second character."""
    names, middle = drawn_names().reshape(-1, *SIZE[::-1]), SIZE[0] // 2
    blurred = np.array(
        [cv2.GaussianBlur(each, (0, 0), blur) if blur else each for blur in _BLURS for each in names], np.float32
    )
    return _normed(blurred), _normed(blurred[..., :middle]), _normed(blurred[..., middle:])
