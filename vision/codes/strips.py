"""A linear code made upright: turned, its bars put straight, averaged along in bands, drawn out and sharpened.

Averaging along the bars takes noise and scratches away; several bands that share no pixel are several witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.codes.bars import Bars
from vision.pictures import Grey

DRAWN_OUT = 3
"""Samples a pixel across the bars."""
MOST_SAMPLES = 3600
BAND_COUNTS = (1, 2, 3, 5, 9)
"""Into how many bands a strip is cut, one way after the other; bands of one way share no pixel."""

_ENVELOPE_MODULES = 9
"""Wider than any run of bars or spaces within a code, so that each window holds paper and ink."""
_MARGIN = 0.15
"""Added on each side, as a share of the length, for the quiet zone and for an end that was not found."""
_MIN_MARGIN_PX = 10
_MOST_ROWS = 180
_SHEARS = np.linspace(-0.12, 0.12, 13)
_HALF_SHEARS = np.linspace(-0.16, 0.16, 9)
_FINE_SHEARS = np.linspace(-0.016, 0.016, 5)
_APART = 0.03
"""Less difference between the halves' leans is none."""
_ROWS = 6
"""A profile is shown to the reader as so many equal rows."""

Profile = NDArray[np.float32]
"""Brightness along a code, mean over a band."""
Lean = tuple[float, float]
"""How far bars lean at the left and at the right end, in pixels to the right for each pixel down."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The upright place.

    :ivar rows: shape (rows, samples), 0..255. :ivar onto: affine map from samples and rows to the picture's pixels.
    """

    rows: NDArray[np.float32]
    onto: NDArray[np.float64]
    samples_per_px: float

    def bands(self, count: int) -> list[Profile]:
        """Mean profiles of so many bands of equal height; fewer where there are not enough rows."""
        parts = np.array_split(self.rows, min(count, len(self.rows)))
        return [np.asarray(part.mean(axis=0), np.float32) for part in parts]


def strip_of(grey: Grey, bars: Bars) -> Strip:
    """Cut a place out upright, its bars straight down, also where tilt makes them lean apart."""
    lean = _lean_of(upright_rows(grey, bars))
    per_px = min(DRAWN_OUT, MOST_SAMPLES / (bars.length * (1 + 2 * _MARGIN)))
    return _sampled(grey, bars, lean, per_px)


def upright_rows(grey: Grey, bars: Bars, most: int = _MOST_ROWS) -> NDArray[np.float32]:
    """A place cut out as it is turned, one sample a pixel, in so many rows at most."""
    return _sampled(grey, bars, (0.0, 0.0), 1.0, most).rows


