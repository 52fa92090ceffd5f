"""Proving one certificate: its code, its kind and pose, and what is printed on it beside the code."""

from __future__ import annotations

from dataclasses import replace

from vision.barcodes import Code, read_hard
from vision.form_ground import check_clear, known
from vision.layouts import check_kind, coarse, flattened_part
from vision.pictures import Picture, Shot
from vision.plane import Plane
from vision.pocket import Thing
from vision.printed import check_identity, check_number, check_zone
from vision.verdict import (
    OTHER_NUMBER,
    UNSURE_NUMBER,
    Box,
    Check,
    ContentsTask,
    DocumentLayout,
    ExpectedDocument,
    Outcome,
    worst,
)

PLACE_MARGIN_MM = 10.0
"""How far outside its box a certificate's code may stand."""
_READ = ("document_number", "document_zone")
"""Checks that tell what was read."""


def check_document(
    shot: Shot,
    plane: Plane,
    codes: list[Code],
    document: ExpectedDocument,
    thing: Thing | None,
    task: ContentsTask,
) -> list[Check]:
    """All that is asked of a certificate in its place.

    :param codes: all codes of the picture.
    :param thing: what lies there: a document without a readable code is unsure, none at all a reject.
    """
    checks = [_code(shot.whole, plane, codes, document, lies=thing is not None)] if document.code else []
    layout = next((layout for layout in task.layouts if layout.name == document.kind), None)
    identity = layout is not None and layout.identity
    if thing is None:
        return [*checks, _nothing_to_compare(document, plane, task.pocket)] if identity else checks
    if not document.kind:
        return checks
    small, outline = coarse(shot, plane, thing), plane.outline(thing.corners())
    kind, off = check_kind(small, document.role, document.kind, task.layouts)
    checks += [replace(check, region=outline) for check in kind]
    bare = False
    if layout is not None and known(layout) and worst(tuple(kind)) is not Outcome.REJECT:
        clear, place = check_clear(small, document.role, layout, off)
        checks.append(replace(clear, region=plane.outline(thing.part(place))))
        # Print that is not hidden tells nothing of a card beside it.
        bare = clear.outcome is Outcome.ACCEPT and bool(layout.blank or layout.plain)
    if layout is None or worst(tuple(kind)) is Outcome.REJECT:
        # What another kind bears in that place is not this one's number, and may be what nobody may read: a person's.
        return checks
    printed = _printed(shot.whole, plane, document, thing, layout, task.digest_key)
    if not bare and any(each.identity for each in task.layouts):
        printed = [_untold(check) for check in printed]
    return [*checks, *printed]


def codes_in(codes: list[Code], plane: Plane, box: Box, margin_mm: float) -> list[Code]:
    """The codes whose middle lies in a box or within a margin around it."""
    region = plane.region(box, margin_mm)
    return [
        code
        for code in codes
        if region.left <= code.centre[0] <= region.right and region.top <= code.centre[1] <= region.bottom
    ]


def _code(picture: Picture, plane: Plane, codes: list[Code], document: ExpectedDocument, lies: bool) -> Check:
    """The code in its place is exactly the expected one, in the expected symbology."""
    here = codes_in(codes, plane, document.box, PLACE_MARGIN_MM)
    if not here and lies:
        region = plane.region(document.box, PLACE_MARGIN_MM)
        here = read_hard(picture, frozenset({document.symbology}), region)
    expected = f"{document.symbology.value} {document.code}"
    if not here:
        outcome = Outcome.UNSURE if lies else Outcome.REJECT
        return Check("document_code", outcome, document.role, expected, region=plane.corners(document.box))
    wrong = next((code for code in here if (code.text, code.symbology) != (document.code, document.symbology)), None)
    code, outcome = (here[0], Outcome.ACCEPT) if wrong is None else (wrong, Outcome.REJECT)
    found = f"{code.symbology.value} {code.text}"
    return Check("document_code", outcome, document.role, expected, found, region=code.corners)


def _printed(
    picture: Picture, plane: Plane, document: ExpectedDocument, thing: Thing, layout: DocumentLayout, key: str
) -> list[Check]:
    """What the layout says is printed; the number beside a code must say the same as the code."""
    checks = []
    if layout.zone is not None:
        region = plane.outline(thing.part(layout.zone))
        zone = check_zone(flattened_part(picture, plane, thing, layout.zone), document)
        checks += [replace(check, region=region) for check in zone]
    if layout.number is not None:
        print_of = flattened_part(picture, plane, thing, layout.number)
        if layout.identity:
            number = replace(check_identity(print_of, document, key), region=plane.outline(thing.corners()))
        else:
            number = check_number(print_of, "document_number", document.role, document.number or document.code)
            number = replace(number, region=plane.outline(thing.part(layout.number)))
        checks.append(number)
    return checks


def _untold(check: Check) -> Check:
    """A check of print without what stands there instead: an identity card may lie there, and its number be read."""
    if check.name not in _READ or check.outcome is Outcome.ACCEPT or not check.found:
        return check
    return replace(check, found=OTHER_NUMBER if check.outcome is Outcome.REJECT else UNSURE_NUMBER)


def _nothing_to_compare(document: ExpectedDocument, plane: Plane, pocket: Box) -> Check:
    expected = "the order's number"
    return Check("identity_number", Outcome.REJECT, document.role, expected, "no card", region=plane.corners(pocket))
