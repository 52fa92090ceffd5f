"""Steps side by side: both or none, or one unless something else comes first; failures as they were raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def both(first: Coroutine[object, object, A], second: Coroutine[object, object, B]) -> tuple[A, B]:
    """Run two steps side by side and return both results; when one fails the other is cancelled.

    Whoever cancels the caller is obeyed, also when a step fails of it: a TaskGroup would forget the cancellation then,
    and the item would go on after the line was told to end.
    """
    one, other = asyncio.create_task(first), asyncio.create_task(second)
    steps: set[asyncio.Task[A] | asyncio.Task[B]] = {one, other}
    try:
        done, _ = await asyncio.wait(steps, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for step in steps:
            step.cancel()
        await asyncio.wait(steps)
        failures = {step: step.exception() for step in steps if not step.cancelled()}
    for step in done:
        if (failure := failures.get(step)) is not None:
            raise failure
    return one.result(), other.result()


async def unless(ending: asyncio.Future[None], step: Awaitable[A]) -> A | None:
    """Run a step and return its result; None when `ending` came first: the step is cancelled then.

    :param ending: as of `Pulse.when`; it is cancelled where it is needed no more.
    """
    doing = asyncio.ensure_future(step)
    try:
        await asyncio.wait((doing, ending), return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.cancel()
        if not doing.done():
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
        elif not doing.cancelled():
            doing.exception()  # whoever is cancelled here has no use for it
    return None if doing.cancelled() else doing.result()


async def apart(step: Coroutine[object, object, A]) -> A:
    """Run a step in a task of its own and return its result.

    For loops that begin a step anew when it fails: whoever cancels the caller is obeyed, also when the step fails in
    that very moment. A TaskGroup of the caller's own would forget the cancellation, and nobody could end the loop.
    """
    doing = asyncio.create_task(step)
    try:
        await asyncio.wait({doing})
    finally:
        if not doing.done():
            doing.cancel()
            await asyncio.wait({doing})
        if not doing.cancelled():
            doing.exception()  # whoever is cancelled here has no use for it
    return doing.result()
