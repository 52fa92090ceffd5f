"""Versions of the settings in the journal: proposed by one person, approved by another, effective at line clearance.

No version is ever changed or removed once it was approved. Version 0 is `line.toml` as it stands.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from controller.journal import Ledger
from controller.plan.settings import Changes, SettingsRefused, changed
from controller.words.text import Text


class VersionState(StrEnum):
    """How far a version is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    """Takes effect at the next line clearance."""
    EFFECTIVE = "effective"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """One version. :ivar overlay: the whole of it, not what differs from the one before."""

    version: int
    state: VersionState
    overlay: dict[str, float]
    why: str
    proposed_by: str
    proposed_at: str
    approved_by: str
    effective_at: str | None


_COLUMNS = "version, state, overlay, why, proposed_by, proposed_at, approved_by, effective_at"


def versions(connection: sqlite3.Connection, most: int = 100) -> list[Version]:
    """Versions, newest first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM settings ORDER BY version DESC LIMIT ?", (most,))  # noqa: S608
    return [_version(row) for row in rows]


def overlay_in_use(connection: sqlite3.Connection) -> tuple[int, dict[str, float]]:
    """The version that the line packs by, and its overlay; 0 and nothing: `line.toml` alone."""
    row = connection.execute("SELECT version, overlay FROM settings WHERE state = 'effective'").fetchone()
    return (int(row[0]), json.loads(row[1])) if row else (0, {})


def propose(ledger: Ledger, changes: Changes, by: str, why: str) -> int:
    """Propose changes to what is in use and return the version's number.

    :raises SettingsRefused: another proposal or an approved version still waits, or nothing changes.
    """
    waiting = ledger.connection.execute(
        "SELECT version, state FROM settings WHERE state IN ('proposed', 'approved')"
    ).fetchone()
    if waiting is not None:
        raise SettingsRefused(
            "settings_wait",
            Text(
                f"版本 {waiting[0]} 还在等待（{waiting[1]}）：先批准、撤回或清线",
                f"version {waiting[0]} is {waiting[1]} and waits: approve it, withdraw it, or clear the line first",
            ),
        )
    _, old = overlay_in_use(ledger.connection)
    overlay = changed(old, changes)
    if overlay == old:
        raise SettingsRefused("nothing_changes", Text("没有任何改动", "nothing changes"))
    version = ledger.connection.execute(
        "INSERT INTO settings (state, overlay, why, proposed_by, proposed_at) VALUES (?, ?, ?, ?, ?)",
        (VersionState.PROPOSED, json.dumps(overlay, sort_keys=True), why, by, ledger.at),
    ).lastrowid
    assert version is not None  # an INSERT into a table with a rowid has one
    before = {path: old.get(path) for path in changes}
    ledger.enter("settings_proposed", version=version, old=before, new=dict(changes), by=by, why=why)
    return version


def approve(ledger: Ledger, version: int, by: str) -> None:
    """Put the second name under a proposal. :raises SettingsRefused: it is none, or it is the approver's own."""
    found = _demand(ledger, version, VersionState.PROPOSED)
    if found.proposed_by == by:
        raise SettingsRefused(
            "own_proposal",
            Text("不能批准自己的提案，需要另一个人", "nobody approves the own proposal: another person has to"),
        )
    ledger.connection.execute(
        "UPDATE settings SET state = ?, approved_by = ? WHERE version = ?", (VersionState.APPROVED, by, version)
    )
    ledger.enter("settings_approved", version=version, by=by, proposed_by=found.proposed_by)


def withdraw(ledger: Ledger, version: int, by: str, why: str) -> None:
    """Take back a version that is not effective yet. :raises SettingsRefused: it is or was."""
    _demand(ledger, version, VersionState.PROPOSED, VersionState.APPROVED)
    ledger.connection.execute("UPDATE settings SET state = ? WHERE version = ?", (VersionState.WITHDRAWN, version))
    ledger.enter("settings_withdrawn", version=version, by=by, why=why)


def begin_version(ledger: Ledger, version: int) -> None:
    """An approved version takes effect: the line is clear, and what is called from now on is packed by it."""
    ledger.connection.execute(
        "UPDATE settings SET state = ? WHERE state = ?", (VersionState.REPLACED, VersionState.EFFECTIVE)
    )
    ledger.connection.execute(
        "UPDATE settings SET state = ?, effective_at = ? WHERE version = ?",
        (VersionState.EFFECTIVE, ledger.at, version),
    )
    ledger.enter("settings_effective", version=version)


def approved(connection: sqlite3.Connection) -> Version | None:
    """The version that waits for line clearance."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM settings WHERE state = 'approved'").fetchone()  # noqa: S608
    return _version(row) if row else None


def _demand(ledger: Ledger, version: int, *states: VersionState) -> Version:
    row = ledger.connection.execute(f"SELECT {_COLUMNS} FROM settings WHERE version = ?", (version,)).fetchone()  # noqa: S608
    if row is None:
        raise SettingsRefused("unknown_version", Text(f"没有版本 {version}", f"there is no version {version}"))
    found = _version(row)
    if found.state not in states:
        raise SettingsRefused(
            "wrong_version_state",
            Text(
                f"版本 {version} 的状态为 {found.state}，不能这样做",
                f"version {version} is {found.state}, only one that is {' or '.join(states)} is taken",
            ),
        )
    return found


def _version(row: sqlite3.Row | tuple[int, str, str, str, str, str, str, str | None]) -> Version:
    return Version(row[0], VersionState(row[1]), json.loads(row[2]), row[3], row[4], row[5], row[6], row[7])
