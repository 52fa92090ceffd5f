"""Characters as ink masks, drawn from the font file that ships beside this module; no system font is used."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansCJKsc-Bold-subset.otf"
_DRAWN_PX = 96
"""Size at which a glyph is drawn before it is stretched to its box."""
_REFERENCE = "8"
"""Character whose width fills a plate's character box; narrower ones, as 1, keep their proportion to it."""

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _font() -> cv2.FontFace:
    return cv2.FontFace(str(FONT_FILE))


def text_ink(text: str, height_px: float) -> NDArray[np.uint8]:
    """Ink mask of a line of text: 255 where there is ink, cropped to the ink.

    :param height_px: font size, of which a capital letter takes about 0.73; at least 4 px are used.
    """
    size = max(4, round(height_px))
    canvas = np.zeros((size * 2, size * (len(text) + 2), 3), np.uint8)
    with _lock:
        cv2.putText(canvas, text, (size // 2, size + size // 2), (255, 255, 255), _font(), size)
    return _cropped(canvas[:, :, 0])


@lru_cache(maxsize=2048)
def glyph_ink(character: str, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Ink mask of one plate character, `height_px` high and at most `width_px` wide."""
    ink = text_ink(character, _DRAWN_PX)
    reference = ink if ord(character) > 0x2000 else text_ink(_REFERENCE, _DRAWN_PX)
    width = min(width_px, max(1, round(width_px * ink.shape[1] / reference.shape[1])))
    return cv2.resize(ink, (width, height_px), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _cropped(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    x, y, width, height = cv2.boundingRect(ink)
    return np.ascontiguousarray(ink[y : y + max(1, height), x : x + max(1, width)])
