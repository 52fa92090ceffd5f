"""The reception: signs people in and out and says who asks. Async before the blocking book; hashes one at a time.

Hashing is slow on purpose. It runs in a thread, one at a time: a flood of guesses queues here and reads go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from controller.pulse import Pulse
from controller.web.people.book import BookUnusable, PeopleBook, Person, PersonKnown
from controller.web.people.hashing import COST, Cost, hash_secret, is_secret, make_badge, make_token, too_weak
from controller.web.people.patience import Patience
from controller.web.people.roles import PASSWORD_ROLES, PERSONS, Role
from controller.web.people.sessions import Session, Sessions
from controller.web.refusals import Refusal

T = TypeVar("T")
_CHECK_AGAIN_S = 5.0
"""How long a session is taken for good before the book is asked again, which a command may have changed."""
_HASHES_WAITING = 8
_UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """:ivar token: for the browser's cookie."""

    token: str
    person: Person


class Reception:
    """:param noted: beaten after each change that the journal must be told of."""

    def __init__(self, book: PeopleBook, sessions: Sessions, noted: Pulse, cost: Cost = COST) -> None:
        self.book = book
        self.sessions = sessions
        self._noted = noted
        self._cost = cost
        self._patience = Patience()
        self._hashing = asyncio.Semaphore(1)
        self._waiting = 0
        self._nobody = ""
        self._anybody = False

    async def anybody(self) -> bool:
        """Whether there is an account at all; until then the first visitor with the token makes the supervisor."""
        if not self._anybody:
            self._anybody = bool(await self.ask(self.book.people))
        return self._anybody

    async def sign_in(self, who: str, secret: str) -> SignedIn:
        """By name and secret; viewers and operators by their badge alone, the others by badge and password.

        :raises Refusal: wrong, too often wrong, ended, or a secret is still needed.
        """
        by_badge = await self.ask(lambda: self.book.by_badge(who))
        person = by_badge or await self.ask(lambda: self.book.find(who))
        if by_badge is not None and by_badge.active and by_badge.role not in PASSWORD_ROLES:
            return await self._let_in(by_badge, "badge")
        if by_badge is not None and not secret:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "password_needed", shown=by_badge.shown)
        await self._prove(person, secret)
        assert person is not None  # nobody's secret proves nothing
        return await self._let_in(person, "badge and password" if by_badge else "secret")

    async def sign_out(self, token: str) -> None:
        """End the session of this browser."""
        person = self.sessions.end(token)
        if person is not None:
            await self.note("signed_out", person.name)

    async def session(self, token: str) -> Session | None:
        """The session of this browser while it lasts and its account is what it was when it began."""
        session = self.sessions.find(token) if token else None
        if session is None:
            return None
        now = asyncio.get_running_loop().time()
        if now - session.checked_at >= _CHECK_AGAIN_S:
            person = await self.ask(lambda: self.book.find(session.person.name))
            if person is None or not person.active or person.version != session.person.version:
                self.sessions.end(token)
                return None
            session.checked_at = now
        return session

    async def program(self, token: str) -> str | None:
        """The name of the program that has this token."""
        return await self.ask(lambda: self.book.program(token))

    async def make_first(self, name: str, shown: str, password: str) -> SignedIn:
        """Make the first supervisor, of whoever came first with the line's token.

        :raises Refusal: there are accounts already, or the password is too weak.
        """
        kept = await self._hashed(name, password, Role.SUPERVISOR)
        person = Person(name, shown, Role.SUPERVISOR, kept, active=True, own=True, version=1)
        try:
            await self._do(lambda: self.book.add(person, name, "first start", first=True))
        except PersonKnown as error:
            raise Refusal(HTTPStatus.CONFLICT, "not_the_first") from error
        return await self._let_in(person, "first start")

    async def add(self, name: str, shown: str, role: Role, secret: str, by: str, why: str) -> None:
        """Enter a person with a secret that the person must replace at the first sign-in.

        :raises Refusal: known, no role of a person, or the secret is too weak.
        """
        if role not in PERSONS:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "no_role", found=role, allowed=", ".join(PERSONS))
        kept = await self._hashed(name, secret, role)
        person = Person(name, shown, role, kept, active=True, own=False, version=1)
        try:
            await self._do(lambda: self.book.add(person, by, why))
        except PersonKnown as error:
            raise Refusal(HTTPStatus.CONFLICT, "person_known", name=name) from error

    async def change(self, name: str, by: str, why: str, *, role: Role | None, active: bool | None) -> None:
        """Change a role, end an account or renew it.

        :raises Refusal: unknown, no role of a person, one's own, or a role with a password for one who has a PIN.
        """
        person = await self.known(name)
        if name == by:
            raise Refusal(HTTPStatus.CONFLICT, "own_account")
        if role is not None and role not in PERSONS:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "no_role", found=role, allowed=", ".join(PERSONS))
        await self._do(lambda: self.book.change(name, by, why, role=role, active=active))
        if role in PASSWORD_ROLES and person.role not in PASSWORD_ROLES:
            # A PIN must not open what takes a password: nobody signs in before a supervisor has set one.
            await self._do(lambda: self.book.set_secret(name, "", by, "role with a password", own=False))
        self.sessions.end_all_of(name)

    async def set_secret(self, name: str, secret: str, by: str, why: str) -> None:
        """Give a person a new secret, which the person must replace. :raises Refusal: unknown, own, or too weak."""
        person = await self.known(name)
        if name == by:
            raise Refusal(HTTPStatus.CONFLICT, "own_account")
        kept = await self._hashed(name, secret, person.role)
        await self._do(lambda: self.book.set_secret(name, kept, by, why, own=False))
        self.sessions.end_all_of(name)

    async def choose_secret(self, person: Person, old: str, new: str) -> SignedIn:
        """A person replaces the own secret. All other sessions of the person end.

        :raises Refusal: the old one is wrong, the new one is weak or the old one.
        """
        await self._prove(person, old)
        if old == new:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "secret_same")
        kept = await self._hashed(person.name, new, person.role)
        await self._do(lambda: self.book.set_secret(person.name, kept, person.name, "own choice", own=True))
        self.sessions.end_all_of(person.name)
        return await self._let_in(await self.known(person.name), "own choice")

    async def give_badge(self, name: str, by: str, why: str) -> str:
        """Make a badge for a person in the place of any other and return its code, which is told only now."""
        await self.known(name)
        code = make_badge()
        await self._do(lambda: self.book.set_badge(name, code, by, why))
        self.sessions.end_all_of(name)
        return code

    async def take_badge(self, name: str, by: str, why: str) -> None:
        """Make a lost badge worthless."""
        await self.known(name)
        await self._do(lambda: self.book.set_badge(name, None, by, why))
        self.sessions.end_all_of(name)

    async def give_token(self, name: str, by: str, why: str) -> str:
        """Make a token for a program and return it; it is told only now. :raises Refusal: it has one."""
        token = make_token()
        try:
            await self._do(lambda: self.book.add_program(name, token, by, why))
        except PersonKnown as error:
            raise Refusal(HTTPStatus.CONFLICT, "person_known", name=name) from error
        return token

    async def take_token(self, name: str, by: str, why: str) -> None:
        """Make a program's token worthless. :raises Refusal: it has none."""
        if not await self._do(lambda: self.book.remove_program(name, by, why)):
            raise Refusal(HTTPStatus.NOT_FOUND, "unknown_person", name=name)

    async def known(self, name: str) -> Person:
        """The person of that name. :raises Refusal: there is none."""
        person = await self.ask(lambda: self.book.find(name))
        if person is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "unknown_person", name=name)
        return person

    async def note(self, what: str, by: str, **facts: object) -> None:
        """Have the journal told of what is no change: a look-up, an export."""
        await self._do(lambda: self.book.note(what, by, **facts))

    async def ask(self, question: Callable[[], T]) -> T:
        """Ask the book in a thread. :raises Refusal: it can't be used now."""
        try:
            return await asyncio.to_thread(question)
        except BookUnusable as error:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "people_book", cause=error) from error

    async def _do(self, change: Callable[[], T]) -> T:
        done = await self.ask(change)
        self._noted.beat()
        return done

    async def _let_in(self, person: Person, way: str) -> SignedIn:
        await self.note("signed_in", person.name, way=way, role=person.role.value)
        return SignedIn(self.sessions.begin(person), person)

    async def _prove(self, person: Person | None, secret: str) -> None:
        """:raises Refusal: the secret is not the person's, or nothing is asked now after too many that were not."""
        usable = person is not None and person.active and person.secret
        bucket = person.name if person is not None else _UNKNOWN
        wait = self._patience.wait_s(bucket)
        if wait:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "wait", seconds=round(wait + 0.5))
        failed = self._patience.failed(bucket)  # before the hash: tries side by side count as well
        kept = person.secret if person is not None and usable else await self._nobodys()
        right = await self._slowly(lambda: is_secret(secret[:1000], kept))
        if not (right and usable):
            await self.note("sign_in_refused", bucket, failed=failed)
            raise Refusal(HTTPStatus.UNAUTHORIZED, "sign_in_wrong")
        self._patience.succeeded(bucket)

    async def _hashed(self, name: str, secret: str, role: Role) -> str:
        weak = too_weak(secret, name, password=role in PASSWORD_ROLES)
        if weak:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, weak)
        return await self._slowly(lambda: hash_secret(secret, self._cost))

    async def _nobodys(self) -> str:
        """A hash that nothing fits, so that an unknown name takes as long as a wrong secret."""
        if not self._nobody:
            self._nobody = await self._slowly(lambda: hash_secret(make_token(), self._cost))
        return self._nobody

    async def _slowly(self, work: Callable[[], T]) -> T:
        if self._waiting >= _HASHES_WAITING:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "wait", seconds=5)
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
