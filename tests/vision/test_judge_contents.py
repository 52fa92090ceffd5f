"""The open mailer: what was ordered is accepted, everything else is not. The truth comes from the renderer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from plant_scenes import (
    PRODUCTS,
    carrier,
    contents_of,
    document,
    laid_by_hand,
    number_of,
    outcomes,
    picture,
    plate,
    tasks_for,
)

from simulators.world import PlacedPart
from vision.judge import judge
from vision.looks import after
from vision.verdict import Outcome

CONFUSABLE = {"8": "B", "B": "8", "0": "D", "D": "0", "5": "S", "S": "5", "2": "Z", "Z": "2", "6": "G", "1": "7"}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_ordered_parts_are_accepted(product: str, seed: int) -> None:
    chance = Random(f"{product} {seed}")
    ordered = contents_of(product, number_of(product, chance))
    standing = carrier(laid_by_hand(ordered, chance))
    for camera, task in tasks_for(ordered).items():
        verdict = judge(picture(camera, standing, seed), task)
        assert verdict.outcome is Outcome.ACCEPT, (camera, verdict.failed)
        assert 1000 < len(verdict.evidence) < 150_000


def test_two_row_and_special_plates_are_accepted() -> None:
    for style, text, size in (
        ("yellow", "粤B1234挂", (440, 220)),
        ("white", "粤B1234警", (440, 140)),
        ("black", "粤Z1234港", (440, 140)),
        ("yellow_green", "粤B12345D", (480, 140)),
    ):
        ordered = [PlacedPart(plate(style, text, size), 20, 20)]
        verdict = judge(picture("wide", carrier(ordered)), tasks_for(ordered)["wide"])
        assert verdict.outcome is Outcome.ACCEPT, (text, verdict.failed)


@pytest.mark.parametrize("place", [2, 4, 6])
def test_one_confusable_character_in_one_plate_of_two_is_not_accepted(place: int) -> None:
    chance = Random(place)
    for _ in range(3):
        wrong_character = chance.choice(list(CONFUSABLE))
        number = f"粤B{chance.randrange(10000, 99999)}"
        printed = number[:place] + wrong_character + number[place + 1 :]
        number = number[:place] + CONFUSABLE[wrong_character] + number[place + 1 :]
        ordered = contents_of("small_car", number)
        lying = [ordered[0], PlacedPart(plate("blue", printed, (440, 140)), 30, 170)]
        verdict = judge(picture("wide", carrier(lying), chance.randrange(1000)), tasks_for(ordered)["wide"])
        assert set(outcomes(verdict)) == {"plate_characters plate_1"}, (number, printed)


def test_wrong_province_fails_characters_and_province() -> None:
    ordered = contents_of("motorcycle", "湘B12345")
    lying = contents_of("motorcycle", "浙B12345")
    failed = outcomes(judge(picture("wide", carrier(lying)), tasks_for(ordered)["wide"]))
    assert failed == {"plate_characters plate_0": "reject", "plate_province plate_0": "reject"}


def test_number_that_no_plate_can_bear_is_rejected() -> None:
    ordered = contents_of("motorcycle", "粤B1234?")
    verdict = judge(picture("wide", carrier(contents_of("motorcycle"))), tasks_for(ordered)["wide"])
    assert outcomes(verdict)["plate_characters plate_0"] == "reject"


def test_wrong_colour_is_rejected() -> None:
    ordered = contents_of("motorcycle")
    lying = [replace(ordered[0], part=plate("blue", ordered[0].part.text, (220, 140)))]
    failed = outcomes(judge(picture("wide", carrier(lying)), tasks_for(ordered)["wide"]))
    assert failed == {"plate_colour plate_0": "reject"}


def test_missing_plate_is_rejected() -> None:
    ordered = contents_of("small_car")
    failed = outcomes(judge(picture("wide", carrier(ordered[:1])), tasks_for(ordered)["wide"]))
    assert failed == {"part_count": "reject", "plate_present plate_1": "reject"}


def test_extra_plate_is_rejected() -> None:
    ordered = contents_of("motorcycle")
    lying = [*ordered, PlacedPart(plate("yellow", "粤B99999", (220, 140)), 270, 150)]
    failed = outcomes(judge(picture("wide", carrier(lying)), tasks_for(ordered)["wide"]))
    assert failed == {"part_count": "reject"}


def test_extra_plate_half_on_another_is_rejected() -> None:
    ordered = contents_of("motorcycle")
    lying = [PlacedPart(plate("yellow", "粤B99999", (220, 140)), 80, 60), *ordered]
    verdict = judge(picture("wide", carrier(lying)), tasks_for(ordered)["wide"])
    assert outcomes(verdict) == {"plate_present plate_0": "reject"}


def test_anything_in_a_pocket_that_must_be_empty_is_rejected() -> None:
    task = tasks_for(contents_of("small_car"))["close_up"]
    lying = [PlacedPart(document("vehicle_licence", "4470012345678"), 15, 350)]
    failed = outcomes(judge(picture("close_up", carrier(lying)), task))
    assert failed == {"part_count": "reject", "foreign_code": "reject"}


def test_missing_document_is_rejected() -> None:
    ordered = contents_of("licences")
    failed = outcomes(judge(picture("close_up", carrier(ordered[:1])), tasks_for(ordered)["close_up"]))
    assert failed == {
        "part_count": "reject",
        "document_present driving_licence": "reject",
        "document_code driving_licence": "reject",
    }


def test_document_of_another_order_is_rejected() -> None:
    ordered = contents_of("licences")
    lying = [ordered[0], replace(ordered[1], part=document("driving_licence", "4499999999999"))]
    failed = outcomes(judge(picture("close_up", carrier(lying)), tasks_for(ordered)["close_up"]))
    assert failed == {"document_code driving_licence": "reject", "foreign_code": "reject"}


def test_documents_in_each_others_places_are_rejected() -> None:
    ordered = contents_of("licences")
    lying = [replace(ordered[0], part=ordered[1].part), replace(ordered[1], part=ordered[0].part)]
    failed = outcomes(judge(picture("close_up", carrier(lying)), tasks_for(ordered)["close_up"]))
    assert failed == {"document_code vehicle_licence": "reject", "document_code driving_licence": "reject"}


@pytest.mark.parametrize("seed", range(3))
def test_scratched_code_is_unsure(seed: int) -> None:
    ordered = contents_of("licences")
    lying = [ordered[0], replace(ordered[1], part=document("driving_licence", ordered[1].part.code, readable=False))]
    failed = outcomes(judge(picture("close_up", carrier(lying), seed), tasks_for(ordered)["close_up"]))
    assert failed == {"document_code driving_licence": "unsure"}


def test_another_carriers_code_is_rejected() -> None:
    ordered = contents_of("motorcycle")
    for camera, task in tasks_for(ordered).items():
        verdict = judge(picture(camera, carrier(ordered, number=18)), task)
        assert outcomes(verdict) == {"carrier_code": "reject"}
        assert verdict.failed[0].found == "C018"


def test_covered_carrier_code_is_unsure() -> None:
    ordered = contents_of("licences")
    seen = cv2.imdecode(np.frombuffer(picture("close_up", carrier(ordered)), np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    cv2.rectangle(seen, (1310, 40), (1632, 350), (112, 112, 112), -1)
    covered = cv2.imencode(".jpg", seen)[1].tobytes()
    assert outcomes(judge(covered, tasks_for(ordered)["close_up"])) == {"carrier_code": "unsure"}


def test_empty_zone_is_rejected() -> None:
    ordered = contents_of("small_car")
    assert judge(picture("wide", None), tasks_for(ordered)["wide"]).outcome is Outcome.REJECT


def test_two_pictures_that_leave_a_plate_unsure_are_joined_and_then_held_against_its_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vision.plates.ACCEPT_MARGIN", 1000.0)
    ordered = contents_of("motorcycle", "粤B1234A")
    task = tasks_for(ordered)["wide"]
    first = judge(picture("wide", carrier(ordered), 1), task)
    doubted = {"plate_characters plate_0": "unsure", "plate_province plate_0": "unsure"}
    assert outcomes(first) == doubted
    assert outcomes(judge(picture("wide", carrier(ordered), 1), after(task, first))) == doubted
    second = judge(picture("wide", carrier(ordered), 2), after(task, first))
    assert second.outcome is Outcome.ACCEPT, second.failed
    assert {check.looks for check in second.checks if check.name == "plate_characters"} == {2}
    assert "plate_print" in {check.name for check in second.checks}
    assert not any(check.standing for check in second.checks)
    another = judge(picture("wide", carrier(contents_of("motorcycle", "粤B12344")), 2), after(task, first))
    assert another.outcome is not Outcome.ACCEPT
