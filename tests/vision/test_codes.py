"""Reading codes: kinds, any rotation, several, hard pictures; and what must not be believed."""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from random import Random

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from plant_scenes import carrier, document, good_waybill_picture, picture

from simulators.world import PlacedPart
from tests.bench.rendered_codes import Hardness, page, text_of
from vision.barcodes import FULL_MS, Region, climb_picture, read, read_hard
from vision.codes.belief import Sighting, believed
from vision.codes.code import Code
from vision.codes.second_reader import second_reader
from vision.codes.views import turned
from vision.pictures import Picture, decode
from vision.verdict import Symbology

ALL = frozenset(Symbology)
AIM = {
    Symbology.CODE128: ("EA123456785CN", "]C0"),
    Symbology.CODE39: ("ABC123", "]A0"),
    Symbology.ITF: ("00012345678905", "]I"),
    Symbology.EAN13: ("9780804816632", "]E0"),
    Symbology.QR: ("C017", "]Q1"),
    Symbology.DATA_MATRIX: ("PM0000000001", "]d1"),
    Symbology.PDF417: ("a larger PDF417 code", "]L"),
}
_FORMATS = {
    Symbology.CODE128: zxingcpp.BarcodeFormat.Code128,
    Symbology.CODE39: zxingcpp.BarcodeFormat.Code39,
    Symbology.ITF: zxingcpp.BarcodeFormat.ITF,
    Symbology.EAN13: zxingcpp.BarcodeFormat.EAN13,
    Symbology.QR: zxingcpp.BarcodeFormat.QRCode,
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.PDF417: zxingcpp.BarcodeFormat.PDF417,
}


def drawn(kind: Symbology, text: str, module_px: int = 3) -> Picture:
    """A code on white with a wide quiet zone."""
    modules = np.asarray(
        zxingcpp.create_barcode(text, _FORMATS[kind]).to_image(scale=1, add_quiet_zones=False), np.uint8
    )
    if kind in (Symbology.CODE128, Symbology.CODE39, Symbology.ITF, Symbology.EAN13):
        modules = np.repeat(modules[:1], 40, axis=0)
    large = modules.repeat(module_px, axis=0).repeat(module_px, axis=1)
    return on_white(large, 60)


def on_white(grey: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], margin: int) -> Picture:
    return cv2.cvtColor(np.pad(grey, margin, constant_values=235), cv2.COLOR_GRAY2BGR)


def by_degrees(picture: Picture, degrees: float) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(turned(grey, np.radians(degrees)).grey, cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize("kind", sorted(Symbology))
def test_each_kind_is_read_with_its_identifier_and_place(kind: Symbology) -> None:
    text, aim = AIM[kind]
    picture = drawn(kind, text)
    (code,) = read(picture, ALL)
    assert code.says == (text, kind)
    assert code.aim.startswith(aim)
    middle = picture.shape[1] / 2, picture.shape[0] / 2
    assert hypot(code.centre[0] - middle[0], code.centre[1] - middle[1]) < 12
    assert len(code.corners) == 4


@pytest.mark.parametrize("degrees", [17.0, 45.0, 90.0, 133.0, 180.0, 241.0, 305.0])
@pytest.mark.parametrize("kind", sorted(Symbology))
def test_each_kind_is_read_at_any_rotation(kind: Symbology, degrees: float) -> None:
    text, _ = AIM[kind]
    picture = by_degrees(drawn(kind, text), degrees)
    found = read(picture, ALL, budget_ms=FULL_MS)
    assert [code.says for code in found] == [(text, kind)]
    middle = picture.shape[1] / 2, picture.shape[0] / 2
    assert hypot(found[0].centre[0] - middle[0], found[0].centre[1] - middle[1]) < 25


def test_several_codes_in_one_picture() -> None:
    parts = [drawn(kind, text) for kind, (text, _) in AIM.items()]
    width = max(part.shape[1] for part in parts)
    wide = [np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=235) for part in parts]
    found = read(np.concatenate(wide), ALL)
    assert {code.says for code in found} == {(text, kind) for kind, (text, _) in AIM.items()}


