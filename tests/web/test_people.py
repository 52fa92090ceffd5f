"""Who may do what: roles, sign-in, sessions, lock-out, accounts, and what the journal is told of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from controller.plan.config import LineConfig
from controller.web import admission
from controller.web.app import ROUTERS, make_plant
from controller.web.people import patience as patiences
from controller.web.people.hashing import hash_secret
from controller.web.people.roles import MAY, PERSONS, UNSIGNED, Action, Role, action_of
from controller.web.rates import Rate
from tests.web.floor import TOKEN, FakeLine, client, until
from tests.web.staff import PASSWORD, PIN, STAFF, browser, hire, secret_of, signed_in

WHO_MAY = {
    Action.HOLD: {*Role},
    Action.ENTER: {*PERSONS},
    Action.WATCH: {*PERSONS, Role.MACHINE},
    Action.FOLLOW: {*Role},
    Action.TRACE: {Role.OPERATOR, Role.TECHNICIAN, Role.SUPERVISOR, Role.MACHINE},
    Action.PICK: {Role.OPERATOR, Role.TECHNICIAN, Role.SUPERVISOR, Role.MACHINE},
    Action.OPERATE: {Role.OPERATOR, Role.TECHNICIAN, Role.SUPERVISOR, Role.MACHINE},
    Action.SERVICE: {Role.TECHNICIAN, Role.SUPERVISOR},
    Action.HAND_IN: {Role.SUPERVISOR, Role.MACHINE, Role.PLATFORM},
    Action.VOID: {Role.SUPERVISOR},
    Action.PLAN: {Role.SUPERVISOR},
    Action.PROPOSE: {Role.SUPERVISOR},
    Action.APPROVE: {Role.TECHNICIAN, Role.SUPERVISOR},
    Action.PEOPLE: {Role.SUPERVISOR},
}
ASKED = {
    Action.HOLD: ("POST", "/api/commands/hold", None),
    Action.WATCH: ("GET", "/api/snapshot", None),
    Action.PICK: ("GET", "/api/pick-list", None),
    Action.OPERATE: ("POST", "/api/commands/stop", None),
    Action.SERVICE: ("POST", "/api/devices/waybill_camera/print-trend", None),
    Action.HAND_IN: ("POST", "/api/orders", []),
    Action.PEOPLE: ("GET", "/api/people", None),
}


@pytest.fixture(autouse=True)
def staff(config: LineConfig) -> None:
    hire(config)


@pytest.fixture
async def visitor(web: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that was let in and in which nobody is signed in."""
    async with browser(web) as asking:
        yield asking


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"]) if answer.is_error else ""


def routes() -> list[APIRoute]:
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert len(found) > 50
    return found


def test_each_action_is_allowed_to_just_these_roles() -> None:
    assert {action: {role for role in Role if action in MAY[role]} for action in Action} == WHO_MAY
    assert {Action.HOLD, Action.ENTER, Action.WATCH, Action.FOLLOW} == UNSIGNED


def test_every_endpoint_that_changes_anything_takes_more_than_a_look() -> None:
    """One that says nothing takes an operator; only holding and signing in are for who is not signed in."""
    open_to_all = {
        route.path
        for route in routes()
        for method in route.methods - {"GET", "HEAD"}
        if action_of(route.endpoint, method) in UNSIGNED
    }
    assert open_to_all == {
        "/api/commands/hold", "/api/sign-in", "/api/sign-out", "/api/me/secret", "/api/people/first",
    }  # fmt: skip


def test_no_endpoint_seals_proves_or_opens_the_gate() -> None:
    forbidden = re.compile(r"seal(?!line)|gate|(?<!ap)prove|permit|divert|chute|packed")
    assert [route.path for route in routes() if forbidden.search(route.path)] == []


@pytest.mark.parametrize("name", STAFF)
@pytest.mark.parametrize("action", ASKED)
async def test_a_role_may_what_the_table_says(web: str, line: FakeLine, name: str, action: Action) -> None:
    method, path, body = ASKED[action]
    async with signed_in(web, name) as asking:
        answer = await asking.request(method, path, json=body)
    if action in MAY[STAFF[name]]:
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert (answer.status_code, code(answer)) == (403, "role_may_not")
        assert line.calls == []


