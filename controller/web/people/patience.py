"""How long who has guessed wrong must wait: longer each time, for that name only, and never for ever.

It stands before signing in alone. Hold asks nobody for a name, so no lock-out can keep anybody from it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

FREE_TRIES = 4
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
FORGOTTEN_S = 3600.0


@dataclass(slots=True)
class _Tries:
    failed: int = 0
    last_at: float = 0.0


class Patience:
    """Counts failed tries by name. The caller gives names that exist, and one for all that don't."""

    def __init__(self) -> None:
        self._tries: dict[str, _Tries] = {}

    def wait_s(self, name: str) -> float:
        """For how long this name is not asked for; 0: now."""
        tries = self._tries.get(name)
        if tries is None or tries.failed <= FREE_TRIES:
            return 0.0
        wait = min(FIRST_WAIT_S * 2.0 ** min(tries.failed - FREE_TRIES - 1, 16), LONGEST_WAIT_S)
        return max(0.0, tries.last_at + wait - _now())

    def failed(self, name: str) -> int:
        """Note a wrong try, before it is known to be one; returns how many there were in a row."""
        now = _now()
        self._forget(now)
        tries = self._tries.setdefault(name, _Tries())
        tries.failed += 1
        tries.last_at = now
        return tries.failed

    def succeeded(self, name: str) -> None:
        """Begin anew."""
        self._tries.pop(name, None)

    def _forget(self, now: float) -> None:
        for name in [name for name, tries in self._tries.items() if now - tries.last_at > FORGOTTEN_S]:
            del self._tries[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
