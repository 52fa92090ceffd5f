"""The pool of vision workers: processes with bounded memory and priority, so that no picture can hurt the line.

Owns the processes, the queue before them and every deadline. A worker that dies or outlasts its deadline is
replaced; the picture that it had is answered by an error, never judged twice. What a verdict says is `vision`'s.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from controller.eyes.vision_wire import HEAD, OUT_OF_MEMORY, Answer, WireError, lengths, pack_question, read_answer
from controller.together import apart
from vision.verdict import Task, Verdict

log = structlog.get_logger()
START_S = 30.0
"""A worker that is not ready so long after its start is killed."""
LEAST_S = 2.0
"""So long a worker may take for a picture in any case, however little of its deadline is left."""
RESTART_S = (0.1, 5.0)
"""Shortest and longest pause before a worker is replaced; doubled with each start that fails."""
WAITING_FOR_EACH = 8
"""Pictures that may wait for each worker; more are refused at once, since their verdicts would come too late."""
_KEPT_MEMORY = {"mmap_threshold": 32 << 20, "trim_threshold": 128 << 20, "top_pad": 32 << 20, "hugetlb": 1}
"""A proof takes and frees some dozen MB; to get them anew from the kernel page by page costs a tenth of its time."""
WORKERS_OWN = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1") | {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _KEPT_MEMORY.items())
}
"""What a worker's environment has of its own: one thread, and a C library that keeps freed memory at hand."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
"""The environment that a worker gets: no password of the line's is in it."""


class VisionError(Exception):
    """No verdict could be had; nothing is proven."""


class VisionTimeout(VisionError):
    """The deadline passed, or no worker could be had in time."""


class VisionCrashed(VisionError):
    """The worker died of the picture, or could not judge it."""


@dataclass(slots=True)
class _Job:
    picture: bytes
    task: Task
    expires_at: float
    answer: asyncio.Future[Verdict]


