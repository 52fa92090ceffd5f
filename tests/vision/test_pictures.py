"""Hostile and broken pictures."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest
from plant_scenes import good_waybill_picture, outcomes, waybill_task

from vision.judge import judge
from vision.pictures import UnreadablePictureError, decode
from vision.verdict import Outcome


def _declaring(width: int, height: int) -> bytes:
    """A JPEG whose frame header declares another size than it has."""
    data = bytearray(good_waybill_picture())
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


HOSTILE = {
    "empty": lambda: b"",
    "text": lambda: b"<html>404</html>",
    "random": lambda: np.random.default_rng(1).bytes(50_000),
    "start_only": lambda: b"\xff\xd8\xff\xd9",
    "cut": lambda: good_waybill_picture()[:60_000],
    "cut_with_end": lambda: good_waybill_picture()[:300] + b"\xff\xd9",
    "bomb": lambda: _declaring(60_000, 60_000),
    "zero": lambda: _declaring(0, 0),
    "small": lambda: cv2.imencode(".jpg", np.zeros((20, 20, 3), np.uint8))[1].tobytes(),
    "png_head": lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82",
    "endless_segment": lambda: b"\xff\xd8" + b"\xff\xe0\xff\xff" + b"\xff\xd9",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_picture_is_rejected_as_unreadable(name: str) -> None:
    verdict = judge(HOSTILE[name](), waybill_task())
    assert outcomes(verdict) == {"picture_readable": "reject"}
    assert verdict.evidence == b""


def test_refusal_names_size_and_bound() -> None:
    with pytest.raises(UnreadablePictureError, match=r"60000 x 60000 px; allowed: .* at most 40000000"):
        decode(_declaring(60_000, 60_000))


def test_black_picture_is_unsure() -> None:
    black = cv2.imencode(".jpg", np.zeros((1560, 1260, 3), np.uint8))[1].tobytes()
    verdict = judge(black, waybill_task())
    assert outcomes(verdict) == {"picture_readable": "unsure"}
    assert verdict.evidence


def test_damaged_middle_is_not_accepted() -> None:
    data = bytearray(good_waybill_picture())
    middle = len(data) // 3
    data[middle : middle + 400] = bytes(400)
    assert judge(bytes(data), waybill_task()).outcome is not Outcome.ACCEPT


@pytest.mark.parametrize("level", [60, 128, 255])
def test_even_picture_is_not_accepted(level: int) -> None:
    even = cv2.imencode(".jpg", np.full((1560, 1260, 3), level, np.uint8))[1].tobytes()
    assert judge(even, waybill_task()).outcome is not Outcome.ACCEPT


def test_png_is_read() -> None:
    pixels = cv2.imdecode(np.frombuffer(good_waybill_picture(), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert judge(cv2.imencode(".png", pixels)[1].tobytes(), waybill_task()).outcome is Outcome.ACCEPT
