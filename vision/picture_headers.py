"""What a picture file says of itself before any of it is decoded: kind, size, transparency, frames.

Only the first bytes of each format are read, by their public layouts (ITU-T T.81, W3C PNG, RFC 9649 WebP, TIFF 6.0,
the Windows bitmap header). Whatever does not fit ends in `HeaderError`, never in another error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_FRAME_MARKERS = frozenset((0xC0, 0xC1, 0xC2))
"""Baseline, extended and progressive; no decoder of ours takes the others."""
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD9)))
_PNG_CHUNKS = 64
"""So many chunks before the pixels are looked at for transparency and animation."""
_TIFF_TAGS = 512
_TIFF_NUMBERS = {3: "H", 4: "I"}
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257


class HeaderError(ValueError):
    """The bytes are no whole picture of a known kind; says what was found."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says.

    :ivar width: in pixels as stored, before any turn by EXIF; :ivar height: likewise.
    """

    kind: str
    width: int
    height: int
    transparent: bool = False
    animated: bool = False


def header_of(data: bytes) -> Header:
    """:raises HeaderError: no known kind, cut off, or a header that says nothing sensible."""
    for start, read in _KINDS:
        if data.startswith(start):
            try:
                return read(data)
            except (struct.error, IndexError) as error:
                raise HeaderError(f"picture of {len(data)} bytes is cut off within its header") from error
    raise HeaderError(f"picture begins with {data[:8].hex() or 'nothing'}; it must be a JPEG, PNG, WebP, TIFF or BMP")


def _jpeg(data: bytes) -> Header:
    if not data.rstrip(b"\0").endswith(_JPEG_END):
        raise HeaderError(f"JPEG of {len(data)} bytes is cut off: it must end with the marker FFD9")
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return Header("JPEG", width, height)
        if marker == 0xFF:
            place += 1
        elif marker == 0:
            break  # no marker at all: what a decoder would skip here, and what it would not, nobody knows
        elif marker in _BARE_MARKERS:
            place += 2
        else:
            place += 2 + int(struct.unpack_from(">H", data, place + 2)[0])
    raise HeaderError(f"JPEG of {len(data)} bytes has no baseline or progressive frame header")


def _png(data: bytes) -> Header:
    if not data.endswith(_PNG_END) or len(data) < 33 or data[12:16] != b"IHDR":
        raise HeaderError(f"PNG of {len(data)} bytes is cut off: it must begin with IHDR and end with its IEND chunk")
    width, height, _, colour = struct.unpack_from(">IIBB", data, 16)
    chunks = _png_chunks(data)
    return Header("PNG", width, height, colour in (4, 6) or b"tRNS" in chunks, b"acTL" in chunks)


def _png_chunks(data: bytes) -> frozenset[bytes]:
    """Names of the chunks before the pixels."""
    names, place = set(), 8
    for _ in range(_PNG_CHUNKS):
        length, name = struct.unpack_from(">I4s", data, place)
        if name == b"IDAT":
            break
        names.add(name)
        place += 12 + length
        if place + 8 > len(data):
            break
    return frozenset(names)


def _webp(data: bytes) -> Header:
    size, form, chunk = struct.unpack_from("<I4s4s", data, 4)
    if form != b"WEBP":
        raise HeaderError(f"RIFF file of form {form!r}; of that family only WEBP is taken")
    if size + 8 > len(data):
        raise HeaderError(f"WebP of {len(data)} bytes is cut off: it declares {size + 8}")
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF)
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    if chunk == b"VP8X":
        flags = data[20]
        width, height = (int.from_bytes(data[place : place + 3], "little") + 1 for place in (24, 27))
        return Header("WebP", width, height, bool(flags & 0x10), bool(flags & 0x02))
    raise HeaderError(f"WebP whose first chunk is {chunk!r}; allowed: VP8, VP8L, VP8X")


def _bmp(data: bytes) -> Header:
    declared, head, width, height = struct.unpack_from("<I8xIii", data, 2)
    if head < 40:
        raise HeaderError(f"BMP with a header of {head} bytes; allowed: 40 and more")
    if declared > len(data):
        raise HeaderError(f"BMP of {len(data)} bytes is cut off: it declares {declared}")
    return Header("BMP", width, abs(height))


def _tiff(data: bytes) -> Header:
    order = "<" if data[:2] == b"II" else ">"
    place = struct.unpack_from(order + "I", data, 4)[0]
    (count,) = struct.unpack_from(order + "H", data, place)
    sides: dict[int, int] = {}
    for tag in range(min(count, _TIFF_TAGS)):
        name, kind = struct.unpack_from(order + "HH", data, place + 2 + 12 * tag)
        if name in (_TIFF_WIDTH, _TIFF_HEIGHT) and kind in _TIFF_NUMBERS:
            sides[name] = int(struct.unpack_from(order + _TIFF_NUMBERS[kind], data, place + 10 + 12 * tag)[0])
    return Header("TIFF", sides.get(_TIFF_WIDTH, 0), sides.get(_TIFF_HEIGHT, 0))


_KINDS: tuple[tuple[bytes, Callable[[bytes], Header]], ...] = (
    (_JPEG_START, _jpeg),
    (_PNG_START, _png),
    (b"RIFF", _webp),
    (b"BM", _bmp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
)
