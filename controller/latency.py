"""Decision latency: how long the line took from its last input to the permit on the wire."""

from __future__ import annotations

from collections import deque

from controller.snapshot import Latency

_KEPT = 20_000


class LatencyRecord:
    """The last 20,000 latencies, in seconds, and their percentiles."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_KEPT)
        self._count = 0

    def add(self, seconds: float) -> None:
        """Take one latency; a negative one is a fault of the caller and refused."""
        if seconds < 0:
            raise ValueError(f"latency {seconds} s is negative: the input is younger than the permit")
        self._seconds.append(seconds)
        self._count += 1

    def clear(self) -> None:
        """Forget everything; a benchmark's warm-up ends so."""
        self._seconds.clear()
        self._count = 0

    def summary(self) -> Latency:
        """Percentiles by nearest rank, in ms."""
        ordered = sorted(self._seconds)
        return Latency(
            count=self._count,
            p50_ms=_percentile(ordered, 0.50),
            p99_ms=_percentile(ordered, 0.99),
            p99_9_ms=_percentile(ordered, 0.999),
        )


def _percentile(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    rank = min(len(ordered) - 1, round(share * (len(ordered) - 1)))
    return round(ordered[rank] * 1000, 3)
