"""Whether a camera still sees as it was taught: focus, exposure, lighting, scale and place, from a carrier's own code.

The golden sample is a carrier that stands under the camera. Its code's white tile tells light, its edges tell focus,
its corners tell scale and place; that it is the very carrier that was taught lets the whole picture be compared.
Any carrier's code tells the rest, in every picture of the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from vision.as_taught import GRID, compared
from vision.barcodes import Code, read
from vision.pictures import Grey, Picture, as_grey
from vision.plane import Plane, fit, tile_of
from vision.sharpness import tile
from vision.verdict import Check, GoldenSample, GoldenTask, Outcome, Symbology, View


def measure(picture: Picture, view: View) -> GoldenSample | None:
    """What one picture says of its camera; None when no carrier code can be read in its place."""
    codes = read(picture, frozenset({Symbology.QR}))
    grey = as_grey(picture)
    seen = seen_by(grey, codes, fit(codes, view), view)
    if seen is None:
        return None
    grid = cv2.resize(grey, (GRID[1], GRID[0]), interpolation=cv2.INTER_AREA).astype(float).reshape(-1)
    return replace(seen, grid=tuple(grid.tolist()))


def seen_by(grey: Grey, codes: Sequence[Code], plane: Plane, view: View) -> GoldenSample | None:
    """What the codes of a picture say of its camera, without the grid: it compares the taught carrier's picture alone.

    :param plane: the map that fits the codes. :return: None when none of them is the carrier's own.
    """
    tiles = [(place.y, code) for code in codes if (place := tile_of(code, view)) is not None]
    if not tiles:
        return None
    # Of two always the upper: each stands in light of its own.
    _, own = min(tiles, key=lambda each: each[0])
    shown = tile(grey, own)
    middle = np.array(((grey.shape[1] / 2, grey.shape[0] / 2),))
    shift = (plane.to_px(Plane.of_view(view).to_mm(middle)) - middle)[0] / view.px_per_mm
    turn = float(np.degrees(np.arctan2(plane.matrix[1, 0], plane.matrix[0, 0])))
    x_mm, y_mm = float(shift[0]), float(shift[1])
    light = own.text, shown.sharpness, shown.white, shown.contrast
    return GoldenSample(*light, plane.px_per_mm, x_mm, y_mm, turn, ())


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
    return [seen, *compared(measured, sample)]
