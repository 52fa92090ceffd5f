"""A leaning line of characters is found to lean, and is set straight."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from simulators.render.plate_photos import plate_photo, spoilt
from vision.plate.ground_colour import free_ground, free_third, ground_colour
from vision.plate.kinds import PlateKind
from vision.plate.reading import read_number
from vision.plate.straight import lie_of, straightened
from vision.plate.visible import (
    HALF_SURE,
    LEAST_EDGES,
    LEAST_EDGES_HALF_SURE,
    LEAST_THIRD_HALF_SURE,
    MOST_FOREIGN_HALF_SURE,
)
from vision.plates import verify_crop
from vision.verdict import Outcome

SEED = 33_000
TEXT = "粤B12345"


def _leaning(slope: float, slant: float, text: str = TEXT, seed: int = SEED) -> np.ndarray:
    """A road-like cut-out, 94 x 24 px, of a plate that rises by a slope and slants its characters."""
    plate = plate_photo("blue", text, (440, 140), seed)
    height, width = plate.shape[:2]
    corners = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    inner = corners * np.float32((0.9, 1 - 2.4 * abs(slope))) + np.float32((0.05 * width, 1.2 * abs(slope) * height))
    inner[:, 1] -= (inner[:, 0] - width / 2) * slope
    inner[:, 0] -= (inner[:, 1] - height / 2) * slant
    matrix = cv2.getPerspectiveTransform(corners, inner)
    leaning = cv2.warpPerspective(plate, matrix, (width, height), borderValue=(70, 70, 70))
    return cv2.resize(leaning, (94, 24), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("slope", [-0.1, -0.05, 0.0, 0.05, 0.1])
def test_the_slope_is_found(slope: float) -> None:
    assert lie_of(_leaning(slope, 0.0)).slope == pytest.approx(slope, abs=0.05)


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.4])
def test_the_slant_is_found(slant: float) -> None:
    assert lie_of(_leaning(0.0, slant)).slant == pytest.approx(slant, abs=0.25)


def test_a_straightened_line_lies_straight_and_has_the_size_asked_for() -> None:
    line = _leaning(0.16, 0.0)
    straight = straightened(line, lie_of(line), (160, 48), None)
    assert straight.shape == (48, 160, 3)
    assert abs(lie_of(straight).slope) <= 0.04


@pytest.mark.parametrize(("slope", "slant"), [(0.14, 0.3), (-0.14, -0.3)])
def test_a_leaning_plate_is_accepted_for_its_own_number_alone(slope: float, slant: float) -> None:
    crop = _leaning(slope, slant)
    assert verify_crop(crop, TEXT, PlateKind.SMALL).outcome is Outcome.ACCEPT
    assert verify_crop(crop, "粤B12845", PlateKind.SMALL).outcome is not Outcome.ACCEPT


_COVERED = [
    ("皖AS02GR", 33_711, -0.1, 0.3, "finger", (0.058, 0.155)),
    ("皖A6B7GY", 33_749, -0.06, 0.3, "finger", (0.054, 0.162)),
    ("皖ACVUEE", 33_871, 0.1, -0.4, "paint", (0.071, 0.181)),
]
"""Number, seed, slope, slant, cover and where it lies; each was accepted once."""


@pytest.mark.parametrize(("text", "seed", "slope", "slant", "how", "share"), _COVERED)
def test_an_upright_cover_on_a_leaning_plate_is_seen(
    text: str, seed: int, slope: float, slant: float, how: str, share: tuple[float, float]
) -> None:
    """Set straight it lies askew, the plate's colour and an edge of the character beside it; what is left can only be
    that province. It is guessed half-heartedly, of colours that are no mix of ground and ink, or almost without edges.
    """
    crop = _leaning(slope, slant, text, seed)
    assert verify_crop(crop, text, PlateKind.SMALL).outcome is Outcome.ACCEPT
    hidden = spoilt(crop, share, how, seed)
    assert {check.name for check in verify_crop(hidden, text, PlateKind.SMALL).failed} == {"plate_visible"}
    province, *others = read_number([hidden], text).seen
    assert 2 < province.margin < HALF_SURE
    assert province.foreign > MOST_FOREIGN_HALF_SURE or LEAST_EDGES < province.edges < LEAST_EDGES_HALF_SURE
    assert min(each.score for each in others) >= 1


_LABELLED = [
    ("皖A9LDR1", 34_037, 0.1, -0.4, (0.137, 0.216)),
    ("皖A5HXTZ", 34_137, -0.06, 0.3, (0.142, 0.211)),
    ("皖AG589Z", 34_147, 0.1, -0.4, (0.139, 0.214)),
]


@pytest.mark.parametrize(("text", "seed", "slope", "slant", "share"), _LABELLED)
def test_a_label_on_the_province_of_a_leaning_plate_is_seen_in_a_third_of_its_place(
    text: str, seed: int, slope: float, slant: float, share: tuple[float, float]
) -> None:
    """Nothing else tells of it: plate enough is left above it and beside it."""
    crop = _leaning(slope, slant, text, seed)
    assert verify_crop(crop, text, PlateKind.SMALL).outcome is Outcome.ACCEPT
    hidden = spoilt(crop, share, "label", seed)
    assert {check.name for check in verify_crop(hidden, text, PlateKind.SMALL).failed} == {"plate_visible"}
    province = read_number([hidden], text).seen[0]
    assert province.third < LEAST_THIRD_HALF_SURE
    assert replace(province, third=1.0).score >= 1


def test_what_has_the_plates_colour_above_a_label_does_not_hide_it() -> None:
    rows = np.full((32, 160, 3), (150, 60, 20), np.uint8)
    rows[9:, 20:44] = 235
    colour = ground_colour(rows, 0, 160)
    assert free_ground(colour, 20, 44) == pytest.approx(free_ground(colour, 60, 84))
    assert free_third(colour, 20, 44) == pytest.approx(0, abs=1)
    assert free_third(colour, 60, 84) == pytest.approx(free_ground(colour, 60, 84))