def test_turned_codes_in_one_picture_are_read_until_enough() -> None:
    one, other = (by_degrees(drawn(Symbology.CODE128, text), turn) for text, turn in (("11000", 30), ("22000", 70)))
    height = max(one.shape[0], other.shape[0])
    both = [np.pad(part, ((0, height - part.shape[0]), (0, 0), (0, 0)), constant_values=235) for part in (one, other)]
    found = read(np.concatenate(both, axis=1), ALL, budget_ms=FULL_MS, at_least=2)
    assert sorted(code.text for code in found) == ["11000", "22000"]


def test_region_is_read_in_the_pictures_own_pixels() -> None:
    picture = decode(good_waybill_picture())
    (whole,) = read(picture, frozenset({Symbology.CODE128}))
    x, y = (int(each) for each in whole.centre)
    (part,) = read(picture, frozenset({Symbology.CODE128}), Region(x - 200, y - 100, x + 200, y + 100))
    assert hypot(part.centre[0] - x, part.centre[1] - y) < 15
    assert read(picture, ALL, Region(5000, 5000, 6000, 6000)) == []
    assert read(picture, ALL, Region(50, 50, 40, 40)) == []


def test_upc_a_comes_as_ean_13_with_a_leading_zero() -> None:
    image = zxingcpp.create_barcode("036000291452", zxingcpp.BarcodeFormat.UPCA).to_image(scale=3)
    assert [code.says for code in read(on_white(np.asarray(image), 20), ALL)] == [("0036000291452", Symbology.EAN13)]


@pytest.mark.parametrize("kind", [Symbology.CODE128, Symbology.CODE39, Symbology.ITF, Symbology.EAN13, Symbology.QR])
def test_second_reader_names_kind_and_identifier(kind: Symbology) -> None:
    text, aim = AIM[kind]
    (code,) = second_reader(cv2.cvtColor(drawn(kind, text), cv2.COLOR_BGR2GRAY), ALL)
    assert code.says == (text, kind)
    assert code.aim.startswith(aim)


def test_only_asked_kinds_are_read() -> None:
    picture = drawn(Symbology.CODE39, "ABC123")
    assert read(picture, ALL - {Symbology.CODE39}, budget_ms=FULL_MS) == []


