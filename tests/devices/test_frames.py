"""Cutting bytes into frames, in any pieces and with hostile input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import Frames


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b"A\rB\r", [b"A", b"B"]),
        (b"A\nB\n", [b"A", b"B"]),
        (b"A\r\nB\r\n", [b"A", b"B"]),
        (b"\x02A\x03\r\n\x02B\x03", [b"A", b"B"]),
        (b"\r\r\n\n", []),
        (b"A", []),
        # A mark of the other kind of frame is part of the content, for the decoder to refuse.
        (b"A\x03B\r", [b"A\x03B"]),
        (b"\x02A\rB\x03", [b"A\rB"]),
        # A frame that never ended is no frame.
        (b"AB\x02CD\x03", [b"CD"]),
        (b"\x02AB\x02CD\x03", [b"CD"]),
    ],
)
def test_frames(data: bytes, frames: list[bytes]) -> None:
    assert Frames(64).feed(data) == frames
    piecewise = Frames(64)
    assert [frame for byte in data for frame in piecewise.feed(bytes((byte,)))] == frames


def test_a_megabyte_without_an_end_is_dropped_and_counted() -> None:
    frames = Frames(64)
    for _ in range(256):
        assert frames.feed(b"7" * 4096) == []
    assert frames.oversize == 1
    assert frames.partial
    assert frames.feed(b"tail\rNEXT\r") == [b"NEXT"]


def test_exactly_the_longest_passes() -> None:
    frames = Frames(4)
    assert frames.feed(b"ABCD\rABCDE\rEF\r") == [b"ABCD", b"EF"]
    assert frames.oversize == 1


def test_a_lost_etx_does_not_deafen() -> None:
    frames = Frames(8)
    assert frames.feed(b"\x02ABC\rDEFGHIJKL\rNEXT\r") == [b"NEXT"]


@given(st.binary(max_size=300), st.integers(1, 16))
def test_any_bytes_give_bounded_frames_and_pieces_make_no_difference(data: bytes, longest: int) -> None:
    whole, pieces = Frames(longest), Frames(longest)
    frames = whole.feed(data)
    assert frames == [frame for at in range(0, len(data), 3) for frame in pieces.feed(data[at : at + 3])]
    assert all(0 < len(frame) <= longest for frame in frames)
