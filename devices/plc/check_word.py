"""The check word of a command block: a CRC over its registers, as Modbus RTU makes one over a frame."""

from __future__ import annotations

import struct
from functools import lru_cache


def check_word(words: list[int]) -> int:
    """CRC-16/MODBUS (polynomial 0xA001, start 0xFFFF) over the words, each high byte first."""
    return _crc(struct.pack(f">{len(words)}H", *words))


@lru_cache(maxsize=64)
def _crc(data: bytes) -> int:
    """Kept for a moment: what one end of a wire has made the other end checks."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ 0xA001 if byte & 1 else byte >> 1
    return byte


_CRC_TABLE = tuple(_crc_of_byte(byte) for byte in range(256))
