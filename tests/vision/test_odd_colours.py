"""Colours that no plate has, wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest

from vision.plate.odd_colours import odd_colours
from vision.verdict import PlateColour

BLUE, RED = (150, 60, 20), (40, 40, 200)


@pytest.mark.parametrize("down", range(3))
@pytest.mark.parametrize("across", range(3))
def test_the_least_thing_that_counts_is_seen_wherever_it_lies(down: int, across: int) -> None:
    """Most pictures are looked at on every third row and column alone."""
    plate = np.full((182, 572, 3), BLUE, np.uint8)
    top, left = 60 + down, 200 + across
    plate[top : top + 3, left : left + 3] = RED
    odd = odd_colours(plate, PlateColour.BLUE)
    assert odd[top + 1, left + 1] == 255
    assert odd.any(axis=1).sum() <= 5 >= odd.any(axis=0).sum()


def test_a_plates_ground_in_shade_and_its_ink_are_not_odd() -> None:
    plate = np.full((182, 572, 3), BLUE, np.uint8)
    plate[:, 300:] = np.array(BLUE) // 2
    plate[40:140, 100:160] = 235
    assert not odd_colours(plate, PlateColour.BLUE).any()


def test_nothing_is_odd_on_a_white_plate_whose_characters_may_be_red() -> None:
    plate = np.full((182, 572, 3), 235, np.uint8)
    plate[40:140, 100:160] = RED
    assert not odd_colours(plate, PlateColour.WHITE).any()