@pytest.mark.parametrize("action", [each for each in ASKED if each not in UNSIGNED])
async def test_without_sign_in_one_may_only_watch_and_hold(visitor: httpx.AsyncClient, action: Action) -> None:
    method, path, body = ASKED[action]
    answer = await visitor.request(method, path, json=body)
    assert (answer.status_code, code(answer)) == (401, "sign_in_first")
    assert "班长" in answer.json()["error"]["zh"]


async def test_the_line_is_told_who_commands(web: str, line: FakeLine) -> None:
    async with signed_in(web, "wang") as asking:
        await asking.post("/api/commands/stop")
    assert line.calls == [("command", {"command": "stop", "by": "wang"})]


async def test_the_line_is_told_who_begins_the_print_trend_anew_and_no_program_does(web: str, line: FakeLine) -> None:
    _, path, _ = ASKED[Action.SERVICE]
    async with client(web) as program, signed_in(web, "li") as asking:
        assert (await program.post(path)).status_code == 403
        assert (await asking.post(path)).status_code == 200
    assert line.calls == [("begin_print_trend", {"camera": "waybill_camera", "by": "li"})]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong"])
async def test_anybody_at_this_machine_may_hold(web: str, line: FakeLine, authorization: str | None) -> None:
    async with browser(web, key=False) as asking:
        headers = {"Authorization": authorization} if authorization else {}
        assert (await asking.post("/api/commands/hold", headers=headers)).status_code == 200
        assert (await asking.post("/api/commands/stop", headers=headers)).status_code == 401
    assert line.calls == [("command", {"command": "hold", "by": "unsigned"})]


async def test_hold_goes_through_lock_out_and_flood(web: str, line: FakeLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "VISITORS", Rate(burst=10, a_second=0.01))
    async with browser(web) as asking:
        for _ in range(patiences.FREE_TRIES + 2):
            answer = await asking.post("/api/sign-in", json={"who": "wang", "secret": "000000"})
        assert code(answer) == "wait"
        codes = [code(await asking.get("/api/me")) for _ in range(8)]
        assert codes[-1] == "too_fast"
        assert (await asking.post("/api/commands/hold")).status_code == 200
    assert line.calls[-1] == ("command", {"command": "hold", "by": "unsigned"})


async def test_hold_goes_through_when_the_book_of_people_is_broken(
    web: str, line: FakeLine, config: LineConfig
) -> None:
    async with signed_in(web, "wang") as asking:
        config.store.people.write_bytes(b"no database at all" * 100)
        assert code(await asking.post("/api/sign-in", json={"who": "wang", "secret": PIN})) == "people_book"
        assert (await asking.post("/api/commands/hold")).status_code == 200


@pytest.mark.parametrize(
    ("who", "secret"), [("wang", "735193"), ("wang", ""), ("nobody", PIN), ("zhao", PIN), ("' OR 1=1 --", PIN)]
)
async def test_a_wrong_secret_and_an_unknown_name_look_alike(visitor: httpx.AsyncClient, who: str, secret: str) -> None:
    answer = await visitor.post("/api/sign-in", json={"who": who, "secret": secret})
    assert (answer.status_code, code(answer)) == (401, "sign_in_wrong")
    assert (await visitor.get("/api/me")).json()["role"] is None


def test_a_secret_is_kept_at_the_cost_that_is_recommended() -> None:
    assert hash_secret(PIN).startswith("scrypt$32768$8$3$")


async def test_guessing_waits_longer_and_longer_for_that_name_alone(visitor: httpx.AsyncClient) -> None:
    answers = [
        await visitor.post("/api/sign-in", json={"who": "zhao", "secret": f"wrong-guess-{n}"})
        for n in range(patiences.FREE_TRIES + 2)
    ]
    assert [code(each) for each in answers[-2:]] == ["sign_in_wrong", "wait"]
    right = await visitor.post("/api/sign-in", json={"who": "zhao", "secret": PASSWORD})
    assert code(right) == "wait"
    other = await visitor.post("/api/sign-in", json={"who": "qian", "secret": PASSWORD})
    assert other.status_code == 200


