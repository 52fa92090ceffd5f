"""Whether each character of a line can be seen at all: no glare on it, nothing over it, enough contrast.

A recogniser that knows plates guesses what it does not see, so this is judged from the picture alone. The places come
from the alignment of the expected text, drawn onto the straight line on which evenly set characters stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.characters import LINE_HEIGHT_PX, STEP_PX, line_width
from vision.likelihood import Frames, places_of
from vision.pictures import Picture

Values = NDArray[np.float64]

LEAST_EDGES = 0.26
"""Least mean steepness across the line in a character's place, as a share of the median of the plate's characters.
Measured: the least on 487 real cut-outs is 0.31."""
LEAST_SPREAD = 0.40
"""Least standard deviation of brightness in a character's place, as a share of the median; real cut-outs: from 0.44."""
MOST_GLARE = 0.10
"""Greatest share of a character's place that may be full white on more than a stroke's width."""
GLARE_LEVEL = 252
_WIDE_PX = 9
"""No stroke of a character is so wide in the prepared line."""
_LIGHT_GROUND = 0.55
"""From this share of light pixels on, the ground is light and the ink dark."""
_ROWS = slice(8, 40)
"""Rows of the prepared line that the characters fill at least."""
_PAIR_SHARE = 0.31
"""The same, halved, for the two characters of an upper row, which stand wider apart."""
_CELL_SHARE = 0.78
"""Width of a character's box as a share of the distance between two."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How well one character is seen.

    :ivar row: of the number, from 0. :ivar left: of its place, as a share of the row's width; :ivar right: likewise.
    :ivar edges: as `LEAST_EDGES`; :ivar spread: as `LEAST_SPREAD`; :ivar glare: as `MOST_GLARE`.
    """

    character: str
    row: int
    left: float
    right: float
    edges: float
    spread: float
    glare: float

    @property
    def score(self) -> float:
        """1 at the bound of the worst of the three, more when it is seen better."""
        free = (1 - self.glare) / (1 - MOST_GLARE)
        return min(self.edges / LEAST_EDGES, self.spread / LEAST_SPREAD, free if self.glare > MOST_GLARE else 2.0)

    @property
    def text(self) -> str:
        """For a verdict's `found`."""
        if self.glare > MOST_GLARE:
            return f"glare on {100 * self.glare:.0f} % of {self.character}"
        if self.score < 1:
            return f"{self.character} is covered or without contrast"
        return f"all; {self.character} least"


def seen_in(lines: Sequence[Picture], frames: Sequence[Frames], texts: Sequence[str]) -> list[Seen]:
    """How well each character of the lines is seen; each is measured against the others of its line."""
    rows = enumerate(zip(lines, frames, texts, strict=True))
    return [seen for row, (line, frame, text) in rows for seen in _in_line(row, line, frame, text)]


def _in_line(row: int, line: Picture, frames: Frames, text: str) -> list[Seen]:
    grey, cells, width = _prepared(line), _cells(frames, text), line_width(line)
    glare = _glare(grey)
    measured = [_measured(grey, glare, left, right) for left, right in cells]
    edges, spread = (max(1e-3, float(np.median([each[place] for each in measured]))) for place in (0, 1))
    return [
        Seen(character, row, left / width, right / width, found[0] / edges, found[1] / spread, found[2])
        for character, (left, right), found in zip(text, cells, measured, strict=True)
    ]


def _glare(grey: Values) -> Values:
    """1 where the sensor shows full white on more than a stroke's width. On a light ground white is no glare: what a
    glare hides there lacks edges."""
    level, _ = cv2.threshold(grey.astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if (grey[_ROWS] > level).mean() > _LIGHT_GROUND:
        return np.zeros(grey.shape)
    full = (grey >= GLARE_LEVEL).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(full, cv2.MORPH_OPEN, np.ones((_WIDE_PX, _WIDE_PX), np.uint8)), np.float64)


def _prepared(line: Picture) -> Values:
    size = line_width(line), LINE_HEIGHT_PX
    sampling = cv2.INTER_AREA if line.shape[0] > LINE_HEIGHT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.cvtColor(cv2.resize(line, size, interpolation=sampling), cv2.COLOR_BGR2GRAY), np.float64)


def _cells(frames: Frames, text: str) -> list[tuple[float, float]]:
    """Left and right of each character in px of the prepared line."""
    places = places_of(frames, text) * STEP_PX + STEP_PX / 2
    nominal = spaced(len(text))
    if len(text) < 3:
        half = abs(float(places[-1] - places[0])) * _PAIR_SHARE or LINE_HEIGHT_PX * 0.2
        return [(place - half, place + half) for place in places]
    pitch, start = np.polyfit(nominal, places, 1)
    half = abs(pitch) * _CELL_SHARE / 2
    return [(float(start + pitch * place - half), float(start + pitch * place + half)) for place in nominal]


def spaced(count: int) -> Values:
    """Middles of a row's characters in distances between two: seven have a dot's room after the second, eight less."""
    gap = {7: 22 / 57, 8: 40 / 52}.get(count, 0.0)
    return np.asarray(np.arange(count) + np.where(np.arange(count) > 1, gap, 0.0), np.float64)


def _measured(grey: Values, glare: Values, left: float, right: float) -> tuple[float, float, float]:
    first, last = max(0, int(left)), min(grey.shape[1], int(right) + 1)
    part = grey[_ROWS, first:last]
    if part.shape[1] < 4:
        return 0.0, 0.0, 1.0
    edges = np.abs(part[:, 2:] - part[:, :-2]).mean()
    return float(edges), float(part.std()), float(glare[_ROWS, first:last].mean())
