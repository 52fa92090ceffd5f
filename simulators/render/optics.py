"""What a camera makes of a flat scene: it stands a little off and turned, lit unevenly, blurred and noisy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from simulators.render.sprites import Map, Picture
from vision.verdict import View

SHIFT_MM = 1.0
TURN_DEGREES = 1.0


@dataclass(frozen=True, slots=True)
class Optics:
    """How hard light and lens are.

    :ivar gain: darkest and brightest spot of the light, as a share of the true brightness, before the exposure's own
        scatter. :ivar exposure: likewise of the whole picture. :ivar blur_px: least and greatest.
    :ivar tilt: greatest difference of scale between two opposite edges, 0..0.02.
    :ivar glare: chance of a spot where the lamp shows itself. :ivar grain: share of noise added twice.
    """

    gain: tuple[float, float] = (0.9, 1.0)
    exposure: tuple[float, float] = (0.94, 1.05)
    blur_px: tuple[float, float] = (0.35, 0.7)
    tilt: float = 0.0
    glare: float = 0.0
    grain: int = 1


CALM = Optics()
"""A camera as it is commissioned."""
HARSH = Optics((0.72, 1.0), (0.88, 1.1), (0.6, 1.15), tilt=0.004, glare=0.3, grain=2)
"""Towards the end of its service interval: dust, a drifting lamp, a bracket that was leaned on."""

_GAIN_STEPS = 200
_NOISE_MEAN = 12
_NOISE_SIGMA = 3.0
_NOISE_MARGIN = 64
_GLARE_PX = (40.0, 120.0)
_GLARE_LEVELS = 70.0


def camera_map(view: View, size_px: tuple[int, int], chance: np.random.Generator) -> Map:
    """How millimetres map to pixels in this picture: within `SHIFT_MM` and `TURN_DEGREES` of what the view says."""
    turn = np.radians(chance.uniform(-TURN_DEGREES, TURN_DEGREES))
    turned = np.array(((np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))))
    middle = np.array(size_px) / 2
    corner = np.array((view.left_mm, view.top_mm)) + chance.uniform(-SHIFT_MM, SHIFT_MM, 2)
    shift = middle - turned @ (middle + corner * view.px_per_mm)
    return np.hstack((turned * view.px_per_mm, shift[:, None]))


def tilt(picture: Picture, chance: np.random.Generator, optics: Optics) -> Picture:
    """Lean the camera over: the picture narrows towards one edge. A camera that stands upright changes nothing."""
    if not optics.tilt:
        return picture
    height, width = picture.shape[:2]
    corners = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    across, down = chance.uniform(-optics.tilt, optics.tilt, 2) / 2
    away = (corners - (width / 2, height / 2)) * np.array((1 / width, 1 / height)) * 2
    factor = 1 + away[:, :1] * across + away[:, 1:] * down
    onto = ((corners - (width / 2, height / 2)) * factor + (width / 2, height / 2)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, onto)
    return np.asarray(cv2.warpPerspective(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def expose(picture: Picture, chance: np.random.Generator, optics: Optics = CALM) -> None:
    """Blur, light and grain a scene, in place."""
    blur = float(chance.uniform(*optics.blur_px))
    # A wider blur needs a wider kernel; the calm one keeps its three pixels.
    cv2.GaussianBlur(picture, (3, 3) if blur < 0.75 else (7, 7), blur, dst=picture)
    _light(picture, chance, optics)
    if optics.glare and chance.uniform() < optics.glare:
        _shine(picture, chance)
    for _ in range(optics.grain):
        _grain(picture, chance)


def _light(picture: Picture, chance: np.random.Generator, optics: Optics) -> None:
    coarse = chance.uniform(*optics.gain, (3, 4)) * chance.uniform(*optics.exposure) * _GAIN_STEPS
    grid = np.repeat(coarse.astype(np.uint8)[:, :, None], 3, axis=2)
    gain = cv2.resize(grid, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(picture, gain, dst=picture, scale=1 / _GAIN_STEPS)


def _shine(picture: Picture, chance: np.random.Generator) -> None:
    """A soft bright spot, where the lamp mirrors itself."""
    height, width = picture.shape[:2]
    spot = np.zeros((height // 8, width // 8), np.float32)
    middle = int(chance.integers(0, width // 8)), int(chance.integers(0, height // 8))
    radius = float(chance.uniform(*_GLARE_PX)) / 8
    cv2.circle(spot, middle, max(1, round(radius)), float(chance.uniform(0.3, 1.0)) * _GLARE_LEVELS, -1)
    soft = cv2.GaussianBlur(spot, (0, 0), radius / 2)
    light = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    cv2.add(picture, cv2.merge((light, light, light)), dst=picture)


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
