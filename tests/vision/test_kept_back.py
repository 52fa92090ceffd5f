"""No kept picture shows an identity card, wherever it lies and whatever is wrong. Truth: the renderer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from plant_scenes import (
    SETUPS,
    box_of,
    carrier,
    contents_of,
    document,
    documents_task,
    expected,
    layouts,
    outcomes,
    picture,
    tasks_for,
)

from simulators.world import PlacedPart
from vision.evidence import draw
from vision.judge import judge
from vision.pictures import Shot, decode
from vision.plane import Plane
from vision.printed import identity_character, identity_digest
from vision.verdict import Box, Outcome, Verdict

KEY = "00112233445566778899aabbccddeeff"
NUMBER = "44052419880010100" + identity_character("44052419880010100")
CARD = PlacedPart(document("identity_card", "", text=NUMBER), 15, 350)
LICENCE = PlacedPart(document("vehicle_licence", "4470012345678"), 15, 350)
MOTORCYCLE = contents_of("motorcycle")
PAPER = 150
"""From this grey level on it is a card's paper that is seen."""


def of_documents(lying: list[PlacedPart], ordered: PlacedPart, change: float = 1.0, size: float = 1.0) -> Verdict:
    """:param change: of the light; :param size: of the picture against what the view says."""
    seen = decode(picture("close_up", carrier(lying)))
    changed = cv2.resize(np.asarray(seen * change, np.uint8), None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    digest = identity_digest(KEY, NUMBER) if ordered is CARD else ""
    task = documents_task(expected(ordered, digest=digest), key=KEY)
    return judge(cv2.imencode(".jpg", changed)[1].tobytes(), task)


def of_plates(*lying: PlacedPart) -> Verdict:
    task = replace(tasks_for(MOTORCYCLE)["wide"], personal=True)
    return judge(picture("wide", carrier([*MOTORCYCLE, *lying])), task)


def shown_of(verdict: Verdict, placed: PlacedPart, setup: str, size: float = 1.0) -> int:
    """How light the lightest tenth is of what the evidence keeps of the lower half of a part, its rim left out, and
    without what was drawn on it."""
    wide, high = (round(side * size) for side in SETUPS[setup].size_px)
    marks = decode(draw(Shot(np.zeros((high, wide, 3), np.uint8)), verdict.checks))
    seen = cv2.cvtColor(cv2.subtract(decode(verdict.evidence), marks), cv2.COLOR_BGR2GRAY)
    box, view = box_of(placed), SETUPS[setup].view
    inner = replace(box, x=box.x + 6, y=box.y + box.height / 2, width=box.width - 12, height=box.height / 2 - 6)
    corners = Plane.of_view(view).to_px(np.array(((inner.x, inner.y), (inner.x + inner.width, inner.y + inner.height))))
    (left, top), (right, bottom) = (corners * size * min(1.0, seen.shape[1] / wide)).astype(int)
    return int(np.percentile(seen[top:bottom, left:right], 90))


def test_the_card_alone_is_black_when_all_is_right() -> None:
    verdict = of_documents([CARD], CARD)
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed
    assert shown_of(verdict, CARD, "close_up") < 40
    assert shown_of(verdict, replace(CARD, x=140.0), "close_up") > 70, "bare ground is evidence"


@pytest.mark.parametrize(
    "lying",
    [
        [CARD, replace(CARD, x=118.0)],
        [replace(CARD, x=118.0)],
        [replace(CARD, y=376.0, turn=180.0)],
        [replace(CARD, x=60.0, y=380.0), LICENCE],
    ],
    ids=["a second one", "elsewhere", "half out of the pocket", "under a licence"],
)
@pytest.mark.parametrize("ordered", [CARD, LICENCE], ids=["card ordered", "licence ordered"])
def test_a_card_out_of_place_is_black(lying: list[PlacedPart], ordered: PlacedPart) -> None:
    verdict = of_documents(lying, ordered)
    assert verdict.outcome is not Outcome.ACCEPT
    for placed in lying:
        if placed is not LICENCE:
            assert shown_of(verdict, placed, "close_up") < PAPER
    assert NUMBER[4:12] not in repr(verdict.checks)


def test_a_card_in_place_of_a_licence_is_black_and_its_number_is_not_read() -> None:
    verdict = of_documents([CARD], LICENCE)
    assert outcomes(verdict)["document_kind vehicle_licence"] == "reject"
    assert "document_number" not in {check.name for check in verdict.checks}
    assert shown_of(verdict, CARD, "close_up") < 60


def test_a_licence_beside_a_card_is_still_seen() -> None:
    verdict = of_documents([LICENCE, replace(CARD, x=118.0)], LICENCE)
    assert verdict.outcome is Outcome.REJECT
    assert shown_of(verdict, LICENCE, "close_up") > PAPER


@pytest.mark.parametrize(("change", "size"), [(0.1, 1.0), (1.0, 0.55)], ids=["dark", "of another size"])
def test_a_picture_that_can_not_be_judged_is_black(change: float, size: float) -> None:
    verdict = of_documents([CARD], CARD, change, size)
    assert [check.name for check in verdict.failed] == ["picture_readable"]
    seen = decode(verdict.evidence)
    assert seen[: round(0.85 * seen.shape[0])].max() < 20


@pytest.mark.parametrize(("x", "y"), [(15, 332), (300, 50), (60, 50)], ids=["below", "beside", "on the plate"])
def test_the_other_camera_keeps_no_card_either(x: float, y: float) -> None:
    placed = replace(CARD, x=float(x), y=float(y))
    assert shown_of(of_plates(placed), placed, "wide") < 60


def test_a_line_without_identity_cards_keeps_its_pictures() -> None:
    plain = tuple(layout for layout in layouts() if not layout.identity)
    task = replace(documents_task(expected(LICENCE)), layouts=plain)
    verdict = judge(picture("close_up", carrier([replace(CARD, x=118.0)])), task)
    assert shown_of(verdict, replace(CARD, x=118.0), "close_up") > PAPER


def on_a_larger_form() -> tuple[Verdict, PlacedPart]:
    """A card within a certificate whose heading it leaves free; its number lies where that one's would."""
    placed = PlacedPart(replace(document("driving_licence", "4470012345678"), size_mm=(140.0, 85.0)), 15, 338)
    card = replace(CARD, x=35.0, y=356.0)
    form = next(layout for layout in layouts() if layout.name == "driving_licence")
    # Its heading stands in the middle of the wider form. What stays bare there nobody was taught.
    moved = replace(form.heading, x=form.heading.x + 26)
    wide = replace(form, heading=moved, number=Box(34, 67, 70, 8), blank=())
    others = tuple(layout for layout in layouts() if layout is not form)
    task = replace(documents_task(expected(placed, number="1" * 18), key=KEY), layouts=(*others, wide))
    return judge(picture("close_up", carrier([placed, card])), task), card


def test_a_card_on_a_form_of_which_nobody_knows_what_stays_bare_is_black_and_its_number_not_told() -> None:
    verdict, card = on_a_larger_form()
    failed = outcomes(verdict)
    assert "document_kind driving_licence" not in failed, "its heading is free"
    assert failed["document_number driving_licence"] == "reject"
    assert NUMBER[4:12] not in repr(verdict.checks)
    assert shown_of(verdict, card, "close_up") < 60
