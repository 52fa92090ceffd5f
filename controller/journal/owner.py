"""Whose is what a person has just scanned: a part, a waybill, an order's sheet."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from controller.journal.reject_reading import label_is_destroyed, void_was_asked


@dataclass(frozen=True, slots=True)
class Owner:
    """The order that a code belongs to.

    :ivar code_of: `part`, `waybill` or `order`; :ivar role: of the part, else empty; :ivar part_state: likewise.
    :ivar item: the order's last attempt, 0 before the first; :ivar carrier: which bore it.
    :ivar number_state: of the waybill that was scanned, `ending` when a person has voided it and its parcel is still on
        its way to reject; :ivar destroyed: whether a void one was told destroyed.
    """

    acceptance: str
    product: str
    order_state: str
    attempt: int
    code_of: str
    role: str = ""
    part_state: str = ""
    item: int = 0
    carrier: int = 0
    number_state: str = ""
    destroyed: bool = False


def owner_of(connection: sqlite3.Connection, code: str) -> Owner | None:
    """The order behind a scanned code; None when nobody knows it."""
    part = connection.execute("SELECT acceptance, role, state FROM parts WHERE code = ?", (code,)).fetchone()
    if part is not None:
        return _owner(connection, part["acceptance"], "part", part["role"], part["state"])
    number = connection.execute(
        "SELECT acceptance, state, item FROM mail_numbers WHERE number = ? AND acceptance IS NOT NULL", (code,)
    ).fetchone()
    if number is not None:
        owner = _owner(connection, number["acceptance"], "waybill")
        destroyed = label_is_destroyed(connection, code, number["item"])
        ending = number["state"] != "voided" and void_was_asked(connection, code, number["item"])
        state = "ending" if ending else number["state"]
        return None if owner is None else replace(owner, number_state=state, destroyed=destroyed)
    return _owner(connection, code, "order")


def _owner(
    connection: sqlite3.Connection, acceptance: str, code_of: str, role: str = "", part_state: str = ""
) -> Owner | None:
    order = connection.execute(
        "SELECT product, state, attempt FROM orders WHERE acceptance = ?", (acceptance,)
    ).fetchone()
    if order is None:
        return None
    item = connection.execute(
        "SELECT item, carrier FROM items WHERE acceptance = ? ORDER BY attempt DESC LIMIT 1", (acceptance,)
    ).fetchone()
    return Owner(
        acceptance=acceptance,
        product=order["product"],
        order_state=order["state"],
        attempt=order["attempt"],
        code_of=code_of,
        role=role,
        part_state=part_state,
        item=item["item"] if item else 0,
        carrier=item["carrier"] if item else 0,
    )
