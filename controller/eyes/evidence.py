"""Pictures behind the verdicts: JPEG files named by their content, and the rows that say what each one shows.

A picture is on the disk before its row is written and before its verdict is acted on. It is deleted when its time
is over and no row refers to it any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

from controller.durable import put_file
from controller.eyes.print_trend import measured_print
from controller.journal import Ledger
from vision.verdict import Check, Verdict

_CHECK = tuple(each.name for each in fields(Check) if each.name != "standing")
_values = attrgetter(*_CHECK)
_as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class EvidenceStore:
    """A folder of pictures. :raises OSError: from every method, when the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, jpeg: bytes) -> str:
        """Make a picture durable and return its name, the SHA-256 of its bytes in hex."""
        digest = hashlib.sha256(jpeg).hexdigest()
        await asyncio.to_thread(self._write, self.path_of(digest), jpeg)
        return digest

    async def remove(self, digests: Iterable[str]) -> None:
        """Delete pictures; one that is gone already is no error."""
        await asyncio.to_thread(self._remove, list(digests))

    def path_of(self, digest: str) -> Path:
        """Where a picture is kept."""
        return self._folder / f"{digest}.jpg"

    def _write(self, path: Path, jpeg: bytes) -> None:
        if path.exists():
            return  # its name is its content
        put_file(path, jpeg)

    def _remove(self, digests: list[str]) -> None:
        for digest in digests:
            self.path_of(digest).unlink(missing_ok=True)


def record(
    ledger: Ledger, item: int, station: str, camera: str, digest: str, verdict: Verdict, keep_days: float
) -> None:
    """Write what a picture showed. The history gets names of checks and how good the print is, never what was read.

    :param digest: of the kept picture; empty when there is none.
    """
    expires = _stamp(datetime.fromisoformat(ledger.at) + timedelta(days=keep_days))
    checks = _as_json([dict(zip(_CHECK, _values(check), strict=True)) for check in verdict.checks])
    ledger.connection.execute(
        "INSERT INTO evidence (item, station, camera, picture, outcome, checks, taken_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (item, station, camera, digest, verdict.outcome, checks, ledger.at, expires),
    )
    ledger.enter(
        "judged",
        item=item,
        station=station,
        camera=camera,
        outcome=verdict.outcome.value,
        failed=[check.name for check in verdict.failed],
        **measured_print(verdict),
        picture=digest,
    )


def expire(ledger: Ledger, now: datetime, bad_days: float = 0.0, most: int = 500) -> list[str] | None:
    """Remove rows whose time is over, and return the pictures that none refers to any more: to be deleted.

    :param bad_days: how long pictures of an item that was not packed stay at least, also those that showed nothing
        wrong: what the scale or the other camera found is understood by them.
    :param most: rows at a time, so that the flow never waits long behind a clearing of many days.
    :return: None when nothing is left to remove.
    """
    moment = _stamp(now)
    over = ledger.connection.execute(
        "SELECT evidence, picture FROM evidence LEFT JOIN items USING (item) WHERE expires_at <= ?"
        " AND (items.item IS NULL OR items.outcome = 'packed' OR taken_at <= ?) ORDER BY expires_at LIMIT ?",
        (moment, _stamp(now - timedelta(days=bad_days)), most),
    ).fetchall()
    if not over:
        return None
    ledger.connection.executemany("DELETE FROM evidence WHERE evidence = ?", [(row[0],) for row in over])
    pictures = [picture for picture in dict.fromkeys(row[1] for row in over) if picture and not _shown(ledger, picture)]
    ledger.enter("evidence_expired", rows=len(over), pictures=len(pictures))
    return pictures


def _shown(ledger: Ledger, picture: str) -> bool:
    row = ledger.connection.execute("SELECT 1 FROM evidence WHERE picture = ? LIMIT 1", (picture,)).fetchone()
    return row is not None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
