"""Where in a picture a code can stand at all: not on what is as even as film, paper or floor, nor on a bare edge.

The first reader looks along every row and column; of a carrier's picture three quarters show nothing that it could
read. What is left out here is so even that no reader finds bars there: its range is under that of the faintest code.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.codes.code import Region
from vision.pictures import Grey, shrunk

_COARSER = 4
"""By so much smaller is the picture that is looked at: grain goes, and of bars as fine as a pixel or two their mean
against the paper beside them stays."""
_AROUND = 9
"""Side of the square whose range of brightness counts, px of the smaller picture."""
_LEAST_RANGE = 10
"""Grey levels; the first reader's own threshold asks for 16 between the bars and the paper."""
_MORE_THAN_AN_EDGE = 11
"""What is not so wide each way is an edge alone, which the square has widened."""
_MARGIN = 8
"""Left around, px of the smaller picture, for the quiet zone."""
_EVEN = 2
"""Parts begin where the first reader's own squares of eight pixels do, so that it sees in them what it would see in the
whole."""
_WHOLE = 0.6
"""Share of the picture from which on it is read as one."""


def lively_parts(grey: Grey) -> list[Region]:
    """The parts of a picture in which a code can stand, none overlapping another; the whole where most of it can."""
    height, width = (int(side) for side in grey.shape)
    coarse = shrunk(grey, _COARSER)
    square = np.ones((_AROUND, _AROUND), np.uint8)
    spread = cv2.subtract(cv2.dilate(coarse, square), cv2.erode(coarse, square))
    lively = cv2.threshold(spread, _LEAST_RANGE - 1, 1, cv2.THRESH_BINARY)[1]
    kernel = np.ones((_MORE_THAN_AN_EDGE, _MORE_THAN_AN_EDGE), np.uint8)
    opened = cv2.morphologyEx(lively, cv2.MORPH_OPEN, kernel)
    outlines, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = _apart([_grown(*cv2.boundingRect(outline)) for outline in outlines])
    parts = [
        Region(
            max(0, left * _COARSER),
            max(0, top * _COARSER),
            min(width, right * _COARSER),
            min(height, bottom * _COARSER),
        )
        for left, top, right, bottom in boxes
    ]
    area = sum((part.right - part.left) * (part.bottom - part.top) for part in parts)
    return parts if area < _WHOLE * height * width else [Region(0, 0, width, height)]


_Box = tuple[int, int, int, int]
"""Left, top, right and bottom."""


def _grown(left: int, top: int, width: int, height: int) -> _Box:
    right, bottom = left + width + _MARGIN, top + height + _MARGIN
    left, top = ((each - _MARGIN) // _EVEN * _EVEN for each in (left, top))
    return left, top, right, bottom


def _apart(boxes: list[_Box]) -> list[_Box]:
    """Boxes that overlap put together, until none do."""
    apart: list[_Box] = []
    for box in boxes:
        while (other := next((each for each in apart if _overlap(box, each)), None)) is not None:
            apart.remove(other)
            box = min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
        apart.append(box)
    return apart


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
