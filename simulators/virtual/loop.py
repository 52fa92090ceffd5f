"""An event loop in virtual time: it never waits, and a seed decides in which order simultaneous things happen.

Time jumps to the next timer when nothing is ready. What is ready at the same moment runs in an order that the seed
shuffles; what must keep its order (bytes of one stream) is kept in order by its wire. There are no threads and no
descriptors: `asyncio.to_thread` runs inline. Tasks and callbacks belong to a `Process`, which can be killed as the
kernel kills one: nothing of it runs any more, not even its `finally`.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from asyncio import events, futures
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
_MOST_RUNS_AT_ONE_MOMENT = 200_000
"""More callbacks than that without time passing is a loop that spins."""


class Process:
    """What is killed as one.

    :ivar alive: False once it was killed; :ivar steps: callbacks that it has run; :ivar on_step: called before each.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.steps = 0
        self.die_at: int | None = None

    def run(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start work as this process."""
        context = copy_context()
        context.run(_PROCESS.set, self)
        return asyncio.get_running_loop().create_task(work, name=name, context=context)


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class Step:
    """A callback that is due, as asyncio's handles are, but lighter: a run makes hundreds of thousands."""

    __slots__ = ("_args", "_callback", "_context", "_when")

    def __init__(
        self, callback: Callable[..., Any] | None, args: tuple[Any, ...], context: Context, when: float
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = context
        self._when = when

    def cancel(self) -> None:
        """Let it not run."""
        self._callback = None

    def cancelled(self) -> bool:
        """Whether it will not run."""
        return self._callback is None

    def when(self) -> float:
        """Its time."""
        return self._when


class Nap:
    """What `asyncio.sleep` does, in one step instead of two: its timer wakes the sleeper itself. Await it at once.

    To a task it is a future: it takes the task's wake-up and gives it to the loop as a timer.
    """

    __slots__ = ("_asyncio_future_blocking", "_cancelled", "_loop", "_seconds", "_timer", "_wake")

    def __init__(self, loop: VirtualLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._asyncio_future_blocking = False
        self._cancelled = False

    def __await__(self) -> Generator[Nap, None, None]:
        self._asyncio_future_blocking = True
        yield self

    def get_loop(self) -> VirtualLoop:
        """As a future's."""
        return self._loop

    def add_done_callback(self, wake: Callable[[Nap], object], *, context: Context) -> None:
        """Take the wake-up of the task that sleeps."""
        self._wake = wake
        self._timer = self._loop.call_later(self._seconds, wake, self, context=context)

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002 -- nobody reads it
        """Wake the sleeper now, who is cancelled."""
        if self._cancelled:
            return False
        self._cancelled = True
        self._timer.cancel()
        self._loop.call_soon(self._wake, self, context=self._timer._context)
        return True

    def result(self) -> None:
        """As a future's."""
        if self._cancelled:
            raise asyncio.CancelledError


class Deadlock(Exception):
    """Nothing is ready and no timer runs: nothing can ever happen; names who waits."""


class Spinning(Exception):
    """The loop runs and runs and no time passes; names what runs."""


class VirtualLoop(asyncio.BaseEventLoop):
    """:param seed: decides the order of what is ready at the same moment, and how long inline work takes."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._clock_resolution = 1e-9
        self.chance = Random(f"loop {seed}")
        self.steps = 0
        self.on_death: Callable[[Process], None] = lambda _: None
        self.failures: list[dict[str, Any]] = []
        self._now = 1000.0
        self._serial = itertools.count(1)
        self._graveyard: list[object] = []
        self._timers: list[tuple[float, int, Step]] = []
        self._ready: deque[Step] = deque()
        self._timer_serial = itertools.count()
        self._at_this_moment = 0
        self.set_task_factory(self._number)
        self.set_exception_handler(lambda _, context: self.failures.append(context))

    get_debug = bool
    """Says no without a step of Python: each future and each task asks."""

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Step:
        """As every loop's."""
        step = Step(callback, args, copy_context() if context is None else context, self._now)
        self._ready.append(step)
        return step

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Step:
        """As every loop's; there is but one thread."""
        return self.call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Step:
        """As every loop's; timers of the same moment keep their order until they are shuffled."""
        timer = Step(callback, args, copy_context() if context is None else context, when)
        heapq.heappush(self._timers, (when, next(self._timer_serial), timer))
        return timer

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Step:
        """As every loop's."""
        when = self._now + delay
        timer = Step(callback, args, copy_context() if context is None else context, when)
        heapq.heappush(self._timers, (when, next(self._timer_serial), timer))
        return timer

    def nap(self, seconds: float) -> Nap:
        """Sleep so long; lighter than `asyncio.sleep`, and to be awaited at once."""
        return Nap(self, seconds)

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,  # noqa: ARG002
        func: Callable[..., T],
        *args: Any,
    ) -> asyncio.Future[T]:
        """Do it at once; its result comes a moment later, as from a thread."""
        future: asyncio.Future[T] = self.create_future()
        try:
            result = func(*args)
        except Exception as error:
            self.call_later(self.chance.uniform(1e-4, 2e-3), _fail, future, error)
        else:
            self.call_later(self.chance.uniform(1e-4, 2e-3), _give, future, result)
        return future

    def kill(self, process: Process) -> None:
        """Let nothing of this process run any more."""
        process.alive = False
        for task in asyncio.all_tasks(self):
            if task.process is process:  # type: ignore[attr-defined]
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                self._graveyard.append(task)
        self.on_death(process)

    def bury(self) -> None:
        """Let go of what was killed, after the run: what its `finally` blocks do reaches nobody any more."""
        self._ready.clear()
        self._timers.clear()
        self._graveyard.clear()

    def _number(self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        task.serial = next(self._serial)  # type: ignore[attr-defined]
        context = options.get("context")
        task.process = _PROCESS.get() if context is None else context.get(_PROCESS)  # type: ignore[attr-defined]
        return task

    def _run_once(self) -> None:
        """Moment after moment: take what is due, shuffle it, run it. Returns when the loop is asked to stop."""
        ready, timers, pop, process_of = self._ready, self._timers, heapq.heappop, _PROCESS
        while not self._stopping:  # type: ignore[attr-defined]
            if not ready:
                self._jump()
            due = self._now + 1e-9
            while timers and timers[0][0] < due:
                step = pop(timers)[2]
                callback = step._callback
                if callback is None:
                    continue
                if callback in _ONLY_WAKE:
                    callback(*step._args)
                else:
                    ready.append(step)
            batch = list(ready)
            ready.clear()
            if len(batch) > 1:
                self._shuffle(batch)
                self._at_this_moment += len(batch)
                if self._at_this_moment > _MOST_RUNS_AT_ONE_MOMENT:
                    ran = [each._callback for each in batch[:5]]
                    raise Spinning(f"no time passes at {self._now:.3f} s; ready: {ran}")
            for step in batch:
                callback = step._callback
                if callback is None:
                    continue
                self.steps += 1
                context = step._context
                process: Process | None = context.get(process_of)
                if process is not None:
                    if not process.alive:
                        self._graveyard.append(step)
                        continue
                    process.steps += 1
                    if process.steps == process.die_at:
                        self.kill(process)
                        continue
                try:
                    context.run(callback, *step._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    self.call_exception_handler({"message": f"in {callback!r}", "exception": error})

    def _shuffle(self, batch: list[Step]) -> None:
        """An order that only the seed decides."""
        chance = self.chance.random
        if len(batch) == 2:
            if (_serial_of(batch[1]) < _serial_of(batch[0])) != (chance() < 0.5):
                batch.reverse()
            return
        batch.sort(key=_serial_of)
        for last in range(len(batch) - 1, 0, -1):
            other = int(chance() * (last + 1))
            batch[last], batch[other] = batch[other], batch[last]

    def _jump(self) -> None:
        timers = self._timers
        while timers and timers[0][2]._callback is None:
            heapq.heappop(timers)
        if not timers:
            raise Deadlock(f"nothing can happen any more at {self._now:.3f} s; waiting: {_waiting(self)}")
        if timers[0][0] > self._now:
            self._now = timers[0][0]
        self._at_this_moment = 0

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""


def virtual_run(work: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """Run a coroutine to its end in virtual time; everything else that still runs then is cancelled."""
    events.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        for task in asyncio.all_tasks(loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.bury()
        events.set_event_loop(None)
        loop.close()


def nap(seconds: float) -> Nap:
    """Sleep so long on the virtual loop that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.nap(seconds)


def current_process() -> Process | None:
    """Who runs now."""
    return _PROCESS.get()


def _serial_of(step: Step) -> int:
    """Of the task whose step it is, 0 for none: so that order never depends on an address in memory."""
    serial: int = getattr(getattr(step._callback, "__self__", None), "serial", 0)
    return serial


def _waiting(loop: VirtualLoop) -> str:
    return "; ".join(sorted(f"{task.get_name()}: {task.get_coro()!r}" for task in asyncio.all_tasks(loop)))


def _give(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


_ONLY_WAKE = frozenset({futures._set_result_unless_cancelled, _give, _fail})  # type: ignore[attr-defined]
"""Timers of `asyncio.sleep` and of inline work: they only wake somebody, whose step takes its turn among the others."""
