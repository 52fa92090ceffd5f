"""Proving the applied waybill: one label, in its place, with exactly the expected mail number."""

from __future__ import annotations

from dataclasses import replace

from vision.barcodes import Code, read_hard
from vision.codes_in_view import check_foreign
from vision.documents import codes_in
from vision.label_print import check_print
from vision.layouts import flattened_part
from vision.pictures import Picture, Shot
from vision.plane import CARRIER_CODES, Plane, tile_of
from vision.pocket import Thing, things_in, upright
from vision.printed import check_number
from vision.seam import check_seam
from vision.verdict import Box, Check, Outcome, Symbology, WaybillTask

PLACE_MM = 8.0
TURN_DEGREES = 5.0
SIZE_MM = 4.0
"""How much the label's sides may differ from its box; two labels that do not lie exactly on one another are larger."""
MIN_FILL = 0.95
"""A label fills its rectangle; two that overlap leave corners of it free."""
SEARCH_MM = 25.0
"""How far around its place a label is looked for."""


def check_waybill(shot: Shot, plane: Plane, codes: list[Code], task: WaybillTask) -> list[Check]:
    """All checks of the label but the carrier's code; print is graded once, before the jaw, the seam after it."""
    box, reach = task.box, SEARCH_MM
    area = Box(box.x - reach, box.y - reach, box.width + 2 * reach, box.height + 2 * reach)
    seen = upright(shot, plane, area)
    labels = things_in(seen, area, CARRIER_CODES)
    if len(labels) != 1 or not _label_sized(labels[0], box):
        labels = things_in(seen, area, CARRIER_CODES, by_steps=True)
    here = codes_in(codes, plane, area, 0.0)
    here = [code for code in here if code.symbology is Symbology.CODE128]
    if not here and labels:
        here = read_hard(shot.grey, frozenset({Symbology.CODE128}), plane.region(area))
    checks = [
        _code(here, task, plane, bool(labels)),
        _count(labels, here, task, plane),
        _place(labels, here, task, plane),
        check_foreign(codes, task.view, frozenset({(task.mail_number, Symbology.CODE128)})),
    ]
    if len(labels) == 1:
        checks.append(_text(shot.whole, plane, labels[0], here, task))
    if len(here) == 1 and not task.sealed:
        carriers = [code for code in codes if tile_of(code, task.view) is not None]
        checks += check_print(shot.grey, plane, here[0], task, carriers)
    return [*checks, *check_seam(shot.whole, plane, task.view)] if task.sealed else checks


def _code(here: list[Code], task: WaybillTask, plane: Plane, labelled: bool) -> Check:
    name, expected = "waybill_code", task.mail_number
    if not here:
        outcome = Outcome.UNSURE if labelled else Outcome.REJECT
        return Check(name, outcome, "", expected, region=plane.corners(task.box))
    wrong = next((code for code in here if code.text != expected), None)
    code, outcome = (here[0], Outcome.ACCEPT) if wrong is None else (wrong, Outcome.REJECT)
    return Check(name, outcome, "", expected, code.text, region=code.corners)


def _text(picture: Picture, plane: Plane, label: Thing, here: list[Code], task: WaybillTask) -> Check:
    """The human-readable line says what the bars say, read from the print alone."""
    if here and _on_its_head(here[0]):
        label = replace(label, turn=label.turn + 180)
    expected = here[0].text if len(here) == 1 else task.mail_number
    check = check_number(flattened_part(picture, plane, label, task.text), "waybill_text", "", expected)
    return replace(check, region=plane.outline(label.part(task.text)))


def _count(labels: list[Thing], here: list[Code], task: WaybillTask, plane: Plane) -> Check:
    """One thing of a label's size and at most one code; labels that overlap make one larger thing."""
    one = len(labels) == 1 and len(here) <= 1 and _label_sized(labels[0], task.box)
    outcome = Outcome.ACCEPT if one else Outcome.REJECT
    found = "; ".join([str(len(labels)), *(label.text for label in labels), f"{len(here)} codes"])
    expected = f"1; {task.box.width:.0f}x{task.box.height:.0f} mm"
    return Check("waybill_count", outcome, "", expected, found, float(len(labels)), region=plane.corners(task.box))


def _label_sized(label: Thing, box: Box) -> bool:
    same_size = abs(label.width - box.width) <= SIZE_MM and abs(label.height - box.height) <= SIZE_MM
    return same_size and label.fill >= MIN_FILL


def _place(labels: list[Thing], here: list[Code], task: WaybillTask, plane: Plane) -> Check:
    name, box = "waybill_place", task.box
    expected = f"within {PLACE_MM:.0f} mm and {TURN_DEGREES:.0f} degrees"
    if not labels:
        return Check(name, Outcome.REJECT, "", expected, region=plane.corners(box))
    label = labels[0]
    away = max(abs(label.x - box.x - box.width / 2), abs(label.y - box.y - box.height / 2))
    turn = label.turn + (180 if here and _on_its_head(here[0]) else 0)
    outcome = Outcome.ACCEPT if away <= PLACE_MM and abs(turn) <= TURN_DEGREES else Outcome.REJECT
    found = f"{away:.1f} mm, {turn:.1f} degrees"
    return Check(name, outcome, "", expected, found, away, PLACE_MM, plane.outline(label.corners()))


def _on_its_head(code: Code) -> bool:
    """Whether the code reads from right to left. How far it is turned its corners don't tell: they follow one row."""
    return code.corners[0][0] > code.corners[1][0]
