"""How much each visitor may ask for: a bucket of requests that fills again by time. Hold is never counted.

It keeps one page that runs wild from starving the others. The line itself is out of reach of any flood: it answers
one snapshot a fifth of a second, however many look.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

BUCKETS = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """:ivar burst: requests at once; :ivar a_second: how fast they come back."""

    burst: float
    a_second: float


STRANGERS = Rate(burst=100, a_second=20)
"""Whoever proves nothing: all together."""
VISITORS = Rate(burst=600, a_second=100)
"""Each person, program, or browser that was let in."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """Buckets by visitor."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def wait_s(self, who: str, rate: Rate) -> float:
        """Take one request out; 0, or for how long this visitor has to wait."""
        now = asyncio.get_running_loop().time()
        if len(self._buckets) >= BUCKETS and who not in self._buckets:
            self._buckets.clear()
        bucket = self._buckets.setdefault(who, _Bucket(rate.burst, now))
        bucket.left = min(rate.burst, bucket.left + (now - bucket.at) * rate.a_second)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) / rate.a_second
        bucket.left -= 1
        return 0.0
