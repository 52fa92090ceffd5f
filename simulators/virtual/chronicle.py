"""What the line did in a run, in plain words, from its own journal."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

Did = tuple[float, str]
"""Seconds since the run began, and what was done."""
BEGAN = datetime(2027, 1, 4, 1, 0, tzinfo=UTC)
"""The time of day at which every virtual day begins; loop time 0."""
FIRST_S = 1000.0
"""Loop time at which a run begins."""
_ENDS = ("packed", "rejected", "unknown", "lost", "recalled")


def line_did(journal: sqlite3.Connection) -> list[Did]:
    """What stands in the line's journal: states, alarms, suspects, and the way of each item."""
    try:
        rows = journal.execute("SELECT at, kind, item, acceptance, data FROM history ORDER BY seq").fetchall()
    except sqlite3.OperationalError:
        return []  # no line ever began it
    told = ((at, _words(kind, item, acceptance, json.loads(data))) for at, kind, item, acceptance, data in rows)
    return [((datetime.fromisoformat(at) - BEGAN).total_seconds() - FIRST_S, words) for at, words in told if words]


def _words(kind: str, item: int | None, acceptance: str | None, facts: dict[str, Any]) -> str:
    """One entry in plain words; empty for what tells nothing of the story."""
    who = f"item {item} of order {acceptance}" if acceptance else f"item {item}"
    match kind:
        case "line_started":
            return f"the line started, for the {facts['epoch']}. time"
        case "unit_state":
            return f"the line went from {facts['before']} to {facts['after']} ({facts['cause']})"
        case "alarm_raised":
            return f"the line raised the alarm {facts['alarm_kind']} {facts['source']}".rstrip()
        case "suspect":
            return f"the line took {who} for suspect: {facts.get('cause', '')}"
        case "called" | "sealing" | "sealed" | "labelled" | "proven" | "inspected":
            return f"{who}: {kind}"
        case "diverting":
            return f"{who}: the gate is to drop it into {facts['chute']}"
        case _ if kind in _ENDS:
            return f"{who}: ended as {kind} {facts.get('reason', '')}".rstrip()
    return ""
