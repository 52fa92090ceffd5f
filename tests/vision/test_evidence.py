"""The picture that is kept is small, whatever the camera sent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.evidence import MAX_BYTES, draw
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
    data = draw(noisy, (FAILED,))
    assert len(data) <= MAX_BYTES <= 150_000
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert max(shown.shape) > 400
