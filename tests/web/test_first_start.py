"""The first start: no account, no default password; whoever comes with the token makes the supervisor."""

from __future__ import annotations

import pytest

from tests.web.staff import PASSWORD, browser
from tests.web.test_people import code

FIRST = {"name": "zhao", "shown": "赵班长", "password": PASSWORD}


async def test_a_newcomer_watches_at_once_and_makes_the_supervisor(web: str) -> None:
    async with browser(web) as asking:
        assert (await asking.get("/api/me")).json()["first"] is True
        assert (await asking.get("/api/snapshot")).status_code == 200
        assert code(await asking.post("/api/commands/stop")) == "sign_in_first"
        made = await asking.post("/api/people/first", json=FIRST)
        assert (made.status_code, made.json()["role"]) == (200, "supervisor")
        me = (await asking.get("/api/me")).json()
        assert (me["name"], me["first"], "people" in me["may"]) == ("zhao", False, True)


async def test_there_is_only_one_first(web: str) -> None:
    async with browser(web) as asking:
        await asking.post("/api/people/first", json=FIRST)
    async with browser(web) as late:
        assert code(await late.post("/api/people/first", json={**FIRST, "name": "mallory"})) == "not_the_first"


async def test_without_the_token_nobody_is_first(web: str) -> None:
    async with browser(web, key=False) as stranger:
        assert code(await stranger.post("/api/people/first", json=FIRST)) == "token_needed"


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "password_short"), ("sealline-123", "password_simple"), ("aaaaaaaaaaaa", "password_simple"),
     ("zhao-zhao-12", "password_simple"), ("x" * 201, "invalid")],
)  # fmt: skip
async def test_a_weak_password_is_refused(web: str, password: str, why: str) -> None:
    async with browser(web) as asking:
        assert code(await asking.post("/api/people/first", json={**FIRST, "password": password})) == why
        assert (await asking.get("/api/me")).json()["first"] is True
