"""What vision knows of the carrier, the mailer and the bars is what the plant is built to."""

from __future__ import annotations

from math import ceil, floor

import numpy as np
import pytest
from plant_scenes import SETUPS, carrier, picture

from simulators.render import mailer, papers
from simulators.render.optics import camera_map
from simulators.world import CARRIER_CODES, CLAMP, DOCUMENT_POCKET, INSIDE, PLATE_POCKET, SEAM
from vision import barcodes, plane, seam
from vision.contents import AROUND_MM
from vision.pictures import decode
from vision.pocket import grown
from vision.verdict import Box, Symbology


def test_drawing_of_the_carrier() -> None:
    assert tuple(Box(x, y, side, side) for x, y, side in CARRIER_CODES) == plane.CARRIER_CODES
    assert Box(*SEAM) == seam.SEAM
    assert mailer.SEAM_PITCH_MM == seam.PITCH_MM


def test_nothing_lies_in_an_open_mailer_unseen() -> None:
    """A licence in the corner that no pocket has was looked for by no camera. It is clamped shut; what is left beside
    the seam is as narrow as what is looked at around a pocket."""
    looked_at = [grown(Box(*pocket), AROUND_MM) for pocket in (PLATE_POCKET, DOCUMENT_POCKET)]
    covered = np.zeros((440, 720), bool)
    for box in (*looked_at, Box(*CLAMP)):
        covered[max(0, floor(box.y)) : ceil(box.y + box.height), max(0, floor(box.x)) : ceil(box.x + box.width)] = True
    inside = grown(Box(*INSIDE), -AROUND_MM)
    rows, columns = (slice(int(a), int(a + b)) for a, b in ((inside.y, inside.height), (inside.x, inside.width)))
    assert covered[rows, columns].all()


def test_bars() -> None:
    assert papers.DOCUMENT_MODULE_MM == barcodes.DOCUMENT_MODULE_MM
    assert papers.WAYBILL_MODULE_MM == barcodes.WAYBILL_MODULE_MM


@pytest.mark.parametrize(
    ("setup", "module_mm"),
    [
        ("wide", barcodes.CARRIER_QR_MODULE_MM),
        ("close_up", barcodes.DOCUMENT_MODULE_MM),
        ("waybill", barcodes.WAYBILL_MODULE_MM),
        ("parcel", barcodes.WAYBILL_MODULE_MM),
    ],
)
def test_each_camera_resolves_its_bars(setup: str, module_mm: float) -> None:
    assert barcodes.bar_module_px(SETUPS[setup].view.px_per_mm, module_mm) >= barcodes.MIN_MODULE_PX


@pytest.mark.parametrize("seed", range(5))
def test_codes_place_the_carrier(seed: int) -> None:
    """The renderer displaces by up to 1 mm and 1 degree; the far corner of the pocket is found within 2.5 mm."""
    setup = SETUPS["wide"]
    codes = barcodes.read(decode(picture("wide", carrier(), seed)), frozenset({Symbology.QR}))
    corners = plane.box_corners(Box(10, 10, 500, 310))
    truth = camera_map(setup.view, setup.size_px, np.random.default_rng(seed))
    expected = corners @ truth[:, :2].T + truth[:, 2]
    assert np.abs(plane.fit(codes, setup.view).to_px(corners) - expected).max() < 2.5 * setup.view.px_per_mm