def _sampled(grey: Grey, bars: Bars, lean: Lean, per_px: float, most: int = _MOST_ROWS) -> Strip:
    margin = max(_MIN_MARGIN_PX, _MARGIN * bars.length)
    samples = max(8, round((bars.length + 2 * margin) * per_px))
    rows = max(1, min(most, round(bars.height)))
    step = bars.height / rows
    along, mean = np.array((cos(bars.turn), sin(bars.turn))), sum(lean) / 2
    right = along / per_px
    down = (np.array((-sin(bars.turn), cos(bars.turn))) + mean * along) * step
    first = np.array((bars.x, bars.y)) - right * (samples - 1) / 2 - down * (rows - 1) / 2
    onto = np.stack((right, down, first), axis=1)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    if lean[0] == lean[1]:
        cut = cv2.warpAffine(grey, onto, (samples, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    else:
        cut = _fanned(grey, onto, (samples, rows), along * step * (lean[1] - lean[0]))
    return Strip(np.asarray(cut, np.float32), onto, per_px)


def _fanned(grey: Grey, onto: NDArray[np.float64], size: tuple[int, int], apart: NDArray[np.float64]) -> Grey:
    """As by an affine map, but each row down shifted by `apart` more at the right end than at the left."""
    across, down = np.arange(size[0])[None, :], np.arange(size[1])[:, None]
    shift = (across / size[0] - 0.5) * (down - (size[1] - 1) / 2)
    x, y = (
        (row[0] * across + row[1] * down + row[2] + more * shift).astype(np.float32)
        for row, more in zip(onto, apart, strict=True)
    )
    return np.asarray(cv2.remap(grey, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _lean_of(rows: NDArray[np.float32]) -> Lean:
    """The lean of either end's bars: that of the whole, and of each half where it is crisper by `_APART`."""
    whole = _best_shear(rows, _SHEARS)
    half = rows.shape[1] // 2
    ends = [_best_shear(part, whole + _HALF_SHEARS) for part in (rows[:, :half], rows[:, half:])]
    if abs(ends[1] - ends[0]) < _APART:
        return whole, whole
    # The halves' middles are half of the length apart.
    middle, spread = sum(ends) / 2, ends[1] - ends[0]
    return middle - spread, middle + spread


def _best_shear(rows: NDArray[np.float32], around: NDArray[np.float64]) -> float:
    """How far the bars lean, in pixels to the right for each pixel down: where their mean profile is the crispest."""
    best = float(max(around, key=lambda shear: _crispness(rows, float(shear))))
    return float(max(best + _FINE_SHEARS, key=lambda shear: _crispness(rows, float(shear))))


def _crispness(rows: NDArray[np.float32], shear: float) -> float:
    height, width = rows.shape
    lean = np.array(((1.0, shear, -shear * (height - 1) / 2), (0.0, 1.0, 0.0)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    put_straight = cv2.warpAffine(rows, lean, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return float(np.square(np.diff(np.asarray(put_straight).mean(axis=0))).sum())


def shown(profile: Profile, samples_per_px: float) -> Iterator[Grey]:
    """Pictures of a profile for the reader: as it is, sharpened twice over, and levelled between its own extremes."""
    yield _as_rows(profile)
    for blur_px, amount in ((1.0, 1.5), (1.6, 3.0)):
        soft = cv2.GaussianBlur(profile[None, :], (0, 0), blur_px * samples_per_px)[0]
        yield _as_rows(profile + amount * (profile - soft))
    yield _as_rows(levelled(profile, samples_per_px))


def levelled(profile: Profile, samples_per_px: float) -> Profile:
    """Each sample between the darkest and the brightest nearby, 0..255: uneven light and blurred narrow bars go."""
    reach = max(3, round(10 * samples_per_px)) | 1
    line = profile[None, :]
    kernel = np.ones((1, reach), np.uint8)
    low, high = (cv2.blur(envelope, (reach, 1))[0] for envelope in (cv2.erode(line, kernel), cv2.dilate(line, kernel)))
    least = max(8.0, 0.15 * float(profile.max() - profile.min()))
    return np.asarray(127.5 + 255 * (profile - (low + high) / 2) / np.maximum(high - low, least), np.float32)


def ink_of(profile: Profile, module: float) -> NDArray[np.float64]:
    """How much of each sample is bar, 0..1, against the paper and the ink around it; quiet zones are 0.

    :param module: its width in samples, roughly.
    """
    reach = max(5, round(_ENVELOPE_MODULES * module)) | 1
    line, kernel = profile[None, :], np.ones((1, reach), np.uint8)
    paper = cv2.blur(cv2.dilate(line, kernel), (reach, 1))[0]
    dark = cv2.blur(cv2.erode(line, kernel), (reach, 1))[0]
    depth = np.maximum(paper - dark, max(4.0, 0.4 * float(np.percentile(paper - dark, 90))))
    return np.asarray(np.clip((paper - profile) / depth, -0.1, 1.1), np.float64)


def _as_rows(profile: Profile) -> Grey:
    clipped = np.clip(np.rint(profile), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(clipped, (_ROWS, clipped.size)))
