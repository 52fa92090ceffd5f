"""Which kind of document lies there, and which way up: its heading against the headings of all kinds of the line.

A heading is known by its ink, one bit a point at `POINTS_PER_MM`, as `fingerprint` writes it from a flattened
document. Comparison is by correlation, so that light and print strength do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Grey as Levels
from vision.pictures import Picture, Shot, as_grey, cut_out
from vision.plane import Plane
from vision.pocket import Thing
from vision.verdict import Box, Check, DocumentLayout, Outcome

PRINT_PX_PER_MM = 6.0
"""Scale at which print is read; more costs time and tells no more."""
POINTS_PER_MM = 3.0
"""Scale at which headings are compared."""
MIN_LIKENESS = 0.62
"""Correlation with the own heading from which on a kind is believed. Rendered documents, harsh optics: own at least
0.75, no heading at all at most 0.40; see docs/vision.md."""
MIN_LEAD = 0.15
"""Correlation with the own heading, taken only where it differs from another kind's, from which on it is that one."""

_SHIFT_MM = 2.0
"""How far a heading may stand from where the layout says: print register and cutting."""
_BARE = 0.4
"""Under this likeness to every heading, either way up, no front of any known kind is to be seen."""
_MIN_CONTRAST = 40
_DRAWN_MM = 100.0
"""Height of the sheet on which two layouts are compared; larger than any document in the pocket."""
_POSE = "face up, upright"
_FINE_ENOUGH = 0.95
"""Share of `POINTS_PER_MM` from which on the picture of half size serves; so a lens that drifts changes nothing."""

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a heading fits best in a flattened document, in its pixels."""

    likeness: float
    left: int
    top: int
    template: Grey

    @property
    def right(self) -> int:
        """Column after its last."""
        return self.left + int(self.template.shape[1])

    @property
    def bottom(self) -> int:
        """Row after its last."""
        return self.top + int(self.template.shape[0])

    def off(self, layout: DocumentLayout) -> tuple[int, int]:
        """How far right and down of where that layout says its heading stands."""
        heading = layout.heading
        return self.left - round(heading.x * POINTS_PER_MM), self.top - round(heading.y * POINTS_PER_MM)

    def laid(self, shape: tuple[int, ...], left: int, top: int) -> Grey:
        """The heading's paper (1) and ink (0) on a part of the document, of that shape, from `left` and `top` on."""
        whole = np.ones(shape[:2], np.float32)
        room = whole[self.top - top : self.bottom - top, self.left - left : self.right - left]
        room[:] = self.template[: room.shape[0], : room.shape[1]]
        return whole


def flattened(picture: Picture, plane: Plane, thing: Thing) -> Picture:
    """A document alone, upright, at `PRINT_PX_PER_MM`, cut from the whole picture."""
    return flattened_part(picture, plane, thing, Box(0.0, 0.0, thing.width, thing.height))


def flattened_part(picture: Picture, plane: Plane, thing: Thing, box: Box) -> Picture:
    """One box of a document alone, likewise. :param box: in mm from the document's upper left corner."""
    return _upright(picture, plane, thing, box, PRINT_PX_PER_MM)


def coarse(shot: Shot, plane: Plane, thing: Thing) -> Picture:
    """A document alone, upright, at `POINTS_PER_MM`; from averaged pixels, since fine print would alias."""
    half, whole = plane.halved(), Box(0.0, 0.0, thing.width, thing.height)
    if half.px_per_mm >= _FINE_ENOUGH * POINTS_PER_MM:
        return _upright(shot.half, half, thing, whole, POINTS_PER_MM)
    fine, step = flattened(shot.whole, plane, thing), POINTS_PER_MM / PRINT_PX_PER_MM
    return np.asarray(cv2.resize(fine, None, fx=step, fy=step, interpolation=cv2.INTER_AREA), np.uint8)


def _upright(picture: Picture, plane: Plane, thing: Thing, box: Box, px_per_mm: float) -> Picture:
    size = max(2, round(box.width * px_per_mm)), max(2, round(box.height * px_per_mm))
    return cut_out(picture, plane.to_px(thing.part(box)), size)


def cut(document: Picture, box: Box, px_per_mm: float, margin_mm: float = 0.0) -> Picture:
    """A box of a flattened document, of one channel or three; what reaches beyond its edge is cut off."""
    left, top = max(0.0, box.x - margin_mm) * px_per_mm, max(0.0, box.y - margin_mm) * px_per_mm
    right, bottom = (box.x + box.width + margin_mm) * px_per_mm, (box.y + box.height + margin_mm) * px_per_mm
    return document[round(top) : round(bottom), round(left) : round(right)]


def fingerprint(document: Picture, heading: Box) -> str:
    """The heading's ink in hex: a row after the other, each filled up to whole bytes.

    :param document: as `coarse` gives it.
    """
    grey = as_grey(cut(document, heading, POINTS_PER_MM))
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.packbits(np.asarray(ink, np.uint8), axis=1).tobytes().hex()


