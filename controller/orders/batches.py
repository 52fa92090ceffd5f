"""Batches: a set of orders that is packed by itself, from one line clearance to the next, and is accounted for.

While a batch is open only its orders are called. It can be closed once nothing of it is on the line: then every order
of it is packed, spoiled or open, and the three add up to what was ordered. What is open goes back to the others.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass

from controller.journal import Ledger
from controller.words.text import Text

LARGEST_BATCH = 20_000


class BatchRefused(Exception):
    """A batch can't be opened or closed as asked; `text` says why in both languages. :ivar code: stable."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Choice:
    """Which waiting orders make up a batch; empty: any. :ivar due_before: ISO 8601, UTC."""

    product: str = ""
    route: str = ""
    due_before: str = ""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many orders were ordered, and where they are: `ordered = packed + spoiled + open`.

    :ivar spoiled: wait for the remake of a part; :ivar open: not packed, nothing of them is spoiled.
    :ivar on_line: of the open ones, those under way now.
    """

    ordered: int
    packed: int
    spoiled: int
    open: int
    on_line: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, with its account as it stands, or stood when it was closed."""

    batch: int
    name: str
    opened_at: str
    closed_at: str | None
    account: Reconciliation


def open_batch(ledger: Ledger, name: str, choice: Choice, by: str) -> int:
    """Line clearance: make a batch of waiting orders and return its number.

    :raises BatchRefused: one is open, something is on the line, or no order fits.
    """
    standing = _standing(ledger.connection)
    if standing is not None:
        raise BatchRefused(
            "batch_open",
            Text(f"批次 {standing} 还没有关闭，请先关闭", f"batch {standing} is open: close it first"),
        )
    _demand_clear(ledger.connection)
    batch = ledger.connection.execute(
        "INSERT INTO batches (name, opened_at) VALUES (?, ?)", (name, ledger.at)
    ).lastrowid
    assert batch is not None  # an INSERT into a table with a rowid has one
    orders = ledger.connection.execute(
        "INSERT INTO batch_orders SELECT ?, acceptance FROM orders WHERE state = 'waiting'"
        " AND ? IN ('', product) AND ? IN ('', route) AND (? = '' OR due < ?) ORDER BY priority, due LIMIT ?",
        (batch, choice.product, choice.route, choice.due_before, choice.due_before, LARGEST_BATCH),
    ).rowcount
    if not orders:
        raise BatchRefused("nothing_fits", Text("没有符合条件的待封装工单", "no waiting order fits"))
    ledger.enter("batch_opened", batch=batch, name=name, orders=orders, by=by, choice=_said(choice))
    return batch


def close_batch(ledger: Ledger, by: str, why: str) -> Batch:
    """Line clearance: close the open batch and return it with its account.

    :raises BatchRefused: none is open, or an order of it is on the line.
    """
    batch = _standing(ledger.connection)
    if batch is None:
        raise BatchRefused("no_batch", Text("没有打开的批次", "no batch is open"))
    _demand_clear(ledger.connection)
    account = reconcile(ledger.connection, batch)
    ledger.connection.execute(
        "UPDATE batches SET closed_at = ?, account = ? WHERE batch = ?", (ledger.at, json.dumps(asdict(account)), batch)
    )
    ledger.enter("batch_closed", batch=batch, by=by, why=why, **asdict(account))
    return next(each for each in batches(ledger.connection, 1000) if each.batch == batch)


def batches(connection: sqlite3.Connection, most: int = 50) -> list[Batch]:
    """Batches, newest first."""
    rows = connection.execute(
        "SELECT batch, name, opened_at, closed_at, account FROM batches ORDER BY batch DESC LIMIT ?", (most,)
    ).fetchall()
    return [Batch(row[0], row[1], row[2], row[3], _account(connection, row[0], row[4])) for row in rows]


def reconcile(connection: sqlite3.Connection, batch: int) -> Reconciliation:
    """Count where the orders of a batch are now. Each is in exactly one place."""
    rows = connection.execute(
        "SELECT state, EXISTS (SELECT 1 FROM parts AS bad WHERE bad.acceptance = orders.acceptance"
        " AND bad.state = 'spoiled' AND NOT EXISTS (SELECT 1 FROM parts AS good"
        "  WHERE good.acceptance = bad.acceptance AND good.role = bad.role AND good.state != 'spoiled')) AS waits,"
        " COUNT(*) FROM batch_orders JOIN orders USING (acceptance) WHERE batch = ? GROUP BY state, waits",
        (batch,),
    ).fetchall()
    ordered = sum(row[2] for row in rows)
    packed = sum(row[2] for row in rows if row[0] == "packed")
    spoiled = sum(row[2] for row in rows if row[0] != "packed" and row[1])
    on_line = sum(row[2] for row in rows if row[0] == "under_way")
    return Reconciliation(ordered, packed, spoiled, ordered - packed - spoiled, on_line)


def _account(connection: sqlite3.Connection, batch: int, kept: str) -> Reconciliation:
    return Reconciliation(**json.loads(kept)) if kept else reconcile(connection, batch)


def _standing(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT batch FROM batches WHERE closed_at IS NULL").fetchone()
    return int(row[0]) if row else None


def _demand_clear(connection: sqlite3.Connection) -> None:
    """:raises BatchRefused: an item is under way: between two batches nothing may be on the line."""
    rows = connection.execute("SELECT item, zone FROM items WHERE ended_at IS NULL ORDER BY item LIMIT 5").fetchall()
    if rows:
        zh = "、".join(f"{row[0]}（{row[1]}）" for row in rows)
        en = ", ".join(f"{row[0]} at {row[1]}" for row in rows)
        raise BatchRefused(
            "line_not_clear",
            Text(f"线上还有封装件 {zh}：清线后再试", f"item {en} is on the line: try again when the line is clear"),
        )


def _said(choice: Choice) -> dict[str, str]:
    return {name: value for name, value in asdict(choice).items() if value}
