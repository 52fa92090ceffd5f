"""What of a plate is looked at for things that lie on it, and how far something reaches, in pixels."""

from __future__ import annotations

import cv2

from vision.pocket import SCALE_PX_PER_MM

RIM_MM = 8.0
"""Border and rounded corners."""
LOW_BAND_MM = 13.0
"""The lowest band, in which makers put their own marks and stickers, is not looked at."""


def inner() -> tuple[slice, slice]:
    """Rows and columns within a plate's rim and above its lowest band, of a plate alone at `SCALE_PX_PER_MM`."""
    rim, low = round(RIM_MM * SCALE_PX_PER_MM), round(LOW_BAND_MM * SCALE_PX_PER_MM)
    return slice(rim, -low), slice(rim, -rim)


def ellipse(reach_mm: tuple[float, float], larger: float = 1.0) -> cv2.typing.MatLike:
    """The kernel by which something grows so far beside and above itself. :param larger: than it is said."""
    wide, high = (2 * round(reach * larger * SCALE_PX_PER_MM) + 1 for reach in reach_mm)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, high))
