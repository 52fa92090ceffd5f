"""What a planted mistake is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted mistake.

    :ivar old: must stand in the file exactly once: a mutant that no longer fits is to be rewritten with the code.
    :ivar breaks: what it lets happen, in plain words; :ivar only: the kinds of trouble in which it shows.
    :ivar seed: the first to try: one that catches it. :ivar depth: `port`, or `wire` where frames matter.
    :ivar at: the zone at which all that trouble strikes; '' for wherever it may.
    :ivar also: further places, where another layer would hide it: a line must not fall with one check.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    only: str = ""
    at: str = ""
    seed: int = 1
    items: int = 16
    depth: str = "port"
    also: tuple[tuple[str, str, str], ...] = ()

    @property
    def edits(self) -> tuple[tuple[str, str, str], ...]:
        """Every place: file, old text, new text."""
        return ((self.file, self.old, self.new), *self.also)

    @property
    def kinds(self) -> list[str]:
        """Its trouble, one by one."""
        return [each for each in self.only.split(",") if each]
