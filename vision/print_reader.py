"""Reads printed characters one by one: the numbers beside codes, human-readable lines, machine-readable zones.

A small network that was trained on many printing fonts looks at each character alone. It shares nothing with the bar
code readers and nothing with the recogniser of embossed plates, so that its agreement is a proof of its own. A line
takes about a millisecond. `tests/vision/train_print_reader.py` made its weights and tells how.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vision.pictures import Picture, as_grey
from vision.ranks import percentile

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
CELL = (24, 16)
"""Height and width of the picture of one character, px."""
MIN_CONTRAST = 40.0
"""Grey levels between ink and paper under which a line is not believed."""

_WEIGHTS = Path(__file__).parent / "print_reader.npz"
_SAME_SHAPE = ("0O", "1I", "0D", "0Q")
"""Characters that many fonts print alike: a pair is told apart by what may stand there, never by its look. D and Q
are rivals of 0 only where letters may stand."""
_AS_DIGIT = {"O": "0", "I": "1"}
"""What is meant by a letter that was seen where a digit must stand; nothing is decided by it."""
_COARSER = 4
"""By so much smaller is the picture in which the paper's brightness is evened out."""
_MIN_INK = 0.35
"""Share of the darkest ink from which on a column or row holds ink."""
_MIN_RUN_HEIGHT = 0.4
"""Runs of ink lower than this share of the line are specks."""
_STEEPEST = 0.052
"""Slope of a line, 3 degrees, up to which it is levelled."""
_MOVED_TOGETHER = 8
"""Columns that are moved as one while the slope is sought: over so few the steepest line falls by less than a pixel."""
_FINER = 2
"""Rows to a pixel while the slope is sought."""
_MIN_EDGE = 0.65
"""Share of a character's own darkest ink from which on a row is no blur above or below it."""

Grey = NDArray[np.float32]
Scores = NDArray[np.float32]
"""Shape (characters of the line, len(CHARACTERS)): the network's logits."""


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line, cut in characters.

    :ivar scores: logits of each character; :ivar text: what it most likely says.
    """

    scores: Scores
    text: str


def read_printed(line: Picture, length: int) -> Line | None:
    """Read a line of `length` characters, dark on light, upright within 3 degrees; None: it can't be cut so."""
    ink = _ink(line)
    if ink is None:
        return None
    cells = _cells(_levelled(ink), length)
    if cells is None:
        return None
    scores = _scores(cells)
    return Line(scores, "".join(CHARACTERS[place] for place in scores.argmax(axis=1)))


def printed_margin(line: Line, expected: str) -> tuple[float, str]:
    """How much better the least certain character fits than any rival, in logits, and what the line says instead.

    Rivals are all characters of the expected one's class (digits, or letters); those of another class that look
    like it are none.

    :returns: positive when every character fits best; -100 for a text of another length or other characters.
    """
    if len(expected) != len(line.text) or any(character not in CHARACTERS for character in expected):
        return -100.0, line.text
    margins, found = [], []
    for scores, character in zip(line.scores, expected, strict=True):
        rivals = _rivals(character)
        best = rivals[int(np.argmax(scores[list(rivals)]))]
        margin = float(scores[CHARACTERS.index(character)] - scores[best])
        margins.append(margin)
        other = CHARACTERS[best]
        found.append(character if margin > 0 else _AS_DIGIT.get(other, other) if character.isdigit() else other)
    return min(margins), "".join(found)


def surely_reads(line: Line, classes: tuple[str, ...]) -> tuple[str, float]:
    """The text that the line says when each place may hold only the given characters, and its least margin."""
    text, margins = "", []
    for scores, allowed in zip(line.scores, classes, strict=True):
        ranked = sorted(((float(scores[CHARACTERS.index(each)]), each) for each in allowed), reverse=True)
        text += ranked[0][1]
        margins.append(ranked[0][0] - ranked[1][0] if len(ranked) > 1 else np.inf)
    return text, float(min(margins))


@lru_cache(maxsize=64)
def _rivals(character: str) -> tuple[int, ...]:
    alike = {other for pair in _SAME_SHAPE for other in pair if character in pair and other != character}
    same = [other for other in CHARACTERS if other.isdigit() == character.isdigit()]
    others = [other for other in CHARACTERS if other not in same and other not in alike]
    return tuple(CHARACTERS.index(other) for other in (*same, *others) if other != character)


def _ink(line: Picture) -> Grey | None:
    """How much ink lies on each pixel, 0..1, against paper whose brightness may change along the line."""
    if line.shape[0] < 8 or line.shape[1] < 8:
        return None
    grey = as_grey(line)
    height = max(9, grey.shape[0] | 1)
    paper = _soft(np.asarray(cv2.dilate(grey, np.ones((height, height), np.uint8)), np.uint8), height / 3)
    depth = np.asarray(cv2.subtract(paper, grey), np.float32)
    darkest = percentile(depth, 98)
    if darkest < MIN_CONTRAST:
        return None
    return np.asarray(np.clip(depth / darkest, 0, 1), np.float32)


