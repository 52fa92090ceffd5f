"""Whether each character of a line can be seen at all: no glare on it, nothing over it, enough contrast.

A recogniser that knows plates guesses what it does not see, so this is judged from the picture alone. The places come
from the alignment of the expected text, drawn onto the straight line on which evenly set characters stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.alignment import PROVINCES, Frames, places_of
from vision.characters import LINE_HEIGHT_PX, STEP_PX, line_width
from vision.pictures import Picture, as_grey
from vision.plate.ground_colour import free_ground, free_half, free_third, ground_colour
from vision.plate.kinds import LAYOUTS, ONE_ROW, PlateKind, kinds_bearing
from vision.ranks import median, medians
from vision.verdict import PlateColour

Values = NDArray[np.float64]
Mask = NDArray[np.uint8]
Points = NDArray[np.uint8]
"""Shape (n, 3), BGR."""
Cells = list[tuple[float, float]]
"""Left and right of each character, px of the prepared line."""

LEAST_EDGES = 0.28
"""Least mean steepness across the line in a character's place, as a share of the median of the plate's characters.
Measured: the least on real cut-outs is 0.40, on rendered plates 0.31 (in an upper row)."""
LEAST_SPREAD = 0.44
"""Least standard deviation of brightness in a character's place, as a share of the median; real cut-outs: from 0.50."""
MOST_SOLID = 0.7
"""Greatest share of a character's place that ink may fill without a gap wider than a stroke; real cut-outs: to 0.63."""
LEAST_GROUND = 0.3
"""Least colour of the ground in a character's place, as a share of the median: what lies on a character is seldom of
the plate's colour. Measured: on real cut-outs from 0.32, under a printed label 0.18 in the median."""
LEAST_HALF = 0.23
"""The same of the left or the right half of a place: what hides half of a character leaves the plate's colour on the
other. Measured: on real cut-outs from 0.25, rendered from 0.43."""
LEAST_FADED = 0.1
"""The same of a whole place where the ground is faded; real cut-outs: from 0.17."""
HALF_SURE = 8.0
"""Under this log-likelihood margin of a character over all others in its place its place is judged more strictly: what
the recogniser guesses it guesses half-heartedly, and what it reads it reads surely even where the place looks odd.
Measured on real cut-outs: of 45 covers that passed all else 43 are under 6.5; of right characters 2 % are under 8."""
SURE = float("inf")
"""The margin of a character that is held to the looser bounds alone."""
LEAST_EDGES_HALF_SURE = 0.5
"""`LEAST_EDGES` of such a character; real cut-outs: from 0.54."""
LEAST_GROUND_HALF_SURE = 0.42
"""`LEAST_GROUND` of such a character; real cut-outs: from 0.47."""
LEAST_THIRD_HALF_SURE = 0.16
"""Such a province's least colour of the ground in a third of its place's middle, as a share of the median: few strokes
of a Chinese character fill a third. Measured: on real cut-outs from 0.35, shifted, scaled or blurred from 0.17."""
MOST_SOLID_HALF_SURE = 0.35
"""`MOST_SOLID` of such a character; real cut-outs: to 0.26."""
MOST_FOREIGN = 4.0
"""Greatest mean distance of a place's colours from every mix of the plate's ground and ink, as a share of the median.
A coarse character is such a mix at each point; skin, tape, dark and printed paper are not. Real cut-outs: to 3.6."""
MOST_FOREIGN_HALF_SURE = 2.25
"""The same of such a character; real cut-outs: to 2.21."""
MOST_GLARE = 0.10
"""Greatest share of a character's place that may be full white on more than a stroke's width."""
GLARE_LEVEL = 252
_WIDE_PX = 9
"""No stroke of a character is so wide in the prepared line."""
_SOLID_PX = (11, 15)
"""Width and height of what no character holds full of ink, but for a blurred one in part."""
_LIGHT_GROUND = 0.55
"""From this share of light pixels on, the ground is light and the ink dark."""
_ROWS = slice(8, 40)
"""Rows of the prepared line that the characters fill at least."""
_COLOURED = 25.0
"""Least median colour, grey levels away from grey, of a ground that is known by it; white and black ones have less."""
_FADED = 15.0
"""The same of a plate that must have a coloured ground."""
_HUES = frozenset((PlateColour.BLUE, PlateColour.YELLOW, PlateColour.GREEN))
_BESIDE = 1.2
"""So far a mix of ground and ink may lie beyond the ink, and by as much less before the ground, by sharpening."""
_MOST_AWAY = 2.0
"""At which a point's distance from the mixes is cut off, so that no rim of what stands around decides."""
_LEAST_AWAY = 0.1
"""Least median distance that is measured against: light that varies over a fine plate has as much."""
_MIDDLE = 0.15
"""Share of a place's width that is left out at each side, where neighbours and frame reach in."""
_COLOURED_SHARE, _INK_SHARE = 40, 15
"""Per cent of the most coloured points that are ground, and of the points farthest from the ground's light, ink."""
_LEAST_CELL_PX = 4
_PAIR = 2
"""Characters of an upper row."""
_PAIR_SHARE = 0.31
"""The same, halved, for the two characters of an upper row, which stand wider apart."""
_CELL_SHARE = 0.78
"""Width of a character's box as a share of the distance between two."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How well one character is seen.

    :ivar row: of the number, from 0. :ivar left: of its place, as a share of the row's width; :ivar right: likewise.
    :ivar edges: as `LEAST_EDGES`; :ivar spread: as `LEAST_SPREAD`; :ivar glare: as `MOST_GLARE`;
        :ivar solid: as `MOST_SOLID`; :ivar ground: as `LEAST_GROUND`; :ivar half: as `LEAST_HALF`;
        :ivar third: as `LEAST_THIRD_HALF_SURE`, 0 where no character can be half-sure; :ivar foreign: as
        `MOST_FOREIGN`. :ivar margin: as `HALF_SURE`; infinite where another than the recogniser reads.
    """

    character: str
    row: int
    left: float
    right: float
    edges: float
    spread: float
    glare: float
    solid: float
    ground: float
    half: float
    third: float
    foreign: float
    margin: float = SURE

    @property
    def score(self) -> float:
        """1 at the bound of the worst of them, more when it is seen better."""
        edges, ground, solid, foreign = (
            (LEAST_EDGES, LEAST_GROUND, MOST_SOLID, MOST_FOREIGN)
            if self.margin >= HALF_SURE
            else (LEAST_EDGES_HALF_SURE, LEAST_GROUND_HALF_SURE, MOST_SOLID_HALF_SURE, MOST_FOREIGN_HALF_SURE)
        )
        bounds = [self.edges / edges, self.spread / LEAST_SPREAD, 2.0, foreign / max(1e-3, self.foreign)]
        bounds += [self.ground / ground, self.half / LEAST_HALF]
        if self.margin < HALF_SURE and self.character in PROVINCES:
            bounds.append(self.third / LEAST_THIRD_HALF_SURE)
        bounds += [_free(found, most) for found, most in ((self.glare, MOST_GLARE), (self.solid, solid))]
        return min(bounds)

    @property
    def text(self) -> str:
        """For a verdict's `found`."""
        if self.glare > MOST_GLARE:
            return f"glare on {100 * self.glare:.0f} % of {self.character}"
        if self.score < 1:
            return f"{self.character} is covered or without contrast"
        return f"all; {self.character} least"


