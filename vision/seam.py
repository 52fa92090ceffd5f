"""Whether the jaw has closed the mailer: the seam shows the ribs that it presses, over its whole visible length."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture
from vision.plane import Plane
from vision.verdict import Box, Check, Outcome, View

SEAM = Box(520.0, 10.0, 20.0, 420.0)
"""The strip that the jaw seals, on the carrier's plane."""
PITCH_MM = 2.0
"""Distance of the jaw's ribs."""
PRESENT = 6.0
"""From this amplitude of the ribs on, in grey levels 0..255, a section is sealed."""
ABSENT = 3.0
"""Under this a section shows no ribs."""

_SECTION_MM = 30.0
_SAMPLES_PER_MM = 4
_INSET_MM = 4.0


def check_seam(picture: Picture, plane: Plane, view: View) -> Check:
    """Measure the ribs section by section; the weakest section decides."""
    box = _visible(picture, view)
    amplitudes = _amplitudes(picture, plane, box)
    weakest = min(amplitudes, default=0.0)
    outcome = Outcome.ACCEPT if weakest >= PRESENT else Outcome.UNSURE if weakest >= ABSENT else Outcome.REJECT
    found = f"{len(amplitudes)} sections, weakest ribs of {weakest:.1f} grey levels"
    return Check("seam", outcome, "", f"ribs from {PRESENT:.0f}", found, weakest, PRESENT, plane.corners(box))


def _visible(picture: Picture, view: View) -> Box:
    """The part of the seam that the picture surely holds, its edges left out."""
    bottom = min(SEAM.y + SEAM.height, view.top_mm + picture.shape[0] / view.px_per_mm) - 2 * _INSET_MM
    top = max(SEAM.y, view.top_mm) + 2 * _INSET_MM
    return Box(SEAM.x + _INSET_MM, top, SEAM.width - 2 * _INSET_MM, max(0.0, bottom - top))


def _amplitudes(picture: Picture, plane: Plane, box: Box) -> list[float]:
    sections = int(box.height / _SECTION_MM)
    if sections == 0:
        return []
    strip = _strip(picture, plane, box)
    step = round(_SECTION_MM * _SAMPLES_PER_MM)
    return [_rib_amplitude(strip[place * step : (place + 1) * step]) for place in range(sections)]


def _strip(picture: Picture, plane: Plane, box: Box) -> NDArray[np.float64]:
    """Mean grey level across the seam, `_SAMPLES_PER_MM` along it."""
    onto = plane.matrix.copy()
    onto[:, 2] += onto[:, :2] @ np.array((box.x, box.y))
    onto[:, :2] /= _SAMPLES_PER_MM
    size = round(box.width * _SAMPLES_PER_MM), round(box.height * _SAMPLES_PER_MM)
    strip = cv2.warpAffine(picture, onto, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(strip.mean(axis=(1, 2)), np.float64)


def _rib_amplitude(profile: NDArray[np.float64]) -> float:
    """Amplitude of the wave of `PITCH_MM` in a profile."""
    along = np.arange(len(profile))
    straight = np.polynomial.Polynomial.fit(along, profile, 2)(along)
    turns = np.exp(-2j * np.pi * along / (PITCH_MM * _SAMPLES_PER_MM))
    window = np.hanning(len(profile))
    return float(2 * abs(((profile - straight) * window * turns).sum()) / window.sum())
