"""What lies along a plate's lower edge is told from the maker's mark there. The truth comes from the renderer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from measure_contents import along_edge, judged
from measure_plates import number_for, style_of
from plant_scenes import SETUPS, carrier, contents_of, laid_by_hand, number_of, outcomes, plate, tasks_for

from simulators.matter import Stray, StrayKind
from simulators.render import jpeg, render
from simulators.world import PlacedPart
from vision.judge import judge
from vision.plane import Plane, box_corners
from vision.plate.kinds import LAYOUTS, PlateKind
from vision.plate.lower_edge import MOST_MARK_MM, things_along, unlike_along
from vision.plate_ground import outlines
from vision.pocket import SCALE_PX_PER_MM
from vision.verdict import Box, Outcome


@pytest.mark.parametrize("harsh", [False, True])
@pytest.mark.parametrize("product", ["small_car", "nev", "motorcycle", "ebike"])
def test_a_screw_along_the_lower_edge_is_found(product: str, harsh: bool) -> None:
    chance = Random(f"lower edge {product} {harsh}")
    ordered = contents_of(product, number_of(product, chance))
    laid = laid_by_hand(ordered, chance)
    # Beside the sticker, which is at the right end.
    screw = replace(along_edge(laid[0], "bottom", chance), x=laid[0].x + chance.uniform(12, 70))
    failed = outcomes(judged(laid, ordered, [screw], 85_300, harsh=harsh))
    assert failed.get("plate_clear plate_0") == "reject", failed


@pytest.mark.parametrize("kind", list(PlateKind))
def test_the_makers_mark_is_no_thing(kind: PlateKind) -> None:
    chance = Random(f"mark {kind}")
    ordered = [PlacedPart(plate(style_of(kind), number_for(kind, chance), LAYOUTS[kind].size_mm), 20, 20)]
    verdict = judged(laid_by_hand(ordered, chance), ordered, [], 85_400, harsh=True)
    clear = next(check for check in verdict.checks if check.name == "plate_clear")
    assert clear.outcome is Outcome.ACCEPT


@pytest.mark.parametrize(("marks", "outcome"), [(0, Outcome.REJECT), (1, Outcome.ACCEPT)])
def test_a_recipe_says_how_many_marks_its_plate_bears(marks: int, outcome: Outcome) -> None:
    ordered = contents_of("motorcycle", "粤B12345")
    task = tasks_for(ordered)["wide"]
    asked = replace(task, plates=(replace(task.plates[0], marks=marks),))
    setup = SETUPS["wide"]
    assert judge(jpeg(render(carrier(ordered), setup.view, setup.size_px, seed=85_500)), asked).outcome is outcome


def test_what_lies_at_the_mark_of_one_plate_is_seen_by_the_other() -> None:
    """Together they are no longer than a mark may be."""
    ordered = contents_of("small_car", "粤B12345")
    box = tasks_for(ordered)["wide"].plates[1].box
    screw = Stray(StrayKind.SCREW, box.x + 440 - 12 - 40 - 10, box.y + 140 - 9, 0)
    failed = outcomes(judged(ordered, ordered, [screw], 85_600, harsh=False))
    assert failed, failed


def blue_plate(*things: tuple[float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A bare plate with its border, and white things of so much from the left to the right, mm."""
    height, width = round(140 * SCALE_PX_PER_MM), round(440 * SCALE_PX_PER_MM)
    drawn = np.full((height, width, 3), (150, 60, 20), np.uint8)
    cv2.rectangle(drawn, (4, 4), (width - 5, height - 5), (235, 235, 235), 2)
    for left, right in things:
        corners = [(round(x * SCALE_PX_PER_MM), round(y * SCALE_PX_PER_MM)) for x, y in ((left, 131), (right, 138))]
        cv2.rectangle(drawn, *corners, (235, 235, 235), -1)
    return np.asarray(cv2.GaussianBlur(drawn, (3, 3), 0.7), np.uint8)


