"""Whether a camera still sees as it was taught: focus, exposure, lighting, scale and place, from a carrier's own code.

The golden sample is a carrier that stands under the camera. Its code's white tile tells light, its edges tell focus,
its corners tell scale and place; that it is the very carrier that was taught lets the whole picture be compared.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.barcodes import read
from vision.pictures import Picture
from vision.plane import Plane, fit, tile_of
from vision.sharpness import tile
from vision.verdict import Check, GoldenSample, GoldenTask, Outcome, Symbology, View

GRID = (4, 6)
"""Rows and columns of the coarse picture of the light."""
LEAST_SHARPNESS = 0.65
"""Share of the taught sharpness that must be left."""
LIGHT_SHARE = 0.18
"""How much the brightness of white may differ from the taught."""
BURNT_OUT = 254.0
"""Grey level of white from which on it is cut off at the sensor's end."""
LEAST_CONTRAST = 0.75
"""Share of the taught contrast between the code's white and black: dust and haze take it away."""
SCALE_SHARE = 0.02
"""How much the scale may differ; one code alone tells it within 1 %."""
PLACE_MM = 3.5
"""How far a camera may have moved, at the middle of its picture; carriers stand within 1 mm and 1 degree."""
TURN_DEGREES = 2.0
PATCH_SHARE = 0.35
"""How much any part of the picture may differ in brightness from the taught."""


def measure(picture: Picture, view: View) -> GoldenSample | None:
    """What one picture says of its camera; None when no carrier code can be read in its place."""
    codes = [code for code in read(picture, frozenset({Symbology.QR})) if tile_of(code, view) is not None]
    if not codes:
        return None
    plane, own = fit(codes, view), codes[0]
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    shown = tile(grey, own)
    middle = Plane.of_view(view).to_mm(np.array(((picture.shape[1] / 2, picture.shape[0] / 2),)))
    shift = (plane.to_px(middle) - Plane.of_view(view).to_px(middle))[0] / view.px_per_mm
    turn = float(np.degrees(np.arctan2(plane.matrix[1, 0], plane.matrix[0, 0])))
    grid = cv2.resize(grey, (GRID[1], GRID[0]), interpolation=cv2.INTER_AREA).astype(float).reshape(-1)
    x_mm, y_mm = float(shift[0]), float(shift[1])
    light = own.text, shown.sharpness, shown.white, shown.contrast
    return GoldenSample(*light, plane.px_per_mm, x_mm, y_mm, turn, tuple(grid.tolist()))


def sample_of(measured: list[GoldenSample]) -> GoldenSample:
    """The golden sample of a camera: the means of several pictures of one carrier."""
    columns = np.array([(each.sharpness, each.white, each.contrast, each.px_per_mm) for each in measured])
    places = np.array([(each.x_mm, each.y_mm, each.turn) for each in measured])
    sharpness, white, contrast, px_per_mm = (round(float(each), 4) for each in columns.mean(axis=0))
    x_mm, y_mm, turn = (round(float(each), 3) for each in places.mean(axis=0))
    grid = np.array([each.grid for each in measured]).mean(axis=0)
    rounded = tuple(round(float(each), 1) for each in grid)
    return GoldenSample(measured[0].code, sharpness, white, contrast, px_per_mm, x_mm, y_mm, turn, rounded)


def check_golden(picture: Picture, task: GoldenTask) -> list[Check]:
    """All checks of a camera against its golden sample; one alone when no carrier is seen."""
    measured, sample = measure(picture, task.view), task.sample
    if measured is None:
        return [Check("golden_seen", Outcome.UNSURE, expected=f"carrier {sample.code}", found="no carrier code")]
    seen = Check("golden_seen", Outcome.ACCEPT, expected=f"carrier {sample.code}", found=measured.code)
    away = float(np.hypot(measured.x_mm - sample.x_mm, measured.y_mm - sample.y_mm))
    checks = [
        seen,
        _at_least("camera_focus", measured.sharpness / sample.sharpness, LEAST_SHARPNESS, "of the taught sharpness"),
        _exposure(measured, sample),
        _at_least("camera_contrast", measured.contrast / sample.contrast, LEAST_CONTRAST, "of the taught contrast"),
        _at_most("camera_scale", abs(measured.px_per_mm / sample.px_per_mm - 1), SCALE_SHARE, "off the taught scale"),
        _at_most("camera_place", away, PLACE_MM, "mm"),
        _at_most("camera_turn", abs(measured.turn - sample.turn), TURN_DEGREES, "degrees"),
    ]
    return [*checks, _lighting(measured, sample)] if measured.code == sample.code else checks


def _exposure(measured: GoldenSample, sample: GoldenSample) -> Check:
    """White that is burnt out may be any amount too bright: the share alone would say a few per cent."""
    share = abs(measured.white / sample.white - 1)
    check = _at_most("camera_exposure", share, LIGHT_SHARE, "off the taught brightness")
    if check.outcome is Outcome.ACCEPT and measured.white >= BURNT_OUT > sample.white:
        return Check(check.name, Outcome.REJECT, "", check.expected, "white is burnt out", share, LIGHT_SHARE)
    return check


def _lighting(measured: GoldenSample, sample: GoldenSample) -> Check:
    """The same carrier's whole picture, patch by patch: a shadow, a failed lamp, a smear on the lens."""
    ratio = np.array(measured.grid) / np.maximum(np.array(sample.grid), 1.0)
    evened = np.abs(ratio / np.median(ratio) - 1)
    worst = int(np.argmax(evened))
    check = _at_most("camera_lighting", float(evened[worst]), PATCH_SHARE, "off in one part of the picture")
    if check.outcome is Outcome.ACCEPT:
        return check
    row, column = divmod(worst, GRID[1])
    place = f"row {row + 1} of {GRID[0]}, column {column + 1} of {GRID[1]}"
    return Check(
        check.name, check.outcome, "", check.expected, f"{check.found} ({place})", check.score, check.threshold
    )


def _at_least(name: str, value: float, least: float, what: str) -> Check:
    outcome = Outcome.ACCEPT if value >= least else Outcome.REJECT
    return Check(name, outcome, "", f"from {least:.2f} {what}", f"{value:.2f}", value, least)


def _at_most(name: str, value: float, most: float, what: str) -> Check:
    outcome = Outcome.ACCEPT if value <= most else Outcome.REJECT
    return Check(name, outcome, "", f"at most {most:g} {what}", f"{value:.3f}", value, most)
