"""Removes pictures whose time is over: good items' sooner than rejected ones'."""

from __future__ import annotations

import asyncio

import structlog

from controller.clock import WallClock
from controller.eyes.evidence import EvidenceStore, expire
from controller.journal import Journal, JournalUnavailable

log = structlog.get_logger()
_EVERY_S = 600.0


async def remove_expired(journal: Journal, evidence: EvidenceStore, clock: WallClock, bad_days: float) -> None:
    """Look every ten minutes until cancelled; the row goes first, so that no record ever names a missing picture."""
    while True:
        try:
            now = clock.now()
            while (over := await journal.write(lambda ledger, now=now: expire(ledger, now, bad_days))) is not None:  # type: ignore[misc]
                await evidence.remove(over)
        except JournalUnavailable as error:
            log.warning("evidence_not_expired", cause=str(error))
        await asyncio.sleep(_EVERY_S)
