"""Formats: verified examples, each kind of misfit, and that a check digit finds every single wrong character."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.formats import FORMATS, UnknownFormat, check_format
from controller.formats.certificates import core_check_character, mrz_check_digit
from controller.formats.mail_numbers import check_domestic, check_mail_number, s10_check_digit
from controller.plan.config import LineConfig
from controller.words.text import Text

GOOD = [
    ("identity_digest", "0123456789abcdef" * 4),
    ("plate_large", "粤A12345"),
    ("plate_small", "粤B12345"),
    ("plate_small", "京AD1234"),
    ("plate_nev_small", "粤BD12345"),
    ("plate_nev_small", "粤BFA1234"),
    ("plate_nev_large", "粤A12345D"),
    ("plate_trailer", "粤A1234挂"),
    ("plate_coach", "粤A1234学"),
    ("plate_police", "粤A1234警"),
    ("plate_police", "京OA123警"),
    ("plate_hk_mo", "粤Z1234港"),
    ("plate_hk_mo", "粤ZA123澳"),
    ("plate_embassy", "123456使"),
    ("plate_consulate", "粤12345领"),
    ("plate_consulate", "粤A1234领"),
    ("plate_motorcycle", "粤A12345"),
    ("plate_motorcycle_light", "粤A12345"),
    ("plate_ebike", "A1B2C3"),
    ("licence_core_number", "4470012345678"),
    ("licence_core_number", "1140000000001"),
    ("licence_core_number_form", "X123456789012"),
    ("driving_file_number", "440100123456"),
    ("registration_certificate", "440000123456"),
    ("hk_mo_permit", "C12345678"),
    ("hk_mo_permit", "CA2345678"),
    ("birth_certificate", "X320101001"),
    ("permit_mrz_line_1", "CSC123456788<3001019<9001011<7"),
    ("mail_s10", "RR473124829GB"),
    ("mail_s10", "EA123456785CN"),
    ("mail_domestic", "1100000001460"),
    ("mail_domestic", "9612345678901"),
    ("mail_number", "EA123456785CN"),
    ("mail_number", "1100000001460"),
]
BAD = [
    ("plate_small", "粤I12345", "place 2 must be one of A-HJ-NP-Z, found 'I'"),
    ("plate_small", "粤A1234O", "place 7"),
    ("plate_small", "粤a12345", "place 2"),
    ("plate_small", "粤A1234５", "place 7"),  # full-width
    ("plate_small", "粵A12345", "place 1"),  # traditional form
    ("plate_small", "粤A123456", "7 characters expected, 8 found"),
    ("plate_small", "", "7 characters expected, 0 found"),
    ("plate_small", "粤A12345\n", "7 characters expected, 8 found"),
    ("plate_nev_small", "粤BL12345", "place 3"),
    ("plate_nev_small", "粤B12345", "8 characters expected"),
    ("plate_nev_large", "粤A12345L", "place 8"),
    ("plate_hk_mo", "粤A1234港", "place 2"),
    ("plate_consulate", "粤A12345领", "7 characters expected"),
    ("plate_ebike", "A1B2CO", "place 6"),
    ("licence_core_number", "4480012345678", "check character must be 7, found 8"),
    ("licence_core_number", "44700123456X8", "place 12"),
    ("hk_mo_permit", "CI2345678", "place 2"),
    ("birth_certificate", "3320101001", "place 1"),
    ("permit_mrz_line_1", "CSC123456789<3001019<9001011<7", "check character must be 8, found 9"),
    ("permit_mrz_line_1", "CSC123456788<3001018<9001011<7", "check character must be 9, found 8"),
    ("mail_s10", "EA123456784CN", "check character must be 5, found 4"),
    ("mail_s10", "JA123456785CN", "place 1"),
    ("mail_domestic", "1100000001560", "check character must be 4, found 5"),
    ("mail_number", "", "13 characters expected"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_good(name: str, value: str) -> None:
    assert check_format(name, value) is None


@pytest.mark.parametrize(("name", "value", "said"), BAD)
def test_bad_is_said_in_both_languages(name: str, value: str, said: str) -> None:
    wrong = check_format(name, value)
    assert isinstance(wrong, Text)
    assert said in str(wrong)
    assert wrong.zh
    assert wrong.zh != wrong.en


def test_every_format_has_a_good_example_here() -> None:
    assert {name for name, _ in GOOD} == set(FORMATS)
    assert all(each.name == name and each.title and each.title_zh for name, each in FORMATS.items())


def test_no_format_for_identity_numbers() -> None:
    assert all(check_format(name, "11010519491231002X") is not None for name in FORMATS)


def test_unknown_format_names_the_known() -> None:
    with pytest.raises(UnknownFormat, match=r"'plate_tiny' is unknown, known: .*plate_small"):
        check_format("plate_tiny", "x")


def test_the_example_line_names_known_formats(example: LineConfig) -> None:
    parts = [part for recipe in example.recipes.values() for part in recipe.parts]
    named = {name for part in parts for name in (part.number_format, part.code_format) if name}
    assert named
    assert named <= set(FORMATS)


def test_verified_check_digits() -> None:
    assert mrz_check_digit("L898902C3") == "6"
    assert mrz_check_digit("740812") == "2"
    assert mrz_check_digit("120415") == "9"
    assert s10_check_digit("47312482") == "9"
    assert s10_check_digit("12345678") == "5"


def test_prefixes_without_a_check_are_the_lines_own() -> None:
    assert check_domestic("1100000001560", unchecked_prefixes=("11",)) is None
    assert check_domestic("9600000001560", unchecked_prefixes=()) is not None
    assert check_mail_number("9600000001560") is None


digits = st.text(string.digits, min_size=8, max_size=8)


@given(digits, st.integers(0, 7), st.sampled_from(string.digits))
def test_s10_finds_a_wrong_digit(serial: str, place: int, other: str) -> None:
    number = f"EA{serial}{s10_check_digit(serial)}CN"
    assert check_format("mail_s10", number) is None
    changed = number[: 2 + place] + other + number[3 + place :]
    # 10 and 0 share a check digit, so do 11 and 5: what falls together there may pass.
    if changed != number and s10_check_digit(changed[2:10]) != number[10]:
        assert check_format("mail_s10", changed) is not None


@given(st.text(string.digits, min_size=12, max_size=12), st.integers(0, 12), st.sampled_from(string.digits))
def test_core_number_finds_a_wrong_digit_unless_four_for_eight(rest: str, place: int, other: str) -> None:
    code = rest[:2] + "0" + rest[2:]
    code = code[:2] + core_check_character(code) + code[3:]
    assert check_format("licence_core_number", code) is None
    changed = code[:place] + other + code[place + 1 :]
    alike = {code[place], other} == {"4", "8"} and place != 2
    if changed != code and not alike:
        assert check_format("licence_core_number", changed) is not None


@given(st.text())
def test_no_text_at_all_breaks_a_format(text: str) -> None:
    for name in FORMATS:
        check_format(name, text)
