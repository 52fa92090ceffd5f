"""What a technician asks of the devices of a whole line, and that the line comes first."""

from __future__ import annotations

import base64

import pytest

from controller.desk.channel import ChannelRefused
from simulators.history import CarrierMoved
from tests.line.floor import floor
from tests.line.plans import quick


async def test_links_registers_and_a_look_through_a_camera() -> None:
    async with floor(quick(2)) as here:
        await here.hand_in()
        await here.command("reset", "Idle")
        told = (await here.call("devices"))["devices"]
        assert {each["health"] for each in told} == {"good"}, told
        assert all(each["exchanges"] > 0 for each in told if each["type"] in ("conveyor", "sealer")), told
        rows = (await here.call("registers", device="sealer_1"))["registers"]
        assert {"sequence", "carrier", "temperature_min", "dwell"} <= {row["name"] for row in rows}
        assert {row["unit"] for row in rows if row["name"] == "temperature_min"} == {"°C"}
        with pytest.raises(ChannelRefused, match="unknown_device"):
            await here.call("registers", device="scale")
        seen = await here.call("look_through", device="wide_camera")
        assert base64.b64decode(seen["jpeg"]).startswith(b"\xff\xd8")
        with pytest.raises(ChannelRefused, match="too_soon"):
            await here.call("look_through", device="wide_camera")
        begun = await here.call("begin_print_trend", camera="waybill_camera", by="li")
        shown = {each["name"]: each["print_trend"] for each in (await here.call("devices"))["devices"]}
        assert shown["printer"] == {"camera": "waybill_camera", "at": begun["at"], "by": "li"}
        await here.command("start", "Execute")
        await here.comes(here.moment(CarrierMoved, target="verify"))
        with pytest.raises(ChannelRefused, match="camera_needed"):
            await here.call("look_through", device="close_up_camera")
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert not any(result.reasons.values())
