"""Proving what lies in the open mailer: each expected part in its place, and nothing else."""

from __future__ import annotations

from math import hypot

from vision.barcodes import Code
from vision.codes_in_view import check_foreign
from vision.documents import check_document
from vision.pictures import Picture
from vision.plane import Plane
from vision.plates import check_plate
from vision.pocket import Thing, things_in, upright
from vision.verdict import Box, Check, ContentsTask, ExpectedDocument, ExpectedPlate, Outcome

PLACE_MM = 20.0
"""How far a part's middle may lie from its place."""
SIZE_MM = 8.0
"""How much a part's sides may differ from its box."""
TURN_DEGREES = 10.0
MIN_FILL = 0.93
"""A part fills its rectangle; two that overlap leave corners of it free."""

_Part = ExpectedPlate | ExpectedDocument


def check_contents(picture: Picture, plane: Plane, codes: list[Code], task: ContentsTask) -> list[Check]:
    """All checks of an open mailer but the carrier's code."""
    seen = upright(picture, plane, task.pocket)
    things = things_in(seen, task.pocket)
    parts: tuple[_Part, ...] = (*task.plates, *task.documents)
    lying = _matched(things, parts)
    checks = [_count(things, parts, plane, task.pocket)]
    for place, part in enumerate(parts):
        thing = lying.get(place)
        checks.append(_present(thing, part, plane))
        if isinstance(part, ExpectedDocument):
            checks.append(check_document(picture, plane, codes, part, lies=thing is not None))
        elif thing is not None:
            checks += check_plate(seen, task.pocket, plane, thing, part)
    expected = frozenset((document.code, document.symbology) for document in task.documents)
    return [*checks, check_foreign(codes, task.view, expected)]


def _matched(things: list[Thing], parts: tuple[_Part, ...]) -> dict[int, Thing]:
    """For each part, by its position, the nearest thing that can be it; no thing is two parts."""
    pairs = [
        (_distance(thing, part.box), place, thing)
        for place, part in enumerate(parts)
        for thing in things
        if _fits(thing, part.box)
    ]
    lying: dict[int, Thing] = {}
    for _, place, thing in sorted(pairs, key=lambda pair: pair[0]):
        if place not in lying and thing not in lying.values():
            lying[place] = thing
    return lying


def _fits(thing: Thing, box: Box) -> bool:
    same_size = abs(thing.width - box.width) <= SIZE_MM and abs(thing.height - box.height) <= SIZE_MM
    whole = thing.fill >= MIN_FILL and abs(thing.turn) <= TURN_DEGREES
    return same_size and whole and _distance(thing, box) <= PLACE_MM


def _distance(thing: Thing, box: Box) -> float:
    return hypot(thing.x - box.x - box.width / 2, thing.y - box.y - box.height / 2)


def _count(things: list[Thing], parts: tuple[_Part, ...], plane: Plane, pocket: Box) -> Check:
    outcome = Outcome.ACCEPT if len(things) == len(parts) else Outcome.REJECT
    found = "; ".join([str(len(things)), *(thing.text for thing in things)])
    return Check("part_count", outcome, "", str(len(parts)), found, float(len(things)), region=plane.corners(pocket))


def _present(thing: Thing | None, part: _Part, plane: Plane) -> Check:
    name = "plate_present" if isinstance(part, ExpectedPlate) else "document_present"
    box = part.box
    expected = f"{box.width:.0f}x{box.height:.0f} mm at ({box.x + box.width / 2:.0f}, {box.y + box.height / 2:.0f})"
    if thing is None:
        found = "nothing of this size there"
        return Check(name, Outcome.REJECT, part.role, expected, found, region=plane.corners(box))
    away = _distance(thing, box)
    corners = plane.outline(thing.corners())
    return Check(name, Outcome.ACCEPT, part.role, expected, thing.text, away, PLACE_MM, corners)