def along(*things: tuple[float, float], lean_px: float = 0.0) -> list[Box]:
    drawn = blue_plate(*things)
    onto = np.array(((1, 0, 0), (lean_px / drawn.shape[1], 1, -lean_px)), np.float32)
    leaning = np.asarray(cv2.warpAffine(drawn, onto, drawn.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8)
    bare = np.full(leaning.shape[:2], 255, np.uint8)
    return things_along(np.asarray(cv2.cvtColor(leaning, cv2.COLOR_BGR2GRAY), np.uint8), outlines(leaning), bare)


@pytest.mark.parametrize("lean_px", [-3.0, 0.0, 3.0])
def test_things_are_told_with_their_places_whether_the_border_leans_or_not(lean_px: float) -> None:
    assert along(lean_px=lean_px) == []
    longer, shorter = along((60, 90), (380, 420), lean_px=lean_px)
    assert (longer.x, longer.width) == pytest.approx((380, 40), abs=4)
    assert (shorter.x, shorter.width) == pytest.approx((60, 30), abs=4)
    assert longer.y + longer.height == pytest.approx(140, abs=1)


def test_the_feet_of_characters_in_the_band_are_no_border() -> None:
    """They stand side by side along most of an e-bike's plate; then all above them was taken for the border's."""
    drawn = blue_plate((60, 90), (380, 420))
    bare = np.full(drawn.shape[:2], 255, np.uint8)
    first, last = (round(y * SCALE_PX_PER_MM) for y in (100, 128.5))
    for x in range(30, drawn.shape[1] - 30, 40):
        cv2.rectangle(drawn, (x, first), (x + 30, last), (235, 235, 235), -1)
        cv2.rectangle(bare, (x - 4, first), (x + 34, last + 2), 0, -1)
    grey = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_BGR2GRAY), np.uint8)
    assert [round(thing.x / 20) for thing in things_along(grey, outlines(drawn), bare)] == [19, 3]


def test_what_is_longer_than_a_mark_is_several_things() -> None:
    """As two things at most, one of any length was taken for the two marks of a plate that bears two."""
    assert len(along((300, 300 + MOST_MARK_MM - 8))) == 1
    assert len(along((300, 300 + MOST_MARK_MM + 8))) == 2
    assert len(along((150, 150 + 3 * MOST_MARK_MM + 8))) == 4


def test_pieces_of_one_mark_are_one() -> None:
    (mark,) = along((300, 312), (320, 340))
    assert mark.width == pytest.approx(40, abs=4)


def test_two_plates_whose_marks_lie_elsewhere_are_alike() -> None:
    one, other = [Box(380, 127, 44, 13)], [Box(100, 127, 42, 13)]
    alike = unlike_along(one, other)
    assert alike is not None
    assert alike.width == pytest.approx(2)
    unlike = unlike_along([*one, Box(20, 127, 31, 13)], other)
    assert unlike is not None
    assert (unlike.x, unlike.width) == (20, 31)
    assert unlike_along([], []) is None


@pytest.mark.parametrize("width", [150, 190])
def test_what_lies_along_most_of_the_edge_is_found(width: int) -> None:
    """It hides the border, or its own edge was taken for the border's: then nothing was told at all."""
    ordered = contents_of("motorcycle", "粤B12345")
    task, setup = tasks_for(ordered)["wide"], SETUPS["wide"]
    seen = render(carrier(ordered), setup.view, setup.size_px, seed=85_700)
    box = task.plates[0].box
    place = Box(box.x + 15, box.y + box.height - 9, width, 7)
    corners = Plane.of_view(setup.view).to_px(box_corners(place)).round().astype(np.int32)
    cv2.fillPoly(seen, [corners], (235, 235, 235))
    assert outcomes(judge(jpeg(seen), task)).get("plate_clear plate_0") == "reject"
    things = along((20, 20 + 2 * width))
    assert sum(thing.width for thing in things) > 2 * width
