"""How well each character is made: its ink against the die's, which shows gaps, smears and foreign strokes.

For plates on the line, which are seen straight and fine enough. Each die's picture is brought to the size that a
character has on that plate and slid over the character's place; the plate is held against the die set that fits best.
Sets, sizes and places are searched in a picture of half the size, the best few then looked at closely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vision.alignment import ENDINGS, PROVINCES, SYMBOLS
from vision.pictures import Picture, as_grey
from vision.plate.visible import Seen
from vision.ranks import median

Ink = NDArray[np.float32]

SIZE = (24, 48)
"""Width and height of a die's picture, px."""
_LAID = (12, 24)
"""The same when all dies are laid over a character."""
LEAST_HEIGHT_PX = 60
"""Lower lines are too coarse to judge the print by."""
LEAST_LIKENESS = 0.75
"""Least correlation of a well made character with its die; rendered: from 0.81."""
MOST_FLAW = 0.5
"""Greatest flaw of a well made character; rendered: up to 0.44, with a gap of a fifth of the height mostly over it."""
LEAST_LEAD = 0.02
"""Least lead of a character's own die from which on no other stands there. Rendered: right characters from 0.039."""
WORKING_PX = 72
"""Height to which a line is brought, so that the search is quick."""
_COARSER = 2
"""By so much smaller is the picture in which the best sets, sizes and places are searched."""
_CLOSELY, _CLOSE_LEAD = 2, 0.015
"""Sizes of a character that are looked at closely, and by how much less like the best of them they may be."""
_FITS = 0.96
"""Correlation in the smaller picture from which on no other size is tried. With 0.95 all of 550 right plates were
judged as when all sizes are tried, with 0.93 four more were not accepted."""
_PLAY_PX = 2
"""So far around the place that the search gave a die is laid."""
_HEIGHTS = {1: (0.66, 0.7, 0.74), 2: (0.76, 0.81, 0.86, 0.91)}
"""Heights of characters as shares of the line's, on plates with so many rows of print."""
_WIDTHS = (0.92, 0.99, 1.06)
"""Widths of characters as shares of their place's."""
_PAIR_WIDTHS = (0.82, 0.91, 1.0)
"""The same in an upper row of two."""
_SPARE = 0.34
"""How far around its place a character is looked for, as a share of the place's width."""
_PAIR = 2
_FLAW_SHARE = 0.18
"""Side of the part of a character that is judged for flaws, as a share of its height."""
_FILE = "templates.npz"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like its die a character is.

    :ivar score: correlation, -1..1. :ivar lead: by how much it is more like its own die than like that of any other
        character of its class, -2..2. :ivar flaw: greatest share of ink that lacks or is too much in any part of the
        character, each part being about two strokes wide, 0..1.
    :ivar ink: the die's ink, 0..1, in the size in which it fits. :ivar left: of its place; :ivar top: likewise, both in
        px of the line brought to `WORKING_PX` height.
    """

    character: str
    score: float
    lead: float
    flaw: float
    ink: Ink
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class _Fit:
    """A die laid over what is seen. :ivar seen: brightness there; :ivar die: ink 0..1, of the same size."""

    score: float
    left: int
    top: int
    seen: Ink
    die: Ink


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a character is looked for.

    :ivar part: brightness there; :ivar first: its left, px of the line; :ivar coarse: the same made smaller.
    :ivar middle: of the character's place, px of the line; :ivar width: likewise.
    """

    symbol: int
    part: Ink
    coarse: Ink
    first: int
    middle: float
    width: float

    def size(self, share: tuple[float, float], coarser: int = 1) -> tuple[int, int]:
        """Width and height of a die, px."""
        return round(self.width * share[0] / coarser), round(WORKING_PX * share[1] / coarser)


