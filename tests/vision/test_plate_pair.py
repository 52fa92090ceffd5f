"""What lies on one plate of a pair is seen by the other. The truth comes from the renderer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from measure_contents import judged
from plant_scenes import SETUPS, carrier, contents_of, laid_by_hand, number_of, outcomes, tasks_for

from simulators.matter import Stray, StrayKind
from simulators.render import jpeg, render
from vision.judge import judge
from vision.plate_pair import odd_between
from vision.pocket import SCALE_PX_PER_MM
from vision.verdict import Outcome

SHAPE = (round(140 * SCALE_PX_PER_MM), round(440 * SCALE_PX_PER_MM), 3)


@pytest.mark.parametrize("harsh", [False, True])
@pytest.mark.parametrize("product", ["small_car", "nev"])
def test_the_two_plates_of_a_pair_are_alike(product: str, harsh: bool) -> None:
    chance = Random(f"{product} {harsh}")
    ordered = contents_of(product, number_of(product, chance))
    verdict = judged(laid_by_hand(ordered, chance), ordered, [], 86_100, harsh=harsh)
    assert outcomes(verdict) == {}
    assert [check.subject for check in verdict.checks if check.name == "plate_alike"] == ["plate_1"]


@pytest.mark.parametrize("place", [0, 1])
def test_a_screw_on_a_provinces_character_is_seen_by_the_other_plate(place: int) -> None:
    """No die is so like each press's that what lies on a province could be told from its ink."""
    ordered = contents_of("small_car", "粤B12345")
    box = tasks_for(ordered)["wide"].plates[place].box
    screw = Stray(StrayKind.SCREW, box.x + 40, box.y + 70, 80)
    failed = outcomes(judged(ordered, ordered, [screw], 86_200, harsh=False))
    assert set(failed.values()) == {"reject"}, failed


def test_a_plate_that_is_alone_is_compared_with_none() -> None:
    ordered = contents_of("motorcycle")
    verdict = judged(ordered, ordered, [], 86_300, harsh=False)
    assert verdict.outcome is Outcome.ACCEPT
    assert not [check for check in verdict.checks if check.name == "plate_alike"]


def test_plates_of_two_numbers_are_no_pair() -> None:
    ordered = contents_of("small_car", "粤B12345")
    task = tasks_for(ordered)["wide"]
    first, second = task.plates
    other = replace(second, text="粤B54321")
    changed = replace(task, plates=(first, other))
    standing, setup = carrier(ordered), SETUPS["wide"]
    seen = jpeg(render(standing, setup.view, setup.size_px, seed=86_400))
    verdict = judge(seen, changed)
    assert not [check for check in verdict.checks if check.name == "plate_alike"]


def test_what_one_plate_has_alone_is_told_with_its_place_and_light_is_not() -> None:
    plate = np.full(SHAPE, (150, 60, 20), np.uint8)
    cv2.putText(plate, "B12345", (60, 130), cv2.FONT_HERSHEY_SIMPLEX, 3.4, (235, 235, 235), 12)
    dimmer = np.asarray(plate * np.linspace(0.8, 1.0, SHAPE[1])[None, :, None], np.uint8)
    assert odd_between(plate, dimmer) is None
    marked = plate.copy()
    x, y = (round(each * SCALE_PX_PER_MM) for each in (200, 60))
    cv2.rectangle(marked, (x, y), (x + 36, y + 9), (90, 90, 90), -1)
    for one, other in ((marked, plate), (plate, marked)):
        odd = odd_between(one, other)
        assert odd is not None
        assert (odd.x, odd.y) == pytest.approx((200, 60), abs=3)
        assert odd.width == pytest.approx(36 / SCALE_PX_PER_MM, abs=4)
