"""The injected wall clock. Monotonic time is the running loop's own `time()`, so that a virtual loop can replace it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class WallClock(Protocol):
    """Tells the time of day for stamps; nothing is decided by it but due times, shifts and retention."""

    def now(self) -> datetime:
        """The present moment, with its zone."""


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)
