"""The people of the tests' line: one of each role, with secrets that hash fast."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from controller.clock import SystemClock
from controller.plan.config import LineConfig
from controller.web.admission import KEY_COOKIE, SESSION_COOKIE, browser_key
from controller.web.people.book import PeopleBook, Person
from controller.web.people.hashing import hash_secret
from controller.web.people.roles import Role
from tests.web.floor import QUICK, TOKEN, asking

PIN, PASSWORD = "735192", "blau-42-Karre"
STAFF = {
    "wang": Role.OPERATOR,
    "li": Role.TECHNICIAN,
    "zhao": Role.SUPERVISOR,
    "qian": Role.SUPERVISOR,
    "sun": Role.VIEWER,
}
SHOWN = {"wang": "王小明", "li": "李工", "zhao": "赵班长", "sun": "孙来宾", "qian": "钱班长"}


def secret_of(name: str) -> str:
    return PASSWORD if STAFF[name] in (Role.TECHNICIAN, Role.SUPERVISOR) else PIN


def hire(config: LineConfig, *names: str) -> PeopleBook:
    """Enter these people, or all."""
    book = PeopleBook(config.store.people, SystemClock())
    for name in names or STAFF:
        kept = hash_secret(secret_of(name), QUICK)
        person = Person(name, SHOWN[name], STAFF[name], kept, active=True, own=True, version=1)
        book.add(person, "test", "hired")
    return book


def browser(base: str, session: str = "", *, key: bool = True) -> httpx.AsyncClient:
    """As our page asks, from a browser that was let in, or not."""
    cookies = ({KEY_COOKIE: browser_key(TOKEN)} if key else {}) | ({SESSION_COOKIE: session} if session else {})
    return asking(base, headers={"X-Sealline": "1"}, cookies=cookies)


@asynccontextmanager
async def signed_in(base: str, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which this person is signed in."""
    async with browser(base) as person:
        answer = await person.post("/api/sign-in", json={"who": name, "secret": secret_of(name)})
        assert answer.status_code == 200, answer.text
        yield person
