"""Matrix codes on what is not flat: the grid of modules bent until its middles lie where the modules lie.

The reader samples a code through one perspective map; on cloth, film or a bulging parcel modules lie up to one beside
where that map puts them. Here the grid is moved piece by piece, from the whole down to sixths, to where the modules'
middles are the furthest from grey; then the bits are drawn anew, flat, for the reader and its error correction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.codes.code import Corners
from vision.pictures import Grey

MOST_SIDE = 177
"""Modules of the largest QR code."""
_QUIET = 4
_DRAWN_PX = 4
"""Pixels a module of the flat drawing."""
_AROUND = 2
"""Modules around the code that are rectified with it, so that the grid can move outwards."""
_LEVELS = (1, 2, 3, 4, 6, 6)
"""Into how many pieces a side is cut, one way after the other."""
_REACH = 0.45
"""How far a piece may move at one level, in modules; from half a module on the next module looks as good."""
_STIFF = 4.0
"""Grey levels that a move of one module costs: pieces that show nothing stay with their neighbours."""
_GROUND_MODULES = 9
"""Side of the window whose mean parts dark from light: masks keep both kinds about equal within it."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix code that was found but not read. :ivar columns: of modules; :ivar rows: likewise."""

    corners: Corners
    columns: int
    rows: int


def grid_of(version: str, corners: Corners) -> Grid | None:
    """The grid of a reader's version: `3` of a QR code, `24x24` of a Data Matrix; None: of no such code."""
    if re.fullmatch(r"[1-9]\d?", version):
        side = 17 + 4 * int(version)
        return Grid(corners, side, side) if side <= MOST_SIDE else None
    if (sides := re.fullmatch(r"(\d{1,3})x(\d{1,3})", version)) is not None:
        rows, columns = int(sides[1]), int(sides[2])
        return Grid(corners, columns, rows) if min(rows, columns) >= 8 and max(rows, columns) <= MOST_SIDE else None
    return None


def flattened(grey: Grey, grid: Grid, module_px: int = 8) -> Grey | None:
    """A flat drawing of the code, its bits taken where the bent grid says; None: its corners span nothing.

    :param module_px: of the rectified picture in which the grid is bent.
    """
    flat = _rectified(grey, grid, module_px)
    if flat is None:
        return None
    soft = cv2.blur(flat, (module_px // 2 | 1,) * 2)
    ground = cv2.blur(flat, (_GROUND_MODULES * module_px | 1,) * 2)
    depth = np.asarray(cv2.subtract(soft, ground), np.float32)
    x, y = _bent(np.abs(depth), grid, module_px)
    return _drawn(depth[y, x] < 0)


def _rectified(grey: Grey, grid: Grid, module_px: int) -> Floats | None:
    corners = np.array(grid.corners, np.float32)
    if cv2.contourArea(corners) < grid.columns * grid.rows:
        return None
    left, right, bottom = _AROUND, _AROUND + grid.columns, _AROUND + grid.rows
    upright = np.array(((left, left), (right, left), (right, bottom), (left, bottom)), np.float32) * module_px - 0.5
    onto = cv2.getPerspectiveTransform(upright, corners)
    size = (grid.columns + 2 * _AROUND) * module_px, (grid.rows + 2 * _AROUND) * module_px
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(grey, onto, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _bent(clear: Floats, grid: Grid, module_px: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each module's middle lies, in pixels: columns and rows, each of shape (rows, columns).

    :param clear: how far from grey each place is.
    """
    middles = (np.arange(max(grid.columns, grid.rows)) + 0.5 + _AROUND) * module_px - 0.5
    across, down = np.meshgrid(middles[: grid.columns], middles[: grid.rows])
    moved = np.zeros((grid.rows, grid.columns, 2), np.float32)
    for pieces in _LEVELS:
        moved += _better(clear, across + moved[..., 0], down + moved[..., 1], pieces, module_px)
    return _within(across + moved[..., 0], clear.shape[1]), _within(down + moved[..., 1], clear.shape[0])


def _better(clear: Floats, across: Floats, down: Floats, pieces: int, module_px: int) -> Floats:
    """By how much each module should move, when each of so many pieces a side moves as a whole."""
    reach = max(1, int(_REACH * module_px))
    moves = [(dx, dy) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1)]
    gains = np.stack(
        [
            _means(clear[_within(down + dy, clear.shape[0]), _within(across + dx, clear.shape[1])], pieces)
            - np.float32(_STIFF * np.hypot(dx, dy) / module_px)
            for dx, dy in moves
        ]
    )
    best = np.array(moves, np.float32)[gains.argmax(axis=0)]
    if pieces == 1:
        return np.broadcast_to(best, (*across.shape, 2))
    return np.asarray(cv2.resize(best, across.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _means(values: Floats, pieces: int) -> Floats:
    """Over equal pieces of a grid, shape (pieces, pieces)."""
    return np.asarray(cv2.resize(values, (pieces, pieces), interpolation=cv2.INTER_AREA), np.float32).reshape(
        pieces, pieces
    )


def _within(places: Floats, size: int) -> NDArray[np.intp]:
    return np.asarray(np.clip(np.rint(places), 0, size - 1), np.intp)


def _drawn(dark: NDArray[np.bool_]) -> Grey:
    flat = np.pad(np.where(dark, 0, 255).astype(np.uint8), _QUIET, constant_values=255)
    return np.ascontiguousarray(flat.repeat(_DRAWN_PX, axis=0).repeat(_DRAWN_PX, axis=1))
