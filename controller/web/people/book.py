"""The book of people: accounts, tokens of programs, and the audit notes that still have to reach the journal.

A change and its note are one transaction: what was done to an account can't get lost on its way to the journal. All
of it is blocking; call it in a thread.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.clock import WallClock
from controller.durable import link_first, make_folder
from controller.web.people.hashing import digest
from controller.web.people.roles import Role

VERSION = 1
SCHEMA = """
CREATE TABLE people (
    name        TEXT PRIMARY KEY,      -- account name, stands in the journal
    shown       TEXT NOT NULL,         -- as the page names the person
    role        TEXT NOT NULL,
    secret      TEXT NOT NULL,         -- hashing.hash_secret, '' when only a badge signs in
    badge       BLOB UNIQUE,           -- SHA-256 of the badge's code
    active      INTEGER NOT NULL,
    own         INTEGER NOT NULL,      -- whether the person has chosen the secret
    version     INTEGER NOT NULL       -- grows with each change: sessions of an older one end
);
CREATE TABLE tokens (
    name        TEXT PRIMARY KEY,      -- of the program, stands in the journal
    token       BLOB NOT NULL UNIQUE   -- SHA-256
);
CREATE TABLE notes (
    note        INTEGER PRIMARY KEY AUTOINCREMENT,
    what        TEXT NOT NULL,
    by          TEXT NOT NULL,
    at          TEXT NOT NULL,
    facts       TEXT NOT NULL
);
CREATE TABLE book (origin TEXT NOT NULL);
"""


class BookUnusable(Exception):
    """The book of people can't be opened; the message says why and what to do."""


class PersonKnown(Exception):
    """There is a person or program of that name already."""


@dataclass(frozen=True, slots=True)
class Person:
    """:ivar own: false until the person has replaced the secret that somebody else has set."""

    name: str
    shown: str
    role: Role
    secret: str
    active: bool
    own: bool
    version: int
    has_badge: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """An audit note on its way to the journal. :ivar number: grows without end; tells a repeated note."""

    number: int
    what: str
    by: str
    at: str
    facts: dict[str, Any]


_COLUMNS = "name, shown, role, secret, active, own, version, badge IS NOT NULL"


