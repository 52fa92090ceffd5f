"""The worker pool: verdicts across processes; crashes and hangs cost one picture, never the line."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from plant_scenes import good_waybill_picture, waybill_task

from controller.eyes.vision_wire import (
    MAX_TEXT_BYTES,
    Answer,
    WireError,
    lengths,
    pack_verdict,
    read_answer,
    read_question,
)
from controller.eyes.vision_workers import VisionCrashed, VisionTimeout, VisionWorkers
from vision.judge import judge
from vision.verdict import Outcome


@asynccontextmanager
async def serving(count: int = 1, memory_mb: int = 1500) -> AsyncIterator[VisionWorkers]:
    workers = VisionWorkers(count, memory_mb)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(workers.serve())
        try:
            await workers.ready()
            yield workers
        finally:
            serving.cancel()


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_worker_says_what_judge_says_and_leaves_no_process() -> None:
    picture, task = good_waybill_picture(), waybill_task()
    async with serving() as workers:
        (pid,) = workers.pids
        assert await workers.judge(picture, task, 5) == judge(picture, task)
        assert (await workers.judge(b"garbage", task, 5)).outcome is Outcome.REJECT
        assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert not _alive(pid)


async def test_pictures_are_judged_side_by_side() -> None:
    picture, task = good_waybill_picture(), waybill_task()
    async with serving(2) as workers:
        verdicts = await asyncio.gather(*(workers.judge(picture, task, 10) for _ in range(8)))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPT}


async def test_worker_that_hangs_is_replaced() -> None:
    picture, task = good_waybill_picture(), waybill_task()
    async with serving() as workers:
        (hung,) = workers.pids
        os.kill(hung, signal.SIGSTOP)
        with pytest.raises(VisionTimeout, match=r"no verdict within 0\.3 s"):
            await workers.judge(picture, task, 0.3)
        assert (await workers.judge(picture, task, 20)).outcome is Outcome.ACCEPT
        assert hung not in workers.pids
        assert not _alive(hung)


async def test_worker_that_dies_is_replaced() -> None:
    picture, task = good_waybill_picture(), waybill_task()
    async with serving() as workers:
        (dying,) = workers.pids
        os.kill(dying, signal.SIGSTOP)
        asked = asyncio.create_task(workers.judge(picture, task, 20))
        await asyncio.sleep(0.05)
        os.kill(dying, signal.SIGKILL)
        with pytest.raises(VisionCrashed, match=f"vision worker {dying} died"):
            await asked
        assert (await workers.judge(picture, task, 20)).outcome is Outcome.ACCEPT


async def test_worker_that_dies_idle_costs_no_picture() -> None:
    async with serving() as workers:
        (dying,) = workers.pids
        os.kill(dying, signal.SIGKILL)
        while dying in workers.pids:  # noqa: ASYNC110 -- the pool tells nobody
            await asyncio.sleep(0.01)
        assert (await workers.judge(good_waybill_picture(), waybill_task(), 20)).outcome is Outcome.ACCEPT


@pytest.mark.parametrize("steps", range(5))
async def test_a_worker_that_dies_in_the_moment_of_the_end_does_not_keep_the_line_up(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service manager sends SIGTERM to line and workers at once: the death took the cancellation's place."""
    died = asyncio.Event()

    @asynccontextmanager
    async def ready_one(_: VisionWorkers) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(pid=1)

    async def watch(_: SimpleNamespace) -> None:
        await died.wait()
        raise VisionCrashed("vision worker 1 died (signal 15)")

    monkeypatch.setattr(VisionWorkers, "_worker", ready_one)
    monkeypatch.setattr("controller.eyes.vision_workers._watch", watch)
    served = asyncio.create_task(VisionWorkers(1).serve())
    for moment in (5, steps):
        for _ in range(moment):
            await asyncio.sleep(0)
        died.set() if moment == 5 else served.cancel()
    died.set()
    done, _ = await asyncio.wait({served}, timeout=2)
    assert done


