"""Ready for the real world: the API tells of everything that pages do, and hours of data leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import re
import tracemalloc
from pathlib import Path

import pytest

from controller.desk.channel import ChannelClient, LineUnreachable
from controller.plan.config import LineConfig
from controller.web import feed as feeds
from controller.web.admission import Admission
from controller.web.app import make_plant
from controller.web.frame import STATIC
from controller.web.people.book import Person
from controller.web.people.roles import Role
from controller.web.people.sessions import SESSIONS_AT_ONCE
from controller.web.rates import BUCKETS, VISITORS, Rates
from controller.web.share import BURST_S, MOST_S, SHARE, Share
from controller.words.text import Text
from tests.web.floor import TOKEN, FakeLine, client, web_up
from tests.web.shown import running
from tests.web.test_people import routes

A_SHIFT = 8 * 3600 * 5
"""Snapshots of eight hours at the feed's highest pace."""


def test_openapi_tells_of_every_endpoint_that_a_page_asks() -> None:
    told = [route.path.replace(".jpg", "") for route in routes() if route.include_in_schema]
    known = [re.sub(r"\{\w+\}", "[^/]+", path) for path in told]
    asked = {
        re.sub(r"\$\{.*$", "x", re.sub(r"\$\{[^}]*\}+", "x", found)).split("?")[0].removesuffix(".jpg")
        for script in Path(str(STATIC)).rglob("*.js")
        for found in re.findall(r"[\"'`](/api/[^\"'`]+)[\"'`]", script.read_text("utf-8"))
    }
    assert len(asked) > 15
    unknown = [path for path in sorted(asked) if not any(re.fullmatch(f"{each}(x)?", path) for each in known)]
    assert unknown == []


async def test_a_shift_of_snapshots_leaves_the_feed_as_large_as_it_was(config: LineConfig) -> None:
    plant = make_plant(config, TOKEN)
    told = running(config)
    heard = [told.model_copy(update={"epoch": number % 7}) for number in range(7)]
    for snapshot in heard:
        plant.feed._hear(snapshot)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(A_SHIFT):
            plant.feed._hear(heard[number % 7])
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 100_000


async def test_what_is_remembered_of_visitors_is_bounded(config: LineConfig) -> None:
    plant = make_plant(config, TOKEN)
    person = Person("wang", "王", Role.OPERATOR, "", active=True, own=True, version=1)
    for _ in range(SESSIONS_AT_ONCE + 50):
        plant.reception.sessions.begin(person)
    assert len(plant.reception.sessions._open) == SESSIONS_AT_ONCE
    rates = Rates()
    for number in range(3 * BUCKETS):
        rates.wait_s(str(number), VISITORS)
    assert len(rates._buckets) <= BUCKETS


async def test_watchers_that_leave_are_forgotten(web: str, line: FakeLine, config: LineConfig) -> None:
    async with client(web) as asking:
        for _ in range(2 * feeds.WATCHER_LIMIT):
            async with asking.stream("GET", "/api/events") as events:
                await anext(events.aiter_lines())


async def test_a_web_socket_is_closed_whoever_asks() -> None:
    said: list[dict[str, object]] = []

    async def nothing(*_: object) -> dict[str, object]:
        raise AssertionError("nobody listens")

    async def send(message: dict[str, object]) -> None:
        said.append(message)

    door = Admission(nothing, TOKEN, None, Share())  # type: ignore[arg-type]
    await door({"type": "websocket", "path": "/api/events"}, nothing, send)  # type: ignore[arg-type]
    assert said == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("origin", ["https://line1.plant.example", "http://line1.plant.example"])
async def test_a_plants_own_name_is_served_by_https_only(config: LineConfig, line: FakeLine, origin: str) -> None:
    named = config.model_copy(update={"web": config.web.model_copy(update={"names": ("line1.plant.example",)})})
    async with web_up(named) as base, client(base, Host="line1.plant.example", Origin=origin) as asking:
        answer = await asking.get("/api/snapshot")
        assert answer.status_code == (200 if origin.startswith("https") else 403)


def test_a_process_that_used_more_than_its_share_of_a_core_lets_requests_wait() -> None:
    now = used = 0.0
    share = Share(clock=lambda: now, used=lambda: used)
    used = BURST_S
    assert share.wait_s() == 0
    used += 0.03
    assert share.wait_s() == pytest.approx(0.03 / SHARE)
    used += 100
    assert share.wait_s() == MOST_S
    now += MOST_S
    assert share.wait_s() == pytest.approx(0)
    now += 3600
    assert share.wait_s() == 0
    used += BURST_S + 0.03
    assert share.wait_s() == pytest.approx(0.03 / SHARE)


async def test_hold_does_not_wait_for_the_share(config: LineConfig, line: FakeLine) -> None:
    spent = Share(used=iter([0.0, *[1e9] * 1000]).__next__, clock=lambda: 0.0)
    waits: list[float] = []

    async def turn() -> None:
        waits.append(spent.wait_s())

    spent.turn = turn  # type: ignore[method-assign]
    async with web_up(config, spent) as base, client(base) as asking:
        assert (await asking.post("/api/commands/hold")).status_code == 200
        assert waits == []
        assert (await asking.get("/api/snapshot")).status_code == 200
        assert waits == [MOST_S]


async def test_a_flood_for_the_snapshot_asks_the_line_once(
    web: str, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "FRESH_S", 60)
    asked = 0
    tell = line.server._handlers["snapshot"]

    async def count(arguments: dict[str, object]) -> dict[str, object]:
        nonlocal asked
        asked += 1
        return await tell(arguments)

    line.server._handlers = {**line.server._handlers, "snapshot": count}
    async with client(web) as asking:
        answers = await asyncio.gather(*(asking.get("/api/snapshot") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert asked == 1


async def test_a_silent_line_lets_a_crowd_wait_once_and_not_one_after_the_other(
    config: LineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def silent(self: ChannelClient, name: str, /, **_: object) -> dict[str, object]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        raise LineUnreachable(Text(zh="产线没有应答", en="the line is silent"))

    monkeypatch.setattr(ChannelClient, "call", silent)
    monkeypatch.setattr(feeds, "FRESH_S", 60)
    feed = feeds.LiveFeed(ChannelClient(config.channel.socket, TOKEN))
    answers = await asyncio.gather(*(feed.now() for _ in range(20)), return_exceptions=True)
    assert {str(each) for each in answers} == {"the line is silent"}
    assert asked == 1
