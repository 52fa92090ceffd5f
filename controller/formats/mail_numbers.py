"""Mail numbers: UPU S10, and the 13-digit domestic numbers of China Post."""

from __future__ import annotations

from collections.abc import Collection

from controller.formats.grammar import DIGITS, LETTERS, Format, misfit, wrong_check
from controller.words.text import Text

UNCHECKED_PREFIXES = ("96", "99")
"""Domestic parcel ranges known to be plain sequences; a line may configure others."""

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_SERVICES = "ABCDEGHLMNPQRUVZ"
"""First letters that S10 gives to services: J, K, S, T, W are reserved, F, I, O, X, Y not given out."""
_S10 = (_S10_SERVICES, LETTERS, *[DIGITS] * 9, LETTERS, LETTERS)
_DOMESTIC = (DIGITS,) * 13


def s10_check_digit(serial: str) -> str:
    """Check digit of the eight serial digits (UPU S10): 11 less the weighted sum modulo 11; 10 is 0 and 11 is 5."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, serial, strict=True)) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def check_s10(number: str) -> Text | None:
    """Hold a number against UPU S10: service, eight digits, check digit, country."""
    return misfit(number, _S10) or _check_digit(number)


def check_domestic(number: str, unchecked_prefixes: Collection[str] = UNCHECKED_PREFIXES) -> Text | None:
    """Hold a number against China Post's domestic form: prefix of two, eight digits, check digit of S10, two more.

    :param unchecked_prefixes: two-digit prefixes whose numbers carry no check digit.
    """
    wrong = misfit(number, _DOMESTIC)
    if wrong is not None or number[:2] in unchecked_prefixes:
        return wrong
    return _check_digit(number)


def check_mail_number(number: str, unchecked_prefixes: Collection[str] = UNCHECKED_PREFIXES) -> Text | None:
    """Hold a number against the form that its first character announces: a digit domestic, a letter S10."""
    return check_domestic(number, unchecked_prefixes) if number[:1] in set(DIGITS) else check_s10(number)


def _check_digit(number: str) -> Text | None:
    expected = s10_check_digit(number[2:10])
    return None if number[10] == expected else wrong_check(number, expected, number[10])


FORMATS = (
    Format("mail_s10", "international mail number (UPU S10)", "国际邮件号码（UPU S10）", check_s10),
    Format("mail_domestic", "China Post domestic number", "国内邮件号码（13 位）", check_domestic),
    Format("mail_number", "mail number, either form", "邮件号", check_mail_number),
)
