"""Line clearance on the real line: settings that two people have changed, and a batch that is packed by itself."""

from __future__ import annotations

import json

import pytest

from controller.desk.channel import ChannelRefused
from simulators.history import CarrierMoved
from tests.line.floor import Floor, floor
from tests.line.plans import quick

DWELL = 900


async def test_approved_settings_seal_from_the_next_reset_on_and_not_before() -> None:
    async with floor(quick(2)) as here:
        await here.hand_in()
        changes = {f"{order.product}.seal.dwell_ms": DWELL for order in here.plan.orders}
        await here.call("propose_settings", changes=changes, by="zhao", why="thicker film")
        with pytest.raises(ChannelRefused, match="own_proposal"):
            await here.call("approve_settings", version=1, by="zhao")
        await here.call("approve_settings", version=1, by="li")
        assert [row[0] for row in here.journal("SELECT state FROM settings")] == ["approved"]
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        sealing = here.journal("SELECT data FROM history WHERE kind = 'sealing'")
        asked = [json.loads(row[0])["setpoints"][1] for row in sealing]
        assert asked == [DWELL, DWELL]
        assert [row[0] for row in here.journal("SELECT state FROM settings")] == ["effective"]
        kinds = [row[0] for row in here.journal("SELECT kind FROM history WHERE kind LIKE 'settings%' ORDER BY seq")]
        assert kinds == ["settings_proposed", "settings_approved", "settings_effective"]


async def test_a_batch_is_packed_by_itself_and_closes_only_on_a_clear_line() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        chosen = here.plan.orders[1]
        await here.call("open_batch", name="first", route=chosen.route, product=chosen.product, by="zhao")
        members = {row[0] for row in here.journal("SELECT acceptance FROM batch_orders")}
        moving = here.moment(CarrierMoved, target="verify")
        await here.begin()
        await here.comes(moving)
        with pytest.raises(ChannelRefused, match="line_not_clear"):
            await here.call("close_batch", by="zhao", why="too early")
        await here.wait_for(lambda: _packed(here, len(members)), "the batch is packed")
        packed = {row[0] for row in here.journal("SELECT acceptance FROM items")}
        assert packed == members
        closed = await here.call("close_batch", by="zhao", why="done")
        assert closed["account"]["ordered"] == closed["account"]["packed"] == len(members)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}


async def _packed(here: Floor, count: int) -> bool:
    return len(here.journal("SELECT 1 FROM items WHERE outcome = 'packed'")) == count
