"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from controller.words.text import Text


class Grade(StrEnum):
    """How a finding counts."""

    GOOD = "good"
    NOTE = "note"
    """Worth knowing; nothing fails by it."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and how it stands. :ivar text: what was found, and when it is wrong what to do."""

    subject: str
    grade: Grade
    text: Text

    @classmethod
    def good(cls, subject: str, what: str) -> Self:
        """All is well; `what` reads the same in both languages."""
        return cls(subject, Grade.GOOD, Text(what, what))
