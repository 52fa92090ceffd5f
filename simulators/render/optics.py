"""What a camera makes of a flat scene: it stands a little off and turned, lit unevenly, blurred and noisy."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from simulators.render.sprites import Map, Picture
from vision.verdict import View

SHIFT_MM = 1.0
TURN_DEGREES = 1.0
_GAIN = (0.9, 1.0)
"""Darkest and brightest spot of the light, as a share of the true brightness, before the exposure's own scatter."""
_EXPOSURE = (0.94, 1.05)
_GAIN_STEPS = 200
_BLUR_PX = (0.35, 0.7)
_NOISE_MEAN = 12
_NOISE_SIGMA = 3.0
_NOISE_MARGIN = 64


def camera_map(view: View, size_px: tuple[int, int], chance: np.random.Generator) -> Map:
    """How millimetres map to pixels in this picture: within `SHIFT_MM` and `TURN_DEGREES` of what the view says."""
    turn = np.radians(chance.uniform(-TURN_DEGREES, TURN_DEGREES))
    turned = np.array(((np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))))
    middle = np.array(size_px) / 2
    corner = np.array((view.left_mm, view.top_mm)) + chance.uniform(-SHIFT_MM, SHIFT_MM, 2)
    shift = middle - turned @ (middle + corner * view.px_per_mm)
    return np.hstack((turned * view.px_per_mm, shift[:, None]))


def expose(picture: Picture, chance: np.random.Generator) -> None:
    """Blur, light and grain a scene, in place."""
    cv2.GaussianBlur(picture, (3, 3), float(chance.uniform(*_BLUR_PX)), dst=picture)
    _light(picture, chance)
    _grain(picture, chance)


def _light(picture: Picture, chance: np.random.Generator) -> None:
    coarse = chance.uniform(*_GAIN, (3, 4)) * chance.uniform(*_EXPOSURE) * _GAIN_STEPS
    grid = np.repeat(coarse.astype(np.uint8)[:, :, None], 3, axis=2)
    gain = cv2.resize(grid, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(picture, gain, dst=picture, scale=1 / _GAIN_STEPS)


def _grain(picture: Picture, chance: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    y, x = chance.integers(0, _NOISE_MARGIN, 2)
    cv2.add(picture, _noise(height, width)[y : y + height, x : x + width], dst=picture)
    cv2.subtract(picture, np.full(4, _NOISE_MEAN, np.float64), dst=picture)


@lru_cache(maxsize=6)
def _noise(height: int, width: int) -> Picture:
    shape = (height + _NOISE_MARGIN, width + _NOISE_MARGIN, 3)
    grain = np.random.default_rng(7).normal(_NOISE_MEAN, _NOISE_SIGMA, shape).astype(np.float32)
    return np.clip(grain, 0, 2 * _NOISE_MEAN).astype(np.uint8)
