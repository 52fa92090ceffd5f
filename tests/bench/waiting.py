"""Waiting for another process to get to where it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from simulators.demo.processes import ChildSilent

GLANCE_S = 0.1


async def until(there: Callable[[], Awaitable[bool]], deadline_s: float, otherwise: str) -> None:
    """Return as soon as `there()` is true. :raises ChildSilent: not within `deadline_s`; says `otherwise`."""
    try:
        async with asyncio.timeout(deadline_s):
            while not await there():  # noqa: ASYNC110 -- another process gets there
                await asyncio.sleep(GLANCE_S)
    except TimeoutError as error:
        raise ChildSilent(f"{otherwise} after {deadline_s:g} s") from error
