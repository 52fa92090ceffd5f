"""Who asks: a person who is signed in, a program with a token, a browser that was let in, or anybody."""

from __future__ import annotations

from dataclasses import dataclass

from controller.web.people.book import Person
from controller.web.people.roles import MAY, NOBODY, UNSIGNED, Action, Role

UNSIGNED_NAME = "unsigned"
"""How the journal names a browser in which nobody is signed in: it may hold the line."""
MACHINE_NAME = "api"


@dataclass(frozen=True, slots=True)
class Visitor:
    """:ivar name: stands in the journal; empty for anybody. :ivar left_s: until the session ends by idleness."""

    name: str
    role: Role | None
    may: frozenset[Action]
    person: Person | None = None
    left_s: float = 0.0

    @property
    def is_browser(self) -> bool:
        """Whether it proves itself by a cookie, which a foreign page could make a browser send."""
        return self.role not in (Role.MACHINE, Role.PLATFORM)


ANYBODY = Visitor("", None, NOBODY)
BROWSER = Visitor(UNSIGNED_NAME, None, UNSIGNED)
MACHINE = Visitor(MACHINE_NAME, Role.MACHINE, MAY[Role.MACHINE])


def person_visits(person: Person, left_s: float) -> Visitor:
    """A signed-in person; one with a secret that somebody else has set may do nothing before it is replaced."""
    may = MAY[person.role] if person.own else UNSIGNED
    return Visitor(person.name, person.role, may, person, left_s)


def program_visits(name: str) -> Visitor:
    """A program with a token from a supervisor."""
    return Visitor(f"token:{name}"[:40], Role.PLATFORM, MAY[Role.PLATFORM])
