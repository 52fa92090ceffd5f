"""What of a plate is looked at for things that lie on it, and how far something reaches, in pixels."""

from __future__ import annotations

import cv2

from vision.pocket import SCALE_PX_PER_MM

RIM_MM = 8.0
"""Border and rounded corners."""
LOW_BAND_MM = 13.0
"""In the lowest band makers put their own marks and stickers; `vision.plate.lower_edge` looks at it."""


def within_rim() -> tuple[slice, slice]:
    """Rows and columns within a plate's rim and down to its lower edge, of a plate alone at `SCALE_PX_PER_MM`."""
    rim = round(RIM_MM * SCALE_PX_PER_MM)
    return slice(rim, None), slice(rim, -rim)


def low_band() -> tuple[slice, slice]:
    """Rows and columns of its lowest band within the rim at both sides."""
    return slice(-round(LOW_BAND_MM * SCALE_PX_PER_MM), None), within_rim()[1]


def inner() -> tuple[slice, slice]:
    """Rows and columns within a plate's rim and above its lowest band."""
    rows, columns = within_rim()
    return slice(rows.start, low_band()[0].start), columns


def ellipse(reach_mm: tuple[float, float], larger: float = 1.0) -> cv2.typing.MatLike:
    """The kernel by which something grows so far beside and above itself. :param larger: than it is said."""
    wide, high = (2 * round(reach * larger * SCALE_PX_PER_MM) + 1 for reach in reach_mm)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, high))
