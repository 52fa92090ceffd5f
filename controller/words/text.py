"""A sentence in both languages of the floor, kept together so that neither is forgotten."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """What is wrong, or what to do, in Chinese and in English. `str(text)` is the English."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en

    def within(self, zh: str, en: str) -> Text:
        """The same sentence after a lead-in that says where, as `within("第 3 行", "line 3")`."""
        return Text(f"{zh}：{self.zh}", f"{en}: {self.en}")
