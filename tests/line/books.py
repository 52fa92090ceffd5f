"""What a test asks of the line's journal: read-only, each a short read."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from controller.journal.reading import verify_chain
from controller.journal.store import open_reading
from tests.line.people import Mendable


class Books:
    """The journal of the line in `folder`, and what of the plan is still open in it."""

    def __init__(self, folder: Path, plan: Mendable) -> None:
        self.folder = folder
        self.plan = plan

    def journal(self, question: str, *values: object) -> list[sqlite3.Row]:
        """One short read of the journal."""
        with closing(open_reading(self.folder / "var" / "line.db")) as connection:
            return connection.execute(question, values).fetchall()

    def events(self) -> list[dict[str, Any]]:
        """Every event that the line made for dispatch, in order."""
        return [json.loads(row[0]) for row in self.journal("SELECT body FROM outbox ORDER BY seq")]

    def sealed_event(self, acceptance: str) -> dict[str, Any]:
        """What dispatch was told of an order's sealed parcel: the one event's data."""
        [data] = [
            each["data"]
            for each in self.events()
            if each["data"]["acceptance"] == acceptance and ".sealed." in each["type"]
        ]
        return dict(data)

    def journal_holds(self) -> bool:
        """Whether the history's chain of digests is whole."""
        with closing(open_reading(self.folder / "var" / "line.db")) as connection:
            return verify_chain(connection) is None

    def all_ended(self) -> bool:
        """Whether every order has ended for good and dispatch has answered for every event."""
        return not self.open_orders() and not self.journal("SELECT 1 FROM outbox WHERE state = 'pending'")

    def states(self) -> dict[str, str]:
        """State of each order by its acceptance number."""
        return {row[0]: row[1] for row in self.journal("SELECT acceptance, state FROM orders WHERE state != 'test'")}

    def reasons(self) -> dict[str, list[str]]:
        """Why each rejected attempt at each order was rejected."""
        found: dict[str, list[str]] = {order.acceptance: [] for order in self.plan.orders}
        for acceptance, reason in self.journal(
            "SELECT acceptance, reason FROM items WHERE outcome = 'rejected' ORDER BY item"
        ):
            found[acceptance].append(reason)
        return found

    def details(self) -> list[tuple[str, str]]:
        """Why each reject was one, for a test's failure message."""
        return [tuple(row) for row in self.journal("SELECT acceptance, detail FROM items WHERE outcome = 'rejected'")]

    def open_orders(self) -> list[str]:
        """Orders that have not ended for good. One whose parcel waits for a person's answer counts as ended."""
        waiting = "SELECT acceptance FROM items WHERE outcome IN ('unknown', 'recalled')"
        unknown = {row[0] for row in self.journal(waiting)}
        states = self.states()
        ended = {kit for kit, state in states.items() if state == "packed" or kit in unknown}
        ended |= {kit for kit, state in states.items() if state == "rejected" and kit not in self.plan.mended}
        return sorted(states.keys() - ended)
