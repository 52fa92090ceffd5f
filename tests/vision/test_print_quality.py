"""Print grades: the published examples, bars of known defects, and what can't be graded."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import zxingcpp
from plant_scenes import good_waybill_picture

from simulators.render.codes import code128_ink
from vision.barcodes import read
from vision.codes.code import Code
from vision.codes.views import turned
from vision.grading import code128
from vision.grading.profiles import place_of
from vision.grading.scale import contrast_grade, decodability_grade, defects_grade, letter, modulation_grade
from vision.pictures import Grey, Picture, decode
from vision.print_quality import RELATIVE, GradingError, PrintGrade, grade_code
from vision.verdict import Symbology

PX_PER_MM = 10.0
TEXT = "1100000001460"
CODE128 = frozenset({Symbology.CODE128})


def _label(text: str = TEXT, spread_px: int = 0, module_mm: float = 0.375) -> Grey:
    """A code on paper at 10 px a millimetre; ink that spreads makes each bar wider by `spread_px` on either side."""
    ink = np.pad(code128_ink(text, module_mm, 15.0, PX_PER_MM), ((40, 40), (60, 60)))
    if spread_px:
        ink = np.asarray(cv2.dilate(ink, np.ones((1, 2 * spread_px + 1), np.uint8)), np.uint8)
    return np.asarray(240 - ink.astype(np.int32) * 215 // 255, np.uint8)


def _seen(grey: Grey, blur_px: float = 0.8) -> Picture:
    return cv2.cvtColor(cv2.GaussianBlur(grey, (0, 0), blur_px), cv2.COLOR_GRAY2BGR)


def _graded(grey: Grey) -> PrintGrade:
    """Graded in the place of the clean label's code: some of the defects are too much for a reader."""
    (code,) = read(_seen(_label()), CODE128)
    return grade_code(_seen(grey), code, PX_PER_MM)


@pytest.mark.parametrize(
    ("grade", "per_cent", "expected"),
    [
        (contrast_grade, 30, 1.5),
        (modulation_grade, 45, 1.5),
        (defects_grade, 22, 2.6),
        (contrast_grade, 70, 4.0),
        (contrast_grade, 15, 0.0),
        (modulation_grade, 30, 0.0),
        (modulation_grade, 70, 4.0),
        (defects_grade, 15, 4.0),
        (defects_grade, 30, 1.0),
        (defects_grade, 30.1, 0.0),
        (decodability_grade, 62, 4.0),
        (decodability_grade, 37, 2.0),
        (decodability_grade, 20, 0.0),
    ],
)
def test_published_steps_and_examples(grade: object, per_cent: float, expected: float) -> None:
    assert grade(per_cent) == expected  # type: ignore[operator]


def test_letters() -> None:
    assert [letter(grade) for grade in (3.5, 3.4, 2.5, 1.5, 0.5, 0.4)] == ["A", "B", "B", "C", "D", "F"]


@pytest.mark.parametrize("text", ["AbC", "1234567890", "a1B2\n", "EA123456785CN", TEXT])
def test_perfect_widths_have_full_decodability(text: str) -> None:
    widths = _widths(text)
    assert code128.decodability(widths) == pytest.approx(100)
    assert code128.decodability(widths * 3.7) == pytest.approx(100)


def test_decodability_by_hand() -> None:
    """A start character whose first edge moves by 0.2 modules: K falls from 0.5 to 0.3 modules, so V to 60 per cent."""
    widths = _widths(TEXT)
    widths[0] += 0.2
    widths[1] -= 0.2
    # Both sums from edge to similar edge that hold one of the two keep 0.3 modules to their threshold.
    assert code128.decodability(widths) == pytest.approx(60)


def test_decodability_by_hand_of_spread_ink() -> None:
    """Each bar wider by 0.2 modules, each space narrower: no similar edge moves; V2 is (1.75 - 0.6) / 1.75."""
    widths = _widths(TEXT)
    widths[::2] += 0.2
    widths[1::2] -= 0.2
    assert code128.decodability(widths) == pytest.approx(100 * 1.15 / 1.75, abs=0.1)


def test_wrong_check_character_and_broken_widths_do_not_decode() -> None:
    widths = _widths(TEXT)
    swapped = widths.copy()
    swapped[6:12], swapped[12:18] = widths[12:18], widths[6:12]
    assert code128.decodability(swapped) is None or not np.array_equal(swapped, widths)
    assert code128.decodability(widths[:-6]) is None
    assert code128.decodability(widths[:-1]) is None
    assert code128.decodability(np.ones(25)) is None