def _soft(paper: Picture, reach: float) -> Picture:
    """Blurred so far that it makes no difference to do so in a smaller picture."""
    size = max(1, paper.shape[1] // _COARSER), max(1, paper.shape[0] // _COARSER)
    coarse = cv2.GaussianBlur(cv2.resize(paper, size, interpolation=cv2.INTER_AREA), (0, 0), reach / _COARSER)
    return np.asarray(cv2.resize(coarse, paper.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _levelled(ink: Grey) -> Grey:
    """Each column moved up or down so that all characters stand between the same rows: bare and inked differ most.

    A card that is seen half a degree wrong lets a line of thirty characters fall by a quarter of their height.
    """
    height, width = ink.shape
    # Fine rows, so that a column is moved by parts of a pixel without the blur that would favour no move at all.
    together = cv2.resize(ink, (max(2, width // _MOVED_TOGETHER), height), interpolation=cv2.INTER_AREA)
    fine = np.asarray(cv2.resize(together, None, fx=1, fy=_FINER, interpolation=cv2.INTER_LINEAR), np.float32)
    most, fall = int(_STEEPEST * width), 0
    for step, reach in ((4, most), (1, 3)):
        tried = np.arange(fall - reach, fall + reach + 1, step)
        fall = int(tried[_unevenness(fine, tried * _FINER).argmax()])
    return _raised(ink, fall) if fall else ink


def _unevenness(fine: Grey, falls: NDArray[np.intp]) -> Grey:
    """How much the rows of a line differ in ink when it is turned level by each of these falls, in its own rows."""
    height, columns = fine.shape
    most = int(np.abs(falls).max()) // 2 + 1
    padded = np.zeros((columns, height + 2 * most), np.float32)
    padded[:, most:-most] = fine.T
    down = np.rint(np.outer(falls, np.arange(columns) / (columns - 1) - 0.5)).astype(np.intp) + most
    moved = sliding_window_view(padded, height, axis=1)[np.arange(columns), down]
    return np.asarray(np.square(moved.sum(axis=1)).sum(axis=1), np.float32)


def _raised(ink: Grey, fall: float) -> Grey:
    """A line that falls by so many rows from its first column to its last, turned level about its middle."""
    height, width = ink.shape
    slope = fall / (width - 1)
    matrix = np.array(((1.0, 0.0, 0.0), (slope, 1.0, -fall / 2)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height), flags=flags), np.float32)


def _cells(ink: Grey, length: int) -> Grey | None:
    """One cell a character: the line's height, the character's own width."""
    rows = _longest_run(ink.max(axis=1) > _MIN_INK)
    if rows is None or rows[1] - rows[0] < 8:
        return None
    band = ink[rows[0] : rows[1]]
    runs = _split(band, _tall(band, _runs(band.max(axis=0) > _MIN_INK)), length)
    if len(runs) != length:
        return None
    band = _tightened(band, runs)
    return np.stack([cell(band[:, left:right]) for left, right in runs])


def _tightened(band: Grey, runs: list[tuple[int, int]]) -> Grey:
    """The rows between which most characters stand: blur and one thicker sign make the line look higher than it is."""
    inks = np.maximum.reduceat(band, [left for left, _ in runs], axis=1)
    inked = inks >= _MIN_EDGE * inks.max(axis=0)
    tops, below = inked.argmax(axis=0), inked[::-1].argmax(axis=0)
    return band[int(np.median(tops)) : band.shape[0] - int(np.median(below))]


def cell(character: Grey) -> Grey:
    """A character's ink in the network's cell: as high as the cell, in its middle, its proportions kept."""
    height, width = character.shape
    wide = max(1, min(CELL[1], round(width * CELL[0] / height)))
    # Area sampling keeps strokes when shrinking; it must not be used to enlarge.
    sampling = cv2.INTER_AREA if height > CELL[0] else cv2.INTER_LINEAR
    scaled = cv2.resize(character, (wide, CELL[0]), interpolation=sampling)
    out = np.zeros(CELL, np.float32)
    left = (CELL[1] - wide) // 2
    out[:, left : left + wide] = scaled
    return out


def _runs(columns: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], columns, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _longest_run(rows: NDArray[np.bool_]) -> tuple[int, int] | None:
    return max(_runs(rows), key=lambda run: run[1] - run[0], default=None)


def _tall(band: Grey, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The runs whose ink stands high enough in one piece to be a character's."""
    if not runs:
        return []
    # Every second of these parts is a run, and the last column, which closes one that ends there, holds no ink.
    parts = np.maximum.reduceat(np.pad(band, ((0, 0), (0, 1))), np.ravel(runs), axis=1)[:, ::2] > _MIN_INK
    high = tallest = np.zeros(len(runs), np.intp)
    for inked in parts:
        high = (high + 1) * inked
        tallest = np.maximum(tallest, high)
    least = _MIN_RUN_HEIGHT * band.shape[0]
    return [run for run, tall in zip(runs, tallest.tolist(), strict=True) if tall >= least]


def _split(band: Grey, runs: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Part characters that touch: the widest run at its thinnest column, until there are enough."""
    parted = list(runs)
    while parted and len(parted) < length:
        widest = max(parted, key=lambda run: run[1] - run[0])
        wide = widest[1] - widest[0]
        if wide < 0.5 * band.shape[0]:
            break
        third = wide // 4
        middle = band[:, widest[0] + third : widest[1] - third].sum(axis=0)
        cut = widest[0] + third + int(np.argmin(middle))
        place = parted.index(widest)
        parted[place : place + 1] = [(widest[0], cut), (cut, widest[1])]
    return parted


def _scores(cells: Grey) -> Scores:
    first, first_bias, second, second_bias = _network()
    hidden = np.maximum(cells.reshape(len(cells), -1) @ first + first_bias, 0)
    return np.asarray(hidden @ second + second_bias, np.float32)


@lru_cache(maxsize=1)
def _network() -> tuple[Grey, Grey, Grey, Grey]:
    with np.load(_WEIGHTS) as weights:
        parts = [np.asarray(weights[name], np.float32) for name in ("first", "first_bias", "second", "second_bias")]
    return parts[0], parts[1], parts[2], parts[3]
