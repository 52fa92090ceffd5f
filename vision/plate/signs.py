"""Reads the characters of a line each alone, where it must stand: for plates cut out along their own edges.

A small network of our own that knows the signs of plates and nothing else: no order, no neighbours, no language. Of
what is no sign, or is hidden, it says so. It shares nothing with the recogniser of `vision.characters` and takes a
tenth of its time; `tests/vision/train_sign_reader.py` made its weights from rendered plates.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vision.alignment import Frames
from vision.pictures import Picture, as_grey
from vision.plate.visible import light_share

CELL = (40, 26)
"""Height and width of what is looked at for one character, px of a line of `vision.characters.LINE_HEIGHT_PX`."""
KERNELS = (5, 3)
"""Sides of the two layers' kernels; each layer looks at every second place."""

_FILE = "signs.npz"
_LEAST_SPREAD = 3.0
"""Grey levels that are added to a cell's spread, so that grain alone is no sign."""

Values = NDArray[np.float32]
"""Of a layer: shape (cells, rows, columns, channels)."""


def read_signs(line: Picture, middles: Sequence[float]) -> Frames:
    """Probabilities of each sign, the blank last: no sign is seen.

    :param line: of the recogniser's height. :param middles: of the characters, px from its left.
    """
    values = sign_cells(line, middles)[..., None]
    weights = _weights()
    for kernel, inner, bias in zip(KERNELS, weights[0:4:2], weights[1:4:2], strict=True):
        values = np.maximum(patches(values, kernel) @ inner + bias, 0)
    hidden = np.maximum(values.reshape(len(values), -1) @ weights[4] + weights[5], 0)
    scores = (hidden @ weights[6] + weights[7]).astype(np.float64)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


def sign_cells(line: Picture, middles: Sequence[float]) -> Values:
    """What is seen of each character, its ink light on dark, without the light's own level and contrast."""
    grey = as_grey(line)
    _, light = light_share(grey)
    top, most = (grey.shape[0] - CELL[0]) // 2, grey.shape[1] - CELL[1]
    lefts = (max(0, min(most, round(middle - CELL[1] / 2))) for middle in middles)
    cells = np.stack([grey[top : top + CELL[0], left : left + CELL[1]] for left in lefts]).astype(np.float32)
    cells -= cells.mean(axis=(1, 2), keepdims=True)
    spread = cells.std(axis=(1, 2), keepdims=True) + np.float32(_LEAST_SPREAD)
    return np.asarray(cells / (-spread if light > 0.5 else spread), np.float32)


def patches(values: Values, kernel: int) -> Values:
    """What a layer's kernels look at: around every second place, row by row."""
    count, height, width, channels = values.shape
    reach = kernel // 2
    around = np.zeros((count, height + 2 * reach, width + 2 * reach, channels), np.float32)
    around[:, reach : reach + height, reach : reach + width] = values
    windows = sliding_window_view(around, (kernel, kernel), (1, 2))[:, ::2, ::2].transpose(0, 1, 2, 4, 5, 3)
    return np.asarray(windows.reshape(*windows.shape[:3], -1), np.float32)


@lru_cache(maxsize=1)
def _weights() -> tuple[Values, ...]:
    """Of both layers, of the hidden one and of the answer: each its weights, then its bias."""
    with (files("vision.plate") / _FILE).open("rb") as stored:
        kept = np.load(stored)
        return tuple(kept[name].astype(np.float32) for name in kept.files)
