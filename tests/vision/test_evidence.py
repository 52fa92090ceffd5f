"""The picture that is kept is small, whatever the camera sent."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vision.evidence import MAX_BYTES, MAX_SIDE_PX, draw, legend_line
from vision.pictures import Shot
from vision.verdict import Check, Outcome

FAILED = Check("part_count", Outcome.REJECT, "", "2", "3", region=((10, 10), (400, 10), (400, 300), (10, 300)))


@pytest.mark.parametrize("kind", ["grain", "speckles", "stripes"])
@pytest.mark.parametrize("size", [(1200, 2610), (1400, 1400)])
def test_evidence_of_the_noisiest_picture_is_under_150_kb(kind: str, size: tuple[int, int]) -> None:
    chance = np.random.default_rng(7)
    shape = (size[1], size[0], 3)
    noisy = chance.integers(0, 256, shape, dtype=np.uint8)
    if kind == "speckles":
        noisy = np.where(noisy < 128, np.uint8(0), np.uint8(255))
    if kind == "stripes":
        noisy[:] = np.where(np.arange(size[0]) % 3 == 0, 255, 0)[None, :, None]
    data = draw(Shot(noisy), (FAILED,))
    assert len(data) <= MAX_BYTES <= 150_000
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert max(shown.shape) > 400


@pytest.mark.parametrize(
    ("width", "kept"), [(640, 640), (1278, MAX_SIDE_PX), (1280, 640), (1508, 754), (1922, 961), (2610, MAX_SIDE_PX)]
)
def test_what_failed_is_marked_in_its_place_at_whatever_size_the_picture_is_kept(width: int, kept: int) -> None:
    check = replace(FAILED, region=tuple((x * width / 640, y * width / 640) for x, y in FAILED.region))
    grey = np.full((width * 3 // 4, width, 3), 128, np.uint8)
    shown = cv2.imdecode(np.frombuffer(draw(Shot(grey), (check,)), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape[1] == kept
    marked = np.flatnonzero(np.abs(shown[round(200 * kept / 640)].astype(int) - 128).max(axis=1) > 60)
    assert (marked.min(), marked.max()) == pytest.approx((10 * kept / 640, 400 * kept / 640), abs=4)


def test_a_flaw_in_print_is_told_in_words() -> None:
    """Taken for two numbers, it was "20 characters expected, 11 read"."""
    flaw = Check("plate_print", Outcome.UNSURE, "front", "each character whole", "a flaw in B")
    assert legend_line(flaw) == "plate_print front: expected each character whole, found a flaw in B"
