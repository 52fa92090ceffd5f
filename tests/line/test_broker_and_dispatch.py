"""The broker killed and started anew with nothing, dispatch away, the page beside it: every event once, in order."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import httpx

from simulators.demo.line_api import LineApi
from tests.line.floor import Floor, floor
from tests.line.plans import quick


def _ledger(here: Floor) -> list[int]:
    with closing(sqlite3.connect(here.folder / "ledger.db")) as connection:
        return [row[0] for row in connection.execute("SELECT sequence FROM events ORDER BY sequence")]


async def _shows(api: LineApi, packed: int) -> bool:
    return (await api.view()).counters.packed == packed


async def test_the_broker_is_killed_and_starts_empty() -> None:
    async with floor(quick(5)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("packed")
        await here.crew.kill("broker")
        await here.entry("packed", 3)
        await here.start_broker_again()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert _ledger(here) == [1, 2, 3, 4, 5]
        assert set(result.states.values()) == {"packed"}


async def test_dispatch_is_away_for_a_while_and_is_killed_in_between() -> None:
    async with floor(quick(5)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("event_acknowledged")
        await here.crew.kill("dispatch")
        await here.entry("packed", 4)
        await here.start_dispatch()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert _ledger(here) == [1, 2, 3, 4, 5]


async def test_the_line_packs_on_while_the_page_is_killed_and_the_page_shows_it_afterwards() -> None:
    async with floor(quick(3)) as here, httpx.AsyncClient() as client:
        await here.start_web()
        api = LineApi(client, f"http://127.0.0.1:{here.web_port}", here.folder / "var" / "token")
        await api.heard(20)
        await api.hand_in(here.plan.orders, here.plan.mail_numbers)
        await api.command("reset", "Idle", 30)
        await api.command("start", "Execute", 10)
        await here.entry("matched")
        await here.crew.kill("web")
        await here.entry("packed", 2)
        await here.start_web()
        await api.heard(20)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert {order.state for order in await api.orders()} == {"packed"}
        await here.wait_for(lambda: _shows(api, packed=3), "the page counts three", within=5)
