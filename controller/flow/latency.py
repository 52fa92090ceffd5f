"""Decision latency: how long the line took from its last input to the permit on the wire."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

from controller.snapshot import Latency

_KEPT = 20_000


class LatencyRecord:
    """The last 20,000 latencies, in seconds, and their percentiles.

    They are kept in order, because pages ask for the percentiles five times a second: sorting each time would hold
    the loop up for milliseconds.
    """

    def __init__(self) -> None:
        self._latest: deque[float] = deque()
        self._ordered: list[float] = []
        self._count = 0

    def add(self, seconds: float) -> None:
        """Take one latency; a negative one is a fault of the caller and refused."""
        if seconds < 0:
            raise ValueError(f"latency {seconds} s is negative: the input is younger than the permit")
        if len(self._latest) == _KEPT:
            del self._ordered[bisect_left(self._ordered, self._latest.popleft())]
        self._latest.append(seconds)
        insort(self._ordered, seconds)
        self._count += 1

    def clear(self) -> None:
        """Forget everything; a benchmark's warm-up ends so."""
        self._latest.clear()
        self._ordered.clear()
        self._count = 0

    def summary(self) -> Latency:
        """Percentiles by nearest rank, in ms."""
        return Latency(
            count=self._count,
            p50_ms=_percentile(self._ordered, 0.50),
            p99_ms=_percentile(self._ordered, 0.99),
            p99_9_ms=_percentile(self._ordered, 0.999),
        )


def _percentile(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    rank = min(len(ordered) - 1, round(share * (len(ordered) - 1)))
    return round(ordered[rank] * 1000, 3)
