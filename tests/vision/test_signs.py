"""Characters seen each alone, where it must stand, and against their dies: sure of the right ones, of no other."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import cv2
import numpy as np
import pytest
from plant_scenes import PLATES, SETUPS, carrier, contents_of, laid_by_hand, picture, tasks_for

from simulators.render.plate_photos import COVERS, spoilt
from simulators.render.plates import plate_sprite
from vision import plates
from vision.alignment import BLANK, SYMBOLS
from vision.likelihood import margins_in_place
from vision.pictures import Picture, Shot, decode
from vision.plane import Plane
from vision.plate.kinds import ONE_ROW
from vision.plate.reading import SURE_MARGIN, Reading, line_view, read_in_place, read_number
from vision.plate.signs import read_signs
from vision.plate.templates import LEAST_LEAD, Likeness, likenesses
from vision.plate.visible import cells_amid, seen_in
from vision.pocket import SCALE_PX_PER_MM, things_in, upright
from vision.verdict import Check, Outcome

SIZES = {7: (440.0, 140.0), 8: (480.0, 140.0)}
EDGE_PX = 7


def lines(text: str, style: str) -> tuple[Picture, float]:
    """The row of a plate as the line cuts it out, and the pitch of its characters."""
    size = SIZES[len(text)]
    plate = plate_sprite(style, text, "PM0000000001", size, SCALE_PX_PER_MM).picture
    line = cv2.GaussianBlur(plate, (0, 0), 0.7)[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX]
    width, gap, _ = ONE_ROW[len(text)]
    return np.asarray(line, np.uint8), (width + gap) * SCALE_PX_PER_MM / line.shape[1]


def signs_of(line: Picture, pitch: float, count: int) -> np.ndarray:
    view = line_view(line, "0" * count)
    cells = cells_amid(view.shape[1], pitch * view.shape[1], count)
    return read_signs(view, [sum(cell) / 2 for cell in cells])


def against_dies(line: Picture, pitch: float, text: str) -> list[Likeness]:
    view = line_view(line, text)
    cells = cells_amid(view.shape[1], pitch * view.shape[1], len(text))
    return likenesses(line, seen_in([view], [cells], [text]), 1)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("粤B12345", "blue"),
        ("湘C8B6S5", "yellow"),
        ("粤BD12345", "green"),
        ("京A1234警", "white"),
        ("粤Z1Q34港", "black"),
    ],
)
def test_every_character_is_read_where_it_stands(text: str, style: str) -> None:
    line, pitch = lines(text, style)
    reading = read_in_place(line, text, pitch)
    assert reading is not None and reading.found.margin >= SURE_MARGIN
    assert all(like.lead >= LEAST_LEAD for like in against_dies(line, pitch, text))


@pytest.mark.parametrize(
    ("stands", "asked"),
    [
        ("粤B12345", "粤B12845"),
        ("粤B1J345", "粤B11345"),
        ("粤B17345", "粤B1Z345"),
        ("粤B8D345", "粤B80345"),
        ("湘B12345", "浙B12345"),
    ],
)
def test_neither_the_signs_nor_the_dies_take_another_number(stands: str, asked: str) -> None:
    """Alone: each must do without the other. A 1 lies well on the stroke of a J, but not in the middle of its place."""
    line, pitch = lines(stands, "blue")
    assert read_in_place(line, asked, pitch) is None
    assert min(like.lead for like in against_dies(line, pitch, asked)) < 0


@pytest.mark.parametrize("how", [how for how in COVERS if how != "glare"])
def test_what_is_hidden_is_no_sign(how: str) -> None:
    line, pitch = lines("粤B12345", "blue")
    hidden = spoilt(line, (0.66, 0.79), how, 31_000)
    assert read_in_place(hidden, "粤B12345", pitch) is None


def test_a_letter_where_a_digit_is_seen_has_that_digit_for_its_rival() -> None:
    """Also after the first character, where a letter is expected to stand: on an embassy's plate it is a digit."""
    signs = np.full((3, BLANK + 1), 1e-4)
    for place, sign in enumerate("825"):
        signs[place, SYMBOLS.index(sign)] = 0.99
    assert margins_in_place(signs, "825").margin > SURE_MARGIN
    found = margins_in_place(signs, "8Z5")
    assert (found.margin < -SURE_MARGIN, found.rival) == (True, "825")


def test_a_character_that_is_not_seen_is_its_own_rival() -> None:
    signs = np.full((2, BLANK + 1), 1e-4)
    signs[0, SYMBOLS.index("A")] = signs[1, BLANK] = 0.99
    assert margins_in_place(signs, "A1").rival == "A"


def test_a_place_beyond_the_line_is_not_seen() -> None:
    """It was measured on other pixels: a negative column counts from the other end."""
    line, pitch = lines("粤B12345", "blue")
    view = line_view(line, "粤B12345")
    first, *others = cells_amid(view.shape[1], pitch * view.shape[1], 7)
    away = (first[0] - 60.0, first[1] - 60.0)
    assert seen_in([view], [[away, *others]], ["粤B12345"])[0].score < 1


def proven(number: str, spoil: tuple[float, float] | None, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[Check]]:
    """How often the recogniser read the upper plate of a pair, and what was said of it."""
    asked: list[str] = []

    def counted(rows: Sequence[Picture], text: str, *, level: bool = False) -> Reading:
        asked.append(text)
        return read_number(rows, text, level=level)

    monkeypatch.setattr(plates, "read_number", counted)
    lying = laid_by_hand(contents_of("small_car", number), Random(3))
    pixels = decode(picture("wide", carrier(lying), 31_001))
    plane = Plane.of_view(SETUPS["wide"].view)
    seen = upright(Shot(pixels), plane, PLATES)
    thing = min(things_in(seen, PLATES), key=lambda each: each.y)
    if spoil is not None:
        left, top = (thing.corners().min(axis=0) - (PLATES.x, PLATES.y)) * SCALE_PX_PER_MM
        part = seen[int(top) : int(top) + 182, int(left) : int(left) + 572]
        part[:] = spoilt(part, spoil, "paint", 31_000, (0.3, 0.55))
    expected = tasks_for(lying)["wide"].plates[0]
    said = plates.check_plate(plates.flattened(seen, PLATES, thing), plane, thing, expected)
    return len(asked), said.checks


def test_the_recogniser_is_asked_in_doubt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, said = proven("粤B12345", None, monkeypatch)
    assert plain == 0 and all(check.outcome is Outcome.ACCEPT for check in said)
    doubted, _ = proven("粤B12345", (0.67, 0.78), monkeypatch)
    assert doubted == 1