async def test_the_wait_doubles_to_its_longest_and_a_right_secret_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(patiences, "_now", lambda: now)
    patience = patiences.Patience()
    waits = []
    for _ in range(20):
        patience.failed("wang")
        waits.append(patience.wait_s("wang"))
    assert waits[: patiences.FREE_TRIES + 3] == [0, 0, 0, 0, 5, 10, 20]
    assert waits[-1] == patiences.LONGEST_WAIT_S
    now += patiences.LONGEST_WAIT_S
    assert patience.wait_s("wang") == 0
    patience.succeeded("wang")
    patience.failed("wang")
    assert patience.wait_s("wang") == 0


async def test_a_session_ends_by_sign_out_and_its_cookie_is_worth_nothing_then(web: str) -> None:
    async with signed_in(web, "wang") as asking:
        stolen = asking.cookies["sealline_session"]
        assert (await asking.get("/api/me")).json()["name"] == "wang"
        await asking.post("/api/sign-out")
    async with browser(web, stolen) as thief:
        assert (await thief.get("/api/me")).json()["role"] is None


async def test_who_signs_in_takes_the_place_of_whoever_was_there(web: str) -> None:
    async with signed_in(web, "zhao") as asking:
        before = asking.cookies["sealline_session"]
        await asking.post("/api/sign-in", json={"who": "wang", "secret": PIN})
        assert (await asking.get("/api/me")).json()["name"] == "wang"
    async with browser(web, before) as stale:
        assert (await stale.get("/api/me")).json()["role"] is None


async def test_a_session_ends_when_nobody_does_anything_and_after_the_longest(config: LineConfig) -> None:
    sessions = make_plant(config, TOKEN).reception.sessions
    person = hire_one(config)
    token = sessions.begin(person)
    session = sessions.find(token)
    assert session is not None
    session.used_at -= sessions.idle_s
    assert sessions.find(token) is None
    session.used_at += sessions.idle_s
    assert sessions.find(token) is session
    session.began_at -= sessions.longest_s
    assert sessions.find(token) is None


async def test_a_feed_that_runs_on_keeps_nobody_signed_in(web: str, config: LineConfig) -> None:
    async with signed_in(web, "wang") as asking:
        before = (await asking.get("/api/me")).json()["left_s"]
        async with httpx.AsyncClient(base_url=web, cookies=asking.cookies) as page:
            await asyncio.sleep(0.2)
            unattended = (await page.get("/api/me")).json()["left_s"]
    assert unattended < before


async def test_an_operator_signs_in_by_badge_alone_a_supervisor_needs_the_password(
    web: str, config: LineConfig
) -> None:
    async with signed_in(web, "zhao") as asking:
        badge = {
            name: (await asking.post(f"/api/people/{name}/badge", json={"why": "first badge"})).json()["code"]
            for name in ("wang", "qian")
        }
    async with browser(web) as asking:
        answer = await asking.post("/api/sign-in", json={"who": badge["wang"]})
        assert (answer.status_code, answer.json()["name"]) == (200, "wang")
    async with browser(web) as asking:
        assert code(await asking.post("/api/sign-in", json={"who": badge["qian"]})) == "password_needed"
        assert code(await asking.post("/api/sign-in", json={"who": badge["qian"], "secret": PIN})) == "sign_in_wrong"
        right = await asking.post("/api/sign-in", json={"who": badge["qian"], "secret": PASSWORD})
        assert right.json()["role"] == "supervisor"
    async with signed_in(web, "zhao") as asking:
        await asking.post("/api/people/wang/badge/end", json={"why": "lost it"})
        assert code(await asking.post("/api/sign-in", json={"who": badge["wang"]})) == "sign_in_wrong"


async def test_a_given_secret_must_be_replaced_before_anything_else(web: str) -> None:
    async with signed_in(web, "zhao") as asking:
        form = {"name": "wu", "shown": "吴", "role": "operator", "secret": "905173", "why": "new colleague"}
        assert (await asking.post("/api/people", json=form)).status_code == 200
        assert code(await asking.post("/api/people", json=form)) == "person_known"
    async with browser(web) as asking:
        first = await asking.post("/api/sign-in", json={"who": "wu", "secret": "905173"})
        assert first.json()["own_secret"] is False
        assert code(await asking.post("/api/commands/stop")) == "own_secret_first"
        assert (await asking.post("/api/commands/hold")).status_code == 200
        for new, why in (("905173", "secret_same"), ("123456", "pin_simple"), ("abc", "pin_form")):
            assert code(await asking.post("/api/me/secret", json={"old": "905173", "new": new})) == why
        assert (await asking.post("/api/me/secret", json={"old": "905173", "new": "640281"})).status_code == 200
        assert (await asking.get("/api/me")).json()["own_secret"] is True


