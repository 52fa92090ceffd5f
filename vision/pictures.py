"""From a camera's bytes to pixels, safely: nothing is decoded before its header says that it is small enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from vision.picture_headers import Header, HeaderError, header_of

Picture = NDArray[np.uint8]
"""Shape (height, width, 3), BGR."""
Grey = NDArray[np.uint8]
"""Shape (height, width)."""

MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 20_000
MIN_SIDE_PX = 64
"""Of a camera's picture; a cut-out may be smaller."""
DARK_LEVEL = 20.0
"""Mean brightness, 0..255, under which a picture shows nothing: lens covered, light off or sensor dead."""

_PAPER = 255
"""What lies under transparent places: black print on nothing is meant to be seen on white."""


@dataclass(frozen=True)
class Shot:
    """One picture, and what more than one looks at of it; each is made once, when it is first asked for.

    :ivar whole: as decoded.
    """

    whole: Picture

    @cached_property
    def half(self) -> Picture:
        """At half its size."""
        return shrunk(self.whole, 2)

    @cached_property
    def grey(self) -> Grey:
        """Its brightness."""
        return as_grey(self.whole)


class UnreadablePictureError(ValueError):
    """The bytes are no whole picture of an allowed kind and size; says what was found and what is allowed."""


def decode(data: bytes, min_side_px: int = MIN_SIDE_PX, *, quick: bool = False) -> Picture:
    """Decode a whole still JPEG, PNG, WebP, TIFF or BMP of any depth, as stored: a turn by EXIF is not followed.

    A fixed camera's pixels stand where they stand. Grey becomes BGR, 16 bits become 8 by their upper half, CMYK is
    converted, transparency is laid on white.

    :param quick: the colours of a JPEG, which it holds at half the size, are repeated and not blended from pixel to
        pixel, in nine tenths of the time; what is then looked at at half size is the sharper. Brightness is
        the same but for rounding, and where a channel is at its end.
    :raises UnreadablePictureError: another kind, cut off, animated, a side under `min_side_px` or over `MAX_SIDE_PX`,
        over `MAX_PIXELS` in all.
    :raises MemoryError: it is allowed, and there is no room for it.
    """
    try:
        header = header_of(data)
    except HeaderError as error:
        raise UnreadablePictureError(str(error)) from error
    _demand_allowed(header, min_side_px)
    try:
        if header.kind == "JPEG":
            picture = _photo(data, quick)
        else:
            picture = _opaque(data) if header.transparent else _plain(data)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError(str(error)) from error
        raise UnreadablePictureError(f"picture of {len(data)} bytes can't be decoded: {error}") from error
    if picture is None or picture.shape[:2] != (header.height, header.width):
        raise UnreadablePictureError(
            f"{header.kind} of {len(data)} bytes, {header.width} x {header.height} px declared, can't be decoded"
        )
    return picture


def brightness(picture: Picture) -> float:
    """Mean over every 32nd row, 0..255."""
    return sum(cv2.mean(picture[::32])) / 3


def as_grey(picture: Picture | Grey) -> Grey:
    """Brightness of a picture; what is grey is returned as it is."""
    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def ends(picture: Picture) -> tuple[Grey, Grey]:
    """The least and the largest of each pixel's channels."""
    blue, green, red = cv2.split(picture)
    least, largest = (end(end(blue, green), red) for end in (cv2.min, cv2.max))
    return np.asarray(least, np.uint8), np.asarray(largest, np.uint8)


def shrunk(part: Picture, step: int) -> Picture:
    """Each square of `step` pixels as one, which keeps fine bars from aliasing; odd pixels at the far edges are cut.

    :param part: of one channel or three.
    """
    if min(part.shape[:2]) < step:
        size = max(1, part.shape[1] // step), max(1, part.shape[0] // step)
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    while step % 2 == 0:
        # Halving has a quick way of its own, and so has the mean of an odd square around its middle.
        size = part.shape[1] // step * (step // 2), part.shape[0] // step * (step // 2)
        whole = part[: 2 * size[1], : 2 * size[0]]
        part, step = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8), step // 2
    if step == 1:
        return part
    height, width = part.shape[0] // step, part.shape[1] // step
    middles = slice(step // 2, height * step, step), slice(step // 2, width * step, step)
    return np.ascontiguousarray(cv2.blur(part, (step, step))[middles], np.uint8)


def warped(picture: Picture, onto: cv2.typing.MatLike, size: tuple[int, int], *, inverse: bool = False) -> Picture:
    """A picture through an affine map, its edges drawn out.

    :param onto: shape (2, 3), from the picture's pixels to the answer's; with `inverse` the other way round.
    :param size: width and height of the answer.
    """
    # The same pixels as from three channels, in half the time.
    four = cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if inverse else 0)
    drawn = cv2.warpAffine(four, onto, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(drawn, cv2.COLOR_BGRA2BGR), np.uint8)


def cut_out(picture: Picture, corners: NDArray[np.float64], size: tuple[int, int]) -> Picture:
    """What lies between four corners, set upright; its sides are parallel.

    :param corners: in px from the picture's edges, clockwise from the upper left. :param size: width and height.
    """
    corners = corners - 0.5
    first = np.clip(corners.min(axis=0) - 2, 0, (picture.shape[1] - 1, picture.shape[0] - 1)).astype(int)
    last = np.maximum(corners.max(axis=0) + 3, first + 1).astype(int)
    onto = np.array(((0, 0), (size[0], 0), (0, size[1])), np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform((corners[[0, 1, 3]] - first).astype(np.float32), onto)
    return warped(picture[first[1] : last[1], first[0] : last[0]], matrix, size)


def _demand_allowed(header: Header, min_side_px: int) -> None:
    width, height = header.width, header.height
    if min(width, height) < min_side_px or max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise UnreadablePictureError(
            f"picture declares {width} x {height} px; allowed: sides from {min_side_px} to {MAX_SIDE_PX}, "
            f"at most {MAX_PIXELS} px in all"
        )
    if header.animated:
        raise UnreadablePictureError(f"{header.kind} holds an animation; a picture must be a single exposure")


def _photo(data: bytes, quick: bool) -> Picture | None:
    """A JPEG: the pixels that OpenCV makes of it, in three quarters of the time; what is not quite in order or of four
    inks is left to OpenCV."""
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, "BGR", fastupsample=quick), np.uint8)
    except ValueError:
        return _plain(data)


def _plain(data: bytes) -> Picture | None:
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return _as_picture(cv2.imdecode(np.frombuffer(data, np.uint8), flags))


def _opaque(data: bytes) -> Picture | None:
    """A picture with transparency, laid on paper."""
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if raw is None or raw.ndim != 3 or raw.shape[2] != 4 or raw.dtype not in (np.uint8, np.uint16):
        return _plain(data)
    shallow = raw if raw.dtype == np.uint8 else (raw // 256).astype(np.uint8)
    cover = cv2.cvtColor(shallow[..., 3], cv2.COLOR_GRAY2BGR)
    return np.asarray(_PAPER - cv2.multiply(_PAPER - shallow[..., :3], cover, scale=1 / _PAPER), np.uint8)


def _as_picture(decoded: object) -> Picture | None:
    return None if decoded is None else np.asarray(decoded, np.uint8)