def seen_in(
    lines: Sequence[Picture], cells: Sequence[Cells], texts: Sequence[str], read: Sequence[float] = ()
) -> list[Seen]:
    """How well each character of the lines is seen; each is measured against all others of the plate.

    The ground's colour is not looked at on a large new-energy plate, which has two.

    :param read: `Seen.margin` of each character, where the recogniser read them. An upper row of two is not held to
        what half-sure ones must have: it is wide as no print is, and edges are few there.
    """
    rows = enumerate(zip(lines, cells, texts, strict=True))
    found = [each for row, line in rows for each in _in_line(row, *line, thirds=bool(read))]
    edges = max(1e-3, median([each.edges for each in found]))
    spread = max(1e-3, median([each.spread for each in found]))
    of_ground, foreigns = _on_ground(found, "".join(texts)), _foreign(found, texts)
    margins = read or [SURE] * len(found)
    return [
        replace(
            each,
            edges=each.edges / edges,
            spread=each.spread / spread,
            ground=ground,
            half=half,
            third=third,
            foreign=foreign,
            margin=margin if len(texts[each.row]) > _PAIR else SURE,
        )
        for each, (ground, half, third), foreign, margin in zip(found, of_ground, foreigns, margins, strict=True)
    ]


def _foreign(found: Sequence[Seen], texts: Sequence[str]) -> list[float]:
    """`foreign` of each character as a share of the plate's; 1 where the ground's colour tells nothing, and in an upper
    row of two, which has too little ink to tell its colour by.

    :param found: with `foreign` as a share of the distance of ink and ground, `ground` in grey levels.
    """
    number, ground = "".join(texts), median([each.ground for each in found])
    if ground < _FADED or (ground < _COLOURED and not _must_be_coloured(number)) or _two(number):
        return [1.0] * len(found)
    asked = [len(texts[each.row]) > _PAIR for each in found]
    usual = max(_LEAST_AWAY, median([each.foreign for each, told in zip(found, asked, strict=True) if told]))
    return [each.foreign / usual if told else 1.0 for each, told in zip(found, asked, strict=True)]


