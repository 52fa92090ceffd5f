"""Proving what lies in the open mailer: each expected part in its place, and nothing else."""

from __future__ import annotations

from math import hypot

from vision.barcodes import Code
from vision.codes_in_view import check_foreign
from vision.documents import check_document
from vision.outline import sharp_size
from vision.pictures import Picture, Shot
from vision.plane import Plane
from vision.plate_pair import Lying, check_pairs
from vision.plates import flattened
from vision.pocket import Thing, extent, grown, strays_in, things_in, upright
from vision.pose import check_posed_plate
from vision.verdict import Box, Check, ContentsTask, ExpectedDocument, ExpectedPlate, Outcome

PLACE_MM = 20.0
"""How far a part's middle may lie from its place."""
SIZE_MM = 4.0
"""How much a part's sides may differ from its box: a second part under it that sticks out further is seen."""
DOUBTED_MM = 1.0
"""A part that seems larger by no more than this beyond `SIZE_MM` is measured by its sharp outline."""
SHARP_SIZE_MM, SHARP_SIZE_SHARE = 2.0, 0.0025
"""How much a part's sides may then differ, in mm and as a share of the side, since the camera may lean: right ones of
440 mm differ by up to 3 mm."""
OVERHANG_MM = 2.0
"""How far a part may reach beyond the pocket."""
STRAY_MM = 6.0
"""From this extent on a thing that is no part is a finding."""
AROUND_MM = 6.0
"""How far around the pocket is looked, so that a part that reaches out of it is seen to do so."""
TURN_DEGREES = 10.0
MIN_FILL = 0.93
"""A part fills its rectangle; two that overlap leave corners of it free."""

_Part = ExpectedPlate | ExpectedDocument


def check_contents(shot: Shot, plane: Plane, codes: list[Code], task: ContentsTask) -> list[Check]:
    """All checks of an open mailer but the carrier's code."""
    area = grown(task.pocket, AROUND_MM)
    seen = upright(shot, plane, area)
    things = things_in(seen, area)
    parts: tuple[_Part, ...] = (*task.plates, *task.documents)
    lying = _matched(things, parts, seen, area)
    if not len(lying) == len(things) == len(parts):
        things = things_in(seen, area, by_steps=True)
        lying = _matched(things, parts, seen, area)
    checks = [_count(things, parts, plane, task.pocket), _strays(seen, area, things, plane, task.pocket)]
    accepted: dict[str, Lying] = {}
    for place, part in enumerate(parts):
        thing = lying.get(place)
        checks.append(_present(thing, part, plane))
        if thing is not None:
            checks.append(_inside(thing, part, plane, task.pocket))
        if isinstance(part, ExpectedDocument):
            checks += check_document(shot, plane, codes, part, thing, task)
        elif thing is not None:
            alone = flattened(seen, area, thing)
            said = check_posed_plate(alone, plane, thing, part)
            checks += said.checks
            if all(check.outcome is Outcome.ACCEPT for check in said.checks):
                accepted[part.role] = Lying(thing, alone, said.along)
    checks += check_pairs(plane, task.plates, accepted)
    expected = frozenset((document.code, document.symbology) for document in task.documents)
    return [*checks, check_foreign(codes, task.view, expected)]


def _matched(things: list[Thing], parts: tuple[_Part, ...], seen: Picture, area: Box) -> dict[int, Thing]:
    """For each part, by its position, the nearest thing that can be it; no thing is two parts."""
    pairs = [
        (_distance(thing, part.box), place, thing)
        for place, part in enumerate(parts)
        for thing in things
        if _fits(thing, part.box, seen, area)
    ]
    lying: dict[int, Thing] = {}
    for _, place, thing in sorted(pairs, key=lambda pair: pair[0]):
        if place not in lying and thing not in lying.values():
            lying[place] = thing
    return lying


def _fits(thing: Thing, box: Box, seen: Picture, area: Box) -> bool:
    whole = thing.fill >= MIN_FILL and abs(thing.turn) <= TURN_DEGREES
    if not whole or _distance(thing, box) > PLACE_MM:
        return False
    size = thing.width, thing.height
    if SIZE_MM < _differs(size, box) <= SIZE_MM + DOUBTED_MM:
        sharp = sharp_size(seen, area, thing)
        return all(
            abs(side - wanted) <= SHARP_SIZE_MM + SHARP_SIZE_SHARE * wanted
            for side, wanted in zip(sharp, (box.width, box.height), strict=True)
        )
    return _differs(size, box) <= SIZE_MM


def _differs(size: tuple[float, float], box: Box) -> float:
    return max(abs(size[0] - box.width), abs(size[1] - box.height))


def _distance(thing: Thing, box: Box) -> float:
    return hypot(thing.x - box.x - box.width / 2, thing.y - box.y - box.height / 2)


def _count(things: list[Thing], parts: tuple[_Part, ...], plane: Plane, pocket: Box) -> Check:
    outcome = Outcome.ACCEPT if len(things) == len(parts) else Outcome.REJECT
    found = "; ".join([str(len(things)), *(thing.text for thing in things)])
    return Check("part_count", outcome, "", str(len(parts)), found, float(len(things)), region=plane.corners(pocket))


def _strays(seen: Picture, area: Box, things: list[Thing], plane: Plane, pocket: Box) -> Check:
    """Nothing may lie beside the parts: what has an outline is a thing, be it as grey as the mailer."""
    strays = strays_in(seen, area, pocket, things)
    largest = max(strays, key=extent, default=None)
    name, expected = "foreign_thing", f"nothing from {STRAY_MM:.0f} mm"
    if largest is None or extent(largest) < STRAY_MM:
        found = 0.0 if largest is None else extent(largest)
        return Check(name, Outcome.ACCEPT, "", expected, "nothing", found, STRAY_MM, plane.corners(pocket))
    found_text = f"{len(strays)}; {largest.width:.0f}x{largest.height:.0f} mm at ({largest.x:.0f}, {largest.y:.0f})"
    score = extent(largest)
    return Check(name, Outcome.REJECT, "", expected, found_text, score, STRAY_MM, plane.corners(largest))


def _inside(thing: Thing, part: _Part, plane: Plane, pocket: Box) -> Check:
    """The whole part lies in the mailer's pocket."""
    corners = thing.corners()
    low, high = corners.min(axis=0), corners.max(axis=0)
    out = max(
        pocket.x - low[0], pocket.y - low[1], high[0] - pocket.x - pocket.width, high[1] - pocket.y - pocket.height
    )
    overhang = max(0.0, float(out))
    outcome = Outcome.ACCEPT if overhang <= OVERHANG_MM else Outcome.REJECT
    expected, found = f"at most {OVERHANG_MM:.0f} mm out of the pocket", f"{overhang:.1f} mm"
    outline = plane.outline(corners)
    return Check("part_inside", outcome, part.role, expected, found, overhang, OVERHANG_MM, outline)


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
