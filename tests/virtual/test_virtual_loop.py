"""The virtual loop: time that jumps, an order that a seed decides, processes that die without a word."""

from __future__ import annotations

import asyncio
import gc

import pytest

from simulators.virtual.loop import Deadlock, Process, Spinning, VirtualLoop, nap, virtual_run


def test_time_jumps_and_nothing_waits() -> None:
    async def hour() -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time() - began

    assert virtual_run(hour(), VirtualLoop("1")) == pytest.approx(3600)


def _order(seed: str) -> list[int]:
    seen: list[int] = []

    async def work(number: int) -> None:
        for _ in range(3):
            await asyncio.sleep(1)
            seen.append(number)

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(work(number))

    virtual_run(all_of_them(), VirtualLoop(seed))
    return seen


def test_the_seed_decides_the_order_of_what_happens_at_one_moment() -> None:
    assert _order("1") == _order("1")
    assert len({tuple(_order(str(seed))) for seed in range(10)}) > 5


def test_a_nap_is_a_sleep_that_can_be_cut_off() -> None:
    async def two_naps() -> tuple[float, bool]:
        loop = asyncio.get_running_loop()
        await nap(2)
        slept = loop.time()
        sleeper = asyncio.ensure_future(_nap(100))
        await asyncio.sleep(1)
        sleeper.cancel()
        await asyncio.wait((sleeper,))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await nap(100)
        return loop.time() - slept, sleeper.cancelled()

    loop = VirtualLoop("1")
    assert virtual_run(two_naps(), loop) == (pytest.approx(2), True)


def test_who_naps_when_its_process_is_killed_never_wakes() -> None:
    woke: list[bool] = []

    async def sleeper() -> None:
        try:
            await nap(2)
        finally:
            woke.append(True)

    async def killed() -> int:
        loop, process = asyncio.get_running_loop(), Process("line")
        assert isinstance(loop, VirtualLoop)
        process.run(sleeper(), "sleeper")
        await asyncio.sleep(1)
        loop.kill(process)
        await asyncio.sleep(5)
        return len(woke)

    assert virtual_run(killed(), VirtualLoop("1")) == 0


async def _nap(seconds: float) -> None:
    await nap(seconds)


def test_a_thread_is_none() -> None:
    async def ask() -> int:
        return await asyncio.to_thread(lambda: 7)

    assert virtual_run(ask(), VirtualLoop("1")) == 7


def test_a_deadlock_names_who_waits() -> None:
    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock, match="wait_for_ever"):
        virtual_run(wait_for_ever(), VirtualLoop("1"))


def test_a_loop_that_spins_is_told() -> None:
    async def spin() -> None:
        while True:  # noqa: ASYNC110 -- that is what it must find
            await asyncio.sleep(0)

    async def two() -> None:
        await asyncio.gather(spin(), spin())

    with pytest.raises(Spinning, match="no time passes"):
        virtual_run(two(), VirtualLoop("1"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_process_does_nothing_any_more() -> None:
    seen: list[str] = []

    async def live() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(5))
                while True:
                    await asyncio.sleep(1)
                    seen.append("alive")
        finally:
            seen.append("finally")

    async def others() -> list[str]:
        process = Process("line")
        process.run(live(), "line")
        await asyncio.sleep(3.5)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.kill(process)
        await asyncio.sleep(10)
        return list(seen)

    assert virtual_run(others(), VirtualLoop("1")) == ["alive"] * 3
    gc.collect()  # here, where the warning is expected
