"""The web process's share of a core: beyond it requests wait, so that no flood of them takes the line's time.

Being niced is not enough: whatever keeps a second core busy slows the first one too, by caches, by memory and by the
clock. Rates alone are not either, because a refusal costs time as well. So the process looks at the time that it
really used, and lets requests wait while that is more than its share. Hold never waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

SHARE = 0.15
"""Of one core, in the long run: a page costs a few milliseconds, a shift's PDF a second."""
BURST_S = 3.0
"""Core time that may be used at once: several people who open several pages."""
MOST_S = 1.0
"""No request waits longer: in a flood the page is slow, never dead."""


class Share:
    """What is left of the burst, in seconds of core time.

    :param clock: time that passes; :param used: core time that this process has used; both in seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._core_time = used
        self._left = BURST_S
        self._at = clock()
        self._used = used()

    def wait_s(self) -> float:
        """For how long, in seconds, the next request waits: 0 to `MOST_S`."""
        now, used = self._clock(), self._core_time()
        self._left += (now - self._at) * SHARE - (used - self._used)
        self._left = max(-MOST_S * SHARE, min(BURST_S, self._left))
        self._at, self._used = now, used
        return max(0.0, -self._left / SHARE)

    async def turn(self) -> None:
        """Wait for one's turn."""
        wait = self.wait_s()
        if wait:
            await asyncio.sleep(wait)
