"""An event loop in the time of a recording: it never waits, its time jumps to whatever is due next.

Nothing is awaited from outside: there are no descriptors and no threads. Where the recorded line stood still (a
stopped process, a busy machine), this one stands still as well: what would have been due meanwhile is due at the end
of the pause.
"""

from __future__ import annotations

import asyncio
import selectors
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from controller.recording.seams import name_of

T = TypeVar("T")
Pause = tuple[float, float]
Aside = tuple[str, float, float]
_SAME_WORK_S = 0.5
"""Replayed code is early by no more than the recorded line was slow."""


class Standstill(Exception):
    """Nothing is due any more and somebody still waits."""


class ReplayLoop(asyncio.SelectorEventLoop):
    """:param began: loop time at which the recording begins; :param pauses: when the recorded line stood still.

    :param asides: what threads did for the recorded loop: name, when it began, when it was done.
    """

    def __init__(self, began: float, pauses: Sequence[Pause], asides: Sequence[Aside]) -> None:
        self._now = began
        self._pauses = pauses
        self._asides: dict[str, list[Pause]] = {}
        for name, start, end in sorted(asides):
            self._asides.setdefault(name, []).append((start, end))
        super().__init__(_NoWaiting(self.jump))
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Seconds, as the recorded line's loop counted them."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass, to the end of a pause when it would end in one."""
        self._now += seconds
        place = bisect_right(self._pauses, (self._now, float("inf"))) - 1
        if place >= 0:
            self._now = max(self._now, self._pauses[place][1])

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,  # noqa: ARG002
        func: Callable[..., T],
        *args: Any,
    ) -> asyncio.Future[T]:
        """Do it at once; it is done when the recorded line's thread had done the same."""
        future: asyncio.Future[T] = self.create_future()
        done_at = self._done_at(name_of(func))
        try:
            result = func(*args)
        except Exception as error:
            self.call_at(done_at, _settle, future, future.set_exception, error)
        else:
            self.call_at(done_at, _settle, future, future.set_result, result)
        return future

    def _done_at(self, name: str) -> float:
        """When work that begins now is done: with the next that began then, unless that is another matter."""
        known = self._asides.get(name, [])
        place = bisect_left(known, (self._now - 1e-6, 0.0))
        if place < len(known) and known[place][0] - self._now < _SAME_WORK_S:
            return max(self._now, known[place][1])
        return self._now


def _settle(future: asyncio.Future[Any], settle: Callable[[Any], None], result: Any) -> None:
    if not future.done():
        settle(result)


class _NoWaiting(selectors.SelectSelector):
    """Waits for no descriptor: time passes instead."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass that the loop would wait."""
        if timeout is None:
            raise Standstill("nothing can happen any more")
        if timeout > 0:
            self._jump(timeout)
        return []
