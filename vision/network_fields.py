"""Fields of protocol buffers, the format of a network's file: read and written one by one, without a schema."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5


def float_field(number: int, value: float) -> bytes:
    """A field that is a 32-bit floating point number."""
    return _varint(number << 3 | _FOUR) + struct.pack("<f", value)


def parted(data: bytes, number: int) -> tuple[bytes, list[bytes]]:
    """A message without the fields of a number, and those fields."""
    rest, found = bytearray(), list[bytes]()
    for each, value, whole in fields(data):
        if each == number:
            found.append(as_bytes(value))
        else:
            rest += whole
    return bytes(rest), found


def fields(data: bytes) -> Iterator[tuple[int, int | memoryview, memoryview]]:
    """Number and value of each field of a message, and all its bytes. Fixed sizes come as bytes."""
    view, place = memoryview(data), 0
    while place < len(view):
        began = place
        key, place = _read_varint(view, place)
        kind = key & 7
        if kind == _VARINT:
            whole, place = _read_varint(view, place)
            yield key >> 3, whole, view[began:place]
            continue
        size = {_EIGHT: 8, _FOUR: 4}.get(kind)
        if size is None:
            size, place = _read_varint(view, place)
        value, place = view[place : place + size], place + size
        yield key >> 3, value, view[began:place]


def _read_varint(view: memoryview, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = view[place]
        place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, place


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes((*data, value))


def whole_field(number: int, value: int) -> bytes:
    """A field that is a whole number."""
    return _varint(number << 3 | _VARINT) + _varint(value)


def message_field(number: int, content: bytes) -> bytes:
    """A field that is text, bytes or another message."""
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def as_bytes(value: int | memoryview) -> bytes:
    """Content of a field that is no whole number."""
    assert isinstance(value, memoryview)
    return bytes(value)


def as_text(value: int | memoryview) -> str:
    """The same as text."""
    return as_bytes(value).decode()
