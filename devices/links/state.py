"""What is known of a link, for the page and the doctor, and how long to wait before it is opened again."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

BACKOFF_FIRST_S = 0.2
BACKOFF_LONGEST_S = 5.0


class LinkState(StrEnum):
    """How a link stands."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"
    WRONG_DEVICE = "wrong_device"
    """Something answers, and it is not what the configuration says."""


@dataclass(slots=True)
class LinkCounters:
    """What happened on a link since the line's start. :ivar last_exchange_at: loop time of the last good answer."""

    exchanges: int = 0
    timeouts: int = 0
    bad_replies: int = 0
    reconnects: int = 0
    last_exchange_at: float | None = None


def backoff_s(name: str, attempt: int) -> float:
    """Seconds to wait after failed attempt number `attempt` (1..): 0.2, 0.4 … 5, each less up to a fifth.

    The jitter comes of the device's name, so that devices spread and a run can be repeated exactly.
    """
    longest: float = min(BACKOFF_FIRST_S * 2.0 ** min(attempt - 1, 10), BACKOFF_LONGEST_S)
    return longest * (1.0 - 0.2 * zlib.crc32(f"{name} {attempt}".encode()) / 2**32)
