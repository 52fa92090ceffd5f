"""Learns a product's vision part from sample pictures: where its parts lie, how its documents look, with what margin.

Pure: pictures in, what was found out. Whether to keep it is the technician's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, hypot

import cv2
import numpy as np

from vision.barcodes import Code, read, read_hard
from vision.form_ground import learn_ground
from vision.layouts import PRINT_PX_PER_MM, coarse, cut, fingerprint, flattened
from vision.pictures import Picture, Shot, as_grey
from vision.plane import Plane, fit
from vision.plate.city import check_city, taught_print
from vision.pocket import Thing, grown, things_in, upright
from vision.print_reader import printed_margin, read_printed
from vision.printed import ACCEPT_MARGIN
from vision.verdict import Box, DocumentLayout, ExpectedPlate, PlateColour, Symbology, View

REACH_MM = 40.0
"""How far from the recipe's place a part may lie to be taken for it."""
SIZE_MM = 20.0

_HEADING_MM = (3.0, 14.0)
"""Least and greatest height of a heading's print."""
_HEADING_SHARE = 0.45
"""A heading stands in this upper share of a document."""
_NUMBER_MM = (1.5, 8.0)
_NUMBER_BELOW_MM = 8.0
"""How far under its bars a code's number is looked for."""
LEAST_COPIES = 4
"""Different copies, by their codes, that must be among the samples for it to be known where they differ."""
_RIM_MM = 1.5
"""The document's own edge is no print."""
_MARGIN_MM = 1.0
_NUMBER_ROOM_MM = 4.0
"""Left and right of a number: the next one may be wider."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part to be taught. :ivar box: where the recipe lays it now; :ivar symbology: of a document's code.

    :ivar city: whose name an e-bike's plate bears; empty: none is learned.
    """

    role: str
    box: Box
    document: bool
    symbology: Symbology
    city: str = ""


@dataclass(frozen=True, slots=True)
class TaughtPart:
    """What the samples showed of one part.

    :ivar unseen: which pictures do not show it, counted from 0.
    :ivar box: mean place and size; :ivar place_mm: furthest sample from it; :ivar size_mm: likewise of a side.
    :ivar layout: of a document; None when no heading was found.
    :ivar city_print: the ink of the city's name on a plate; empty when none was found.
    :ivar city_lead: least lead of that name over any other's in the samples.
    :ivar number_margin: least margin of the printed number against its rivals, in logits; None: none was found.
    """

    role: str
    samples: int
    box: Box
    place_mm: float
    size_mm: float
    layout: DocumentLayout | None = None
    number_margin: float | None = None
    city_print: str = ""
    city_lead: float | None = None
    unseen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One part in one sample."""

    thing: Thing
    shot: Shot
    plane: Plane
    code: Code | None


def teach(pictures: list[Picture], view: View, pocket: Box, wanted: tuple[Wanted, ...]) -> list[TaughtPart]:
    """Learn the parts of a product from pictures of one camera; a part that no sample shows is left out."""
    seen: dict[str, list[_Seen]] = {part.role: [] for part in wanted}
    unseen: dict[str, list[int]] = {part.role: [] for part in wanted}
    for number, picture in enumerate(pictures):
        there = _parts_in(picture, view, pocket, wanted)
        for part in wanted:
            if part.role in there:
                seen[part.role].append(there[part.role])
            else:
                unseen[part.role].append(number)
    found = [part for part in wanted if seen[part.role]]
    return [replace(_taught(part, seen[part.role]), unseen=tuple(unseen[part.role])) for part in found]


def lacking(picture: Picture, view: View, pocket: Box, wanted: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """Those of the parts that one sample does not show."""
    there = _parts_in(picture, view, pocket, wanted)
    return tuple(part for part in wanted if part.role not in there)


def _parts_in(picture: Picture, view: View, pocket: Box, wanted: tuple[Wanted, ...]) -> dict[str, _Seen]:
    """The parts that a sample shows, by role."""
    codes = read(picture, frozenset({Symbology.QR, *(part.symbology for part in wanted if part.document)}))
    plane = fit(codes, view)
    area = grown(pocket, 6.0)
    shot = Shot(picture)
    things = things_in(upright(shot, plane, area), area)
    there = {}
    for part in wanted:
        thing = min((each for each in things if _may_be(each, part)), key=lambda each: _away(each, part), default=None)
        if thing is None:
            continue
        code = _code_on(codes, plane, thing, part) if part.document else None
        if part.document and code is None:
            harder = read_hard(picture, frozenset({part.symbology}), plane.region(part.box, REACH_MM / 4))
            code = _code_on(harder, plane, thing, part)
        there[part.role] = _Seen(thing, shot, plane, code)
    return there


def _away(thing: Thing, part: Wanted) -> float:
    return hypot(thing.x - part.box.x - part.box.width / 2, thing.y - part.box.y - part.box.height / 2)


def _may_be(thing: Thing, part: Wanted) -> bool:
    wide, high = abs(thing.width - part.box.width), abs(thing.height - part.box.height)
    return wide <= SIZE_MM and high <= SIZE_MM and _away(thing, part) <= REACH_MM


def _code_on(codes: list[Code], plane: Plane, thing: Thing, part: Wanted) -> Code | None:
    for code in codes:
        x, y = _within(plane, thing, code)
        if code.symbology is part.symbology and 0 < x < thing.width and 0 < y < thing.height:
            return code
    return None


def _within(plane: Plane, thing: Thing, code: Code) -> tuple[float, float]:
    """Middle of a code in mm from the thing's upper left corner."""
    first, along, down = thing.corners()[0], thing.corners()[1], thing.corners()[3]
    offset = plane.to_mm(np.array((code.centre,)))[0] - first
    return float(offset @ (along - first)) / thing.width, float(offset @ (down - first)) / thing.height


