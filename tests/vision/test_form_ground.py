"""What lies on a certificate, and what its form's bare places tell of those whose copies were the samples."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from plant_scenes import (
    SETUPS,
    carrier,
    document,
    documents_task,
    expected,
    laid_by_hand,
    outcomes,
    picture,
)

from simulators.matter import Stray, StrayKind
from simulators.render import jpeg, render
from simulators.render.optics import HARSH
from simulators.render.papers import document_sprite
from simulators.world import PlacedPart
from vision.form_flags import cells_of
from vision.form_ground import LEAST_SAMPLES, check_clear, known, learn_ground
from vision.form_print import HIDDEN_MM
from vision.judge import judge
from vision.layouts import POINTS_PER_MM, fingerprint
from vision.pictures import Picture
from vision.plane import Plane
from vision.printed import identity_character
from vision.verdict import OTHER_NUMBER, Box, DocumentLayout, Outcome, Verdict

CODES = {"vehicle_licence": "4470012345678", "driving_licence": "4470012345678", "ebike_certificate": "EB0012345678"}
HEADING, NUMBER = Box(20, 3, 48, 8), Box(14, 49, 60, 8)


def judged(style: str, *strays: Stray) -> Verdict:
    placed = PlacedPart(document(style, CODES[style]), 15, 350)
    standing = carrier([placed])
    assert standing.mailer is not None
    standing.mailer.strays = list(strays)
    return judge(picture("close_up", standing, 3), documents_task(expected(placed)))


@pytest.mark.parametrize(
    ("style", "stray"),
    [
        ("vehicle_licence", Stray(StrayKind.SCREW, 44, 362, 43.0)),
        ("driving_licence", Stray(StrayKind.SCREW, 48, 370, 131.0)),
        ("driving_licence", Stray(StrayKind.PAPER, 22, 362, 146.0)),
        ("ebike_certificate", Stray(StrayKind.PAPER, 62, 380, 2.0)),
        # Between lines of print, across them, and along the bars.
        ("vehicle_licence", Stray(StrayKind.SCREW, 24, 365.5, 176.0)),
        ("ebike_certificate", Stray(StrayKind.SCREW, 37, 363.5, 46.0)),
        ("driving_licence", Stray(StrayKind.SCREW, 37, 393.5, 4.0)),
    ],
)
def test_a_thing_that_lies_wholly_on_a_document_is_found(style: str, stray: Stray) -> None:
    verdict = judged(style, stray)
    assert outcomes(verdict).get(f"document_clear {style}") == "reject", outcomes(verdict)
    region = np.array(next(check.region for check in verdict.failed if check.name == "document_clear"))
    left, top = Plane.of_view(SETUPS["close_up"].view).to_px(np.array((stray.x, stray.y)))
    assert np.all(region.max(axis=0) > (left, top - 120))
    assert np.all(region.min(axis=0) < (left + 260, top + 260))


@pytest.mark.parametrize("style", CODES)
@pytest.mark.parametrize("seed", [41, 42])
def test_harsh_light_alone_is_nothing_on_a_document(style: str, seed: int) -> None:
    placed = PlacedPart(document(style, CODES[style]), 15, 350)
    standing, setup = carrier(laid_by_hand([placed], Random(seed))), SETUPS["close_up"]
    seen = jpeg(render(standing, setup.view, setup.size_px, seed=seed, optics=HARSH))
    (clear,) = (check for check in judge(seen, documents_task(expected(placed))).checks if "clear" in check.name)
    assert clear.outcome is Outcome.ACCEPT, clear


def test_a_layout_that_does_not_know_what_stays_bare_makes_no_check() -> None:
    placed = PlacedPart(document("vehicle_licence", CODES["vehicle_licence"]), 15, 350)
    task = documents_task(expected(placed))
    old = replace(task, layouts=tuple(replace(layout, blank=(), plain=(), inked=()) for layout in task.layouts))
    names = {check.name for check in judge(picture("close_up", carrier([placed]), 3), old).checks}
    assert "document_kind" in names
    assert "document_clear" not in names


def test_print_that_is_not_hidden_does_not_say_that_no_card_lies_on_a_document() -> None:
    """What is read there may be a person's number as long as nobody has looked whether the document lies bare."""
    placed = PlacedPart(document("vehicle_licence", CODES["vehicle_licence"]), 15, 350)
    task = documents_task(expected(placed, number="4470099999999"))
    card = card_layout(cards(7))
    told: dict[str, list[str]] = {}
    for name in ("blank", "inked"):
        kept = [replace(each, **dict.fromkeys({"blank", "plain", "inked"} - {name}, ())) for each in task.layouts]
        seen = judge(picture("close_up", carrier([placed]), 3), replace(task, layouts=(*kept, card)))
        told[name] = [check.found for check in seen.checks if check.name == "document_number"]
    assert told == {"blank": [CODES["vehicle_licence"]], "inked": [OTHER_NUMBER]}


