"""Manual mode at the desk: turned only as far as the journal keeps up, and one motion at a time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from order_bench import SteppingClock, example_config

from controller.desk.channel_wire import ChannelRefused
from controller.desk.manual import ManualMode
from controller.journal import Journal, JournalUnavailable
from controller.line import Line
from controller.unit.machine import UnitMachine
from controller.unit.packml import Mode, State
from devices.links.state import LinkState


class Desk:
    """Manual mode over a real unit machine and journal; a test fills the disk."""

    def __init__(self, journal: Journal) -> None:
        self.unit = UnitMachine({}, cast(Any, None), lambda _: None)
        self.full = False
        self.asked, self.weighed = asyncio.Event(), asyncio.Event()
        self.entries: list[str] = []
        config = example_config()
        scale = SimpleNamespace(link_state=LinkState.ONLINE, weigh=self._weigh)
        drivers = {name: SimpleNamespace(link_state=LinkState.OFFLINE, image=None) for name in config.devices}
        equipment = SimpleNamespace(
            config=config,
            drivers=drivers | {"scale": scale},
            plcs={},
            scales={"scale": scale},
            conveyor=drivers["conveyor"],
        )
        tracking = SimpleNamespace(forget_all=lambda: None)
        tally = SimpleNamespace(touch=lambda: None)
        self._journal = journal
        line = SimpleNamespace(
            config=config,
            names=config.names(),
            unit=self.unit,
            equipment=equipment,
            tracking=tracking,
            tally=tally,
            clock=SteppingClock(),
            journal=SimpleNamespace(write=self._write),
        )
        self.manual = ManualMode(cast(Line, line))

    async def _write(self, change: Any) -> Any:
        if self.full:
            raise JournalUnavailable("disk full")
        return await self._journal.write(change)

    async def _weigh(self, deadline_s: float) -> Any:
        self.asked.set()
        await self.weighed.wait()
        return SimpleNamespace(grams=412.5)

    async def kinds(self) -> list[str]:
        def read(ledger: Any) -> list[str]:
            rows = ledger.connection.execute("SELECT kind FROM history WHERE kind LIKE 'manual%' ORDER BY seq")
            return [row[0] for row in rows]

        return cast(list[str], await self._journal.write(read))


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(journal)


async def test_a_mode_that_can_not_be_journalled_is_not_entered_and_not_left(desk: Desk) -> None:
    desk.full = True
    with pytest.raises(ChannelRefused, match="journal_unavailable"):
        await desk.manual.enter("li")
    assert desk.unit.mode is Mode.PRODUCTION
    desk.full = False
    await desk.manual.enter("li")
    desk.full = True
    with pytest.raises(ChannelRefused, match="journal_unavailable"):
        await desk.manual.leave("li")
    assert desk.unit.mode is Mode.MANUAL
    with pytest.raises(ChannelRefused, match="journal_unavailable"):
        await desk.manual.run("weigh-inspect", "li")
    desk.full = False
    desk.weighed.set()
    assert (await desk.manual.run("weigh-inspect", "li"))["en"] == "412.5 g, stable"
    await desk.manual.leave("li")
    assert desk.unit.mode is Mode.PRODUCTION
    assert await desk.kinds() == ["manual_entered", "manual_motion", "manual_ended", "manual_left"]


async def test_one_motion_at_a_time_and_manual_is_not_left_under_it(desk: Desk) -> None:
    await desk.manual.enter("li")
    under_way = asyncio.create_task(desk.manual.run("weigh-inspect", "li"))
    await desk.asked.wait()
    assert await desk.kinds() == ["manual_entered", "manual_motion"]
    assert desk.manual.look()["running"] == "weigh-inspect"
    for refused in (desk.manual.run("weigh-inspect", "zhao"), desk.manual.leave("zhao")):
        with pytest.raises(ChannelRefused, match="interlocked"):
            await refused
    desk.weighed.set()
    await under_way
    assert [each["motion"] for each in desk.manual.look()["results"]] == ["weigh-inspect"]
    await desk.manual.leave("zhao")


async def test_only_a_wait_state_is_turned_and_only_known_motions_are_made(desk: Desk) -> None:
    with pytest.raises(ChannelRefused, match="not in Manual"):
        await desk.manual.run("weigh-inspect", "li")
    with pytest.raises(ChannelRefused, match="unknown_motion"):
        await desk.manual.run("push-divert-dispatch", "li")
    desk.unit.state = State.EXECUTE
    with pytest.raises(ChannelRefused, match="illegal_mode"):
        await desk.manual.enter("li")
    assert await desk.kinds() == []
