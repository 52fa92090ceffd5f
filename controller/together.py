"""Several steps at once, all or none, with the first failure as it was raised."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def both(first: Coroutine[object, object, A], second: Coroutine[object, object, B]) -> tuple[A, B]:
    """Run two steps side by side and return both results; when one fails the other is cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            one = group.create_task(first)
            other = group.create_task(second)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return one.result(), other.result()
