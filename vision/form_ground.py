"""Whether something lies on a certificate: a step where every copy of its form is bare paper.

What stays bare is learned from samples as a flag for each 2/3 mm. No flag tells more than that some copy bears
something near there: what is printed can't be read back. Steps of brightness or colour are looked for, not levels, so
that uneven light and glare do not count; where copies bear print, codes or a photograph nothing is looked at.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.layouts import POINTS_PER_MM, heading_off
from vision.pictures import Picture
from vision.pocket import extent, pieces_of
from vision.ranks import median
from vision.verdict import Box, Check, DocumentLayout, Outcome

COVER_MM = 5.0
"""From this extent on something lies on the form; of a larger thing print may leave no more than that to be seen."""
LEAST_SAMPLES = 8
"""Fewer samples do not tell where copies differ, and no flags are learned."""

_STEP = 28
"""Step of one channel, in thousandths of the paper's brightness, from which on there is an outline."""
_PRINT = 25
"""Likewise from which on a sample bears print."""
_DARK_SHARE = 0.85
"""Brightness against the paper around it under which a sample bears print, as in a bar or a photograph."""
_PAPER_AROUND_MM = 15.0
_CELL = 2
"""Points a flag is wide and high."""
_SLOPE = np.array((-1.0, -2.0, 0.0, 2.0, 1.0), np.float32) / np.float32(3)
_SMOOTH = np.array((1.0, 4.0, 6.0, 4.0, 1.0), np.float32) / np.float32(16)
_SHARP_PX = 9
"""Slopes that are wider are light's."""
_RIM_MM = 3.0
"""The document's own edge is no step of a thing."""
_ROOM_MM = 4.0
"""Left and right of print: another copy's may be longer."""
_REGISTER_PX = 1
"""So far from its place in the samples print may lie."""
_LEAST_BARE_MM2 = 400.0
"""Smaller bare places, shut in by print, may be a photograph's inside."""
_PIECES_MM = 5.0
"""So far apart pieces of one thing are seen, as where it crosses a line of print."""
_LEAST_PX = 5

Mask = NDArray[np.uint8]


def learn_blank(documents: list[Picture], layout: DocumentLayout) -> tuple[str, ...]:
    """What stays bare in every sample, as `DocumentLayout.blank` holds it; empty: too few samples, or nothing.

    :param documents: as `coarse` gives them. :param layout: with its heading, to which the flags are aligned.
    """
    if len(documents) < LEAST_SAMPLES:
        return ()
    height, width = (min(each.shape[axis] for each in documents) // _CELL * _CELL for axis in (0, 1))
    some = np.zeros((height, width), np.uint8)
    for each in documents:
        right, down = heading_off(each, layout)
        some |= np.roll(_printed(each), (-down, -right), (0, 1))[:height, :width]
    reach = 2 * round(_ROOM_MM * POINTS_PER_MM) + 1, 2 * _REGISTER_PX + 1
    bare = cv2.bitwise_not(cv2.dilate(some, np.ones(reach[::-1], np.uint8)))
    bare = _without_rim(np.asarray(bare, np.uint8))
    cells = bare.reshape(height // _CELL, _CELL, width // _CELL, _CELL).min(axis=(1, 3))
    count, parts, places, _ = cv2.connectedComponentsWithStats(cells, connectivity=4)
    least = _LEAST_BARE_MM2 * (POINTS_PER_MM / _CELL) ** 2
    large = [part for part in range(1, count) if places[part, cv2.CC_STAT_AREA] >= least]
    return tuple(row.tobytes().hex() for row in np.packbits(np.isin(parts, large), axis=1)) if large else ()


def check_clear(document: Picture, role: str, layout: DocumentLayout) -> tuple[Check, Box]:
    """What lies where the form stays bare, and its place in mm on the document; the largest of several.

    :param document: as `coarse` gives it, of this layout. :param layout: one that knows what stays bare.
    """
    right, down = heading_off(document, layout)
    bare = np.roll(_bare(layout.blank), (down, right), (0, 1))
    rows, columns = min(bare.shape[0], document.shape[0]), min(bare.shape[1], document.shape[1])
    steep = _steepness(document)[:rows, :columns]
    sharp = cv2.morphologyEx(steep, cv2.MORPH_TOPHAT, np.ones((_SHARP_PX, _SHARP_PX), np.uint8))
    outlines = cv2.bitwise_and(_above(np.asarray(sharp, np.uint8), _STEP), bare[:rows, :columns])
    side = 2 * round(_PIECES_MM * POINTS_PER_MM / 2) + 1
    closed = cv2.morphologyEx(outlines, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    found = [piece[:4] for piece in pieces_of(np.asarray(closed, np.uint8)) if piece[4] >= _LEAST_PX]
    boxes = [Box(*(value / POINTS_PER_MM for value in piece)) for piece in found]
    largest = max(boxes, key=extent, default=None)
    size = extent(largest) if largest is not None else 0.0
    whole = Box(0.0, 0.0, document.shape[1] / POINTS_PER_MM, document.shape[0] / POINTS_PER_MM)
    expected = f"nothing from {COVER_MM:.0f} mm on it"
    if largest is None or size < COVER_MM:
        found_text = f"{size:.0f} mm" if size else "nothing"
        return Check("document_clear", Outcome.ACCEPT, role, expected, found_text, size, COVER_MM), whole
    found_text = f"{largest.width:.0f}x{largest.height:.0f} mm at ({largest.x:.0f}, {largest.y:.0f}) on it"
    return Check("document_clear", Outcome.REJECT, role, expected, found_text, size, COVER_MM), largest


def _steepness(document: Picture) -> Mask:
    """How steeply brightness or colour changes, the strongest channel, in thousandths of the paper's brightness."""
    across = cv2.sepFilter2D(document, cv2.CV_32F, _SLOPE, _SMOOTH)
    down = cv2.sepFilter2D(document, cv2.CV_32F, _SMOOTH, _SLOPE)
    paper = max(1.0, median(document[::4, ::4]))
    blue, green, red = cv2.split(cv2.convertScaleAbs(cv2.magnitude(across, down), alpha=1000 / paper))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _printed(document: Picture) -> Mask:
    """255 where a sample bears something, its edge left out."""
    grey = cv2.GaussianBlur(cv2.cvtColor(document, cv2.COLOR_BGR2GRAY), (3, 3), 0)
    side = round(_PAPER_AROUND_MM * POINTS_PER_MM)
    paper = cv2.dilate(grey, np.ones((side, side), np.uint8))
    dark = np.asarray(cv2.compare(grey, cv2.convertScaleAbs(paper, alpha=_DARK_SHARE), cv2.CMP_LT), np.uint8)
    return _without_rim(np.asarray(cv2.bitwise_or(_above(_steepness(document), _PRINT), dark), np.uint8))


def _above(values: Mask, least: int) -> Mask:
    return np.asarray(cv2.threshold(values, least, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _without_rim(mask: Mask) -> Mask:
    rim = round(_RIM_MM * POINTS_PER_MM)
    inner = np.zeros_like(mask)
    inner[rim:-rim, rim:-rim] = mask[rim:-rim, rim:-rim]
    return inner


@lru_cache(maxsize=32)
def _bare(blank: tuple[str, ...]) -> Mask:
    """255 at each point that stays bare."""
    cells = np.unpackbits(np.array([list(bytes.fromhex(row)) for row in blank], np.uint8), axis=1)
    return np.asarray(np.repeat(np.repeat(cells, _CELL, axis=0), _CELL, axis=1) * np.uint8(255), np.uint8)
