"""A plate is held against the dies of its own press, also where one character alone tells which they are."""

from __future__ import annotations

from random import Random

import pytest
from measure_contents import judged
from measure_plates import style_of
from plant_scenes import laid_by_hand, outcomes, plate

from simulators.world import PlacedPart
from vision.plate.kinds import LAYOUTS, PlateKind


@pytest.mark.parametrize(
    ("kind", "number", "seed", "harsh"),
    [
        (PlateKind.TRAILER, "辽QL6TB挂", 84_875, False),
        (PlateKind.LIGHT_MOTORCYCLE, "津M6A7KA", 85_168, True),
        (PlateKind.EBIKE, "惠州FYQRF6", 85_567, True),
    ],
)
def test_a_character_that_one_press_cuts_otherwise_is_no_flaw(
    kind: PlateKind, number: str, seed: int, harsh: bool
) -> None:
    """The others fit two sets alike; by the median of all the wrong set was taken, in which a 6 is another sign."""
    ordered = [PlacedPart(plate(style_of(kind), number, LAYOUTS[kind].size_mm), 20, 20)]
    assert outcomes(judged(laid_by_hand(ordered, Random(f"lay {seed}")), ordered, [], seed, harsh=harsh)) == {}
