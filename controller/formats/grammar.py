"""What a format is, and grammars of fixed length: one set of allowed characters a place.

A grammar tells the first place that does not fit, so that a typing mistake is found at a glance. Nothing is
normalised: a lower-case letter or a full-width digit is another character and does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.words.text import Text

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLEAR_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters without I and O, which are never used where they could be taken for 1 and 0."""
CLEAR = CLEAR_LETTERS + DIGITS


@dataclass(frozen=True, slots=True)
class Format:
    """A named format.

    :ivar check: takes a whole value and returns None, or what was expected and found.
    """

    name: str
    title: str
    title_zh: str
    check: Callable[[str], Text | None]


def misfit(value: str, places: Sequence[str]) -> Text | None:
    """Hold a value against a grammar: each place names the characters that it takes."""
    if len(value) != len(places):
        return Text(
            f"应为 {len(places)} 个字符，实际 {len(value)} 个（{value!r}）",
            f"{len(places)} characters expected, {len(value)} found ({value!r})",
        )
    for place, (found, allowed) in enumerate(zip(value, places, strict=True), start=1):
        if found not in allowed:
            return Text(
                f"第 {place} 位应为 {_short(allowed)} 之一，实际为 {found!r}（{value!r}）",
                f"place {place} must be one of {_short(allowed)}, found {found!r} (in {value!r})",
            )
    return None


def wrong_check(value: str, expected: str, found: str) -> Text:
    """Say that a check character does not fit the rest."""
    return Text(
        f"校验位应为 {expected}，实际为 {found}（{value!r}）：请重新核对编号",
        f"check character must be {expected}, found {found} (in {value!r}): compare the number with its source",
    )


def _short(allowed: str) -> str:
    """Shorten runs of the alphabet and of digits: `ABCDEFGHJ` becomes `A-HJ`."""
    runs: list[list[str]] = []
    for character in sorted(allowed):
        if runs and ord(character) == ord(runs[-1][-1]) + 1:
            runs[-1].append(character)
        else:
            runs.append([character])
    return "".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else "".join(run) for run in runs)
