"""Who is let in: host, origin, token, cookie, size; and the headers of every answer."""

from __future__ import annotations

import httpx
import pytest

from controller.plan.config import LineConfig
from controller.web import admission
from controller.web.admission import KEY_COOKIE, SECURITY_HEADERS, browser_key
from controller.web.serve import PortTaken, bind_web
from tests.web.floor import TOKEN, FakeLine, asking, client

GUARDED = ("/api/snapshot", "/api/orders", "/api/events", "/metrics", "/api/openapi.json", "/texts/zh.json")
KEY = {"Cookie": f"{KEY_COOKIE}={browser_key(TOKEN)}"}


async def ask(base: str, method: str = "GET", path: str = "/api/snapshot", **headers: str) -> httpx.Response:
    """One request with just these headers."""
    async with asking(base) as asked:
        return await asked.request(method, path, headers=[(name, value.encode()) for name, value in headers.items()])


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


@pytest.mark.parametrize("path", GUARDED)
async def test_without_the_token_nothing_is_told(web: str, path: str) -> None:
    answer = await ask(web, path=path)
    assert (answer.status_code, code(answer)) == (401, "token_needed")


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer", f"Bearer {TOKEN}x", "Bearer 令牌"])
async def test_a_wrong_token_is_refused(web: str, given: str) -> None:
    answer = await ask(web, authorization=given)
    assert (answer.status_code, code(answer)) == (401, "token_wrong")


async def test_the_token_opens_the_api(web: str) -> None:
    answer = await ask(web, authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    assert answer.json()["line"] == "GZ01-L1"


async def test_the_page_asks_for_the_token_in_words(web: str) -> None:
    answer = await ask(web, path="/")
    assert answer.status_code == 401
    assert "需要令牌" in answer.text
    assert "令牌不符" in (await ask(web, path="/?token=wrong")).text


async def test_opening_the_link_once_lets_the_browser_in_without_keeping_the_token(web: str) -> None:
    async with asking(web) as browser:
        opened = await browser.get("/", params={"token": TOKEN})
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert TOKEN not in cookie
        page = await browser.get("/")
        assert page.status_code == 200
        assert 'id="station-divert"' in page.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "10.0.0.7", "", "[", "localhost.:80"])
async def test_another_host_name_is_refused(web: str, host: str) -> None:
    answer = await ask(web, path="/health", host=host)
    assert (answer.status_code, code(answer)) == (421, "host")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://localhost:1"])
async def test_another_origin_is_refused(web: str, line: FakeLine, origin: str) -> None:
    answer = await ask(web, "POST", "/api/commands/stop", origin=origin, **KEY, **{"X-Sealline": "1"})
    assert (answer.status_code, code(answer)) == (403, "origin")
    assert line.calls == []


async def test_a_foreign_page_can_only_link_here(web: str) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", **KEY}
    assert (await ask(web, path="/api/snapshot", **foreign)).status_code == 403
    assert (await ask(web, path="/static/frame.js", **foreign)).status_code == 403
    assert (await ask(web, path="/", **foreign)).status_code == 200


async def test_a_browsers_post_needs_our_own_header(web: str, line: FakeLine) -> None:
    own = {"origin": web.rstrip("/"), **KEY}
    refused = await ask(web, "POST", "/api/commands/hold", **own)
    assert (refused.status_code, code(refused)) == (403, "own_header_needed")
    taken = await ask(web, "POST", "/api/commands/hold", **own, **{"X-Sealline": "1"})
    assert taken.status_code == 200
    assert line.calls == [("command", {"command": "hold", "by": "unsigned"})]


@pytest.mark.parametrize("path", ["/", "/health", "/static/frame.js", "/api/nothing", "/api/snapshot"])
async def test_every_answer_has_the_security_headers(web: str, path: str) -> None:
    for headers in ({}, KEY):
        answer = await ask(web, path=path, **headers)
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value
        assert answer.headers["cache-control"] in ("no-store", "no-cache")
        assert "server" not in answer.headers


async def test_a_failure_has_the_headers_too_and_no_details(web: str, line: FakeLine) -> None:
    line.answers["import_orders"] = {"nonsense": 1}
    async with client(web) as api:
        answer = await api.post("/api/orders", json=[{}])
    assert (answer.status_code, code(answer)) == (500, "failed")
    assert "nonsense" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


async def test_a_body_too_long_is_refused_unread(web: str, line: FakeLine) -> None:
    async with client(web) as api:
        declared = await api.post("/api/orders", content=b"x" * (admission.BODY_LIMIT + 1))
        assert (declared.status_code, code(declared)) == (413, "body_too_long")

        async def endless():  # type: ignore[no-untyped-def]
            for _ in range(admission.BODY_LIMIT // 65536 + 2):
                yield b"x" * 65536

        chunked = await api.post("/api/orders", content=endless())
        assert (chunked.status_code, code(chunked)) == (413, "body_too_long")
    assert line.calls == []


def test_a_taken_port_is_named_with_what_to_do(config: LineConfig) -> None:
    with bind_web(config.web) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"web\.port = {port} on 127\.0\.0\.1 is taken: .*set another"):
            bind_web(config.web.model_copy(update={"port": port}))
