"""Pictures behind the verdicts: JPEG files named by their content, and the rows that say what each one shows.

A picture is on the disk before its row is written and before its verdict is acted on. It is deleted when its time
is over and no row refers to it any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controller.eyes.print_trend import grade_of
from controller.journal import Ledger
from vision.verdict import Check, Verdict

_CHECK = tuple(each.name for each in fields(Check))


class EvidenceStore:
    """A folder of pictures. :raises OSError: from every method, when the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = itertools.count()

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
        # Two cameras may hand in the same picture at once: each writes a file of its own.
        temporary = path.with_suffix(f".{next(self._drafts)}.part")
        try:
            self._write_durably(temporary, jpeg)
            temporary.rename(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def _write_durably(self, path: Path, jpeg: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, flags, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(jpeg)
            file.flush()
            os.fsync(descriptor)

    def _sync_folder(self) -> None:
        """A new name is durable only once its folder is."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _remove(self, digests: list[str]) -> None:
        for digest in digests:
            self.path_of(digest).unlink(missing_ok=True)


def record(
    ledger: Ledger, item: int, station: str, camera: str, digest: str, verdict: Verdict, keep_days: float
) -> None:
    """Write what a picture showed. The history gets names of checks and the print's grade only, never what was read.

    :param digest: of the kept picture; empty when there is none.
    """
    expires = _stamp(datetime.fromisoformat(ledger.at) + timedelta(days=keep_days))
    grade = grade_of(verdict)
    checks = json.dumps(
        [{name: getattr(check, name) for name in _CHECK} for check in verdict.checks], ensure_ascii=False
    )
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
        print_grade=None if grade is None else round(grade, 2),
        picture=digest,
    )


def expire(ledger: Ledger, now: datetime, most: int = 500) -> list[str] | None:
    """Remove rows whose time is over, and return the pictures that none refers to any more: to be deleted.

    :param most: rows at a time, so that the flow never waits long behind a clearing of many days.
    :return: None when nothing is left to remove.
    """
    moment = _stamp(now)
    over = ledger.connection.execute(
        "SELECT evidence, picture FROM evidence WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", (moment, most)
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
