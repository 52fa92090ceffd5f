"""Which city an e-bike's plate is printed for: the print above its number against the names of all cities.

A print is known by its ink, brought to one size. Cities of Guangdong are drawn in three printing types; of a city or a
type that is not among them `sealline vision teach` keeps what the plant's own plates show. Names are compared where
they differ alone, since many share a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.likelihood import normalised
from vision.pictures import Picture
from vision.plate.kinds import number_in
from vision.verdict import Check, ExpectedPlate, Outcome, Standing

CITIES = (
    "广州", "深圳", "珠海", "汕头", "佛山", "韶关", "河源", "梅州", "惠州", "汕尾", "东莞",
    "中山", "江门", "阳江", "湛江", "茂名", "肇庆", "清远", "潮州", "揭阳", "云浮",
)  # fmt: skip
"""Those of Guangdong, in the order of the file's names."""
SIZE = (64, 32)
"""Width and height of a name's picture, points."""
MIN_LIKENESS = 0.65
"""Least correlation of a name with its print."""
MIN_LEAD = 0.15
"""Least correlation with the own name where it differs from another's."""
JOINT_LEAD = 0.1
"""The same as a mean of several looks; another city's plate has at most -0.15 in one."""
_RIM = 0.09
"""Share of the height that the frame takes."""
_SIDES = 0.22
"""Shares of the width, left and right, where mounting holes are and no name is."""
_LEAST_HEIGHT_PX = 8
_LEAST_CONTRAST = 30
_BLUR = 1.3
_DIFFER = 0.4
_LEAST_DIFFERENCE = 12
"""Points in which two names must differ to be told apart."""
_FILE = "cities.npz"

Ink = NDArray[np.float32]


def taught_print(pictures: Sequence[Picture]) -> str:
    """The ink in hex of the name that all these plates bear; empty where one bears none.

    :param pictures: plates alone, upright.
    """
    prints = [ink for each in pictures if (ink := _print_above(each, _end_of_name(each))) is not None]
    if not prints or len(prints) < len(pictures):
        return ""
    return np.packbits((np.mean(prints, axis=0) > 0.5).astype(np.uint8)).tobytes().hex()


def check_city(picture: Picture, plate: ExpectedPlate) -> list[Check]:
    """Whether the plate is printed for the city that the recipe names or its text begins with; none: no check.

    :param picture: the plate alone, upright.
    """
    written = city_before(plate.text)
    city = plate.city or written
    if not city:
        return []
    end, (height, width) = _end_of_name(picture), picture.shape[:2]
    top, left = _RIM * height, _SIDES * width
    nothing: tuple[Standing, ...] = ()
    found = -1.0, MIN_LEAD, written, nothing
    if written in ("", city):
        found = _judged(_print_above(picture, end), city, plate)
    score, threshold, name, standing = found
    outcome = Outcome.ACCEPT if score >= threshold else Outcome.REJECT if name != city else Outcome.UNSURE
    region = ((left, top), (width - left, top), (width - left, float(end)), (left, float(end)))
    return [Check("plate_city", outcome, plate.role, city, name, score, threshold, region, standing=standing)]


def city_before(text: str) -> str:
    """The city in front of an e-bike's number; empty where the text is the number alone."""
    return normalised(text).removesuffix(number_in(text))


def _judged(seen: Ink | None, city: str, plate: ExpectedPlate) -> tuple[float, float, str, tuple[Standing, ...]]:
    """Score, threshold, what is printed there, and how the name stands against the others."""
    own = _own(city, plate.city_print)
    if seen is None or own is None:
        return 0.0, MIN_LIKENESS, "nothing printed there" if seen is None else "no such city is taught", ()
    (likeness,), (drawn,) = likeliest(seen, own)
    likenesses, names = likeliest(seen, drawn_names())
    others = [place for place, other in enumerate(CITIES) if other != city]
    leads = _leads(seen, drawn, names[others])
    if min(leads) < MIN_LEAD:
        # The likeliest type need not be the one that tells two names apart best.
        leads = max((_leads(seen, each, names[others]) for each in own), key=min)
    if min(leads) <= 0:
        return min(leads), MIN_LEAD, CITIES[max(others, key=lambda place: likenesses[place])], ()
    found = (float(likeness), MIN_LIKENESS) if likeness < MIN_LIKENESS else (min(leads), MIN_LEAD)
    against = tuple((CITIES[place], lead) for place, lead in zip(others, leads, strict=True))
    standing = Standing(MIN_LIKENESS, (("", float(likeness)),)), Standing(JOINT_LEAD, against)
    return *found, city, standing


