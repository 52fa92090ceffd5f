"""Proving what is printed: a number beside its code, a permit's machine-readable line, an identity number.

The characters are read by `vision.print_reader` alone, from the print and never from the bars.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from vision.pictures import Picture
from vision.print_reader import Line, printed_margin, read_printed, surely_reads
from vision.verdict import OTHER_NUMBER, UNSURE_NUMBER, Check, ExpectedDocument, Outcome

ACCEPT_MARGIN = 0.5
"""From this margin of the least certain character on, in logits, a printed number is proven. See docs/vision.md."""
REJECT_MARGIN = -1.5
"""Under this another number is printed; between the two the print is too poor to say."""

ZONE_LENGTH = 30
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ZONE = ("C", "SD", *[_DIGITS + _LETTERS] * 9, _DIGITS, "<", *[_DIGITS] * 7, "<", *[_DIGITS] * 7, "<")
"""What may stand in the first line of a permit, but for its last place, of which nobody knows what it covers."""
_ZONE_FIELDS = ((2, 11), (13, 19), (21, 27))
"""Start of each checked field and place of its check digit: number, expiry, birth."""
_IDENTITY_LENGTH = 18
_IDENTITY = (*[_DIGITS] * 17, _DIGITS + "X")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def check_number(print_of: Picture, name: str, role: str, expected: str) -> Check:
    """Compare a printed number with what must stand there."""
    line = read_printed(print_of, len(expected))
    if line is None:
        return Check(name, Outcome.UNSURE, role, expected, "", None, ACCEPT_MARGIN)
    margin, found = printed_margin(line, expected)
    return Check(name, outcome_of(margin), role, expected, found, margin, ACCEPT_MARGIN)


def outcome_of(margin: float) -> Outcome:
    """What a margin of printed characters says."""
    if margin >= ACCEPT_MARGIN:
        return Outcome.ACCEPT
    return Outcome.UNSURE if margin > REJECT_MARGIN else Outcome.REJECT


def check_zone(print_of: Picture, document: ExpectedDocument) -> list[Check]:
    """The first line of a permit's machine-readable zone: the expected number, and its three check digits.

    Once the number is proven its digit is reckoned from the order's, not from what was read: so the digit tells apart
    what no look does, O and 0, I and 1.
    """
    line = read_printed(print_of, ZONE_LENGTH)
    name, number = "document_zone", document.number or document.code
    if line is None:
        return [Check(name, Outcome.UNSURE, document.role, number, "", None, ACCEPT_MARGIN)]
    text, sure = surely_reads(line, (*_ZONE, line.text[-1]))
    margin, found = printed_margin(_part(line, 2, 2 + len(number)), number)
    checks = [Check(name, outcome_of(margin), document.role, number, found, margin, ACCEPT_MARGIN)]
    if margin >= ACCEPT_MARGIN:
        text = text[:2] + number + text[2 + len(number) :]
    wrong = [text[start : place + 1] for start, place in _ZONE_FIELDS if zone_digit(text[start:place]) != text[place]]
    doubted = Outcome.UNSURE if sure < ACCEPT_MARGIN else Outcome.REJECT
    outcome = doubted if wrong else Outcome.ACCEPT
    expected, found = "3 check digits that hold", f"{3 - len(wrong)} that hold"
    return [*checks, Check("document_check_digits", outcome, document.role, expected, found, sure, ACCEPT_MARGIN)]


def check_identity(print_of: Picture, document: ExpectedDocument, key: str) -> Check:
    """Compare an identity number with its keyed hash. Neither the number nor a hash of it stands in the check."""
    line = read_printed(print_of, _IDENTITY_LENGTH)
    name = "identity_number"
    if line is None or not key or not document.digest:
        found = "nothing to compare with" if line is not None else "no number can be read"
        return Check(name, Outcome.UNSURE, document.role, "the order's number", found)
    text, sure = surely_reads(line, _IDENTITY)
    if hmac.compare_digest(identity_digest(key, text), document.digest):
        return Check(name, Outcome.ACCEPT, document.role, "the order's number", "the same", sure, ACCEPT_MARGIN)
    believed = sure >= ACCEPT_MARGIN and identity_character(text[:17]) == text[17]
    outcome = Outcome.REJECT if believed else Outcome.UNSURE
    found = OTHER_NUMBER if believed else UNSURE_NUMBER
    return Check(name, outcome, document.role, "the order's number", found, sure, ACCEPT_MARGIN)


def identity_digest(key: str, number: str) -> str:
    """Keyed hash of an identity number. :param key: in hex, at least 16 bytes."""
    return hmac.new(bytes.fromhex(key), number.encode(), sha256).hexdigest()


def identity_character(digits: str) -> str:
    """Check character of 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, digits, strict=True))
    return "10X98765432"[total % 11]


def zone_digit(field: str) -> str:
    """Check digit of a machine-readable field (ICAO 9303): weights 7, 3, 1; A = 10, `<` = 0."""
    values = (0 if each == "<" else int(each, 36) for each in field)
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def _part(line: Line, first: int, last: int) -> Line:
    return Line(line.scores[first:last], line.text[first:last])
