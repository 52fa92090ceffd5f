"""Codes and numbers of certificates, and the check character of machine-readable zones.

Identity numbers are no business of the line: orders bear their keyed hash, and no more than its form is known here.
"""

from __future__ import annotations

from controller.formats.grammar import CLEAR, DIGITS, LETTERS, Format, misfit, wrong_check
from controller.words.text import Text

_CORE_FORM = (DIGITS, DIGITS, DIGITS + "X", *[DIGITS] * 10)
_CORE_LOOSE = (DIGITS + "X",) * 13
_CORE_CHECK = 2
"""Index of the check character: after the province's two digits."""
_CORE_WEIGHTS = (9, 8, 0, 8, 7, 3, 2, 3, 5, 6, 7, 8, 9)

DIGEST_LENGTH = 64
"""Of an identity number's keyed hash, in hex."""

_MRZ_CHARACTERS = DIGITS + LETTERS + "<"
_EEP_LINE_1 = (
    ("C", "SD", *[DIGITS + LETTERS] * 9, DIGITS, "<")
    + ((DIGITS,) * 7 + ("<",))
    + ((DIGITS,) * 7 + ("<",))
    + (_MRZ_CHARACTERS,)
)
_EEP_CHECKED = ((2, 11), (13, 19), (21, 27))
"""Start of each checked field and place of its check digit: number, expiry, birth. What the last place of the line
covers is not known: it is not checked."""


def core_check_character(code: str) -> str:
    """Check character of a licence core number (证芯编号) of 13 characters; its own place is not looked at.

    Each 4 counts as 8; weighted sum modulo 11, 10 is written X. Found in three public copies of one checker, written
    for driving licences; on vehicle licences it has not been proven on real stock.
    """
    digits = ["8" if each == "4" else each for each in code]
    total = sum(
        weight * int(digit)
        for place, (weight, digit) in enumerate(zip(_CORE_WEIGHTS, digits, strict=True))
        if place != _CORE_CHECK
    )
    return "0123456789X"[total % 11]


def mrz_check_digit(field: str) -> str:
    """Check digit of a field of a machine-readable zone (ICAO 9303): weights 7, 3, 1, A = 10, `<` = 0."""
    return str(sum(_mrz_value(each) * (7, 3, 1)[place % 3] for place, each in enumerate(field)) % 10)


def _mrz_value(character: str) -> int:
    return 0 if character == "<" else int(character, 36)


def _check_core(code: str) -> Text | None:
    wrong = misfit(code, _CORE_FORM)
    if wrong is not None:
        return wrong
    expected = core_check_character(code)
    return None if code[_CORE_CHECK] == expected else wrong_check(code, expected, code[_CORE_CHECK])


def _check_eep_line(line: str) -> Text | None:
    wrong = misfit(line, _EEP_LINE_1)
    if wrong is not None:
        return wrong
    for start, place in _EEP_CHECKED:
        expected = mrz_check_digit(line[start:place])
        if line[place] != expected:
            return wrong_check(line[start : place + 1], expected, line[place])
    return None


def _check_digest(digest: str) -> Text | None:
    """What was given is not told: it may be the number itself, sent by mistake."""
    if len(digest) == DIGEST_LENGTH and set(digest) <= set(DIGITS + "abcdef"):
        return None
    return Text(
        f"应为身份证号的密钥散列（HMAC-SHA-256，{DIGEST_LENGTH} 位小写十六进制），实际为 {len(digest)} 个字符",
        f"must be an identity number's HMAC-SHA-256, {DIGEST_LENGTH} small hex digits, found {len(digest)} signs",
    )


FORMATS = (
    Format("identity_digest", "keyed hash of an identity number", "身份证号的密钥散列", _check_digest),
    Format("licence_core_number", "licence core number with check", "证芯编号（含校验位）", _check_core),
    Format(
        "licence_core_number_form",
        "licence core number, form only",
        "证芯编号（仅格式）",
        lambda code: misfit(code, _CORE_LOOSE),
    ),
    Format(
        "driving_file_number",
        "driving licence file number",
        "驾驶证档案编号",
        lambda number: misfit(number, (DIGITS,) * 12),
    ),
    Format(
        "registration_certificate",
        "vehicle registration certificate number",  # twelve digits by hearsay; a recipe may set a pattern instead
        "机动车登记证书编号",
        lambda number: misfit(number, (DIGITS,) * 12),
    ),
    Format(
        "hk_mo_permit",
        "permit to Hong Kong and Macao",
        "往来港澳通行证号码",
        lambda number: misfit(number, ("C", CLEAR, *[DIGITS] * 7)),
    ),
    Format("permit_mrz_line_1", "first line of a permit's machine-readable zone", "通行证机读码首行", _check_eep_line),
    Format(
        "birth_certificate",
        "medical certificate of birth",
        "出生医学证明编号",
        lambda number: misfit(number, (LETTERS, *[DIGITS] * 9)),
    ),
)
