"""Medians and percentiles as NumPy has them."""

from __future__ import annotations

import numpy as np
import pytest

from vision.ranks import median, medians, percentile


@pytest.mark.parametrize("count", [1, 2, 7, 40, 300])
@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_as_numpy_has_them(count: int, kind: type[np.generic]) -> None:
    numbers = np.random.default_rng(count).uniform(0, 255, (2, count)).astype(kind)
    assert median(numbers) == pytest.approx(float(np.median(numbers)))
    for per_cent in (0, 12.5, 80, 99.5, 100):
        assert percentile(numbers[:, ::2], per_cent) == pytest.approx(float(np.percentile(numbers[:, ::2], per_cent)))


def test_by_columns() -> None:
    rows = np.random.default_rng(3).normal(size=(8, 3)).astype(np.float32)
    assert medians(rows) == pytest.approx(np.median(rows, axis=0))
