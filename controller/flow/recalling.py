"""Recalls: parcels that have fallen into dispatch and must not leave, or must come back.

A recall is an event like any other: durable in the outbox, sent again until dispatch answers for it. Its order stays
visibly open as `recalled` until a person says where the parcel is (`answering`); nothing of it is made again before.
"""

from __future__ import annotations

from collections.abc import Iterable

from controller.dispatch.bags import freeze_bag, open_bag
from controller.dispatch.events import EventData, EventType, put_event
from controller.journal import Ledger
from controller.orders.mail_numbers import recall_number
from controller.orders.work_orders import recall_order


def recall(ledger: Ledger, items: Iterable[int], reason: str, line_id: str) -> list[int]:
    """Recall those of `items` that are packed, and return them; their bag is frozen while it still hangs there.

    :param reason: stable code of why.
    """
    recalled = [item for item in items if _recall_one(ledger, item, reason, line_id)]
    hanging = open_bag(ledger)
    if any(bag == hanging for bag in _bags(ledger, recalled)):
        freeze_bag(ledger, "recall")
    return recalled


def packed_in(ledger: Ledger, bag: int) -> list[int]:
    """The items that lie in a bag as far as the journal knows."""
    rows = ledger.connection.execute(
        "SELECT item FROM items WHERE bag = ? AND outcome = 'packed' ORDER BY item", (bag,)
    )
    return [int(row[0]) for row in rows]


def _recall_one(ledger: Ledger, item: int, reason: str, line_id: str) -> bool:
    row = ledger.connection.execute(
        "SELECT acceptance, attempt, product, mail_number, bag FROM items WHERE item = ? AND outcome = 'packed'",
        (item,),
    ).fetchone()
    if row is None:
        return False
    acceptance, attempt, product, mail_number, bag = row
    ledger.connection.execute("UPDATE items SET outcome = 'recalled', reason = ? WHERE item = ?", (reason, item))
    ledger.enter("recalled", item=item, acceptance=acceptance, reason=reason, bag=bag)
    recall_order(ledger, acceptance)
    recall_number(ledger, mail_number, reason)
    data = EventData(
        mail_number=mail_number, acceptance=acceptance, product=product, attempt=attempt, bag=bag, reason=reason
    )
    put_event(ledger, line_id, EventType.RECALLED, item, data)
    return True


def _bags(ledger: Ledger, items: list[int]) -> list[int]:
    return [
        int(row[0])
        for item in items
        for row in ledger.connection.execute("SELECT bag FROM items WHERE item = ? AND bag IS NOT NULL", (item,))
    ]
