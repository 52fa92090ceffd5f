"""The carrier's plate, its codes and the mailer on it, open or sealed: the still ground that parts lie on."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from simulators.render.codes import qr_ink
from simulators.render.sprites import Colour, Map, Picture, Sprite, blank, fill, lay, rectangle, stamp
from simulators.world import CARRIER, CARRIER_CODES, SEAM, Carrier

QUIET_MODULES = 4
SEAM_PITCH_MM = 2.0
"""Distance of the ribs that the jaw presses into the seam."""

_FLOOR: Colour = (40, 42, 44)
_CARRIER: Colour = (88, 82, 78)
_INSIDE: Colour = (112, 112, 112)
_FILM: Colour = (138, 132, 126)
_ADHESIVE: Colour = (146, 142, 138)
_TILE: Colour = (240, 240, 240)
_BARS: Colour = (24, 24, 24)
_RIB_STEP = 24.0
_EDGE_MM = 5.0


def draw_ground(canvas: Picture, carrier: Carrier | None, camera: Map, px_per_mm: float) -> None:
    """Draw the floor, the carrier and its mailer, without parts, labels and codes."""
    cv2.rectangle(canvas, (0, 0), (canvas.shape[1], canvas.shape[0]), _FLOOR, -1)
    if carrier is None:
        return
    fill(canvas, rectangle(0.0, 0.0, *CARRIER), camera, _CARRIER)
    if carrier.mailer is None:
        return
    height = CARRIER[1] - 2 * _EDGE_MM
    fill(canvas, rectangle(_EDGE_MM, _EDGE_MM, CARRIER[0] - 2 * _EDGE_MM, height), camera, _FILM)
    if carrier.mailer.sealed:
        lay(canvas, _sealed_seam(px_per_mm), camera, SEAM[0], SEAM[1])
    else:
        fill(canvas, rectangle(_EDGE_MM, _EDGE_MM, SEAM[0] - _EDGE_MM, height), camera, _INSIDE)
        fill(canvas, rectangle(*SEAM), camera, _ADHESIVE)


def draw_codes(canvas: Picture, carrier: Carrier, camera: Map, px_per_mm: float) -> None:
    """Draw the carrier's QR codes, white tile and all; they stand above the mailer."""
    for x_mm, y_mm, side in CARRIER_CODES:
        lay(canvas, _code_tile(carrier.code, side, px_per_mm), camera, x_mm, y_mm)


@lru_cache(maxsize=64)
def _code_tile(text: str, side_mm: float, px_per_mm: float) -> Sprite:
    tile = blank(side_mm, side_mm, px_per_mm, _TILE)
    stamp(tile, qr_ink(text, side_mm, QUIET_MODULES, px_per_mm), _BARS, 0, 0)
    return Sprite(tile, rectangle(0, 0, tile.shape[1], tile.shape[0]), px_per_mm)


@lru_cache(maxsize=4)
def _sealed_seam(px_per_mm: float) -> Sprite:
    seam = blank(SEAM[2], SEAM[3], px_per_mm, _ADHESIVE)
    wave = _RIB_STEP * np.sin(2 * np.pi * np.arange(seam.shape[0]) / (px_per_mm * SEAM_PITCH_MM))
    ribbed = np.clip(seam + wave[:, None, None], 0, 255).astype(np.uint8)
    return Sprite(ribbed, rectangle(0, 0, seam.shape[1], seam.shape[0]), px_per_mm)