def _end_of_name(picture: Picture) -> int:
    """The row between name and number: the middle of the widest gap without ink in the plate's upper half."""
    height, width = picture.shape[:2]
    side, rim = round(_SIDES * width), round(_RIM * height)
    share = _ink_share(picture[: height // 2, side : width - side])
    inked = np.nonzero((share > 0.5).any(axis=1))[0] if share is not None else np.array([], np.int64)
    inked = np.append(inked[inked >= rim], height // 2)
    widest = int(np.argmax(np.diff(inked))) if len(inked) > 1 else 0
    return int(inked[widest] + inked[min(widest + 1, len(inked) - 1)]) // 2


def _print_above(picture: Picture, end: int) -> Ink | None:
    """The ink between frame and number, 0..1, of `SIZE`; None where nothing is printed."""
    height, width = picture.shape[:2]
    rim, side = round(_RIM * height), round(_SIDES * width)
    share = _ink_share(picture[rim : max(rim, end), side : width - side])
    if share is None:
        return None
    x, y, wide, high = cv2.boundingRect((share > 0.5).astype(np.uint8))
    return sized(np.asarray(share[y : y + high, x : x + wide], np.float32)) if high >= _LEAST_HEIGHT_PX else None


def _ink_share(part: Picture) -> Ink | None:
    """Ink of whatever colour on a light ground, 0..1; None where there is none."""
    if part.shape[0] < _LEAST_HEIGHT_PX or part.shape[1] < _LEAST_HEIGHT_PX:
        return None
    blue, green, red = cv2.split(part)
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), np.float32)
    paper, ink = float(np.percentile(darkest, 80)), float(np.percentile(darkest, 2))
    if paper - ink < _LEAST_CONTRAST:
        return None
    return np.asarray(np.clip((paper - darkest) / (paper - ink), 0, 1), np.float32)


def sized(ink: Ink) -> Ink:
    """The ink of a name, of whatever size, as that of `SIZE`."""
    return np.asarray(cv2.resize(ink, SIZE, interpolation=cv2.INTER_AREA), np.float32)


def _own(city: str, taught: str) -> Ink | None:
    """What the city's print may look like, shape (types, height, width): as it was taught, else as it is drawn."""
    if taught:
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(taught), np.uint8))[: SIZE[0] * SIZE[1]]
        return _soft(bits.reshape(SIZE[1], SIZE[0]).astype(np.float32))[None]
    return drawn_names()[:, CITIES.index(city)] if city in CITIES else None


def likeliest(seen: Ink, names: Ink) -> tuple[Ink, Ink]:
    """Of several prints of each name the likeliest: its correlation, and the print.

    :param names: shape (types, ..., height, width); the last two are those of `seen`.
    """
    flat = names.reshape(len(names), -1, seen.size)
    centred = flat - flat.mean(axis=-1, keepdims=True)
    around = (seen - seen.mean()).reshape(-1)
    lengths = np.linalg.norm(centred, axis=-1) * float(np.linalg.norm(around))
    scores = centred @ around / np.maximum(lengths, 1e-6)
    best, every = scores.argmax(axis=0), np.arange(flat.shape[1])
    prints = flat[best, every].reshape(-1, *seen.shape)
    return np.asarray(scores[best, every], np.float32), np.asarray(prints, np.float32)


def _leads(seen: Ink, own: Ink, rivals: Ink) -> list[float]:
    return [_lead(seen, own, rival) for rival in rivals]


def _lead(seen: Ink, own: Ink, rival: Ink) -> float:
    """How surely it is the own name and not the rival's, -1..1: correlation where the two differ alone."""
    differ = np.abs(own - rival) > _DIFFER
    if np.count_nonzero(differ) < _LEAST_DIFFERENCE:
        return 0.0
    one, other = seen[differ], own[differ] - rival[differ]
    one, other = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 1e-6 else 0.0


def _soft(ink: Ink) -> Ink:
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), _BLUR), np.float32)


@lru_cache(maxsize=1)
def drawn_names() -> Ink:
    """Every city's name in every type, shape (types, cities, height, width)."""
    with (files("vision.plate") / _FILE).open("rb") as stored:
        packed = np.load(stored)["names"]
    bits = np.unpackbits(packed, axis=-1).reshape(*packed.shape[:2], SIZE[1], SIZE[0]).astype(np.float32)
    return np.array([[_soft(name) for name in names] for names in bits], np.float32)