def _widths(text: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    modules = np.asarray(barcode.to_image(scale=1, add_quiet_zones=False))[0].astype(int)
    return np.diff([0, *(np.flatnonzero(np.diff(modules)) + 1), len(modules)]).astype(np.float64)


def test_clean_print_is_an_a_and_says_that_it_is_relative() -> None:
    grade = _graded(_label())
    assert grade.letter == "A"
    assert grade.module_px == pytest.approx(3.75, rel=0.02)
    assert grade.text.startswith(f"{grade.value:.1f}/10/")
    assert RELATIVE in grade.text
    assert len(grade.profiles) == 10


def test_faint_print_falls_by_contrast() -> None:
    values = [_graded(np.asarray(240 - (240 - _label()) * share, np.uint8)) for share in (1.0, 0.7, 0.55)]
    assert values[0].value > values[1].value >= values[2].value
    assert values[1].profiles[5].contrast == pytest.approx(0.7 * values[0].profiles[5].contrast, rel=0.05)
    assert values[2].weakest in ("contrast", "minimum reflectance")


def test_dead_dots_of_a_worn_head_across_the_bars_show_as_defects() -> None:
    """Ladder orientation: a dead dot leaves a white line along the paper's way, through all bars of a profile."""
    worn = _label().copy()
    for row in range(60, 180, 24):
        worn[row : row + 3, 60:-60] = 240
    values = [profile.grade for profile in _graded(worn).profiles]
    assert min(values) < 2
    assert max(values) == 4


def test_dead_dots_along_the_bars_break_single_bars() -> None:
    """Picket-fence orientation: a dead dot is a white line in the same place of every row."""
    clean = _label()
    worn = clean.copy()
    wide_bar = _column_of_a_wide_bar(clean)
    worn[:, wide_bar : wide_bar + 2] = 130
    grade = _graded(worn)
    assert max(profile.defects for profile in grade.profiles) > 15
    assert grade.value < 3
    worn[:, wide_bar : wide_bar + 2] = 240
    broken = _graded(worn)
    assert broken.value == 0
    assert {profile.decodability for profile in broken.profiles} == {None}


def _column_of_a_wide_bar(grey: Grey) -> int:
    dark = grey[len(grey) // 2] < 128
    edges = np.flatnonzero(np.diff(dark.astype(int)))
    starts, ends = edges[::2], edges[1::2]
    widest = int(np.argmax(ends - starts))
    return int((starts[widest] + ends[widest]) // 2)


def test_ink_spread_takes_decodability() -> None:
    """Bars wider by a pixel on either side, more than half a module: edges to similar edges stay, widths don't."""
    clean, spread = _graded(_label()), _graded(_label(spread_px=1))
    before, after = (float(np.mean([profile.decodability for profile in each.profiles])) for each in (clean, spread))
    assert before > 80
    assert after < 20
    assert spread.value == 0
    assert spread.weakest == "decodability"


def test_ink_in_the_quiet_zone_fails() -> None:
    dirty = _label().copy()
    dirty[:, 45:49] = 25
    grade = _graded(dirty)
    assert grade.value == 0
    assert dict(grade.profiles[0].grades)["quiet zone"] == 0


def test_half_of_the_height_spoilt_takes_half_of_the_profiles() -> None:
    spoilt = _label().copy()
    middle = len(spoilt) // 2
    spoilt[middle:, 150:160] = 130
    grade = _graded(spoilt)
    lower = [profile.grade for profile in grade.profiles[5:]]
    assert max(lower) < min(profile.grade for profile in grade.profiles[:4])
    assert 1 < grade.value < 3.2


def test_label_on_its_head_and_turned_keeps_its_grade() -> None:
    picture = _seen(_label())
    upright = grade_code(picture, read(picture, CODE128)[0], PX_PER_MM).value
    for turn in (cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE):
        turned = np.asarray(cv2.rotate(picture, turn), np.uint8)
        assert grade_code(turned, read(turned, CODE128)[0], PX_PER_MM).value == pytest.approx(upright, abs=0.2)


@pytest.mark.parametrize("degrees", [-10.0, -6.0, 4.0, 10.0, 38.0])
def test_grade_does_not_fall_on_a_turned_label(degrees: float) -> None:
    """Seen: at 6° the profiles followed the reader's rows, left the code and ended as "65 bars"."""
    grey = cv2.cvtColor(_seen(_label()), cv2.COLOR_BGR2GRAY)
    askew = np.asarray(cv2.cvtColor(turned(grey, np.radians(degrees)).grey, cv2.COLOR_GRAY2BGR), np.uint8)
    (code,) = read(askew, CODE128, every=True)
    grade = grade_code(askew, code, PX_PER_MM)
    assert grade.letter == "A"
    assert grade.module_px == pytest.approx(3.75, rel=0.02)


def test_height_is_found_from_a_single_row() -> None:
    """A reader may give the corners of one row: the profiles are spread over all of the bars nevertheless."""
    picture = _seen(_label())
    (code,) = read(picture, CODE128)
    y = code.centre[1] + 20
    (left, _), (right, _) = code.corners[:2]
    row = replace(code, corners=((left, y), (right, y), (right, y), (left, y)))
    place = place_of(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), row)
    assert place.height == pytest.approx(150, abs=3)
    assert place.y == pytest.approx(len(_label()) / 2, abs=2)
    assert grade_code(picture, row, PX_PER_MM).letter == "A"


def test_rendered_waybill_is_graded() -> None:
    picture = decode(good_waybill_picture())
    (code,) = read(picture, CODE128)
    grade = grade_code(picture, code)
    assert 1 <= grade.value <= 4
    assert grade.aperture == ""


def test_what_can_not_be_graded_says_why() -> None:
    picture = np.full((200, 300, 3), 220, np.uint8)
    corners = ((50.0, 50.0), (250.0, 50.0), (250.0, 120.0), (50.0, 120.0))
    with pytest.raises(GradingError, match="only linear"):
        grade_code(picture, Code("C017", Symbology.QR, "]Q1", corners))
    with pytest.raises(GradingError, match="0 bars and spaces; the shortest has 25"):
        grade_code(picture, Code(TEXT, Symbology.CODE128, "]C0", corners))
    small = ((50.0, 50.0), (120.0, 50.0), (120.0, 90.0), (50.0, 90.0))
    with pytest.raises(GradingError, match=r"px; from 1\.5 px"):
        grade_code(picture, Code("9780804816632", Symbology.EAN13, "]E0", small))