def check_kind(
    document: Picture, role: str, kind: str, layouts: tuple[DocumentLayout, ...]
) -> tuple[list[Check], tuple[int, int]]:
    """Whether the document is of its kind and lies face up and upright; and how far off its own heading fits best.

    :param document: as `coarse` gives it. :returns: the second as `heading_off` gives it.
    """
    own = next((layout for layout in layouts if layout.name == kind), None)
    if own is None:
        unknown = Check("document_kind", Outcome.REJECT, role, kind, "no such layout is taught", 0.0, MIN_LIKENESS)
        return [unknown], (0, 0)
    grey = as_grey(document)
    seen = {layout.name: _match(grey, layout) for layout in layouts}
    score, off = seen[kind].likeness, seen[kind].off(own)
    best = max(match.likeness for match in seen.values())
    if best < MIN_LIKENESS:
        lying = _lying(grey, best, layouts)
        if lying:
            return [Check("document_pose", Outcome.REJECT, role, _POSE, lying, score, MIN_LIKENESS)], off
    pose = Check("document_pose", Outcome.ACCEPT, role, _POSE, _POSE)
    if score < MIN_LIKENESS:
        nearest = max(seen, key=lambda name: seen[name].likeness)
        found = nearest if seen[nearest].likeness >= MIN_LIKENESS else "no known heading"
        return [Check("document_kind", Outcome.REJECT, role, kind, found, score, MIN_LIKENESS), pose], off
    leads = {name: _lead(grey, seen[kind], match) for name, match in seen.items() if name != kind}
    rival = min(leads, key=lambda name: leads[name], default=kind)
    lead = leads.get(rival, 1.0)
    outcome = Outcome.ACCEPT if lead >= MIN_LEAD else Outcome.UNSURE if lead > 0 else Outcome.REJECT
    return [Check("document_kind", outcome, role, kind, kind if lead > 0 else rival, lead, MIN_LEAD), pose], off


def heading_off(document: Picture, layout: DocumentLayout) -> tuple[int, int]:
    """How far right and down of where the layout says its heading stands, in points.

    :param document: as `coarse` gives it.
    """
    return _match(as_grey(document), layout).off(layout)


def _lead(document: Levels, own: Match, rival: Match) -> float:
    """How surely the heading is the own one and not the rival's, -1..1: correlation where the two differ alone.

    Headings of licences differ in a single character, which hardly counts in a likeness of the whole.
    """
    # Beside both headings they do not differ.
    left, top = min(own.left, rival.left), min(own.top, rival.top)
    document = document[top : max(own.bottom, rival.bottom), left : max(own.right, rival.right)]
    own_ink, rival_ink = (each.laid(document.shape, left, top) for each in (own, rival))
    differ = np.abs(own_ink - rival_ink) > 0.5
    if np.count_nonzero(differ) < 12:
        return 0.0
    grey = document[differ].astype(np.float32)
    paper = own_ink[differ] - rival_ink[differ]
    # Few numbers: NumPy's own means ask more than they reckon.
    grey, paper = grey - np.float32(grey.sum() / grey.size), paper - np.float32(paper.sum() / paper.size)
    deviation = sqrt(float(grey @ grey) * float(paper @ paper))
    return float(grey @ paper) / deviation if deviation > 1e-6 * grey.size else 0.0


def _lying(document: Levels, upright: float, layouts: tuple[DocumentLayout, ...]) -> str:
    """How it lies when no heading is seen upright: `upside down`, `back side up`, or empty when neither is sure."""
    turned = np.asarray(cv2.rotate(document, cv2.ROTATE_180), np.uint8)
    best = max(_match(turned, layout).likeness for layout in layouts)
    if best >= MIN_LIKENESS:
        return "upside down"
    return "back side up" if max(best, upright) < _BARE else ""


def _match(document: Levels, layout: DocumentLayout) -> Match:
    """Where within `_SHIFT_MM` the heading fits best; likeness 0 where there is nothing but paper."""
    template = _template(layout.fingerprint, round(layout.heading.width * POINTS_PER_MM))
    left = max(0, round((layout.heading.x - _SHIFT_MM) * POINTS_PER_MM))
    top = max(0, round((layout.heading.y - _SHIFT_MM) * POINTS_PER_MM))
    grey = cut(document, layout.heading, POINTS_PER_MM, _SHIFT_MM)
    nothing = Match(0.0, left, top, template)
    if grey.shape[0] < template.shape[0] or grey.shape[1] < template.shape[1]:
        return nothing
    if float(grey.max()) - float(grey.min()) < _MIN_CONTRAST:
        return nothing
    fits = cv2.matchTemplate(np.asarray(grey, np.float32), template, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(fits)
    return Match(float(best), left + x, top + y, template)


@lru_cache(maxsize=32)
def _template(print_hex: str, columns: int) -> Grey:
    packed = np.frombuffer(bytes.fromhex(print_hex), np.uint8).reshape(-1, (columns + 7) // 8)
    paper = 1.0 - np.unpackbits(packed, axis=1)[:, :columns].astype(np.float32)
    return np.asarray(cv2.GaussianBlur(paper, (0, 0), 0.8), np.float32)


def lead_over(own: DocumentLayout, other: DocumentLayout) -> float:
    """How surely a perfect print of one layout is told from another, -1..1: the most that `check_kind` can find."""
    drawn = np.ones((round(_DRAWN_MM * POINTS_PER_MM), round(_DRAWN_MM * 1.5 * POINTS_PER_MM)), np.float32)
    template = _template(own.fingerprint, round(own.heading.width * POINTS_PER_MM))
    left, top = round(own.heading.x * POINTS_PER_MM), round(own.heading.y * POINTS_PER_MM)
    drawn[top : top + template.shape[0], left : left + template.shape[1]] = template
    document = np.asarray(40 + 200 * drawn, np.uint8)
    rival = _match(document, other)
    return 1.0 if rival.likeness < MIN_LIKENESS else _lead(document, _match(document, own), rival)
