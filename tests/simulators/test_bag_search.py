"""Dispatch's people and a recalled parcel, with a page that remembers what it was told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from devices.plc.contract import Chute
from simulators import bag_search
from simulators.bag_search import BagSearch
from simulators.history import ParcelTakenBack
from simulators.pick_list import HttpPickList
from simulators.world import World

MATTERS = [
    {"kind": "bag", "number": 1, "state": "frozen"},
    {"kind": "item", "number": 6, "state": "unknown", "acceptance": "GZ6"},
    {"kind": "item", "number": 7, "state": "recalled", "acceptance": "GZ7"},
]


def world_with_parcel(kit: str) -> World:
    world = World(carriers=1)
    world.feed_load()
    world.begin_kit("load", kit)
    world.move_by_hand("load", "divert")
    world.push_parcel(Chute.DISPATCH)
    return world


@pytest.mark.parametrize("ever", [True, False])
async def test_a_recalled_parcel_comes_back_and_the_line_is_told(
    ever: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LOOK_S", 0.01), ("SOONEST_S", 0.0), ("LATEST_S", 0.0), ("NEVER", 0.0 if ever else 1.0)):
        monkeypatch.setattr(bag_search, name, value)
    (tmp_path / "token").write_text("secret")
    told: list[tuple[str, object]] = []
    done = asyncio.Event()

    def line(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        if request.method == "POST":
            told.append((request.url.path, json.loads(request.content)["found"]))
        if told or not ever:
            done.set()
        return httpx.Response(200, json={"matters": MATTERS})

    world = world_with_parcel("GZ7")
    async with httpx.AsyncClient(transport=httpx.MockTransport(line)) as client:
        people = asyncio.create_task(
            BagSearch(world, HttpPickList(client, "http://line", tmp_path / "token"), 1).work()
        )
        await done.wait()
        people.cancel()
    assert told == ([("/api/items/7/answer", "reject")] if ever else [])
    assert [each.mailer.kit for each in world.chutes[Chute.REJECT if ever else Chute.DISPATCH]] == ["GZ7"]
    assert any(isinstance(event, ParcelTakenBack) for event in world.history) is ever