def _must_be_coloured(text: str) -> bool:
    colours = {LAYOUTS[kind].colour for kind in kinds_bearing(text)}
    return bool(colours) and colours <= _HUES


def _two(text: str) -> bool:
    """Whether the number's plate has two grounds."""
    return LAYOUTS[PlateKind.NEV_LARGE].bears(text)


def _on_ground(found: Sequence[Seen], text: str) -> list[tuple[float, float, float]]:
    """`ground`, `half` and `third` of each character as shares of the plate's; 1 where its colour tells nothing.

    :param found: with all three in grey levels.
    """
    ground, half, third = (
        max(1e-3, median(each)) for each in zip(*((one.ground, one.half, one.third) for one in found), strict=True)
    )
    nothing = [(1.0, 1.0, 1.0)] * len(found)
    if _two(text):
        return nothing
    shares = [(max(0.0, one.ground / ground), max(0.0, one.half / half), max(0.0, one.third / third)) for one in found]
    if ground >= _COLOURED:
        return shares
    if ground >= _FADED and _must_be_coloured(text):
        return [(share * LEAST_GROUND / LEAST_FADED, 1.0, least) for share, _, least in shares]
    return nothing


def _free(found: float, most: float) -> float:
    return (1 - found) / (1 - most) if found > most else 2.0


def _in_line(row: int, line: Picture, cells: Cells, text: str, *, thirds: bool) -> list[Seen]:
    """The characters of one row, `edges`, `spread`, `ground`, `half` and `third` in grey levels, `foreign` as
    `_foreign` takes it."""
    prepared, width = _prepared(line), line_width(line)
    grey = as_grey(prepared)
    colour = ground_colour(np.asarray(prepared[_ROWS], np.uint8), cells[0][0], cells[-1][1])
    level, light = light_share(grey)
    solid = _solid(grey, level, light) if len(text) > _PAIR else np.zeros(grey.shape, np.uint8)
    measured = _measured(grey, _glare(grey, light), solid, cells)
    away = _away_from_mixes(prepared, cells, light)
    return [
        Seen(
            character,
            row,
            left / width,
            right / width,
            *found,
            free_ground(colour, left, right),
            free_half(colour, left, right),
            free_third(colour, left, right) if thirds else 0.0,
            _mean_between(away, left + _MIDDLE * (right - left), right - _MIDDLE * (right - left)),
        )
        for character, (left, right), found in zip(text, cells, measured, strict=True)
    ]


def light_share(grey: Mask) -> tuple[float, float]:
    """The level between ink and ground, and the share of the characters' rows that is lighter."""
    level, lighter = cv2.threshold(grey[_ROWS], 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return level, cv2.countNonZero(lighter) / lighter.size


def _solid(grey: Mask, level: float, light: float) -> Mask:
    """1 where ink fills what no character fills. :param level: as `light_share` gives it; :param light: likewise."""
    ink = (grey > level) if light <= _LIGHT_GROUND else (grey <= level)
    filled = _filled(ink)
    return filled * _filled(_apart_from_ground(grey)) if filled.any() else filled


def _filled(ink: NDArray[np.bool_]) -> Mask:
    width, height = _SOLID_PX
    kernel = np.ones((height, width), np.uint8)
    return np.asarray(cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_OPEN, kernel), np.uint8)


def _apart_from_ground(grey: Mask) -> NDArray[np.bool_]:
    """Where the picture is far from the ground of its surroundings: some plates have two grounds."""
    ground = cv2.medianBlur(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), 11)
    return np.asarray(cv2.absdiff(grey, cv2.resize(ground, grey.shape[::-1])) > 0.5 * grey[_ROWS].std())


def _glare(grey: Mask, light: float) -> Mask:
    """1 where the sensor shows full white on more than a stroke's width. On a light ground white is no glare: what a
    glare hides there lacks edges. :param light: as `light_share` gives it."""
    full = (grey >= GLARE_LEVEL).astype(np.uint8)
    if light > _LIGHT_GROUND or not full.any():
        return np.zeros(grey.shape, np.uint8)
    return np.asarray(cv2.morphologyEx(full, cv2.MORPH_OPEN, np.ones((_WIDE_PX, _WIDE_PX), np.uint8)), np.uint8)


