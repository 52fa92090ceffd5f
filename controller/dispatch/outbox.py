"""The outbox: events that dispatch has not answered yet. A row ends only with dispatch's own receipt."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from controller.journal import Ledger
from controller.journal.reading import tallied

LONGEST_RECEIPT = 4096
"""Bytes; a longer one is no receipt."""


class OutboxState(StrEnum):
    """State of an event."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    PARKED = "parked"
    """Dispatch refused it; people decide."""


class Receipt(BaseModel):
    """Dispatch's answer to one event, JSON on the response topic; sent only once the event is durable there."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: Annotated[str, Field(min_length=1, max_length=200)]
    accepted: bool
    reason: Annotated[str, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A pending event. :ivar body: the CloudEvent as JSON."""

    sequence: int
    id: str
    body: str


class NotParked(Exception):
    """Only a parked event can be sent again by hand."""


def pending_after(ledger: Ledger, sequence: int, most: int) -> list[Letter]:
    """The next pending events after `sequence`, in order."""
    rows = ledger.connection.execute(
        "SELECT seq, id, body FROM outbox WHERE state = 'pending' AND seq > ? ORDER BY seq LIMIT ?", (sequence, most)
    )
    return [Letter(*row) for row in rows]


def settle(ledger: Ledger, receipt: Receipt) -> int | None:
    """End the pending event that a receipt answers and return its sequence; None when none waits for that answer."""
    row = ledger.connection.execute(
        "SELECT seq, item FROM outbox WHERE id = ? AND state = 'pending'", (receipt.id,)
    ).fetchone()
    if row is None:
        return None
    state = OutboxState.ACKNOWLEDGED if receipt.accepted else OutboxState.PARKED
    ledger.connection.execute(
        "UPDATE outbox SET state = ?, answer = ?, answered_at = ? WHERE seq = ?",
        (state, receipt.reason, ledger.at, row[0]),
    )
    ledger.enter(f"event_{state}", item=row[1], sequence=row[0])
    return int(row[0])


def send_parked_again(ledger: Ledger, sequence: int, by: str, why: str) -> None:
    """Put a parked event back among the pending, under its old id.

    :param by: who says so; :param why: what was settled with dispatch.
    :raises NotParked: it is not parked.
    """
    changed = ledger.connection.execute(
        "UPDATE outbox SET state = 'pending', answer = '', answered_at = NULL WHERE seq = ? AND state = 'parked'",
        (sequence,),
    ).rowcount
    if not changed:
        row = ledger.connection.execute("SELECT state FROM outbox WHERE seq = ?", (sequence,)).fetchone()
        raise NotParked(f"event {sequence} is {row[0] if row else 'unknown'}, only a parked one can be sent again")
    ledger.enter("event_released", sequence=sequence, by=by, why=why)


def outbox_counts(connection: sqlite3.Connection) -> dict[OutboxState, int]:
    """How many events are in each state; every state has its entry."""
    counted = tallied(connection, "outbox")
    return {state: counted.get(state.value, 0) for state in OutboxState}
