"""The characters of a plate: is it this number, and no other? Two looks, the second only when the first leaves doubt.

Each look is read twice: by the recogniser's last layer and by our own (`vision.plate.own_reading`). The second look is
the same line set upright and drawn narrower, so that the network meets each character at another place of its grid;
what it takes for another character by chance, it seldom takes twice. All readings count alike, by the mean of their
log-likelihoods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.characters import LINE_HEIGHT_PX, Look, read_lines
from vision.likelihood import (
    Frames,
    best_text,
    confusable_texts,
    explainable,
    joint_margin,
    other_provinces,
    shortened_texts,
)
from vision.pictures import Picture
from vision.plate.own_reading import own_frames
from vision.plate.visible import Seen, seen_in

SURE_MARGIN = 3.5
"""From this log-likelihood margin on, one look is enough."""
_NARROWED = 0.85
"""Width of the second look as a share of the first."""
_SLOPES = np.arange(-0.3, 0.31, 0.02)
_EDGE_PX = 6
_WORKING_WIDTH_PX = 188


@dataclass(frozen=True, slots=True)
class Reading:
    """What the looks say of a number.

    :ivar margin: of the whole number; :ivar rival: the text that comes nearest to it.
    :ivar province_margin: of its province; None: it begins with none. :ivar text: what reads best.
    :ivar seen: for each character.
    """

    margin: float
    rival: str
    province_margin: float | None
    province: str
    text: str
    seen: tuple[Seen, ...]
    looks: int


def read_number(lines: Sequence[Picture], number: str) -> Reading:
    """Look at the rows of a plate for a number.

    :param lines: its rows, each cropped. :param number: in the alphabet of `vision.likelihood.SYMBOLS`.
    """
    rows = read_lines(lines)
    looks = _readings(rows)
    margin, rival = _margin(looks, number)
    if margin < SURE_MARGIN:
        looks += _readings(read_lines([second_look(line) for line in lines]))
        margin, rival = _margin(looks, number)
    own = [own_frames(row.features) for row in rows]
    seen = seen_in(lines, own, _split(number, len(rows))) if explainable(number) else []
    province_margin, province = _province(looks, number)
    return Reading(margin, rival, province_margin, province, best_text(looks[0]), tuple(seen), len(looks) // 2)


def _readings(rows: list[Look]) -> list[Frames]:
    """One look as both last layers read it, the rows one after the other."""
    return [np.concatenate([row.frames for row in rows]), np.concatenate([own_frames(row.features) for row in rows])]


def _margin(looks: list[Frames], number: str) -> tuple[float, str]:
    readings = [best_text(look) for look in looks]
    return joint_margin(looks, number, (*confusable_texts(number), *shortened_texts(number), *readings))


def _province(looks: list[Frames], number: str) -> tuple[float | None, str]:
    others = other_provinces(number)
    if not others:
        return None, ""
    margin, rival = joint_margin(looks, number, others)
    return margin, number[0] if margin > 0 else rival[:1]


def _split(number: str, rows: int) -> list[str]:
    """What stands in each row: the first two characters above, the others below."""
    return [number] if rows == 1 else [number[:2], number[2:]]


def second_look(line: Picture) -> Picture:
    """The line set upright and drawn narrower."""
    height, width = line.shape[:2]
    wide = max(2, round(width * LINE_HEIGHT_PX / height * _NARROWED))
    finer = cv2.resize(line, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    narrow = cv2.resize(upright(np.asarray(finer, np.uint8)), (wide, LINE_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(narrow, np.uint8)


def upright(line: Picture) -> Picture:
    """The line sheared so that its characters stand on the level."""
    height, width = line.shape[:2]
    slope = _slope(line) * height / LINE_HEIGHT_PX * _WORKING_WIDTH_PX / width
    matrix = np.array(((1.0, 0.0, 0.0), (slope, 1.0, -slope * width / 2)))
    return np.asarray(cv2.warpAffine(line, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _slope(line: Picture) -> float:
    """How far down each step to the right must be set, at working size, so that the edges lie in few rows."""
    grey = cv2.cvtColor(cv2.resize(line, (_WORKING_WIDTH_PX, LINE_HEIGHT_PX)), cv2.COLOR_BGR2GRAY)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    edges = np.minimum(edges, np.percentile(edges, 95)).astype(np.float32)
    edges[:, :_EDGE_PX] = edges[:, -_EDGE_PX:] = 0
    return float(max(_SLOPES, key=lambda slope: _unevenness(edges, float(slope))))


def _unevenness(edges: np.ndarray[tuple[int, ...], np.dtype[np.float32]], slope: float) -> float:
    matrix = np.array(((1.0, 0.0, 0.0), (slope, 1.0, -slope * _WORKING_WIDTH_PX / 2)))
    return float(np.asarray(cv2.warpAffine(edges, matrix, (_WORKING_WIDTH_PX, LINE_HEIGHT_PX))).sum(axis=1).var())