def _away_from_mixes(line: Picture, cells: Cells, light: float) -> Values:
    """How far the colours of each column of the characters' rows lie from every mix of ground and ink, as a share of
    the distance of those two. :param light: as `light_share` gives it."""
    # Medians of bytes are quicker than those of fractions.
    among = line[_ROWS, max(0, int(cells[0][0])) : max(1, int(cells[-1][1]))].reshape(-1, 3)
    grey = np.asarray(among @ np.full(3, 1 / 3, np.float32), np.float32)
    hue = among - grey[:, None]
    ground = medians(_most(among, np.einsum("pc,pc->p", hue, hue), _COLOURED_SHARE))
    across = medians(_most(among, -grey if light > _LIGHT_GROUND else grey, _INK_SHARE)) - ground
    length = max(1.0, float(across @ across))
    beyond = cv2.subtract(line[_ROWS], np.append(ground, 0.0), dtype=cv2.CV_32F)
    share = cv2.transform(beyond, (across / length).reshape(1, 3))
    mix = np.clip(share, 1 - _BESIDE, _BESIDE)
    off = cv2.transform(cv2.multiply(beyond, beyond), np.ones((1, 3))) / length - mix * (2 * share - mix)
    away = np.minimum(np.sqrt(np.maximum(off, 0)), _MOST_AWAY)
    return np.asarray(away.mean(axis=0), np.float64)


def _most(points: Points, by: NDArray[np.float32], share: int) -> Points:
    """The points that have the most of something. :param share: how many, per cent."""
    first = len(points) - max(1, len(points) * share // 100)
    return np.asarray(points[np.argpartition(by, first)[first:]], np.uint8)


def _mean_between(columns: Values, left: float, right: float) -> float:
    part = columns[max(0, int(left)) : int(right) + 1]
    return float(part.mean()) if part.size else _MOST_AWAY


def _prepared(line: Picture) -> Picture:
    size = line_width(line), LINE_HEIGHT_PX
    sampling = cv2.INTER_AREA if line.shape[0] > LINE_HEIGHT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(line, size, interpolation=sampling), np.uint8)


def cells_by(frames: Frames, text: str) -> Cells:
    """Where a reading of a line has each of its characters."""
    places = places_of(frames, text) * STEP_PX + STEP_PX / 2
    if len(text) <= _PAIR:
        half = abs(float(places[-1] - places[0])) * _PAIR_SHARE or LINE_HEIGHT_PX * 0.2
        return [(place - half, place + half) for place in places]
    # The straight line nearest to the places.
    away = _away(len(text))
    pitch = float(away @ places / (away @ away))
    return cells_at(float(places.mean()), pitch, len(text))


def cells_at(middle: float, pitch: float, count: int) -> Cells:
    """Where so many evenly set characters stand. :param middle: of the row; :param pitch: between two, both in px."""
    half = abs(pitch) * _CELL_SHARE / 2
    return [(place - half, place + half) for place in (middle + pitch * _away(count)).tolist()]


def cells_amid(width: float, pitch: float, count: int) -> Cells:
    """The same of a row whose first and last character stand equally far from a line's ends."""
    return cells_at(width / 2 - pitch * float(_away(count)[[0, -1]].mean()), pitch, count)


@lru_cache(maxsize=8)
def _away(count: int) -> Values:
    nominal = spaced(count)
    return np.asarray(nominal - nominal.mean(), np.float64)


@lru_cache(maxsize=8)
def spaced(count: int) -> Values:
    """Middles of a row's characters in distances between two: seven have a dot's room after the second, eight less."""
    width, gap, dot = ONE_ROW.get(count, (1.0, 0.0, 0.0))
    wider = (dot - gap) / (width + gap)
    return np.asarray(np.arange(count) + np.where(np.arange(count) > 1, wider, 0.0), np.float64)


def _measured(grey: Mask, glare: Mask, solid: Mask, cells: Cells) -> list[tuple[float, float, float, float]]:
    """Of each character's place steepness, spread, and the shares under glare and under solid ink."""
    part = grey[_ROWS]
    rows, width = part.shape
    steep = cv2.absdiff(part[:, 2:], part[:, :-2])
    deep = part.astype(np.float64)
    sums = np.zeros((5, width + 1))
    of_columns = (deep, deep * deep, glare[_ROWS], solid[_ROWS])
    np.cumsum([values.sum(axis=0, dtype=np.float64) for values in of_columns], axis=1, out=sums[:4, 1:])
    np.cumsum(steep.sum(axis=0, dtype=np.float64), out=sums[4, 1 : width - 1])
    found = []
    for left, right in cells:
        first, last = max(0, int(left)), min(width, int(right) + 1)
        if last - first < _LEAST_CELL_PX:
            found.append((0.0, 0.0, 1.0, 1.0))
            continue
        mean, square, hidden, filled, _ = ((sums[:, last] - sums[:, first]) / (rows * (last - first))).tolist()
        edges = float(sums[4, last - 2] - sums[4, first]) / (rows * (last - first - 2))
        found.append((edges, max(0.0, square - mean * mean) ** 0.5, hidden, filled))
    return found
