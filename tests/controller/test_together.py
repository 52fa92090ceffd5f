"""Steps side by side: the first failure comes out as it was raised, and a cancelled caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiomqtt
import pytest

from controller.dispatch.broker import Broker, stay_connected
from controller.pulse import Pulse
from controller.together import both, unless


async def _give(value: int) -> int:
    return value


async def _fail() -> int:
    raise ValueError("broken")


async def _wait() -> int:
    return await asyncio.get_running_loop().create_future()


async def _fail_when_cancelled() -> int:
    """As a device whose link is closed under its request by the same end of the line."""
    try:
        return await _wait()
    except asyncio.CancelledError:
        raise ConnectionError("the line has closed the link") from None


async def test_both_results_or_the_first_failure_as_it_was_raised() -> None:
    assert await both(_give(1), _give(2)) == (1, 2)
    with pytest.raises(ValueError, match="broken"):
        await both(_wait(), _fail())


async def test_a_caller_that_was_cancelled_is_cancelled_though_a_step_fails_of_it() -> None:
    caller = asyncio.create_task(both(_fail_when_cancelled(), _wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_a_step_ends_with_its_result_unless_something_comes_first() -> None:
    pulse = Pulse()
    assert await unless(pulse.when(lambda: False), _give(7)) == 7
    assert await unless(pulse.when(lambda: True), _wait()) is None
    with pytest.raises(ValueError, match="broken"):
        await unless(pulse.when(lambda: False), _fail())
    over = False
    ending = pulse.when(lambda: over)
    waiting = asyncio.create_task(unless(ending, _wait()))
    await asyncio.sleep(0)
    pulse.beat()
    await asyncio.sleep(0)
    assert not waiting.done()
    over = True
    pulse.beat()
    assert await waiting is None


async def test_neither_the_step_nor_what_would_end_it_outlives_a_caller_that_was_cancelled() -> None:
    before = asyncio.all_tasks()
    ending = Pulse().when(lambda: False)
    caller = asyncio.create_task(unless(ending, _wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert asyncio.all_tasks() == before
    assert ending.cancelled()


@pytest.mark.parametrize("steps", range(6))
async def test_a_link_whose_broker_dies_in_the_moment_of_the_end_ends(steps: int) -> None:
    """Seen: broker and subscriber were told to end together, and the subscriber stayed for ever."""
    gone = asyncio.Event()

    async def announce(*, online: bool) -> None:
        if gone.is_set():
            raise aiomqtt.MqttError("gone")

    async def receive() -> None:
        await gone.wait()
        raise aiomqtt.MqttError("gone")

    async def converse(_: Broker) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(receive())

    @asynccontextmanager
    async def connected() -> AsyncIterator[Any]:
        yield SimpleNamespace(announce=announce)

    connect: Any = connected
    link = asyncio.create_task(stay_connected(connect, converse, lambda _: None, ValueError))
    for _ in range(5):
        await asyncio.sleep(0)
    gone.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    link.cancel()
    done, _ = await asyncio.wait({link}, timeout=2)
    assert done