async def test_an_account_that_ends_is_out_at_once_everywhere(web: str) -> None:
    async with signed_in(web, "wang") as asking, signed_in(web, "zhao") as boss:
        await boss.post("/api/people/wang", json={"active": False, "why": "left the plant"})
        assert (await asking.get("/api/me")).json()["role"] is None
        assert code(await asking.post("/api/sign-in", json={"who": "wang", "secret": PIN})) == "sign_in_wrong"


async def test_a_pin_does_not_become_a_password_by_a_new_role(web: str) -> None:
    async with signed_in(web, "zhao") as boss:
        await boss.post("/api/people/wang", json={"role": "supervisor", "why": "promoted"})
        assert code(await boss.post("/api/sign-in", json={"who": "wang", "secret": PIN})) == "sign_in_wrong"
        answer = await boss.post("/api/people/wang/secret", json={"secret": "839271", "why": "promoted"})
        assert code(answer) == "password_short"


async def test_nobody_changes_the_own_account_and_no_person_gets_a_programs_role(web: str) -> None:
    async with signed_in(web, "zhao") as boss:
        assert code(await boss.post("/api/people/zhao", json={"role": "viewer", "why": "tired"})) == "own_account"
        assert code(await boss.post("/api/people/wang", json={"role": "machine", "why": "strong"})) == "no_role"
        assert code(await boss.post("/api/people/ghost", json={"active": False, "why": "gone"})) == "unknown_person"


async def test_a_platforms_token_hands_orders_in_and_nothing_more(web: str, line: FakeLine) -> None:
    line.answers["import_orders"] = {"accepted": [], "already": [], "refused": []}
    async with signed_in(web, "zhao") as boss:
        token = (await boss.post("/api/tokens", json={"name": "gz-platform", "why": "orders of 2027"})).json()["token"]
        async with client(web, Authorization=f"Bearer {token}") as platform:
            assert (await platform.post("/api/orders", json=[])).status_code == 200
            for method, path in (("GET", "/api/snapshot"), ("GET", "/api/pick-list"), ("POST", "/api/commands/stop")):
                assert code(await platform.request(method, path)) == "role_may_not"
            await boss.post("/api/tokens/gz-platform/end", json={"why": "contract over"})
            assert code(await platform.post("/api/orders", json=[])) == "token_wrong"


async def test_the_journal_is_told_who_when_old_new_and_why_and_never_a_secret(
    web: str, line: FakeLine, config: LineConfig
) -> None:
    async with signed_in(web, "zhao") as boss:
        await boss.post("/api/people/wang", json={"role": "technician", "why": "passed the course"})
        await boss.post("/api/sign-in", json={"who": "li", "secret": "a-wrong-password"})
    await until(lambda: any(note["what"] == "sign_in_refused" for note in line.notes))
    told = {note["what"]: note for note in line.notes}
    assert told["person_changed"]["by"] == "zhao"
    assert told["person_changed"]["facts"] == {
        "person": "wang", "old": "operator", "new": "technician", "why": "passed the course",
    }  # fmt: skip
    assert told["sign_in_refused"]["by"] == "li"
    assert [note["number"] for note in line.notes] == sorted({note["number"] for note in line.notes})
    text = str(line.notes)
    assert PASSWORD not in text
    assert "wrong-password" not in text
    book = make_plant(config, TOKEN).reception.book
    await until(lambda: book.waiting_notes() == [])


async def test_a_visitor_that_runs_wild_waits_and_the_others_do_not(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "VISITORS", Rate(burst=10, a_second=0.01))
    async with signed_in(web, "wang") as wild, signed_in(web, "li") as calm:
        answers = [await wild.get("/api/me") for _ in range(11)]
        assert code(answers[0]) == ""
        assert (answers[-1].status_code, code(answers[-1])) == (429, "too_fast")
        assert (await calm.get("/api/me")).status_code == 200


def hire_one(config: LineConfig) -> Any:
    found = make_plant(config, TOKEN).reception.book.find("wang")
    assert found is not None
    assert secret_of("wang") == PIN
    return found
