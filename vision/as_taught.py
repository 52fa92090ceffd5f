"""How far a camera may differ from its golden sample: the bounds of focus, light, scale and place, and what is said.

Whoever measured, and however many pictures stand behind a value, it is held against these bounds and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from vision.verdict import Check, GoldenSample, Outcome

GRID = (4, 6)
"""Rows and columns of the coarse picture of the light."""
LEAST_SHARPNESS = 0.65
"""Share of the taught sharpness that must be left."""
LIGHT_SHARE = 0.18
"""How much the brightness of white may differ from the taught."""
BURNT_OUT = 254.0
"""Grey level of white from which on it is cut off at the sensor's end."""
LEAST_CONTRAST = 0.75
"""Share of the taught contrast between the code's white and black, each in its own white: dust and haze take it away,
a dim lamp does not."""
SCALE_SHARE = 0.02
"""How much the scale may differ; one code alone tells it within 1 %."""
PLACE_MM = 3.5
"""How far a camera may have moved, at the middle of its picture; carriers stand within 1 mm and 1 degree."""
TURN_DEGREES = 2.0
PATCH_SHARE = 0.35
"""How much any part of the picture may differ in brightness from the taught."""


def compared(measured: GoldenSample, sample: GoldenSample, share: float = 1.0) -> list[Check]:
    """All that can be compared: light in parts of the picture only where both know the grid of the taught carrier.

    :param share: of what the bounds allow that may be used up, 0..1.
    """
    checks = [
        _at_least("camera_focus", measured.sharpness / sample.sharpness, LEAST_SHARPNESS, "sharpness", share),
        _exposure(measured, sample, share),
        _at_least("camera_contrast", _of_white(measured) / _of_white(sample), LEAST_CONTRAST, "contrast", share),
        _at_most(
            "camera_scale", abs(measured.px_per_mm / sample.px_per_mm - 1), share * SCALE_SHARE, "off the taught scale"
        ),
        _place(measured, sample, share),
        _at_most("camera_turn", abs(measured.turn - sample.turn), share * TURN_DEGREES, "degrees"),
    ]
    taught_carrier = measured.grid and sample.grid and measured.code == sample.code
    return [*checks, _lighting(measured, sample, share)] if taught_carrier else checks


def typical(seen: Sequence[GoldenSample]) -> GoldenSample:
    """What at least one picture says in the median of each value, whatever an odd one among them shows."""
    last = seen[-1]
    return replace(
        last,
        sharpness=median(each.sharpness for each in seen),
        white=median(each.white for each in seen),
        contrast=median(each.contrast for each in seen),
        px_per_mm=median(each.px_per_mm for each in seen),
        x_mm=median(each.x_mm for each in seen),
        y_mm=median(each.y_mm for each in seen),
        turn=median(each.turn for each in seen),
        grid=(),
    )


def _of_white(sample: GoldenSample) -> float:
    """Contrast as a share of white."""
    return sample.contrast / max(1.0, sample.white)


def _exposure(measured: GoldenSample, sample: GoldenSample, share: float) -> Check:
    """White that is burnt out may be any amount too bright: the share alone would say a few per cent."""
    off = measured.white / sample.white - 1
    check = _at_most("camera_exposure", abs(off), share * LIGHT_SHARE, "off the taught brightness")
    check = replace(check, found=f"{check.found} {'brighter' if off > 0 else 'darker'}")
    if check.outcome is Outcome.ACCEPT and measured.white >= BURNT_OUT > sample.white:
        return replace(check, outcome=Outcome.REJECT, found="white is burnt out")
    return check


def _place(measured: GoldenSample, sample: GoldenSample, share: float) -> Check:
    """Which way the carrier lies off, as its picture shows it: the camera went the other way."""
    x_mm, y_mm = measured.x_mm - sample.x_mm, measured.y_mm - sample.y_mm
    check = _at_most("camera_place", float(np.hypot(x_mm, y_mm)), share * PLACE_MM, "mm")
    if check.outcome is Outcome.ACCEPT:
        return check
    across, along = "right" if x_mm > 0 else "left", "down" if y_mm > 0 else "up"
    return replace(check, found=f"carrier seen {abs(x_mm):.1f} mm {across}, {abs(y_mm):.1f} mm {along}")


def _lighting(measured: GoldenSample, sample: GoldenSample, share: float) -> Check:
    """The same carrier's whole picture, patch by patch: a shadow, a failed lamp, a smear on the lens."""
    ratio = np.array(measured.grid) / np.maximum(np.array(sample.grid), 1.0)
    evened = np.abs(ratio / np.median(ratio) - 1)
    worst = int(np.argmax(evened))
    check = _at_most("camera_lighting", float(evened[worst]), share * PATCH_SHARE, "off in one part of the picture")
    if check.outcome is Outcome.ACCEPT:
        return check
    row, column = divmod(worst, GRID[1])
    place = f"row {row + 1} of {GRID[0]}, column {column + 1} of {GRID[1]}"
    return replace(check, found=f"{check.found} ({place})")


def _at_least(name: str, value: float, least: float, what: str, share: float) -> Check:
    least = 1 - share * (1 - least)
    outcome = Outcome.ACCEPT if value >= least else Outcome.REJECT
    return Check(name, outcome, "", f"from {least:.2f} of the taught {what}", f"{value:.2f}", value, least)


def _at_most(name: str, value: float, most: float, what: str) -> Check:
    outcome = Outcome.ACCEPT if value <= most else Outcome.REJECT
    return Check(name, outcome, "", f"at most {most:.3g} {what}", f"{value:.3f}", value, most)
