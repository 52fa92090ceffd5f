"""Mail bags: which bag takes the parcels of the dispatch chute now.

A bag is frozen when a parcel may lie in it of which the line can't say what it is: nobody sends it before it has
been counted. Closing a bag with its manifest is not done here yet.
"""

from __future__ import annotations

from enum import StrEnum

from controller.journal import Ledger


class BagState(StrEnum):
    """State of a bag."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


def open_bag(ledger: Ledger) -> int:
    """Number of the bag that hangs under the chute; the first is opened when there is none."""
    row = ledger.connection.execute("SELECT bag FROM bags WHERE state = ?", (BagState.OPEN,)).fetchone()
    return int(row[0]) if row is not None else _hang_next(ledger)


def freeze_bag(ledger: Ledger, reason: str) -> int:
    """Freeze the open bag, open the next, and return the frozen one's number.

    :param reason: stable code of why an unknown parcel may lie in it.
    """
    frozen = open_bag(ledger)
    ledger.connection.execute(
        "UPDATE bags SET state = ?, closed_at = ? WHERE bag = ?", (BagState.FROZEN, ledger.at, frozen)
    )
    ledger.enter("bag_frozen", bag=frozen, reason=reason)
    _hang_next(ledger)
    return frozen


def _hang_next(ledger: Ledger) -> int:
    cursor = ledger.connection.execute("INSERT INTO bags (state, opened_at) VALUES (?, ?)", (BagState.OPEN, ledger.at))
    bag = cursor.lastrowid
    assert bag is not None  # an INSERT into a table with a rowid has one
    ledger.enter("bag_opened", bag=bag)
    return bag
