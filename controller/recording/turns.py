"""An event loop whose turns can be repeated: within a turn time stands still, and what comes from outside comes first.

What a line decides depends on more than the bytes that it is sent: on the time at which its loop takes them up, on
which timers are due by then, and on what else is ready. So under recording the loop counts its turns and tells the
time of each, and everything from outside (a wire's bytes, a commit, a verdict, a call, a thread's result) is handed
in at the beginning of a turn, in an order that is told too. The same code, given the same at the same turns, does the
same: nothing else is left that could differ.

Time that stands still makes a look at a deadline as old as the turn is, milliseconds mostly. A process that is stopped
in the middle of a turn would act on a look before the stop, as any process may that is stopped between its look and
its act: a permit therefore ends by the PLC's own clock.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
import time
import zlib
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context
from functools import lru_cache, partial
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
TICKS_A_SECOND = 1_000_000
_Select = Callable[[float | None], list[tuple[selectors.SelectorKey, int]]]


class TurningLoop(asyncio.SelectorEventLoop):
    """What recording and replay have in common: what is due at the same moment runs in the order of its setting."""

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        self._now = ticks / TICKS_A_SECOND
        self._timer_numbers = itertools.count()
        super().__init__(_Turning(self._turn))
        self._clock_resolution = 0.5 / TICKS_A_SECOND
        self.set_task_factory(_ordered_task)  # type: ignore[arg-type]

    def time(self) -> float:
        """Seconds, as they stood when this turn began."""
        return self._now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As every loop's, but that timers of the same moment keep their order."""
        timer = _Timer(when, callback, args, self, context, next(self._timer_numbers))
        heapq.heappush(self._scheduled, timer)  # type: ignore[attr-defined]
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def _turn(self, select: _Select, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait, and begin the next turn."""
        raise NotImplementedError

    def _set(self, ticks: int) -> None:
        self.ticks = ticks
        self._now = ticks / TICKS_A_SECOND

    @property
    def _idle(self) -> bool:
        """Whether nothing is ready."""
        return not self._ready  # type: ignore[attr-defined]


class Notes(Protocol):
    """Who takes down what a recorded loop does."""

    def turned(self, turn: int) -> None:
        """A turn has begun: its time in µs, doubled, and 1 more when nothing was ready before it."""

    def worked(self, number: int, work: Callable[..., Any], ended: asyncio.Future[Any]) -> None:
        """Work in a thread has ended. :param number: in the order in which it was handed in."""


class RecordedLoop(TurningLoop):
    """A real loop that tells its turns. Until `record` it is like any other."""

    def __init__(self) -> None:
        super().__init__(_present())
        self._inbox: deque[tuple[Callable[[], None], Callable[..., object], tuple[Any, ...]]] = deque()
        self._notes: Notes | None = None
        self._work = itertools.count()

    def record(self, notes: Notes) -> None:
        """Tell what happens from now on."""
        self._notes = notes

    def inject(self, note: Callable[[], None], deliver: Callable[..., object], *args: Any) -> None:
        """Have something from outside delivered at the beginning of the next turn. To be called in the loop.

        :param note: takes it down, just before.
        """
        self._inbox.append((note, deliver, args))

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """As every loop's; that it was done comes from outside."""
        if self._notes is None:
            return super().run_in_executor(executor, func, *args)
        outcome: asyncio.Future[T] = self.create_future()
        done = super().run_in_executor(executor, func, *args)
        noted = partial(self._notes.worked, next(self._work), func)
        done.add_done_callback(lambda ended: self.inject(partial(noted, ended), settle, outcome, ended))
        return outcome

    def _turn(self, select: _Select, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        idle = self._idle
        if self._inbox:
            timeout = 0
        elif timeout:
            timeout = max(0.0, timeout - (time.monotonic() - self._now))
        events = select(timeout)
        self._set(_present())
        if self._notes is not None:
            self._notes.turned(self.ticks << 1 | idle)
        while self._inbox:
            note, deliver, args = self._inbox.popleft()
            note()
            self.call_soon(deliver, *args)
        return events


def settle(outcome: asyncio.Future[T], ended: asyncio.Future[T]) -> bool:
    """Let who waits for `outcome` have what has ended; returns whether anybody still waits."""
    error = None if ended.cancelled() else ended.exception()
    if outcome.done():
        return False
    if ended.cancelled():
        outcome.cancel()
    elif error is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(ended.result())
    return True


def name_of(work: Callable[..., Any]) -> str:
    """The name of work as `asyncio.to_thread` hands it over: a context's `run` with the function first."""
    return str(getattr(work_of(work), "__qualname__", type(work).__name__))


def work_of(work: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, as `asyncio.to_thread` hands it over."""
    return work.args[0] if isinstance(work, partial) and work.args else work


def _present() -> int:
    return int(time.monotonic() * TICKS_A_SECOND)


class _Timer(asyncio.TimerHandle):
    """:param number: decides between timers of the same moment."""

    __slots__ = ("_number",)

    def __init__(
        self,
        when: float,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
        number: int,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._number = number

    def __lt__(self, other: object) -> bool:
        assert isinstance(other, _Timer)
        return (self._when, self._number) < (other._when, other._number)  # type: ignore[attr-defined]


class _OrderedTask(asyncio.Task[T]):
    """A task that has the same place in a set in every run: never by its address in memory."""

    def __hash__(self) -> int:
        return _number_of(getattr(self.get_coro(), "__qualname__", ""))


def _ordered_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
    return _OrderedTask(work, loop=loop, **options)


@lru_cache(maxsize=1000)
def _number_of(name: str) -> int:
    return zlib.crc32(name.encode())


class _Turning(selectors.DefaultSelector):
    """Has the loop begin a turn whenever it asks what is ready."""

    def __init__(self, turn: Callable[[_Select, float | None], list[tuple[selectors.SelectorKey, int]]]) -> None:
        super().__init__()
        self._turn = turn

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait, and begin a turn."""
        found: list[tuple[selectors.SelectorKey, int]] = self._turn(super().select, timeout)
        return found
