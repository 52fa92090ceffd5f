"""A broadcast wakes who waits; of those who wait for something, only who finds it."""

from __future__ import annotations

import asyncio

from controller.pulse import Pulse


async def test_a_beat_wakes_all_who_wait_for_one() -> None:
    pulse = Pulse()
    waiting = [asyncio.create_task(pulse.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    taken = pulse.next()
    pulse.beat()
    await asyncio.gather(*waiting)
    assert taken.is_set()
    assert not pulse.next().is_set()


async def test_a_beat_wakes_nobody_in_vain() -> None:
    pulse, asked, holds = Pulse(), 0, False

    def look() -> bool:
        nonlocal asked
        asked += 1
        return holds

    waiting = asyncio.create_task(pulse.until(look))
    await asyncio.sleep(0)
    for _ in range(3):
        pulse.beat()
        await asyncio.sleep(0)
    assert (asked, waiting.done()) == (4, False)
    holds = True
    pulse.beat()
    await waiting


async def test_what_held_only_for_a_moment_is_waited_for_again() -> None:
    pulse, free = Pulse(), True
    taken: list[str] = []

    async def take(who: str) -> None:
        nonlocal free
        await pulse.until(lambda: free)
        free = False
        taken.append(who)

    free = False
    both = [asyncio.create_task(take(who)) for who in "ab"]
    await asyncio.sleep(0)
    for count in (1, 2):
        free = True
        pulse.beat()
        await asyncio.sleep(0.001)
        assert len(taken) == count
    await asyncio.gather(*both)


async def test_a_cancelled_waiter_is_forgotten() -> None:
    pulse = Pulse()
    waiting = asyncio.create_task(pulse.until(lambda: False))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    assert not pulse._lookers
    pulse.beat()


async def test_a_future_that_is_over_is_forgotten_at_the_next_beat() -> None:
    pulse, holds = Pulse(), False
    over, told = pulse.when(lambda: False), pulse.when(lambda: holds)
    over.cancel()
    pulse.beat()
    assert len(pulse._lookers) == 1
    holds = True
    pulse.beat()
    assert told.done()
    assert pulse.when(lambda: True).done()
    pulse.beat()
    assert not pulse._lookers
