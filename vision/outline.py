"""How large a thing is by its sharp outline: where halfway from the ground's colour to its own is reached.

The mask by which things are told from the ground ends wherever a pixel is not quite ground: a coloured edge's blur, the
shadow to one side and the closing of gaps make a thing up to 3 mm larger, and no two lights alike.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture
from vision.pocket import SCALE_PX_PER_MM, Thing, grown
from vision.verdict import Box

_FINE_PX_PER_MM = 2.6
_BEYOND_MM = 6.0
"""So far beyond the mask's outline it is looked, and as far within."""
_GROUND_MM = 2.5
"""The outermost strip of it, which is ground."""
_OWN_MM = 4.0
"""The thing's own colour stands out the most within so much of its outline."""
_ENDS = 20
"""One part in so many of a side is left out at each end: corners are round."""
_FURTHEST = 90
"""Percentile of a side's places which counts, so that what looks out along a tenth of a side is seen."""

Floats = NDArray[np.float32]


def sharp_size(seen: Picture, area: Box, thing: Thing) -> tuple[float, float]:
    """Width and height of a thing in mm, by the outermost half step of colour at each of its sides.

    :param seen: the upright picture of `area`.
    """
    level = _levelled(seen, area, thing)
    across = _beyond(level) + _beyond(level[:, ::-1])
    upright = level.transpose(1, 0, 2)
    return thing.width + across, thing.height + _beyond(upright) + _beyond(upright[:, ::-1])


def _levelled(seen: Picture, area: Box, thing: Thing) -> Floats:
    """The thing and what lies around it, its sides along the picture's."""
    around = grown(Box(0.0, 0.0, thing.width, thing.height), _BEYOND_MM)
    first, right, _, low = thing.part(around)
    along, down = (right - first) / around.width, (low - first) / around.height
    start = (first + (along + down) / (2 * _FINE_PX_PER_MM) - (area.x, area.y)) * SCALE_PX_PER_MM - 0.5
    onto = np.column_stack((*(each * SCALE_PX_PER_MM / _FINE_PX_PER_MM for each in (along, down)), start))
    size = round(around.width * _FINE_PX_PER_MM), round(around.height * _FINE_PX_PER_MM)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(seen, onto, size, flags=how, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _beyond(level: Floats) -> float:
    """By how many mm a levelled thing reaches beyond the mask's outline on its left; less than 0: it ends within."""
    ends = len(level) // _ENDS
    strip = level[ends : len(level) - ends, : round(2 * _BEYOND_MM * _FINE_PX_PER_MM)]
    ground = np.median(strip[:, : round(_GROUND_MM * _FINE_PX_PER_MM)].reshape(-1, 3), axis=0)
    away = np.linalg.norm(strip - ground, axis=2)
    own = slice(round(_BEYOND_MM * _FINE_PX_PER_MM), round((_BEYOND_MM + _OWN_MM) * _FINE_PX_PER_MM))
    first = (away >= np.median(away[:, own].max(axis=1)) / 2).argmax(axis=1)
    return _BEYOND_MM - float(np.percentile(first, 100 - _FURTHEST)) / _FINE_PX_PER_MM
