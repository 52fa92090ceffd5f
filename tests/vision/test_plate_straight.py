"""A leaning line of characters is found to lean, and is set straight."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from simulators.render.plate_photos import plate_photo
from vision.plate.kinds import PlateKind
from vision.plate.straight import lie_of, straightened
from vision.plates import verify_crop
from vision.verdict import Outcome

SEED = 33_000
TEXT = "粤B12345"


def _leaning(slope: float, slant: float) -> np.ndarray:
    """A road-like cut-out, 94 x 24 px, of a plate that rises by a slope and slants its characters."""
    plate = plate_photo("blue", TEXT, (440, 140), SEED)
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
