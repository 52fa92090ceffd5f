"""Where a code can stand: on film and paper as even as they are, nowhere; at any faint code, there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from simulators.render.codes import code128_ink
from vision.barcodes import read
from vision.codes.first_reader import first_reader
from vision.codes.ladder import climb
from vision.codes.lively import lively_parts
from vision.pictures import Grey
from vision.verdict import Symbology

FORMATS = frozenset({Symbology.CODE128, Symbology.QR})
SHAPE = (744, 1922)
MODULE_PX = 2.05


def film(seed: int = 1, grain: float = 3.0) -> np.ndarray:
    """Grey film under uneven light."""
    chance = np.random.default_rng(seed)
    light = cv2.resize(chance.uniform(95, 125, (3, 5)).astype(np.float32), SHAPE[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(light + chance.normal(0, grain, SHAPE), np.float32)


def with_code(ground: np.ndarray, left: int, top: int, high: int, depth: float, *, upright: bool = False) -> Grey:
    """A code's bars darker by so much than the ground."""
    ink = np.asarray(code128_ink("FOREIGN1", 0.33, high / 6.2, 6.2), np.float32)
    ink = cv2.GaussianBlur(ink / ink.max(), (0, 0), 0.5)
    ink = np.rot90(ink) if upright else ink
    part = ground[top : top + ink.shape[0], left : left + ink.shape[1]]
    part -= depth * ink
    return np.asarray(np.clip(ground, 0, 255), np.uint8)


def test_even_film_and_a_bare_edge_hold_no_code() -> None:
    assert lively_parts(np.asarray(film(), np.uint8)) == []
    edge = film()
    edge[:, 300:] -= 50
    assert lively_parts(np.asarray(edge, np.uint8)) == []


@pytest.mark.parametrize("depth", [20.0, 40.0, 90.0])
def test_a_faint_code_is_inside_a_part_with_room_around_it(depth: float) -> None:
    (part,) = lively_parts(with_code(film(), 700, 300, 60, depth))
    assert part.left <= 700 - 16 and part.top <= 300 - 16 and part.bottom >= 360 + 16
    assert (part.right - part.left) * (part.bottom - part.top) < 0.2 * SHAPE[0] * SHAPE[1]


def test_parts_do_not_overlap_and_a_lively_picture_is_one() -> None:
    picture = film()
    for left in (300, 500, 1500):
        with_code(picture, left, 300, 60, 60.0)
    parts = lively_parts(np.asarray(picture, np.uint8))
    drawn = np.zeros(SHAPE, np.uint8)
    for part in parts:
        drawn[part.top : part.bottom, part.left : part.right] += 1
    assert drawn.max() == 1
    noise = np.random.default_rng(2).integers(0, 255, SHAPE, np.uint8)
    (whole,) = lively_parts(noise)
    assert (whole.left, whole.top, whole.right, whole.bottom) == (0, 0, SHAPE[1], SHAPE[0])


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("high", [10, 24, 60])
def test_low_codes_are_read_as_in_the_whole_picture_and_stand_where_they_stand(high: int, upright: bool) -> None:
    grey = with_code(film(), 900, 250, high, 80.0, upright=upright)
    (alone,) = climb(grey, FORMATS, every=True).codes
    (whole,) = first_reader(grey, FORMATS)
    assert (alone.text, alone.symbology) == (whole.text, whole.symbology) == ("FOREIGN1", Symbology.CODE128)
    assert np.abs(np.array(alone.centre) - np.array(whole.centre)).max() < 8
    assert {code.text for code in read(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), FORMATS, every=True)} == {"FOREIGN1"}
