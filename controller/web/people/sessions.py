"""Who is signed in: sessions in this process's memory, which end by idleness, by age, and with the process.

Time is the loop's, so that nobody lengthens a session by setting a clock. A token lies here as its digest only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from controller.web.people.book import Person
from controller.web.people.hashing import digest, make_token

SESSIONS_AT_ONCE = 500


@dataclass(slots=True)
class Session:
    """One person in one browser. Times are the loop's."""

    person: Person
    began_at: float
    used_at: float
    checked_at: float


class Sessions:
    """:param idle_s: a session that nobody uses for this long is over; :param longest_s: any is over after this."""

    def __init__(self, idle_s: float, longest_s: float) -> None:
        self.idle_s = idle_s
        self.longest_s = longest_s
        self._open: dict[bytes, Session] = {}

    def begin(self, person: Person) -> str:
        """Begin one and return the token for the browser. Where there are too many the longest unused one ends."""
        now = _now()
        self._drop_over(now)
        if len(self._open) >= SESSIONS_AT_ONCE:
            del self._open[min(self._open, key=lambda key: self._open[key].used_at)]
        token = make_token()
        self._open[digest(token)] = Session(person, now, now, now)
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, while it lasts."""
        session = self._open.get(digest(token))
        if session is None or self._is_over(session, _now()):
            return None
        return session

    def use(self, session: Session) -> None:
        """A person has done something."""
        session.used_at = _now()

    def left_s(self, session: Session) -> float:
        """For how long it lasts when nobody does anything."""
        now = _now()
        return max(0.0, min(session.used_at + self.idle_s, session.began_at + self.longest_s) - now)

    def end(self, token: str) -> Person | None:
        """End one; returns who was signed in."""
        session = self._open.pop(digest(token), None)
        return session.person if session else None

    def end_all_of(self, name: str) -> None:
        """End every session of a person, wherever."""
        for key in [key for key, session in self._open.items() if session.person.name == name]:
            del self._open[key]

    def _is_over(self, session: Session, now: float) -> bool:
        return now >= session.used_at + self.idle_s or now >= session.began_at + self.longest_s

    def _drop_over(self, now: float) -> None:
        for key in [key for key, session in self._open.items() if self._is_over(session, now)]:
            del self._open[key]


def _now() -> float:
    return asyncio.get_running_loop().time()