def cards(seed: int, count: int = LEAST_SAMPLES) -> list[Picture]:
    """Cards of as many people, without a camera."""
    chance = Random(seed)
    numbers = [f"44052419{chance.randrange(10**9):09d}" for _ in range(count)]
    return [
        document_sprite("identity_card", "", True, (88.0, 60.0), POINTS_PER_MM, each + identity_character(each)).picture
        for each in numbers
    ]


def card_layout(samples: list[Picture]) -> DocumentLayout:
    layout = DocumentLayout("identity_card", HEADING, fingerprint(samples[0], HEADING), identity=True)
    return learn_ground(samples, layout)


def test_the_flags_of_a_persons_card_are_a_solid_bar_where_the_number_stands() -> None:
    """Even when all samples are one person's: no more is kept than where print may stand."""
    layout = card_layout(cards(7, 1) * LEAST_SAMPLES)
    flags = np.unpackbits(np.array([list(bytes.fromhex(row)) for row in layout.blank], np.uint8), axis=1)
    scale = 1.5
    rows = flags[round(NUMBER.y * scale) : round((NUMBER.y + NUMBER.height) * scale), :132]
    covered = [row for row in rows if not row.all()]
    assert len(covered) >= 5
    for row in covered:
        places = np.flatnonzero(row[6:-6] == 0)
        assert np.all(np.diff(places) == 1)


def test_nor_do_those_of_print_tell_what_stands_there() -> None:
    """A row of cells bears print from one end of the number to the other, whoever's it is."""
    layout = card_layout(cards(7, 1) * LEAST_SAMPLES)
    scale = 1.5
    number = slice(round(NUMBER.y * scale), round((NUMBER.y + NUMBER.height) * scale))
    rows = cells_of(layout.inked)[number]
    assert np.count_nonzero(rows.any(axis=1)) >= 5
    for row in rows[rows.any(axis=1)]:
        assert np.all(np.diff(np.flatnonzero(row)) == 1)
    assert cells_of(layout.plain)[number, 6:126].all()


def test_a_scrap_of_the_papers_own_colour_hides_print_that_every_copy_bears() -> None:
    layout = card_layout(cards(7))
    (other,) = cards(8, 1)
    covered = other.copy()
    covered[138:180, 60:132] = other[120, 20]
    check, place = check_clear(covered, "card", layout, (0, 0))
    assert (check.outcome, check.threshold) == (Outcome.REJECT, HIDDEN_MM)
    assert place.y > 40


def test_a_glare_over_lines_of_print_is_no_staircase_of_things() -> None:
    layout = card_layout(cards(7))
    (other,) = cards(8, 1)
    down, right = np.mgrid[: other.shape[0], : other.shape[1]] / POINTS_PER_MM
    spot = 90 * np.exp(-((right - 38) ** 2 + (down - 10) ** 2) / (2 * 9.0**2))
    shining = np.clip(0.6 * other + spot[:, :, None], 0, 255).astype(np.uint8)
    assert check_clear(shining, "card", layout, (0, 0))[0].outcome is Outcome.ACCEPT


def test_a_card_of_somebody_else_is_bare_and_a_speck_on_it_is_allowed() -> None:
    layout = card_layout(cards(7))
    (other,) = cards(8, 1)
    assert check_clear(other, "card", layout, (0, 0))[0].found == "nothing"
    speck, scrap = other.copy(), other.copy()
    speck[100:109, 240:249] = 60
    scrap[100:124, 230:254] = 60
    assert check_clear(speck, "card", layout, (0, 0))[0].outcome is Outcome.ACCEPT
    check, place = check_clear(scrap, "card", layout, (0, 0))
    assert check.outcome is Outcome.REJECT
    # What is that dark darkens the light that is found beside it, so that its place seems larger.
    assert (place.x + place.width / 2, place.y + place.height / 2) == pytest.approx((242 / 3, 112 / 3), abs=2)
    assert 7 < place.width < 16
    assert 7 < place.height < 16


def test_too_few_samples_tell_nothing() -> None:
    assert not known(card_layout(cards(7, LEAST_SAMPLES - 1)))
