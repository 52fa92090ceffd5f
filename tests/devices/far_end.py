"""Runs a driver against a far end that a test plays by hand, over in-memory links."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from devices.links.state import LinkState
from tests.devices.memory_link import MemoryStream, memory_pair


class Served(Protocol):
    """A driver with an owner task."""

    @property
    def link_state(self) -> LinkState: ...

    async def serve(self) -> None: ...


class FarEnd:
    """The device's side. :ivar ends: one for each time that the driver has dialled."""

    def __init__(self) -> None:
        self.ends: list[MemoryStream] = []
        self.refused = False

    async def dial(self) -> MemoryStream:
        if self.refused:
            raise ConnectionRefusedError("nobody there")
        here, there = memory_pair()
        self.ends.append(there)
        return here

    def say(self, data: bytes) -> None:
        self.ends[-1].write(data)

    async def hears(self, data: bytes) -> None:
        async with asyncio.timeout(1):
            heard = b""
            while len(heard) < len(data):
                heard += await self.ends[-1].read()
        assert heard == data


@asynccontextmanager
async def serving(driver: Served) -> AsyncIterator[None]:
    owner = asyncio.create_task(driver.serve())
    try:
        await until_online(driver)
        yield
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)
        assert driver.link_state is LinkState.OFFLINE


async def until_online(driver: Served) -> None:
    await until(lambda: driver.link_state is LinkState.ONLINE)


async def until(condition: Callable[[], bool]) -> None:
    """Wait, a second at most, for something that tells nobody."""
    async with asyncio.timeout(1):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
