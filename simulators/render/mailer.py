"""The carrier's plate, its codes and the mailer on it, open or sealed: the still ground that parts lie on."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.matter import FlawKind
from simulators.render.codes import qr_ink
from simulators.render.sprites import Colour, Map, Picture, Sprite, blank, fill, lay, rectangle, stamp
from simulators.world import CARRIER, CARRIER_CODES, CLAMP, INSIDE, SEAM, Carrier

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
_CAUGHT = (228.0, 230.0, 230.0)
_CAUGHT_RIBS = 0.4
_FOLD_DEPTH = 45.0
_FOLD_SLANT = 0.5
_FOLD_SHARE = 0.16

Ground = NDArray[np.float64]


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
        flaws = tuple((flaw.kind, flaw.at_mm, flaw.length_mm) for flaw in carrier.mailer.seam_flaws)
        lay(canvas, _sealed_seam(px_per_mm, flaws), camera, SEAM[0], SEAM[1])
    else:
        fill(canvas, rectangle(*INSIDE), camera, _INSIDE)
        fill(canvas, rectangle(*SEAM), camera, _ADHESIVE)


def draw_clamp(canvas: Picture, camera: Map) -> None:
    """Draw the bar that lies on the mailer, and on what sticks out of a pocket."""
    fill(canvas, rectangle(*CLAMP), camera, _CARRIER)


def draw_codes(canvas: Picture, carrier: Carrier, camera: Map, px_per_mm: float) -> None:
    """Draw the carrier's QR codes, white tile and all; they stand above the mailer."""
    for x_mm, y_mm, side in CARRIER_CODES:
        lay(canvas, _code_tile(carrier.code, side, px_per_mm), camera, x_mm, y_mm)


@lru_cache(maxsize=64)
def _code_tile(text: str, side_mm: float, px_per_mm: float) -> Sprite:
    tile = blank(side_mm, side_mm, px_per_mm, _TILE)
    stamp(tile, qr_ink(text, side_mm, QUIET_MODULES, px_per_mm), _BARS, 0, 0)
    return Sprite(tile, rectangle(0, 0, tile.shape[1], tile.shape[0]), px_per_mm)


@lru_cache(maxsize=8)
def _sealed_seam(px_per_mm: float, flaws: tuple[tuple[FlawKind, float, float], ...] = ()) -> Sprite:
    seam = blank(SEAM[2], SEAM[3], px_per_mm, _ADHESIVE)
    wave = _RIB_STEP * np.sin(2 * np.pi * np.arange(seam.shape[0]) / (px_per_mm * SEAM_PITCH_MM))
    ribs = np.repeat(wave[:, None], seam.shape[1], axis=1)
    ground = seam.astype(np.float64)
    for kind, at_mm, length_mm in flaws:
        _spoil(ground, ribs, kind, (at_mm - SEAM[1]) * px_per_mm, length_mm * px_per_mm)
    ribbed = np.clip(ground + ribs[:, :, None], 0, 255).astype(np.uint8)
    return Sprite(ribbed, rectangle(0, 0, seam.shape[1], seam.shape[0]), px_per_mm)


def _spoil(ground: Ground, ribs: Ground, kind: FlawKind, middle: float, length: float) -> None:
    """Draw one flaw: no ribs in a gap, ribs and a dark fold aslant in a wrinkle, something light under weak ribs."""
    first, last = max(0, round(middle - length / 2)), round(middle + length / 2)
    if kind is FlawKind.GAP:
        ribs[first:last] = 0
    elif kind is FlawKind.CAUGHT:
        ground[first:last, : round(0.7 * ground.shape[1])] = _CAUGHT
        ribs[first:last] *= _CAUGHT_RIBS
    else:
        y, x = np.mgrid[first : min(last, len(ribs)), : ribs.shape[1]]
        away = (y - middle) - (x / ribs.shape[1] - 0.5) * length * _FOLD_SLANT
        ground[first:last] -= (_FOLD_DEPTH * np.exp(-((away / (_FOLD_SHARE * length)) ** 2)))[:, :, None]
        ribs[first:last] *= 1 - np.exp(-((away / (2 * _FOLD_SHARE * length)) ** 2))
