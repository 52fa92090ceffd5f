"""Certificates: kind and pose by layout, the printed number, a permit's zone, an identity card. Truth: the renderer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from plant_scenes import (
    PERMIT_ZONE,
    SETUPS,
    carrier,
    document,
    documents_task,
    expected,
    laid_by_hand,
    outcomes,
    picture,
)

from simulators.numbers import core_number
from simulators.render.papers import document_sprite
from simulators.world import PlacedPart
from vision.judge import judge
from vision.layouts import PRINT_PX_PER_MM, cut
from vision.pictures import Picture, decode
from vision.plane import Plane
from vision.printed import check_zone, identity_character, identity_digest, zone_digit
from vision.verdict import Outcome, Verdict

KEY = "00112233445566778899aabbccddeeff"
STYLES = ("vehicle_licence", "driving_licence", "ebike_certificate")


def code_for(style: str, chance: Random) -> str:
    digits = f"{chance.randrange(10**10):010d}"
    return f"EB{digits}" if style == "ebike_certificate" else core_number("44", digits)


def permit(number: str, spoil: int | None = None) -> str:
    """Three machine-readable lines, every check digit right; `spoil` puts another digit at that place."""
    fields = (f"CS{number}", "301019", "900101")
    first = fields[0] + zone_digit(number) + "<" + "".join(f"{each}{zone_digit(each)}<" for each in fields[1:]) + "0"
    if spoil is not None:
        first = first[:spoil] + str((int(first[spoil]) + 3) % 10) + first[spoil + 1 :]
    return "\n".join((first, "ABCDEFGHIJKL<ZHANG<<SAN<<<<<<<", "<" * 30))


def judged(lying: list[PlacedPart], task_of: PlacedPart, seed: int = 1, **changes: str) -> Verdict:
    return judge(picture("close_up", carrier(lying), seed), documents_task(expected(task_of, **changes), key=KEY))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(3))
def test_right_document_is_accepted_with_kind_pose_and_number(style: str, seed: int) -> None:
    chance = Random(f"{style} {seed}")
    placed = PlacedPart(document(style, code_for(style, chance)), 15, 350)
    verdict = judged(laid_by_hand([placed], chance), placed, seed)
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed
    names = {check.name for check in verdict.checks}
    assert {"document_code", "document_kind", "document_pose", "document_number"} <= names


@pytest.mark.parametrize(("lying", "ordered"), [(STYLES[0], STYLES[1]), (STYLES[1], STYLES[0]), (STYLES[2], STYLES[0])])
def test_another_kind_with_the_right_code_is_rejected(lying: str, ordered: str) -> None:
    placed = PlacedPart(document(lying, "4470012345678"), 15, 350)
    failed = outcomes(judged([placed], placed, kind=ordered, role="paper"))
    assert failed == {"document_kind paper": "reject"}


def test_a_kind_that_nobody_has_taught_is_rejected() -> None:
    placed = PlacedPart(document("vehicle_licence", "4470012345678"), 15, 350)
    assert outcomes(judged([placed], placed, kind="passport"))["document_kind vehicle_licence"] == "reject"


@pytest.mark.parametrize("seed", range(6))
def test_a_printed_number_that_differs_in_one_digit_is_rejected(seed: int) -> None:
    chance = Random(seed)
    code = code_for("vehicle_licence", chance)
    place = chance.randrange(3, 13)
    printed = code[:place] + str((int(code[place]) + chance.randrange(1, 10)) % 10) + code[place + 1 :]
    placed = PlacedPart(document("vehicle_licence", code, text=printed), 15, 350)
    verdict = judged([placed], placed, seed)
    assert outcomes(verdict) == {"document_number vehicle_licence": "reject"}
    assert verdict.failed[0].found == printed


@pytest.mark.parametrize(
    ("changes", "found"), [({"turn": 180.0}, "upside down"), ({"face_down": True}, "back side up")]
)
def test_a_document_that_lies_the_wrong_way_says_so(changes: dict[str, float], found: str) -> None:
    placed = PlacedPart(document("driving_licence", "4470012345678"), 15, 350)
    verdict = judged([replace(placed, **changes)], placed)  # type: ignore[arg-type]
    pose = next(check for check in verdict.failed if check.name == "document_pose")
    assert (pose.outcome, pose.found) == (Outcome.REJECT, found)


@pytest.mark.parametrize("seed", range(3))
def test_a_permits_zone_proves_its_number_and_check_digits(seed: int) -> None:
    number = f"C{Random(seed).randrange(10**8):08d}"
    placed = PlacedPart(document("travel_permit", "", text=permit(number)), 15, 350)
    verdict = judged([placed], placed, seed, number=number)
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed


def print_of(text: str, fall: float = 0.0, blur_px: float = 0.5) -> Picture:
    """A permit's first line as it is cut from the picture of its card, falling to its right by so many pixels."""
    sprite = document_sprite("travel_permit", "", True, (88.0, 60.0), PRINT_PX_PER_MM, text).picture
    line = cv2.GaussianBlur(cut(sprite, PERMIT_ZONE, PRINT_PX_PER_MM), (0, 0), blur_px)
    slope = fall / line.shape[1]
    matrix = np.array(((1.0, 0.0, 0.0), (slope, 1.0, -fall / 2)))
    falling = cv2.warpAffine(line, matrix, line.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(falling, np.uint8)


def zone_outcomes(line: Picture, number: str) -> list[Outcome]:
    placed = PlacedPart(document("travel_permit", ""), 15, 350)
    return [check.outcome for check in check_zone(line, expected(placed, number=number))]


@pytest.mark.parametrize(("fall", "blur_px"), [(0, 0.5), (-5, 0.5), (3, 0.5), (5, 0.5), (0, 1.3), (4, 1.3)])
def test_a_zone_that_falls_or_is_blurred_is_read_nevertheless(fall: float, blur_px: float) -> None:
    """Half a degree wrong, thirty characters fall by a quarter of their height; a leaning camera does as much."""
    for number in ("C25755369", "W69832408", "C40062037"):
        outcomes_of = zone_outcomes(print_of(permit(number), fall, blur_px), number)
        assert outcomes_of == [Outcome.ACCEPT] * 2, (number, outcomes_of)


def test_no_order_that_differs_in_one_character_from_the_zone_is_accepted() -> None:
    """Also O for 0 and I for 1, which no look tells apart: the check digit of the order's number does."""
    number = "C12045678"
    line = print_of(permit(number), fall=4, blur_px=1.3)
    for place, printed in enumerate(number):
        for other in sorted(set("0123456789OI") - {printed}):
            ordered = number[:place] + other + number[place + 1 :]
            assert set(zone_outcomes(line, ordered)) != {Outcome.ACCEPT}, ordered


def test_another_permit_is_rejected() -> None:
    placed = PlacedPart(document("travel_permit", "", text=permit("C12345678")), 15, 350)
    assert outcomes(judged([placed], placed, number="C12345679")) == {"document_zone travel_permit": "reject"}


@pytest.mark.parametrize("place", [11, 14, 22])
def test_a_zone_whose_check_digits_fail_is_rejected(place: int) -> None:
    placed = PlacedPart(document("travel_permit", "", text=permit("C12345678", spoil=place)), 15, 350)
    failed = outcomes(judged([placed], placed, number="C12345678"))
    assert failed == {"document_check_digits travel_permit": "reject"}


def identity(digits: str) -> str:
    return digits + identity_character(digits)


def test_check_characters_of_the_standards() -> None:
    assert identity_character("11010519491231002") == "X"
    assert [zone_digit(field) for field in ("L898902C3", "740812", "120415")] == ["6", "2", "9"]


@pytest.mark.parametrize("seed", range(3))
def test_an_identity_card_is_compared_by_keyed_hash_and_blacked(seed: int) -> None:
    number = identity(f"44052419{Random(seed).randrange(10**9):09d}")
    placed = PlacedPart(document("identity_card", "", text=number), 15, 350)
    verdict = judged([placed], placed, seed, digest=identity_digest(KEY, number))
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed
    assert number not in repr(verdict.checks)
    assert identity_digest(KEY, number) not in repr(verdict.checks)
    assert _kept_of_the_card(verdict).max() < 40  # JPEG rings a little at the edge


def test_another_identity_card_is_rejected_and_blacked() -> None:
    number, other = identity("44052419880010100"), identity("44052419880010101")
    placed = PlacedPart(document("identity_card", "", text=other), 15, 350)
    verdict = judged([placed], placed, digest=identity_digest(KEY, number))
    assert outcomes(verdict) == {"identity_number identity_card": "reject"}
    assert other not in repr(verdict.checks)
    kept = _kept_of_the_card(verdict)
    assert np.median(kept) < 10


def _kept_of_the_card(verdict: Verdict) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """What the evidence shows of the number's line."""
    scale = 0.5
    seen = cv2.cvtColor(decode(verdict.evidence), cv2.COLOR_BGR2GRAY)
    line = np.array(((15 + 15, 350 + 48), (15 + 80, 350 + 57)))
    (left, top), (right, bottom) = np.round(Plane.of_view(SETUPS["close_up"].view).to_px(line) * scale).astype(int)
    return np.asarray(seen[top:bottom, left:right], np.uint8)