async def test_a_worker_that_got_its_picture_just_before_the_deadline_is_not_killed_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seen when one worker had hung: its successor got what had waited, with no time left, and was killed as well."""
    started = 0

    @asynccontextmanager
    async def ready_one(_: VisionWorkers) -> AsyncIterator[SimpleNamespace]:
        nonlocal started
        started += 1
        yield SimpleNamespace(pid=started)

    async def forever(_: SimpleNamespace) -> None:
        await asyncio.get_running_loop().create_future()

    async def slow(process: SimpleNamespace, _: object) -> Answer:
        await asyncio.sleep(0.05)
        return Answer(error=f"judged by {process.pid}")

    monkeypatch.setattr(VisionWorkers, "_worker", ready_one)
    monkeypatch.setattr("controller.eyes.vision_workers._watch", forever)
    monkeypatch.setattr("controller.eyes.vision_workers._asked", slow)
    workers = VisionWorkers(1)
    served = asyncio.create_task(workers.serve())
    with pytest.raises(VisionTimeout, match="no verdict"):
        await workers.judge(b"", waybill_task(), 0.01)
    with pytest.raises(VisionCrashed, match="judged by 1"):
        await workers.judge(b"", waybill_task(), 20)
    served.cancel()
    await asyncio.wait({served})


async def test_caller_that_gives_up_does_not_disturb_the_next() -> None:
    picture, task = good_waybill_picture(), waybill_task()
    async with serving() as workers:
        given_up = asyncio.create_task(workers.judge(picture, task, 20))
        await asyncio.sleep(0.005)
        given_up.cancel()
        before = workers.pids
        verdict = await workers.judge(picture, waybill_task(carrier_code="C018"), 20)
        assert verdict.outcome is Outcome.REJECT
        assert workers.pids == before


async def test_too_many_waiting_pictures_are_refused_at_once() -> None:
    workers = VisionWorkers(1)
    waiting = [asyncio.create_task(workers.judge(b"", waybill_task(), 0.2)) for _ in range(8)]
    await asyncio.sleep(0)
    with pytest.raises(VisionTimeout, match="8 pictures wait for 1 vision workers"):
        await workers.judge(b"", waybill_task(), 60)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(result) for result in results} == {VisionTimeout}


async def test_worker_without_enough_memory_says_why() -> None:
    workers = VisionWorkers(1, memory_mb=200)
    serving = asyncio.create_task(workers.serve())
    with pytest.raises(VisionTimeout, match="0 of 1 vision workers are ready"):
        await workers.ready(2.0)
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def test_worker_survives_a_picture_that_eats_memory() -> None:
    """40 Mpx is the largest that is decoded: the answer is a verdict or an error, and the next picture is judged."""
    import cv2

    large = cv2.imencode(".jpg", np.zeros((6300, 6300, 3), np.uint8))[1].tobytes()
    async with serving(memory_mb=900) as workers:
        with suppress(VisionCrashed):
            assert (await workers.judge(large, waybill_task(), 20)).outcome is not Outcome.ACCEPT
        assert (await workers.judge(good_waybill_picture(), waybill_task(), 20)).outcome is Outcome.ACCEPT


async def test_picture_that_needs_more_memory_than_allowed_kills_only_its_worker() -> None:
    """40 Mpx need more than a worker of 700 MB has left beside its model; the other worker judges on meanwhile."""
    import cv2

    large = cv2.imencode(".png", np.zeros((6300, 6300, 4), np.uint8))[1].tobytes()
    async with serving(2, memory_mb=700) as workers:
        before = workers.pids
        greedy = asyncio.create_task(workers.judge(large, waybill_task(), 20))
        for _ in range(3):
            assert (await workers.judge(good_waybill_picture(), waybill_task(), 20)).outcome is Outcome.ACCEPT
        with suppress(VisionCrashed):
            assert (await greedy).outcome is not Outcome.ACCEPT
        await workers.ready()
        assert len(workers.pids) == 2
        assert before & workers.pids
        assert (await workers.judge(good_waybill_picture(), waybill_task(), 20)).outcome is Outcome.ACCEPT


def test_worker_dies_with_the_line() -> None:
    line = subprocess.Popen(
        [sys.executable, "-c", _LINE], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert line.stdout is not None
    worker = int(line.stdout.readline())
    assert _alive(worker)
    line.kill()
    line.wait()
    line.stdout.close()
    for _ in range(200):
        if not _alive(worker) or _state(worker) == "Z":
            return
        signal.sigtimedwait([], 0.01)
    pytest.fail(f"worker {worker} outlived its line")


_LINE = """
import asyncio
from controller.eyes.vision_workers import VisionWorkers
async def main():
    workers = VisionWorkers(1)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(workers.serve())
        await workers.ready()
        print(*workers.pids, flush=True)
asyncio.run(main())
"""


def test_messages_keep_every_field() -> None:
    verdict = judge(good_waybill_picture(), waybill_task(sealed=True))
    message = pack_verdict(verdict)
    text, picture = lengths(message[:8])
    assert read_answer(message[8 : 8 + text], message[8 + text :]).verdict == verdict
    assert picture == len(verdict.evidence)


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(WireError, match="announced"):
        lengths((MAX_TEXT_BYTES + 1).to_bytes(4, "big") + bytes(4))
    with pytest.raises(WireError, match="no answer"):
        read_answer(b"{", b"")
    with pytest.raises(WireError, match="no question"):
        read_question(b"[]")
    with pytest.raises(WireError, match="holds no task"):
        read_question(b"{}")