def _taught(part: Wanted, seen: list[_Seen]) -> TaughtPart:
    rows = np.array([(each.thing.x, each.thing.y, each.thing.width, each.thing.height) for each in seen])
    x, y, width, height = (float(value) for value in rows.mean(axis=0))
    place = float(np.hypot(rows[:, 0] - x, rows[:, 1] - y).max())
    size = float(np.abs(rows[:, 2:] - (width, height)).max())
    box = Box(round(x - width / 2, 1), round(y - height / 2, 1), round(width, 1), round(height, 1))
    if not part.document:
        return _with_city(TaughtPart(part.role, len(seen), box, place, size), part, seen)
    alone = [flattened(each.shot.whole, each.plane, each.thing) for each in seen]
    heading = _heading(alone[0])
    if heading is None:
        return TaughtPart(part.role, len(seen), box, place, size)
    number, margin = _number(alone, seen)
    small = [coarse(each.shot, each.plane, each.thing) for each in seen]
    mean = np.mean([_sized(each, small[0]) for each in small], axis=0).astype(np.uint8)
    layout = DocumentLayout(part.role, heading, fingerprint(mean, heading), number)
    codes = {each.code.text for each in seen if each.code is not None}
    if not codes or len(codes) >= LEAST_COPIES:
        layout = learn_ground(small, layout)
    return TaughtPart(part.role, len(seen), box, place, size, layout, margin)


def _with_city(taught: TaughtPart, part: Wanted, seen: list[_Seen]) -> TaughtPart:
    """A plate with what its city's name looks like, where the recipe names one."""
    if not part.city:
        return taught
    alone = [flattened(each.shot.whole, each.plane, each.thing) for each in seen]
    print_of = taught_print(alone)
    if not print_of:
        return replace(taught, city_lead=0.0)
    plate = ExpectedPlate(part.role, "", PlateColour.WHITE, taught.box, part.city, print_of)
    lead = min(check.score or 0.0 for each in alone for check in check_city(each, plate))
    return replace(taught, city_print=print_of, city_lead=lead)


def _sized(picture: Picture, like: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (like.shape[1], like.shape[0])), np.uint8)


def _heading(alone: Picture) -> Box | None:
    """The uppermost line of print that is high enough; its place in whole mm."""
    low, high = _HEADING_MM
    for top, bottom in _bands(alone, 0, alone.shape[1]):
        if low <= (bottom - top) / PRINT_PX_PER_MM <= high and bottom < _HEADING_SHARE * alone.shape[0]:
            return _around(alone, top, bottom)
    return None


def _number(alone: list[Picture], seen: list[_Seen]) -> tuple[Box | None, float | None]:
    """The print under the bars that says what the bars say, in every sample; None when there is none."""
    code = seen[0].code
    if code is None:
        return None, None
    _, y = _within(seen[0].plane, seen[0].thing, code)
    found = None
    for top, bottom in _bands(alone[0], 0, alone[0].shape[1]):
        below = top / PRINT_PX_PER_MM - y
        high = (bottom - top) / PRINT_PX_PER_MM
        if 0 < below <= _NUMBER_BELOW_MM + 8.0 and _NUMBER_MM[0] <= high <= _NUMBER_MM[1]:
            found = _around(alone[0], top, bottom, _NUMBER_ROOM_MM)
            break
    if found is None:
        return None, None
    margins = [_margin(picture, found, each.code) for picture, each in zip(alone, seen, strict=True)]
    least = min(margins)
    return (found, least) if least >= ACCEPT_MARGIN else (None, least)


def _margin(picture: Picture, box: Box, code: Code | None) -> float:
    if code is None:
        return -100.0
    line = read_printed(cut(picture, box, PRINT_PX_PER_MM), len(code.text))
    return printed_margin(line, code.text)[0] if line is not None else -100.0


def _bands(alone: Picture, left: int, right: int) -> list[tuple[int, int]]:
    """Rows of print from the top, as first and last pixel row."""
    ink = _ink(alone)[:, left:right].any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], ink, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _around(alone: Picture, top: int, bottom: int, room_mm: float = _MARGIN_MM) -> Box:
    """A row of print with room around it, in whole mm within the document. :param room_mm: left and right."""
    columns = np.flatnonzero(_ink(alone)[top:bottom].any(axis=0)) / PRINT_PX_PER_MM
    left, right = max(0, floor(columns[0] - room_mm)), ceil(columns[-1] + room_mm)
    first, last = max(0, floor(top / PRINT_PX_PER_MM - _MARGIN_MM)), ceil(bottom / PRINT_PX_PER_MM + _MARGIN_MM)
    width, height = alone.shape[1] / PRINT_PX_PER_MM, alone.shape[0] / PRINT_PX_PER_MM
    return Box(left, first, min(right, floor(width)) - left, min(last, floor(height)) - first)


def _ink(alone: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where dark print lies, the document's rim left out."""
    grey = cv2.GaussianBlur(as_grey(alone), (3, 3), 0)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = np.asarray(grey < level, np.bool_)
    rim = round(_RIM_MM * PRINT_PX_PER_MM)
    ink[:rim], ink[-rim:], ink[:, :rim], ink[:, -rim:] = False, False, False, False
    return ink
