"""An event loop that makes the turns of a recording again: at their times, with what came from outside in each.

Nothing is awaited from outside: there are no descriptors and no threads. Code that does more than the recorded one
before it rests is given the turns that it needs for it, at the same time; so time and input stay where they belong.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from controller.recording.results import error_of, form_of
from controller.recording.tape import Record, ticks_of, was_idle
from controller.recording.turns import TICKS_A_SECOND, TurningLoop, name_of, work_of
from controller.replaying.timeline import Answers

T = TypeVar("T")
_MOST_TURNS_MORE = 100_000
"""Turns at one moment beside the recorded ones: with more the replayed code spins."""


class Standstill(Exception):
    """Nothing is due any more and somebody still waits, or the replayed code never rests."""


class ReplayLoop(TurningLoop):
    """:param turns: of the recording; :param records: what came in them; :param deliver: takes each in its turn.

    :param asides: how work in threads ended.
    :ivar over: called once, when the recording has no further turn.
    :ivar turned: called after each turn.
    :ivar left_step: told when the replayed code needs a turn more than the recorded one.
    """

    def __init__(
        self, turns: Sequence[int], records: Sequence[Record], deliver: Callable[[Record], None], asides: Answers
    ) -> None:
        super().__init__(ticks_of(turns[0]))
        self._turns = turns
        self._records = deque(records)
        self._deliver = deliver
        self._asides = asides
        self._place = 0
        self._more = 0
        self.over: Callable[[], None] = _nothing
        self.turned: Callable[[], None] = _nothing
        self.left_step: Callable[[str], None] = lambda why: None  # noqa: ARG005

    @property
    def ended(self) -> bool:
        """Whether the recording has no further turn."""
        return self._place + 1 >= len(self._turns)

    @property
    def turn(self) -> int:
        """The recorded turn that is made again."""
        return self._place

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,  # noqa: ARG002
        func: Callable[..., T],
        *args: Any,
    ) -> asyncio.Future[T]:
        """It is done when the recorded line's thread had done the same, and gives what that gave."""
        outcome: asyncio.Future[T] = self.create_future()
        answer = self._asides.next(name_of(func))
        facts = {} if answer is None else answer.record.said()
        form = form_of(work_of(func))
        made: T | None = None
        failure = error_of(facts)
        if failure is None and form is not None and "gave" in facts:
            made = form.validate_python(facts["gave"], strict=False)
        elif failure is None:
            try:
                made = func(*args)
            except Exception as error:
                failure = error

        def settle() -> None:
            if outcome.done():
                return
            if failure is not None:
                outcome.set_exception(failure)
            else:
                outcome.set_result(made)  # type: ignore[arg-type]

        if answer is None:
            self.call_soon(settle)
        else:
            answer.then(settle)
        return outcome

    def _turn(self, select: Any, timeout: float | None) -> list[Any]:  # noqa: ARG002 -- nobody is waited for
        """Make the next turn in which anything happens."""
        self.turned()
        while True:
            last = self.ended
            if not self._idle and (last or was_idle(self._turns[self._place + 1])):
                if not last:
                    self.left_step("the line has more to do")
                self._more += 1
                if self._more > _MOST_TURNS_MORE:
                    raise Standstill("the replayed line never rests")
                return []
            self._more = 0
            if last:
                self._go_beyond()
                return []
            self._place += 1
            self._set(ticks_of(self._turns[self._place]))
            while self._records and self._records[0].turn <= self._place:
                self.call_soon(self._deliver, self._records.popleft())
            if not self._idle or self._is_due():
                return []

    def _is_due(self) -> bool:
        timers = self._scheduled  # type: ignore[attr-defined]
        return bool(timers) and timers[0].when() < self._now + self._clock_resolution

    def _go_beyond(self) -> None:
        """Nothing is recorded any more: end, and let what ends have the time that it needs."""
        over, self.over = self.over, _nothing
        over()
        if not self._idle:
            return
        timers = self._scheduled  # type: ignore[attr-defined]
        if not timers:
            raise Standstill("nothing can happen any more")
        self._set(max(self.ticks, int(timers[0].when() * TICKS_A_SECOND) + 1))


def _nothing() -> None:
    """Nobody wants to know."""
