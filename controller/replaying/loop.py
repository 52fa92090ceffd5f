"""An event loop in the time of a recording: it never waits, its time jumps to whatever is due next.

Nothing is awaited from outside: there are no descriptors, and what asyncio gives to threads is done at once. Where the
recorded line stood still (a stopped process, a busy machine), this one stands still as well: what would have been due
meanwhile is due at the end of the pause.
"""

from __future__ import annotations

import asyncio
import selectors
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
Pause = tuple[float, float]


class Standstill(Exception):
    """Nothing is due any more and somebody still waits."""


class ReplayLoop(asyncio.SelectorEventLoop):
    """:param began: loop time at which the recording begins; :param pauses: when the recorded line stood still."""

    def __init__(self, began: float, pauses: Sequence[Pause]) -> None:
        self._now = began
        self._pauses = pauses
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
        """Do it at once."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


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
