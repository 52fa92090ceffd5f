"""Things that belong in no mailer, and the bare backs of plates, as sprites."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from simulators.matter import StrayKind
from simulators.render.plates import plate_sprite
from simulators.render.sprites import Colour, Sprite, blank, rectangle

STRAY_SIZES_MM: dict[StrayKind, tuple[float, float]] = {
    StrayKind.SCREW: (30.0, 7.0),
    StrayKind.PAPER: (34.0, 22.0),
    StrayKind.GLOVE: (70.0, 40.0),
    StrayKind.CLOTH: (60.0, 45.0),
}
_COLOURS: dict[StrayKind, Colour] = {
    StrayKind.SCREW: (190, 196, 200),
    StrayKind.PAPER: (235, 238, 238),
    StrayKind.GLOVE: (150, 110, 50),
    StrayKind.CLOTH: (134, 136, 138),
}
_METAL = 196
_BACK_RELIEF = 0.25


@lru_cache(maxsize=16)
def stray_sprite(kind: StrayKind, px_per_mm: float) -> Sprite:
    """A flat thing of one colour."""
    picture = blank(*STRAY_SIZES_MM[kind], px_per_mm, _COLOURS[kind])
    return Sprite(picture, rectangle(0, 0, picture.shape[1], picture.shape[0]), px_per_mm)


@lru_cache(maxsize=16)
def plate_back(style: str, text: str, code: str, size_mm: tuple[float, float], px_per_mm: float) -> Sprite:
    """The back of a plate: bare metal, the embossing seen from behind, no colour and no sticker."""
    front = plate_sprite(style, text, code, size_mm, px_per_mm)
    grey = cv2.cvtColor(cv2.flip(front.picture, 1), cv2.COLOR_BGR2GRAY).astype(np.float32)
    relief = (cv2.GaussianBlur(grey, (0, 0), 1.2) - cv2.GaussianBlur(grey, (0, 0), 3.0)) * _BACK_RELIEF
    metal = np.clip(_METAL + relief, 0, 255).astype(np.uint8)
    return Sprite(cv2.cvtColor(metal, cv2.COLOR_GRAY2BGR).astype(np.uint8), front.outline, px_per_mm)
