"""Formats that a recipe may name: number grammars and check digits, one small file a family."""

from __future__ import annotations

from controller.formats import certificates, mail_numbers, plates
from controller.formats.grammar import Format
from controller.words.text import Text

__all__ = ["FORMATS", "Format", "UnknownFormat", "check_format"]

FORMATS: dict[str, Format] = {
    each.name: each for each in (*plates.FORMATS, *certificates.FORMATS, *mail_numbers.FORMATS)
}


class UnknownFormat(KeyError):
    """A recipe names a format that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"format {self.name!r} is unknown, known: {', '.join(sorted(FORMATS))}"


def check_format(name: str, value: str) -> Text | None:
    """Hold a value against the named format; None when it fits. An empty name fits everything.

    :raises UnknownFormat: no format has that name.
    """
    if not name:
        return None
    found = FORMATS.get(name)
    if found is None:
        raise UnknownFormat(name)
    return found.check(value)
