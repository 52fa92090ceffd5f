"""The city above an e-bike's number: the one that the recipe or the order names, and no other."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from plant_scenes import carrier, outcomes, picture, plate, tasks_for

from simulators.render.plate_photos import plate_photo
from simulators.render.plates import plate_sprite
from simulators.world import PlacedPart
from vision.judge import judge
from vision.looks import clear, joined
from vision.pictures import Picture
from vision.plate.city import CITIES, check_city, taught_print
from vision.plate.city_in_cutout import check_city_in_cutout
from vision.plate.kinds import PlateKind, kind_of, number_in
from vision.plates import verify_crop
from vision.verdict import Box, ExpectedPlate, Outcome, PlateColour

SIZE = (180.0, 95.0)
PLATE = ExpectedPlate("plate", "A12345", PlateColour.WHITE, Box(30, 20, *SIZE))


def seen(city: str, px_per_mm: float = 1.3, blur: float = 0.8) -> Picture:
    """An e-bike's plate alone, as the wide camera shows it."""
    drawn = plate_sprite("ebike", f"{city}A12345", "PM0000000001", SIZE, 2.9).picture
    size = round(SIZE[0] * px_per_mm), round(SIZE[1] * px_per_mm)
    return np.asarray(cv2.GaussianBlur(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), (0, 0), blur), np.uint8)


@pytest.mark.parametrize("city", CITIES)
def test_each_city_is_known_and_taken_for_no_other(city: str) -> None:
    printed = seen(city)
    (own,) = check_city(printed, replace(PLATE, city=city))
    assert (own.outcome, own.found) == (Outcome.ACCEPT, city)
    for other in CITIES:
        if other != city:
            (check,) = check_city(printed, replace(PLATE, city=other))
            assert (check.outcome, check.found) == (Outcome.REJECT, city)


def test_no_city_is_looked_at_where_none_is_named() -> None:
    assert check_city(seen("深圳"), PLATE) == []


def test_an_order_that_names_another_city_than_the_recipe_is_rejected() -> None:
    (check,) = check_city(seen("深圳"), replace(PLATE, text="广州A12345", city="深圳"))
    assert check.outcome is Outcome.REJECT


def test_a_city_that_nobody_drew_is_known_once_it_is_taught() -> None:
    printed = seen("长沙")
    (untaught,) = check_city(printed, replace(PLATE, city="长沙"))
    assert (untaught.outcome, untaught.found) == (Outcome.REJECT, "no such city is taught")
    learned = taught_print([printed, seen("长沙", blur=1.1)])
    (taught,) = check_city(seen("长沙", blur=0.6), replace(PLATE, city="长沙", city_print=learned))
    assert taught.outcome is Outcome.ACCEPT
    (other,) = check_city(seen("深圳"), replace(PLATE, city="长沙", city_print=learned))
    assert other.outcome is Outcome.REJECT


def test_a_bare_head_bears_no_city() -> None:
    bare = seen("深圳")
    bare[10:40, 60:180] = 238
    (check,) = check_city(bare, replace(PLATE, city="深圳"))
    assert (check.outcome, check.found) == (Outcome.REJECT, "nothing printed there")
    assert taught_print([bare]) == ""


def test_a_city_that_begins_with_a_provinces_character_is_no_number() -> None:
    assert number_in("云浮A12345") == "A12345"
    assert number_in("粤B12345") == "粤B12345"
    assert kind_of("云浮A12345", PlateColour.WHITE, SIZE[0] / SIZE[1]) is PlateKind.EBIKE


def test_the_line_asks_for_the_recipes_city() -> None:
    lying = [PlacedPart(plate("ebike", "深圳A12345", SIZE), 30, 20)]
    ordered = [PlacedPart(plate("ebike", "A12345", SIZE), 30, 20)]
    task = tasks_for(ordered)["wide"]
    shown = picture("wide", carrier(lying))
    right = replace(task, plates=(replace(task.plates[0], city="深圳"),))
    verdict = judge(shown, right)
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed
    assert next(check for check in verdict.checks if check.name == "plate_city").region
    wrong = replace(task, plates=(replace(task.plates[0], city="广州"),))
    assert outcomes(judge(shown, wrong)) == {"plate_city plate_0": "reject"}


def test_a_cut_out_is_asked_for_the_city_before_its_number() -> None:
    cut_out = seen("惠州", 2.0, 0.5)
    assert verify_crop(cut_out, "惠州A12345", PlateKind.EBIKE).outcome is Outcome.ACCEPT
    assert outcomes(verify_crop(cut_out, "潮州A12345", PlateKind.EBIKE)) == {"plate_city": "reject"}


@pytest.mark.parametrize("city", ["广州", "中山", "东莞"])
def test_a_small_cut_out_in_bad_light_shows_its_city_in_three_looks_and_never_another(city: str) -> None:
    photos = [plate_photo("ebike", f"{city}T7746B", (180.0, 95.0), seed) for seed in range(3)]
    assert any(check_city_in_cutout(each, f"{city}T7746B")[0].outcome is Outcome.ACCEPT for each in photos)
    others = [check_city_in_cutout(photo, f"{other}T7746B")[0] for photo in photos for other in CITIES if other != city]
    assert {check.outcome for check in others} <= {Outcome.REJECT, Outcome.UNSURE}
    assert check_city_in_cutout(photos[0], "T7746B") == []


def test_two_looks_that_each_leave_the_city_unsure_are_sure_of_it_together_and_of_no_other() -> None:
    text = "惠州LPQFVV"
    photos = [plate_photo("ebike", text, SIZE, seed) for seed in (71_271, 71_273)]
    alone = [verify_crop(each, text, PlateKind.EBIKE) for each in photos]
    assert [outcomes(each) for each in alone] == [{"plate_city": "unsure"}] * 2
    together = verify_crop(photos[1], text, PlateKind.EBIKE, clear(alone[0].checks))
    assert together.outcome is Outcome.ACCEPT
    assert [check.looks for check in together.checks if check.name == "plate_city"] == [2]
    for other in (city for city in CITIES if city != "惠州"):
        first, second = (check_city_in_cutout(each, f"{other}LPQFVV")[0] for each in photos)
        assert joined(second, ((first,),)).outcome is not Outcome.ACCEPT, other


def test_a_cut_out_without_a_city_is_unsure() -> None:
    (check,) = check_city_in_cutout(np.full((80, 150, 3), 230, np.uint8), "广州T7746B")
    assert (check.outcome, check.found) == (Outcome.UNSURE, "nothing readable there")
