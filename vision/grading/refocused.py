"""A code's part of a picture as a sharp camera shows it, so that the print is graded and not the focus.

The blur is known from something else in the picture: what a worn head prints badly can't be taken for the optics'.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.codes.code import Code
from vision.pictures import Grey

SHARP_PX = 0.6
"""Blur (sigma) to which a picture is brought; a camera that was just commissioned has 0.4 to 0.8."""
_NOISE = 0.01
"""Power of the noise, as a share of the picture's, at which Wiener's filter stops lifting."""
_MARGIN_PX = 24
_MIRRORED_PX = 16


def refocused(grey: Grey, code: Code, blur_px: float) -> Grey:
    """The picture with the code and what is around it deblurred by Wiener's filter.

    :param blur_px: sigma of the picture's blur; up to `SHARP_PX` nothing is done.
    """
    if blur_px <= SHARP_PX:
        return grey
    corners = np.array(code.corners)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - _MARGIN_PX, 0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + _MARGIN_PX
    edge = _MIRRORED_PX
    part = cv2.copyMakeBorder(grey[top:bottom, left:right], edge, edge, edge, edge, cv2.BORDER_REFLECT)
    height, width = part.shape
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    left_over = np.exp(-2 * np.pi**2 * (across**2 + down**2) * (blur_px**2 - SHARP_PX**2))
    lift = left_over * (1 + _NOISE) / (left_over**2 + _NOISE)
    sharp = np.fft.irfft2(np.fft.rfft2(part.astype(np.float32)) * lift, part.shape)
    whole = grey.copy()
    whole[top:bottom, left:right] = np.clip(sharp[edge:-edge, edge:-edge].round(), 0, 255)
    return whole