def likenesses(line: Picture, seen: Sequence[Seen], rows: int) -> list[Likeness]:
    """Each character of a line against its die; empty when the line is too coarse.

    :param seen: the line's characters, with their places. :param rows: of print on the whole plate.
    """
    if line.shape[0] < LEAST_HEIGHT_PX:
        return []
    grey = _prepared(line)
    widths = _WIDTHS if len(seen) > _PAIR else _PAIR_WIDTHS
    heights = _HEIGHTS[rows]
    middle = widths[len(widths) // 2], heights[len(heights) // 2]
    places = [_place(grey, each) for each in seen]
    searched = [_searched_of_all(place, middle) for place in places]
    # By their mean: two sets may fit most of a row alike, and one character not at all.
    best = int(np.mean([[found[0] for found in each] for each in searched], axis=0).argmax())
    fits = [_fit(place, best, each[best], widths, heights) for place, each in zip(places, searched, strict=True)]
    leads = _leads(places, fits, best)
    return [
        Likeness(each.character, fit.score, lead, _flaw(fit), fit.die, fit.left, fit.top)
        for each, fit, lead in zip(seen, fits, leads, strict=True)
    ]


def inks_of(line: Picture, likes: Sequence[Likeness], some: str) -> tuple[Ink, Ink]:
    """The ink that must be on a line, 0..1, of its size: of some of its characters alone, and of all; the dies laid
    where they fit."""
    width = _working_width(line)
    ink = np.zeros((WORKING_PX, width), np.float32)
    # Upright strokes slide up and down on themselves; the row has one top and one height.
    top, height = round(median([like.top for like in likes])), round(median([like.ink.shape[0] for like in likes]))
    inks = []
    for drawn in (
        [like for like in likes if like.character in some],
        [like for like in likes if like.character not in some],
    ):
        for each in drawn:
            die = cv2.resize(each.ink, (each.ink.shape[1], height), interpolation=cv2.INTER_LINEAR)
            first, skipped = max(0, each.left), max(0, -each.left)
            part = ink[top : top + height, first : each.left + die.shape[1]]
            np.maximum(part, die[: part.shape[0], skipped : skipped + part.shape[1]], out=part)
        inks.append(np.asarray(cv2.resize(ink, line.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32))
    return inks[0], inks[1]


def bounded(ink: Ink) -> Ink:
    """A die's ink cut to its bounds and brought to `SIZE`, narrow characters in the middle.

    :param ink: 0..1, drawn on a box whose width is half its height.
    """
    x, y, width, height = cv2.boundingRect((ink > 0.5).astype(np.uint8))
    wide = min(SIZE[0], max(2, round(width * SIZE[1] / height)))
    drawn = cv2.resize(ink[y : y + height, x : x + width], (wide, SIZE[1]), interpolation=cv2.INTER_AREA)
    left = (SIZE[0] - wide) // 2
    return np.asarray(cv2.copyMakeBorder(drawn, 0, 0, left, SIZE[0] - wide - left, cv2.BORDER_CONSTANT), np.float32)


def _working_width(line: Picture) -> int:
    height, width = (int(side) for side in line.shape[:2])
    return max(2, round(width * WORKING_PX / height))


def _prepared(line: Picture) -> Ink:
    """Brightness with the ink light on dark."""
    size = _working_width(line), WORKING_PX
    grey = cv2.resize(as_grey(line), size, interpolation=cv2.INTER_AREA)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = cv2.countNonZero(cv2.threshold(grey, level, 1, cv2.THRESH_BINARY)[1]) / grey.size
    return np.asarray(grey if light < 0.5 else 255 - grey, np.float32)


def _place(grey: Ink, seen: Seen) -> _Place:
    width, spare = (seen.right - seen.left) * grey.shape[1], (seen.right - seen.left) * _SPARE
    first, last = (int(share * grey.shape[1]) for share in (seen.left - spare, seen.right + spare))
    padding = max(0, -first), max(0, last - grey.shape[1])
    part = cv2.copyMakeBorder(grey[:, max(0, first) : last], 0, 0, *padding, cv2.BORDER_REPLICATE)
    size = max(1, part.shape[1] // _COARSER), WORKING_PX // _COARSER
    coarse = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    symbol, middle = SYMBOLS.index(seen.character), (seen.left + seen.right) / 2 * grey.shape[1]
    return _Place(symbol, np.asarray(part, np.float32), np.asarray(coarse, np.float32), first, middle, width)


def _searched(place: _Place, made: int, share: tuple[float, float]) -> tuple[float, int, int]:
    """Correlation, left and top of one set's die where it fits best in the smaller picture; 0 where it has no room."""
    size = place.size(share, _COARSER)
    if not (_COARSER <= size[0] <= place.coarse.shape[1] and size[1] <= place.coarse.shape[0]):
        return 0.0, 0, 0
    return _laid(place.coarse, _die(made, place.symbol, size))


def _searched_of_all(place: _Place, share: tuple[float, float]) -> list[tuple[float, int, int]]:
    """The same of every set, by one product of matrices, which takes less than a search for each."""
    (wide, high), (height, width) = place.size(share, _COARSER), place.coarse.shape
    if not (_COARSER <= wide <= width and high <= height):
        return [(0.0, 0, 0)] * len(_dies())
    windows = sliding_window_view(place.coarse, (high, wide))
    down, across = windows.shape[:2]
    like = windows.reshape(down * across, high * wide) @ _unit(place.symbol, (wide, high))
    summed, squared = (
        each[high:, wide:] - each[high:, :-wide] - each[:-high, wide:] + each[:-high, :-wide]
        for each in cv2.integral2(place.coarse)
    )
    power = np.sqrt(np.maximum(squared - summed * summed / (high * wide), 1.0))
    like /= power.reshape(-1, 1)
    best = like.argmax(axis=0).tolist()
    return [(float(like[at, made]), at % across, at // across) for made, at in enumerate(best)]


@lru_cache(maxsize=1024)
def _unit(symbol: int, size: tuple[int, int]) -> Ink:
    """A character's dies of all sets in a size, without mean, of length one: shape (pixels, sets)."""
    flat = np.stack([_die(made, symbol, size).ravel() for made in range(len(_dies()))], axis=1)
    flat = flat - flat.mean(axis=0)
    return np.asarray(flat / np.linalg.norm(flat, axis=0), np.float32)


def _fit(
    place: _Place, made: int, found: tuple[float, int, int], widths: Sequence[float], heights: Sequence[float]
) -> _Fit:
    """The best place and size of one set's die of a character: its height first, then its width.

    :param found: what the search gave for the middle width and height.
    """
    middle, common = widths[len(widths) // 2], heights[len(heights) // 2]
    tried = [(*found, (middle, common))]
    if found[0] < _FITS:
        tried += [(*_searched(place, made, (middle, high)), (middle, high)) for high in heights if high != common]
    likeness, _, _, (_, high) = max(tried)
    if likeness < _FITS:
        tried += [(*_searched(place, made, (wide, high)), (wide, high)) for wide in widths if wide != middle]
    searched = sorted(tried, reverse=True)[:_CLOSELY]
    least = max(0.0, searched[0][0] - _CLOSE_LEAD)
    fits = [_close(place, made, share, left, top) for score, left, top, share in searched if score > least]
    nothing = _Fit(0.0, 0, 0, np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))
    return max((fit for fit in fits if fit is not None), key=lambda fit: fit.score, default=nothing)


def _close(place: _Place, made: int, share: tuple[float, float], left: int, top: int) -> _Fit | None:
    """A die laid close to where the search in the smaller picture found it; None: it has no room."""
    (wide, high), (height, width) = place.size(share), place.part.shape
    if wide > width or high > height:
        return None
    x, y = (
        max(0, min(_COARSER * each - _PLAY_PX, most)) for each, most in ((left, width - wide), (top, height - high))
    )
    reach = 2 * _PLAY_PX + _COARSER - 1
    die = _die(made, place.symbol, (wide, high))
    score, right, down = _laid(place.part[y : y + high + reach, x : x + wide + reach], die)
    x, y = x + right, y + down
    return _Fit(score, place.first + x, y, place.part[y : y + high, x : x + wide], die)


def _leads(places: Sequence[_Place], fits: Sequence[_Fit], made: int) -> list[float]:
    """How much more like its own die each character is than like any rival's.

    All are laid around the character's place in the row, of the row's own height, whatever the die that was asked for
    finds elsewhere: an upright stroke of another character is very like a 1.
    """
    high, wide = (round(median([fit.die.shape[axis] for fit in fits])) for axis in (0, 1))
    top = round(median([fit.top for fit in fits]))
    right = median([fit.left + fit.die.shape[1] / 2 - place.middle for place, fit in zip(places, fits, strict=True)])
    around = np.stack([_around(place, right, top, (wide, high)) for place in places])
    laid = sliding_window_view(around, _LAID[::-1], (1, 2)).reshape(-1, _LAID[0] * _LAID[1])
    laid = laid - laid.mean(axis=1, keepdims=True)
    laid /= np.maximum(np.sqrt(np.einsum("lp,lp->l", laid, laid)), 1.0)[:, None]
    like = (laid @ _unit_dies(made)).reshape(len(places), -1, len(SYMBOLS)).max(axis=1)
    symbols = [place.symbol for place in places]
    own = like[np.arange(len(places)), symbols]
    return [float(lead) for lead in own - np.where(_rivals()[symbols], like, -1.0).max(axis=1)]


def _around(place: _Place, right: float, top: int, size: tuple[int, int]) -> Ink:
    """What is seen where a character stands, in half the size of the stored dies, and a pixel around."""
    reach = _PLAY_PX
    left = round(place.middle + right - size[0] / 2) - place.first
    wide = cv2.copyMakeBorder(place.part, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    left = max(0, min(left, wide.shape[1] - size[0] - 2 * reach))
    part = wide[top : top + size[1] + 2 * reach, left : left + size[0] + 2 * reach]
    return np.asarray(cv2.resize(part, (_LAID[0] + 2, _LAID[1] + 2), interpolation=cv2.INTER_AREA), np.float32)


@lru_cache(maxsize=8)
def _unit_dies(made: int) -> Ink:
    """A set's dies in half their size, without mean, of length one: shape (pixels, symbols)."""
    coarse = [cv2.resize(die, _LAID, interpolation=cv2.INTER_AREA) for die in _dies()[made]]
    flat = np.reshape(coarse, (len(SYMBOLS), -1))
    flat = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray((flat / np.linalg.norm(flat, axis=1, keepdims=True)).T, np.float32)


@lru_cache(maxsize=1)
def _rivals() -> NDArray[np.bool_]:
    """For each symbol, which others are of its class."""
    kinds = np.array([(each in PROVINCES) + 2 * (each in ENDINGS) for each in SYMBOLS])
    return np.asarray((kinds[:, None] == kinds) & ~np.eye(len(SYMBOLS), dtype=np.bool_), np.bool_)


def _laid(part: Ink, die: Ink) -> tuple[float, int, int]:
    _, score, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(part, die, cv2.TM_CCOEFF_NORMED))
    return float(score), int(x), int(y)


@lru_cache(maxsize=2048)
def _die(made: int, symbol: int, size: tuple[int, int]) -> Ink:
    return np.asarray(cv2.resize(_dies()[made, symbol], size, interpolation=cv2.INTER_AREA), np.float32)


def _flaw(fit: _Fit) -> float:
    """Greatest difference of ink between what is seen and the die, averaged over `_FLAW_SHARE` of the height."""
    inked, free = fit.die > 0.85, fit.die < 0.1
    if not inked.any() or not free.any():
        return 1.0
    dark, light = median(fit.seen[free]), median(fit.seen[inked])
    share = np.clip((fit.seen - dark) / max(1.0, light - dark), -0.5, 1.5) - fit.die
    side = max(3, round(_FLAW_SHARE * fit.die.shape[0]))
    return float(np.abs(cv2.blur(share, (side, side), borderType=cv2.BORDER_CONSTANT)).max())


@lru_cache(maxsize=1)
def _dies() -> Ink:
    """Shape (sets, symbols, height, width), 0..1."""
    with (files("vision.plate") / _FILE).open("rb") as stored:
        return np.asarray(np.load(stored)["dies"].astype(np.float32) / np.float32(255), np.float32)