def _hard(kind: Symbology, seed: int) -> Picture:
    """A code at 1.5 px a module, turned, blurred and grained as no first look reads it."""
    chance = np.random.default_rng(seed)
    text, _ = AIM[kind]
    small = cv2.resize(drawn(kind, text, 6), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(by_degrees(small, float(chance.uniform(0, 360))), cv2.COLOR_BGR2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8) * 0.5 + 60 + chance.normal(0, 4, grey.shape)
    return cv2.cvtColor(np.clip(soft, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize("kind", [Symbology.CODE128, Symbology.EAN13])
def test_hard_linear_codes_are_read_and_never_wrongly(kind: Symbology) -> None:
    text, _ = AIM[kind]
    said = [[code.says for code in read(_hard(kind, seed), ALL, budget_ms=FULL_MS)] for seed in range(40, 52)]
    assert all(each in ([], [(text, kind)]) for each in said)
    assert sum(map(bool, said)) >= 10


def test_same_picture_gives_the_same_answer_and_names_its_step() -> None:
    picture = _crumpled("C017", 1)
    climbed = climb_picture(picture, ALL, FULL_MS)
    assert climbed == climb_picture(picture, ALL, FULL_MS)
    assert climbed.step == "bent grid"
    assert climb_picture(picture, ALL, 0).step == "first look"
    assert climb_picture(picture, ALL, 0).spent_ms == 0


def _crumpled(text: str, seed: int, module_px: int = 5) -> Picture:
    """A QR code of version 3 on cloth: its modules lie beside a flat grid's."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, version=3, ec_level="L")
    modules = np.asarray(code.to_image(scale=1, add_quiet_zones=False), np.uint8)
    flat = np.pad(modules.repeat(module_px, axis=0).repeat(module_px, axis=1), 60, constant_values=235)
    height, width = flat.shape
    waves = np.random.default_rng(seed).normal(0, 1, (2, 5, 5)).astype(np.float32)
    waves[:, 0], waves[:, 4], waves[:, :, 0], waves[:, :, 4] = 0, 0, 0, 0
    shift = [cv2.resize(wave, (width, height), interpolation=cv2.INTER_CUBIC) * module_px * 0.3 for wave in waves]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    bent = cv2.remap(flat, x + shift[0], y + shift[1], cv2.INTER_LINEAR, borderValue=235)
    return cv2.cvtColor(cv2.GaussianBlur(bent, (0, 0), 0.8), cv2.COLOR_GRAY2BGR)


def test_crumpled_matrix_codes_are_read_by_bending_the_grid() -> None:
    said = [{code.text for code in read(_crumpled("C017", seed), ALL, budget_ms=200)} for seed in range(12)]
    flat = [{code.text for code in read(_crumpled("C017", seed), ALL)} for seed in range(12)]
    assert all(each <= {"C017"} for each in said)
    assert sum(map(bool, said)) >= sum(map(bool, flat)) + 3


def test_no_bars_stay_unread_beside_a_read_code() -> None:
    """Seen: of two certificates' codes at two pixels a module the reader's rows gave one, so that one lay unseen."""
    contents = [
        PlacedPart(document("vehicle_licence", "0115244939092"), 15, 350),
        PlacedPart(document("driving_licence", "2909394425110"), 118, 350, turn=40),
    ]
    seen = decode(picture("close_up", carrier(contents), 71002))
    formats = frozenset({Symbology.QR, Symbology.CODE128})
    assert {code.text for code in read(seen, formats)} < {"C017", "0115244939092", "2909394425110"}
    assert {code.text for code in read(seen, formats, every=True)} == {"C017", "0115244939092", "2909394425110"}


def test_codes_of_every_kind_turned_in_one_picture() -> None:
    for turn in (38.0, 205.0):
        chance = np.random.default_rng(7)
        texts = {kind: text_of(kind, chance) for kind in Symbology}
        seen = page(texts, turn, Hardness("tilted", tilt=30), chance)
        found = {code.says for code in read(seen, ALL, every=True)}
        assert found == {(text, kind) for kind, text in texts.items()}


def test_budget_bounds_the_work() -> None:
    blank = np.full((400, 500, 3), 200, np.uint8)
    for budget in (0.0, 20.0, 100.0, FULL_MS):
        assert climb_picture(blank, ALL, budget).spent_ms <= budget


def _at(text: str, kind: Symbology, top: float, bottom: float) -> Code:
    return Code(text, kind, "", ((0, top), (300, top), (300, bottom), (0, bottom)))


def test_hard_reading_needs_two_strips_or_the_order() -> None:
    alone = [Sighting(_at("1100000001460", Symbology.CODE128, 0, 60), strips=1, hard=True)]
    assert believed(alone, frozenset()) == []
    assert believed(alone, frozenset({("1100000001460", Symbology.CODE128)})) == [alone[0].code]
    assert believed(alone, frozenset({("1100000001460", Symbology.QR)})) == []
    agreed = [Sighting(alone[0].code, strips=2, hard=True)]
    assert believed(agreed, frozenset()) == [agreed[0].code]


def test_two_readers_that_agree_are_no_witnesses() -> None:
    code = _at("0123456789012", Symbology.EAN13, 0, 60)
    twice = [Sighting(code, hard=True, view="second reader"), Sighting(code, hard=True, view="other")]
    assert believed(twice, frozenset()) == []


def test_weak_kind_read_on_a_sliver_is_not_believed_beside_the_whole() -> None:
    sliver = Sighting(_at("7034759003930", Symbology.EAN13, 0, 3))
    whole = Sighting(_at("5030159003930", Symbology.EAN13, 10, 120))
    assert [code.text for code in believed([sliver, whole], frozenset())] == ["5030159003930"]
    assert believed([sliver], frozenset()) == []
    taller = Sighting(_at("9074932437075", Symbology.EAN13, 0, 8))
    assert believed([taller], frozenset()) == []


def test_two_rows_that_read_otherwise_are_not_believed_beside_the_whole_code() -> None:
    """Seen in a right certificate's picture: the upper edge of 4428906648011 read as a number of its own, with a right
    check character. A thin reading alone, and two whole codes close to one another, stand."""
    thin = Code("4428906602011", Symbology.CODE128, "]C0", ((256, 441), (508, 441), (508, 443), (256, 443)))
    whole = Code("4428906648011", Symbology.CODE128, "]C0", ((256, 447), (508, 447), (508, 489), (256, 489)))
    beside = replace(whole, text="4428906602011", corners=((256, 395), (508, 395), (508, 437), (256, 437)))
    assert believed([Sighting(thin), Sighting(whole)], frozenset()) == [whole]
    assert believed([Sighting(thin)], frozenset()) == [thin]
    assert believed([Sighting(beside), Sighting(whole)], frozenset()) == [beside, whole]


def test_a_short_itf_that_nobody_expects_is_not_believed_of_strips() -> None:
    short = [Sighting(_at("9004", Symbology.ITF, 0, 60), strips=3, hard=True)]
    assert believed(short, frozenset()) == []
    assert believed(short, frozenset({("9004", Symbology.ITF)})) == [short[0].code]
    assert believed([Sighting(short[0].code)], frozenset()) == [short[0].code]


def test_a_second_reader_that_fails_is_a_second_reader_that_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_kinds: object) -> list[object]:
        raise ValueError("4294967295 is not a valid ZBarOrientation")

    monkeypatch.setattr("pyzbar.pyzbar.decode", fails)
    assert second_reader(np.full((40, 40), 200, np.uint8), ALL) == []


def test_outvoted_strips_are_not_believed() -> None:
    one = Sighting(_at("1", Symbology.CODE39, 0, 60), strips=2, hard=True)
    other = Sighting(_at("2", Symbology.CODE39, 0, 60), strips=2, hard=True)
    assert believed([one, other], frozenset()) == []


def test_area_code_of_one_worked_view_is_not_believed() -> None:
    code = _at("text", Symbology.PDF417, 0, 60)
    once = [Sighting(code, hard=True, view="sharpened")]
    assert believed(once, frozenset()) == []
    assert believed([*once, Sighting(code, hard=True, view="median")], frozenset()) == [code]


def test_text_pages_and_bars_that_are_no_code_give_none() -> None:
    chance = Random(5)
    text_page = np.full((500, 700, 3), 230, np.uint8)
    for row in range(20, 480, 24):
        text = "".join(chance.choice("IlH1|MN 0689") for _ in range(50))
        cv2.putText(text_page, text, (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1)
    fence = np.full((300, 600, 3), 230, np.uint8)
    for _ in range(60):
        x = chance.randrange(40, 560)
        fence[40:260, x : x + chance.randrange(1, 9)] = 30
    grid = np.kron(np.random.default_rng(2).integers(0, 2, (60, 60)), np.ones((8, 8))).astype(np.uint8) * 200 + 20
    for seen in (text_page, fence, on_white(grid, 30)):
        assert read(seen, ALL, budget_ms=FULL_MS) == []


def test_hard_reading_of_a_region_finds_a_worn_code() -> None:
    picture = _hard(Symbology.CODE128, 43)
    region = Region(0, 0, picture.shape[1], picture.shape[0])
    assert read(picture, frozenset({Symbology.CODE128})) == []
    (code,) = read_hard(picture, frozenset({Symbology.CODE128}), region)
    assert code.text == AIM[Symbology.CODE128][0]


_SHAPES = st.tuples(st.integers(1, 90), st.integers(1, 90), st.just(3))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(picture=arrays(np.uint8, _SHAPES), budget=st.sampled_from([0.0, 60.0, FULL_MS]))
def test_any_pixels_are_read_without_an_error(picture: Picture, budget: float) -> None:
    assert read(picture, ALL, budget_ms=budget) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_cut_and_scribbled_codes_are_read_rightly_or_not_at_all(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(Symbology)))
    text, _ = AIM[kind]
    picture = drawn(kind, text, 2)
    height, width = picture.shape[:2]
    for _ in range(data.draw(st.integers(0, 6))):
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        shade = data.draw(st.integers(0, 255))
        picture[y : y + data.draw(st.integers(1, 60)), x : x + data.draw(st.integers(1, 12))] = shade
    left, right = sorted((data.draw(st.integers(0, width)), data.draw(st.integers(0, width))))
    region = data.draw(st.sampled_from([None, Region(left, 0, right, height)]))
    assert {code.says for code in read(picture, ALL, region, budget_ms=100.0)} <= {(text, kind)}
