"""Whether something lies on a certificate: a step where every copy of its form is bare paper, or on its print.

What stays bare is learned from samples as a flag for each 2/3 mm. No flag tells more than that some copy bears
something near there: what is printed can't be read back. Steps of brightness or colour are looked for, not levels, so
that uneven light and glare do not count. Bare paper shows the smallest things; where copies bear print, see
`vision.form_print`; where they bear codes that can't be filled, or a photograph, nothing is looked at.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vision.form_flags import (
    CELL,
    CELLS_PER_MM,
    Flags,
    Mask,
    above,
    aligned,
    cells_of,
    darker,
    outlined,
    paper_level,
    samples_of,
    sharp,
    steepness,
    without_rim,
    written,
)
from vision.form_print import HIDDEN_MM, PLAIN_MM, learn_print, steps_on
from vision.layouts import POINTS_PER_MM
from vision.pictures import Picture, as_grey, shrunk
from vision.pocket import extent, pieces_of
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
_SHARP_CELLS = 5
"""Slopes that are wider are light's."""
_RIM_MM = 3.0
"""The document's own edge is no step of a thing."""
_ROOM_MM = 8.0
"""Left and right of print: another copy's may be longer."""
_REGISTER_PX = 1
"""So far from its place in the samples print may lie."""
_LEAST_BARE_MM2 = 400.0
"""Smaller bare places, shut in by print, may be a photograph's inside."""
_PIECES_MM = 5.0
"""So far apart pieces of one thing are seen, as where it crosses a line of print."""
_LEAST_CELLS = 6
"""Fewer that are no more than specks joined make no thing."""


def learn_ground(documents: list[Picture], layout: DocumentLayout) -> DocumentLayout:
    """The layout with what every sample tells of where a thing can be seen; without it from too few samples.

    :param documents: as `coarse` gives them. :param layout: with its heading, to which the flags are aligned.
    """
    if len(documents) < LEAST_SAMPLES:
        return layout
    samples = samples_of(documents, layout)
    plain, inked = learn_print(samples)
    return replace(layout, blank=_learn_blank(samples), plain=plain, inked=inked)


def known(layout: DocumentLayout) -> bool:
    """Whether it is known of the layout where a thing can be seen."""
    return bool(layout.blank or layout.plain or layout.inked)


def check_clear(document: Picture, role: str, layout: DocumentLayout, off: tuple[int, int]) -> tuple[Check, Box]:
    """What lies on a document, and its place in mm on it; of several the largest against its bound.

    :param document: as `coarse` gives it, of this layout. :param layout: one of which `known` holds.
    :param off: of its heading, as `heading_off` gives it.
    """
    right, down = off
    laid, level = aligned(document, off), paper_level(document)
    outlines, hidden = steps_on(laid, level, layout.plain, layout.inked) if layout.plain or layout.inked else ([], [])
    seen = [
        *((box, COVER_MM) for box in _on_bare(laid, level, layout.blank)),
        *((box, PLAIN_MM) for box in outlines),
        *((box, HIDDEN_MM) for box in hidden),
    ]
    whole = Box(0.0, 0.0, document.shape[1] / POINTS_PER_MM, document.shape[0] / POINTS_PER_MM)
    largest, bound = max(seen, key=lambda each: extent(each[0]) / each[1], default=(None, COVER_MM))
    size = extent(largest) if largest is not None else 0.0
    expected = f"nothing from {bound:.0f} mm on it"
    if largest is None or size < bound:
        found = f"{size:.0f} mm" if size else "nothing"
        return Check("document_clear", Outcome.ACCEPT, role, expected, found, size, bound), whole
    place = replace(largest, x=largest.x + right / POINTS_PER_MM, y=largest.y + down / POINTS_PER_MM)
    found = f"{place.width:.0f}x{place.height:.0f} mm at ({place.x:.0f}, {place.y:.0f}) on it"
    return Check("document_clear", Outcome.REJECT, role, expected, found, size, bound), place


def _learn_blank(samples: list[Picture]) -> Flags:
    some = np.zeros(samples[0].shape[:2], np.uint8)
    for each in samples:
        some |= _printed(each)
    reach = 2 * round(_ROOM_MM * POINTS_PER_MM) + 1, 2 * _REGISTER_PX + 1
    bare = cv2.bitwise_not(cv2.dilate(some, np.ones(reach[::-1], np.uint8)))
    bare = without_rim(np.asarray(bare, np.uint8), round(_RIM_MM * POINTS_PER_MM))
    height, width = bare.shape
    cells = bare.reshape(height // CELL, CELL, width // CELL, CELL).min(axis=(1, 3))
    count, parts, places, _ = cv2.connectedComponentsWithStats(cells, connectivity=4)
    least = _LEAST_BARE_MM2 * (POINTS_PER_MM / CELL) ** 2
    large = [part for part in range(1, count) if places[part, cv2.CC_STAT_AREA] >= least]
    return written(np.asarray(np.isin(parts, large), np.uint8))


def _on_bare(document: Picture, level: float, blank: Flags) -> list[Box]:
    """Outlines on bare paper. :param document: aligned. :param level: of its paper."""
    if not blank:
        return []
    # At a pixel a cell it costs a quarter; print at a bare place's edge reaches a cell further in.
    small = shrunk(document, CELL)
    bare = cv2.erode(cells_of(blank), np.ones((3, 3), np.uint8))
    rows, columns = min(bare.shape[0], small.shape[0]), min(bare.shape[1], small.shape[1])
    steep = sharp(steepness(small, level), _SHARP_CELLS)[:rows, :columns]
    outlines = cv2.bitwise_and(above(steep, _STEP), bare[:rows, :columns])
    side = 2 * round(_PIECES_MM * CELLS_PER_MM / 2) + 1
    closed = cv2.morphologyEx(outlines, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return [
        outlined(x, y, wide, high)
        for x, y, wide, high, _ in pieces_of(np.asarray(closed, np.uint8))
        if cv2.countNonZero(outlines[y : y + high, x : x + wide]) >= _LEAST_CELLS
    ]


def _printed(document: Picture) -> Mask:
    """255 where a sample bears something, its edge left out."""
    grey = np.asarray(cv2.GaussianBlur(as_grey(document), (3, 3), 0), np.uint8)
    dark = darker(grey, round(_PAPER_AROUND_MM * POINTS_PER_MM), _DARK_SHARE)
    either = np.asarray(cv2.bitwise_or(above(steepness(document, paper_level(document)), _PRINT), dark), np.uint8)
    return without_rim(either, round(_RIM_MM * POINTS_PER_MM))
