"""A technician on a virtual floor: stops the line, turns it to Manual, jogs whatever it offers, and turns it back.

Also asks for what the line has said it forbids, holds and aborts in the middle, and walks away without looking back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

BY = "technician"
MOST_MOTIONS = 14
FORBIDDEN = 0.15
"""How often one is asked for that the line has just said it forbids."""
INTERRUPTS = 0.1
PATIENCE = 40
Call = Callable[..., Awaitable[dict[str, Any] | None]]


async def jog(call: Call, chance: Random) -> bool:
    """Do it; return whether the line came to Manual and moved at all."""
    if not await _turn(call, "manual", stopping=True):
        return False
    moved = 0
    for _ in range(chance.randrange(3, MOST_MOTIONS)):
        looked = await call("manual")
        if looked is None or looked["mode"] != "Manual":
            return moved > 0  # the line has died meanwhile: the next life begins in Production
        motions = [each for each in looked["motions"] if not each["blocked"] or chance.random() < FORBIDDEN]
        if motions:
            asked = call("move_by_hand", motion=chance.choice(motions)["name"], by=BY)
            moved += await _perhaps_interrupted(asked, call, chance)
        await asyncio.sleep(chance.uniform(0.0, 1.0))
    await _turn(call, "production")
    return moved > 0


async def _perhaps_interrupted(motion: Awaitable[dict[str, Any] | None], call: Call, chance: Random) -> bool:
    """Wait for the motion's end, or let somebody press Hold, Stop or Abort while it is under way."""
    under_way = asyncio.ensure_future(motion)
    if chance.random() < INTERRUPTS:
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        await call("command", command=chance.choice(("hold", "stop", "abort")), by="operator")
    return await under_way is not None


async def _turn(call: Call, mode: str, *, stopping: bool = False) -> bool:
    """Turn the mode as soon as the line lets itself be turned."""
    for _ in range(PATIENCE):
        if stopping:
            await call("command", command="stop", by=BY)
        if await call("turn_mode", mode=mode, by=BY) is not None:
            return True
        await asyncio.sleep(0.5)
    return False
