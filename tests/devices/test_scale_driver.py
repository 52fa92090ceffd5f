"""The scale: only a stable weight is a weight."""

from __future__ import annotations

import asyncio

import pytest
from far_end import FarEnd, serving, until_online

from devices.errors import BadReply, DeviceTimeout, ScaleFault
from devices.scale.driver import Scale, Weight

RESET = b'I4 A "0123456789"\r\n'


async def asked(scale: Scale, far: FarEnd, deadline_s: float = 1.0) -> asyncio.Task[Weight]:
    """Weigh on a newly opened link, which is reset first."""
    weighing = asyncio.create_task(scale.weigh(deadline_s))
    await far.hears(b"@\r\n")
    far.say(b"S S     999.99 g\r\n" + RESET)
    await far.hears(b"S\r\n")
    return weighing


async def test_a_stable_weight() -> None:
    far = FarEnd()
    scale = Scale("scale", far.dial)
    async with serving(scale):
        weighing = await asked(scale, far)
        far.say(b"S S     123.45 g\r\n")
        assert (await weighing).grams == 123.45, "not the 999.99 of an earlier request"
        again = asyncio.create_task(scale.weigh(1.0))
        await far.hears(b"S\r\n")
        far.say(b"S S     200.00 g\r\n")
        assert (await again).grams == 200.0


@pytest.mark.parametrize(
    ("line", "error", "why"),
    [
        (b"S D     123.45 g", ScaleFault, "not stable"),
        (b"S I", ScaleFault, "can't carry it out now"),
        (b"S +", ScaleFault, "overload"),
        (b"S -", ScaleFault, "underload"),
        (b"ES", ScaleFault, "syntax error"),
        (b"ET", ScaleFault, "transmission error"),
        (b"EL", ScaleFault, "logical error"),
        (b"Z A", BadReply, "answered WEIGH with"),
        (b"S S     123.45 lb", BadReply, "unit 'lb'"),
        (b"S S 1\x00", BadReply, "no MT-SICS answer"),
    ],
)
async def test_no_weight(line: bytes, error: type[Exception], why: str) -> None:
    far = FarEnd()
    scale = Scale("scale", far.dial)
    async with serving(scale):
        weighing = await asked(scale, far)
        far.say(line + b"\r\n")
        with pytest.raises(error, match=why):
            await weighing


async def test_a_late_weight_is_never_the_next_ones() -> None:
    far = FarEnd()
    scale = Scale("scale", far.dial)
    async with serving(scale):
        weighing = await asked(scale, far, 0.02)
        with pytest.raises(DeviceTimeout):
            await weighing
        await until_online(scale)
        # A serial line: what the scale says late comes on the reopened port.
        weighing = await asked(scale, far)
        far.say(b"S S     123.45 g\r\n")
        assert (await weighing).grams == 123.45


async def test_zero() -> None:
    far = FarEnd()
    scale = Scale("scale", far.dial)
    async with serving(scale):
        zeroing = asyncio.create_task(scale.zero(1.0))
        await far.hears(b"@\r\n")
        far.say(RESET)
        await far.hears(b"Z\r\n")
        far.say(b"Z A\r\n")
        await zeroing
        zeroing = asyncio.create_task(scale.zero(1.0))
        await far.hears(b"Z\r\n")
        far.say(b"Z +\r\n")
        with pytest.raises(ScaleFault, match="overload"):
            await zeroing