class PeopleBook:
    """The book of one line. :param clock: stamps the notes."""

    def __init__(self, path: Path, clock: WallClock) -> None:
        self.path = path
        self._clock = clock

    def origin(self) -> str:
        """Which book this is: the journal tells by it which notes it has."""
        with self._open() as book:
            return str(book.execute("SELECT origin FROM book").fetchone()[0])

    def people(self) -> list[Person]:
        """Everybody, by name."""
        with self._open() as book:
            return [_person(row) for row in book.execute(f"SELECT {_COLUMNS} FROM people ORDER BY name")]  # noqa: S608

    def find(self, name: str) -> Person | None:
        """The person with that account name."""
        return self._one("name = ?", name)

    def by_badge(self, code: str) -> Person | None:
        """The person with that badge."""
        return self._one("badge = ?", digest(code))

    def program(self, token: str) -> str | None:
        """The name of the program that this token was given to."""
        with self._open() as book:
            row = book.execute("SELECT name FROM tokens WHERE token = ?", (digest(token),)).fetchone()
            return str(row[0]) if row else None

    def programs(self) -> list[str]:
        """Names of the programs that have a token."""
        with self._open() as book:
            return [str(row[0]) for row in book.execute("SELECT name FROM tokens ORDER BY name")]

    def add(self, person: Person, by: str, why: str, *, first: bool = False) -> None:
        """Enter a person. :param first: only while there is none.

        :raises PersonKnown: there is one of that name, or, for the first, one at all.
        """
        with self._change() as book:
            if first and book.execute("SELECT 1 FROM people LIMIT 1").fetchone():
                raise PersonKnown(person.name)
            try:
                book.execute(
                    "INSERT INTO people VALUES (?, ?, ?, ?, NULL, 1, ?, 1)",
                    (person.name, person.shown, person.role, person.secret, person.own),
                )
            except sqlite3.IntegrityError as error:
                raise PersonKnown(person.name) from error
            self._note(book, "person_added", by, person=person.name, old="", new=person.role.value, why=why)

    def change(self, name: str, by: str, why: str, *, role: Role | None = None, active: bool | None = None) -> None:
        """Give a person another role, or end or renew the account. Whoever is signed in by it is signed out."""
        with self._change() as book:
            old = _person(book.execute(f"SELECT {_COLUMNS} FROM people WHERE name = ?", (name,)).fetchone())  # noqa: S608
            role, active = role or old.role, old.active if active is None else active
            book.execute(
                "UPDATE people SET role = ?, active = ?, version = version + 1 WHERE name = ?", (role, active, name)
            )
            self._note(
                book, "person_changed", by, person=name, old=_standing(old.role, old.active),
                new=_standing(role, active), why=why,
            )  # fmt: skip

    def set_secret(self, name: str, secret: str, by: str, why: str, *, own: bool) -> None:
        """Keep another secret, as `hash_secret` gives it. :param own: whether the person has chosen it."""
        with self._change() as book:
            book.execute(
                "UPDATE people SET secret = ?, own = ?, version = version + 1 WHERE name = ?", (secret, own, name)
            )
            self._note(book, "person_secret_set", by, person=name, old="", new="own" if own else "given", why=why)

    def set_badge(self, name: str, code: str | None, by: str, why: str) -> None:
        """Give a person a badge in the place of any other; None: take it away."""
        with self._change() as book:
            badge = digest(code) if code else None
            had = book.execute("SELECT badge IS NOT NULL FROM people WHERE name = ?", (name,)).fetchone()[0]
            book.execute("UPDATE people SET badge = ?, version = version + 1 WHERE name = ?", (badge, name))
            self._note(
                book, "person_badge_set", by, person=name, old="badge" if had else "", new="badge" if code else "",
                why=why,
            )  # fmt: skip

    def add_program(self, name: str, token: str, by: str, why: str) -> None:
        """Let a program hand orders in. :raises PersonKnown: one of that name has a token."""
        with self._change() as book:
            try:
                book.execute("INSERT INTO tokens VALUES (?, ?)", (name, digest(token)))
            except sqlite3.IntegrityError as error:
                raise PersonKnown(name) from error
            self._note(book, "token_added", by, person=name, old="", new=Role.PLATFORM.value, why=why)

    def remove_program(self, name: str, by: str, why: str) -> bool:
        """Take a program's token away. Returns whether it had one."""
        with self._change() as book:
            gone = book.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount
            if gone:
                self._note(book, "token_removed", by, person=name, old=Role.PLATFORM.value, new="", why=why)
            return bool(gone)

    def note(self, what: str, by: str, **facts: Any) -> None:
        """Note what is no change of an account: a sign-in, a look-up, an export."""
        with self._change() as book:
            self._note(book, what, by, **facts)

    def waiting_notes(self, most: int = 100) -> list[Note]:
        """Notes that the journal has not confirmed, oldest first."""
        with self._open() as book:
            rows = book.execute("SELECT note, what, by, at, facts FROM notes ORDER BY note LIMIT ?", (most,))
            return [Note(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]

    def noted(self, number: int) -> None:
        """The journal has every note up to this one."""
        with self._change() as book:
            book.execute("DELETE FROM notes WHERE note <= ?", (number,))

    def _one(self, where: str, value: str | bytes) -> Person | None:
        with self._open() as book:
            row = book.execute(f"SELECT {_COLUMNS} FROM people WHERE {where}", (value,)).fetchone()  # noqa: S608
            return _person(row) if row else None

    def _note(self, book: sqlite3.Connection, what: str, by: str, **facts: Any) -> None:
        at = self._clock.now().isoformat(timespec="milliseconds")
        book.execute(
            "INSERT INTO notes (what, by, at, facts) VALUES (?, ?, ?, ?)",
            (what, by, at, json.dumps(facts, ensure_ascii=False)),
        )

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._open() as book:
            book.execute("BEGIN IMMEDIATE")
            try:
                yield book
            except BaseException:
                book.execute("ROLLBACK")
                raise
            book.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """:raises BookUnusable: the disk or the file does not let it."""
        try:
            if not self.path.exists():
                _make(self.path)
            with closing(sqlite3.connect(self.path, isolation_level=None, timeout=5)) as book:
                version = book.execute("PRAGMA user_version").fetchone()[0]
                if version != VERSION:
                    raise BookUnusable(f"{self.path}: version {version} found, this sealline knows {VERSION}")
                book.execute("PRAGMA synchronous=FULL")
                yield book
        except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as error:
            if isinstance(error, sqlite3.IntegrityError):
                raise
            raise BookUnusable(f"{self.path}: {error}; free the disk or mend the file: nobody can sign in") from error


def _make(path: Path) -> None:
    """Put a whole empty book in place, for its owner only."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with closing(sqlite3.connect(draft, isolation_level=None)) as book:
        book.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
        book.execute("INSERT INTO book VALUES (?)", (secrets.token_hex(8),))
    link_first(draft, path)


def _person(row: Any) -> Person:
    name, shown, role, secret, active, own, version, badge = row
    return Person(name, shown, Role(role), secret, bool(active), bool(own), version, bool(badge))


def _standing(role: Role, active: bool) -> str:
    return role.value if active else f"{role.value}, ended"
