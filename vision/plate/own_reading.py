"""A second opinion on what the recogniser sees: our own small network on its inner features, taught plates alone.

The recogniser's last layer knows thousands of characters and which of them follow each other in print; this one knows
the signs of plates only, from rendered plates in hard light. `tests/vision/train_plate_reading.py` made its weights.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from vision.alignment import Frames

Values = NDArray[np.float32]
_FILE = "own_reading.npz"


def own_frames(features: Values) -> Frames:
    """Probabilities of the symbols of plates for each step.

    :param features: shape (steps, features): the recogniser's last 120 and, after them, its 480 local ones.
    """
    inner, inner_bias, outer, outer_bias = _weights()
    scores = np.maximum(features @ inner + inner_bias, 0) @ outer + outer_bias
    shares = np.exp((scores - scores.max(axis=1, keepdims=True)).astype(np.float64))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


@lru_cache(maxsize=1)
def _weights() -> tuple[Values, Values, Values, Values]:
    with (files("vision.plate") / _FILE).open("rb") as stored:
        kept = np.load(stored)
        inner, bias, outer, outer_bias = (
            kept[name].astype(np.float32) for name in ("inner", "inner_bias", "outer", "outer_bias")
        )
    return inner, bias, outer, outer_bias