class VisionWorkers:
    """Judges pictures in `count` processes.

    :param count: 1..16. :param memory_mb: address space of each, at least 700 for the recogniser to load.
    """

    def __init__(self, count: int, memory_mb: int = 1500) -> None:
        self._count = count
        self._memory_mb = memory_mb
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(count * WAITING_FOR_EACH)
        self._processes: set[Process] = set()
        self._all_ready = asyncio.Event()
        self._last_failure = ""

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the workers that are ready."""
        return frozenset(process.pid for process in self._processes)

    async def serve(self) -> None:
        """Keep the workers alive until cancelled; on return none is left."""
        try:
            async with asyncio.TaskGroup() as workers:
                for place in range(self._count):
                    workers.create_task(self._keep_one(), name=f"vision worker {place}")
        finally:
            while not self._jobs.empty():
                _fail(self._jobs.get_nowait(), VisionCrashed("the vision workers were stopped"))

    async def ready(self, deadline_s: float = START_S) -> None:
        """Wait until every worker has loaded its model.

        :raises VisionTimeout: not within the deadline; says why the last start failed.
        """
        try:
            async with asyncio.timeout(deadline_s):
                await self._all_ready.wait()
        except TimeoutError as error:
            raise VisionTimeout(
                f"{len(self._processes)} of {self._count} vision workers are ready after {deadline_s} s; "
                f"last failure: {self._last_failure or 'none'}"
            ) from error

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Have one picture judged.

        :raises VisionTimeout: no verdict within the deadline, or too many pictures wait already.
        :raises VisionCrashed: the worker died of it or could not judge it.
        """
        loop = asyncio.get_running_loop()
        job = _Job(picture, task, loop.time() + deadline_s, loop.create_future())
        try:
            async with asyncio.timeout_at(job.expires_at):
                self._jobs.put_nowait(job)
                return await job.answer
        except asyncio.QueueFull as error:
            raise VisionTimeout(f"{self._jobs.qsize()} pictures wait for {self._count} vision workers") from error
        except TimeoutError as error:
            last = f"; last worker failure: {self._last_failure}" if self._last_failure else ""
            raise VisionTimeout(f"no verdict within {deadline_s} s{last}") from error

    async def _keep_one(self) -> None:
        """Start a worker, give it jobs until it fails, and start the next."""
        pause, longest = RESTART_S
        while True:
            started = asyncio.Event()
            try:
                await apart(self._lead_one(started))
            except* VisionError as failures:
                self._last_failure = "; ".join(dict.fromkeys(map(str, failures.exceptions)))
                log.warning("vision_worker_replaced", cause=self._last_failure, memory_mb=self._memory_mb)
            pause = RESTART_S[0] if started.is_set() else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def _lead_one(self, started: asyncio.Event) -> None:
        """Start a worker and give it jobs until it fails. :param started: set once it is ready."""
        async with self._worker() as process, asyncio.TaskGroup() as watched:
            watched.create_task(_watch(process), name=f"watch on vision worker {process.pid}")
            started.set()
            while True:
                await self._do(process, await self._jobs.get())

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Process]:
        """A started worker that is ready; killed and reaped at the end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "controller.eyes.vision_worker",
            str(self._memory_mb),
            str(os.getpid()),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | WORKERS_OWN,
        )
        try:
            await self._await_ready(process)
            self._note(process, ready=True)
            yield process
        finally:
            self._note(process, ready=False)
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    def _note(self, process: Process, *, ready: bool) -> None:
        (self._processes.add if ready else self._processes.discard)(process)
        (self._all_ready.set if len(self._processes) == self._count else self._all_ready.clear)()

    async def _await_ready(self, process: Process) -> None:
        try:
            async with asyncio.timeout(START_S):
                answer = await _received(process)
        except TimeoutError as error:
            raise VisionTimeout(f"vision worker {process.pid} was not ready within {START_S} s of its start") from error
        if answer.error:
            raise VisionCrashed(f"vision worker {process.pid} can't start: {answer.error}")

    async def _do(self, process: Process, job: _Job) -> None:
        """Let a worker answer a job. Raises when the worker can't be used any more, after answering the job."""
        if job.answer.done():
            return
        # Whoever asked gives up at the deadline; a worker that was given its picture shortly before is not to blame.
        ends = max(job.expires_at, asyncio.get_running_loop().time() + LEAST_S)
        try:
            async with asyncio.timeout_at(ends):
                answer = await _asked(process, job)
        except TimeoutError as error:
            failure = VisionTimeout(f"vision worker {process.pid} outlasted its deadline and is replaced")
            _fail(job, failure)
            raise failure from error
        except VisionCrashed as error:
            _fail(job, error)
            raise
        except asyncio.CancelledError:
            _fail(job, VisionCrashed(f"vision worker {process.pid} died or was stopped before it answered"))
            raise
        if answer.verdict is None:
            _fail(job, VisionCrashed(f"the picture can't be judged: {answer.error}"))
        elif not job.answer.done():
            job.answer.set_result(answer.verdict)


def _fail(job: _Job, error: VisionError) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)


async def _asked(process: Process, job: _Job) -> Answer:
    assert process.stdin is not None
    # A worker that died meanwhile closes the pipe; reading from it then tells how it died.
    with suppress(ConnectionError):
        process.stdin.write(pack_question(job.task, job.picture))
        await process.stdin.drain()
    return await _received(process)


async def _watch(process: Process) -> None:
    """Tell at once when a worker dies, also an idle one: the next picture shall not pay for it."""
    code = await process.wait()
    raise VisionCrashed(f"vision worker {process.pid} died ({_how(code)})")


async def _received(process: Process) -> Answer:
    """One answer. :raises VisionCrashed: the worker died or sent what is none."""
    assert process.stdout is not None
    try:
        text, picture = lengths(await process.stdout.readexactly(HEAD.size))
        return read_answer(await process.stdout.readexactly(text), await process.stdout.readexactly(picture))
    except asyncio.IncompleteReadError as error:
        raise VisionCrashed(f"vision worker {process.pid} died ({_how(await process.wait())})") from error
    except WireError as error:
        raise VisionCrashed(f"vision worker {process.pid} sent {error}") from error


def _how(code: int) -> str:
    if code == OUT_OF_MEMORY:
        return "out of memory"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
