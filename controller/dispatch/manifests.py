"""Closing the mail bag under the chute, and the manifest of what any bag holds."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from controller.dispatch.bags import BagRefused, BagState, open_bag
from controller.journal import Ledger
from controller.words.text import Text


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of a manifest."""

    mail_number: str
    acceptance: str
    item: int
    packed_at: str


@dataclass(frozen=True, slots=True)
class BagLine:
    """One bag in a list. :ivar parcels: packed ones that lie in it."""

    bag: int
    state: str
    opened_at: str
    closed_at: str | None
    parcels: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bag holds. :ivar digest: SHA-256 over the mail numbers in order, as the history has it once closed."""

    bag: BagLine
    parcels: list[Parcel]
    digest: str


def close_open_bag(ledger: Ledger, by: str) -> int:
    """Close the bag under the chute, hang the next one, and return the closed one's number.

    :raises BagRefused: it is empty, or a parcel that may lie in it is not answered for.
    """
    bag = open_bag(ledger)
    found = manifest(ledger.connection, bag)
    assert found is not None  # it has just been looked up
    if not found.parcels:
        raise BagRefused("bag_empty", Text(f"{bag} 号邮袋是空的", f"mail bag {bag} is empty"))
    unknown = ledger.connection.execute(
        "SELECT COUNT(*) FROM items WHERE bag = ? AND outcome IN ('unknown', 'recalled')", (bag,)
    ).fetchone()[0]
    if unknown:
        raise BagRefused(
            "items_open",
            Text(f"{bag} 号邮袋有 {unknown} 件去向不明，请先登记", f"mail bag {bag}: answer for {unknown} items first"),
        )
    ledger.connection.execute(
        "UPDATE bags SET state = ?, closed_at = ? WHERE bag = ?", (BagState.CLOSED, ledger.at, bag)
    )
    ledger.enter("bag_closed", bag=bag, parcels=len(found.parcels), manifest=found.digest, by=by)
    open_bag(ledger)
    return bag


def bags(connection: sqlite3.Connection, most: int = 50) -> list[BagLine]:
    """Bags, newest first."""
    rows = connection.execute(
        "SELECT bag, state, opened_at, closed_at,"
        " (SELECT COUNT(*) FROM items WHERE items.bag = bags.bag AND outcome = 'packed')"
        " FROM bags ORDER BY bag DESC LIMIT ?",
        (most,),
    )
    return [BagLine(*row) for row in rows]


def manifest(connection: sqlite3.Connection, bag: int) -> Manifest | None:
    """What a bag holds; None when there is none of that number."""
    row = connection.execute("SELECT bag, state, opened_at, closed_at FROM bags WHERE bag = ?", (bag,)).fetchone()
    if row is None:
        return None
    parcels = [
        Parcel(*each)
        for each in connection.execute(
            "SELECT mail_number, acceptance, item, ended_at FROM items"
            " WHERE bag = ? AND outcome = 'packed' ORDER BY mail_number",
            (bag,),
        )
    ]
    digest = hashlib.sha256("\n".join(each.mail_number for each in parcels).encode()).hexdigest()
    return Manifest(BagLine(row[0], row[1], row[2], row[3], len(parcels)), parcels, digest)
