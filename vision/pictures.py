"""From a camera's bytes to pixels, safely: nothing is decoded before its header says that it is small enough."""

from __future__ import annotations

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Shape (height, width, 3), BGR."""

MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 64
DARK_LEVEL = 20.0
"""Mean brightness, 0..255, under which a picture shows nothing: lens covered, light off or sensor dead."""

_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_FRAME_MARKERS = frozenset((0xC0, 0xC1, 0xC2))
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD9)))


class UnreadablePictureError(ValueError):
    """The bytes are no whole JPEG or PNG of an allowed size; says what was found and what is allowed."""


def decode(data: bytes) -> Picture:
    """Decode a whole JPEG or PNG.

    :raises UnreadablePictureError: another format, cut off, a side under `MIN_SIDE_PX`, over `MAX_PIXELS`.
    """
    width, height = _declared_size(data)
    if min(width, height) < MIN_SIDE_PX or width * height > MAX_PIXELS:
        raise UnreadablePictureError(
            f"picture declares {width} x {height} px; allowed: sides from {MIN_SIDE_PX}, at most {MAX_PIXELS} px in all"
        )
    try:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise UnreadablePictureError(f"picture of {len(data)} bytes can't be decoded: {error}") from error
    if picture is None or picture.shape[:2] != (height, width):
        raise UnreadablePictureError(f"picture of {len(data)} bytes, {width} x {height} px declared, can't be decoded")
    return np.asarray(picture, np.uint8)


def brightness(picture: Picture) -> float:
    """Mean over every eighth pixel, 0..255."""
    return float(picture[::8, ::8].mean())


def _declared_size(data: bytes) -> tuple[int, int]:
    if data.startswith(_JPEG_START):
        if not data.rstrip(b"\0").endswith(_JPEG_END):
            raise UnreadablePictureError(f"JPEG of {len(data)} bytes is cut off: it must end with the marker FFD9")
        return _jpeg_size(data)
    if data.startswith(_PNG_START):
        if not data.endswith(_PNG_END) or len(data) < 33:
            raise UnreadablePictureError(f"PNG of {len(data)} bytes is cut off: it must end with its IEND chunk")
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    raise UnreadablePictureError(f"picture begins with {data[:8].hex() or 'nothing'}; it must be a JPEG or a PNG")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return int(width), int(height)
        if marker == 0xFF:
            place += 1
        elif marker in _BARE_MARKERS:
            place += 2
        else:
            place += 2 + int(struct.unpack(">H", data[place + 2 : place + 4])[0])
    raise UnreadablePictureError(f"JPEG of {len(data)} bytes has no baseline or progressive frame header")
