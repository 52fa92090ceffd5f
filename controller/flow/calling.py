"""The pick list: binding the next order to the carrier that waits at load, before anything is laid into it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from controller.flow.items import Item, Stage, cycle_values
from controller.journal import Ledger
from controller.orders.parts_ledger import PartState, move_order_parts
from controller.orders.work_orders import begin_attempt, next_waiting, order_of
from controller.plan.challenges import ChallengeKind
from controller.plan.recipes import Recipe


def call_next(ledger: Ledger, carrier: int, recipes: Mapping[str, Recipe]) -> Item | None:
    """Call the next waiting order to `carrier` and return the item; None when none waits."""
    order = next_waiting(ledger)
    if order is None:
        return None
    attempt = begin_attempt(ledger, order.acceptance)
    token = ledger.connection.execute(
        "INSERT INTO items (acceptance, attempt, product, carrier, zone, stage, called_at) "
        "VALUES (?, ?, ?, ?, 'load', ?, ?)",
        (order.acceptance, attempt, order.product, carrier, Stage.CALLED, ledger.at),
    ).lastrowid
    assert token is not None  # an INSERT into a table with a rowid has one
    move_order_parts(ledger, order.acceptance, PartState.ON_LINE, token)
    ledger.enter("called", item=token, acceptance=order.acceptance, carrier=carrier, attempt=attempt)
    return Item(token, order, attempt, recipes[order.product], carrier, "load")


def without_recipe(ledger: Ledger, recipes: Mapping[str, Recipe]) -> list[str]:
    """Products of orders that are still to be packed, or of items under way, that the configuration no longer has."""
    rows = ledger.connection.execute(
        "SELECT product FROM orders WHERE state IN ('waiting', 'under_way', 'rejected', 'recalled')"
        " UNION SELECT product FROM items WHERE ended_at IS NULL ORDER BY product"
    )
    return [str(row[0]) for row in rows if row[0] not in recipes]


_COLUMNS = "item, acceptance, attempt, product, carrier, zone, stage, suspect, mail_number"
_Row = tuple[int, str, int, str, int, str, str, str, str | None]


def open_items(ledger: Ledger, recipes: Mapping[str, Recipe]) -> list[Item]:
    """The items that the journal says are under way, oldest first, as they were last recorded."""
    rows = ledger.connection.execute(f"SELECT {_COLUMNS} FROM items WHERE ended_at IS NULL ORDER BY item").fetchall()  # noqa: S608
    return [_restore(ledger, row, recipes) for row in rows]


def item_of(ledger: Ledger, token: int, recipes: Mapping[str, Recipe]) -> Item | None:
    """The item of that number, ended or not; None when there is none."""
    row = ledger.connection.execute(f"SELECT {_COLUMNS} FROM items WHERE item = ?", (token,)).fetchone()  # noqa: S608
    return _restore(ledger, row, recipes) if row is not None else None


def last_item_on(ledger: Ledger, carrier: int, recipes: Mapping[str, Recipe]) -> Item | None:
    """The item that this carrier bore last, ended or not; None when it never bore one."""
    row = ledger.connection.execute(
        f"SELECT {_COLUMNS} FROM items WHERE carrier = ? ORDER BY item DESC LIMIT 1",  # noqa: S608 - a constant
        (carrier,),
    ).fetchone()
    return _restore(ledger, row, recipes) if row is not None else None


def note_suspect(ledger: Ledger, items: list[Item]) -> None:
    """Journal why nobody can vouch for these items any more."""
    for item in items:
        # An item that has ended meanwhile was vouched for until then.
        if ledger.connection.execute(
            "UPDATE items SET suspect = ? WHERE item = ? AND ended_at IS NULL", (item.suspect, item.token)
        ).rowcount:
            ledger.enter("suspect", item=item.token, acceptance=item.acceptance, cause=item.suspect, zone=item.zone)


def _restore(ledger: Ledger, row: _Row, recipes: Mapping[str, Recipe]) -> Item:
    token, acceptance, attempt, product, carrier, zone, stage, suspect, mail_number = row
    order = order_of(ledger, acceptance)
    assert order is not None  # items.acceptance is a foreign key
    challenge = _challenge(ledger, token)
    return Item(
        token,
        order,
        attempt,
        recipes[product],
        carrier,
        zone,
        stage=Stage(stage),
        suspect=suspect,
        mail_number=mail_number,
        measured=_measured(ledger, token),
        challenge=challenge,
        accepted=_accepted(ledger, token) if challenge else Stage.CALLED,
    )


def _challenge(ledger: Ledger, token: int) -> ChallengeKind | None:
    row = ledger.connection.execute("SELECT kind FROM challenges WHERE item = ?", (token,)).fetchone()
    return ChallengeKind(row[0]) if row is not None else None


def _accepted(ledger: Ledger, token: int) -> Stage:
    """The last detector that accepted an item, as the history tells."""
    row = ledger.connection.execute(
        "SELECT kind FROM history WHERE item = ? AND kind IN (?, ?, ?) ORDER BY seq DESC LIMIT 1",
        (token, Stage.PROVEN, Stage.LABELLED, Stage.INSPECTED),
    ).fetchone()
    return Stage(row[0]) if row is not None else Stage.CALLED


def _measured(ledger: Ledger, token: int) -> dict[str, float]:
    """What the stations measured of an item, from the history: its event tells it also when a restart finishes it."""
    measured: dict[str, float] = {}
    for kind, data in ledger.connection.execute(
        "SELECT kind, data FROM history WHERE item = ? AND kind IN (?, ?) ORDER BY seq",
        (token, Stage.SEALED, Stage.INSPECTED),
    ):
        facts = json.loads(data)
        measured |= cycle_values(facts["measured"]) if kind == Stage.SEALED else {"weight_g": facts["weight_g"]}
    return measured
