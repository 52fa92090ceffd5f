"""How an attempt ends, in one commit: the item, its order, its parts, its mail number and the event for dispatch."""

from __future__ import annotations

import json

from controller.dispatch.bags import freeze_bag, open_bag
from controller.dispatch.events import EventData, EventType, PartMention, put_event
from controller.exits import Outcome, Reason
from controller.flow.challenges import CHALLENGED, end_challenge
from controller.flow.items import Item, Stage
from controller.flow.tracking import record_stage
from controller.journal import Ledger
from controller.orders.mail_numbers import MailNumberState, advance, holds, recall_number, void
from controller.orders.parts_ledger import PartState, move_order_parts, move_parts, parts_of_order
from controller.orders.work_orders import end_attempt, recall_order
from devices.plc.contract import Chute

_IN_THE_PARCEL = (PartState.ON_LINE, PartState.SEALED)


def record_divert_permitted(ledger: Ledger, item: Item, outcome: Outcome) -> None:
    """Before the gate's permit: which chute it may open and why."""
    ledger.connection.execute(
        "UPDATE items SET reason = ?, detail = ?, chute = ? WHERE item = ?",
        (outcome.reason or "", _json(outcome), outcome.chute.name.lower(), item.token),
    )
    record_stage(ledger, item, Stage.DIVERTING, chute=outcome.chute.name.lower(), reason=outcome.reason or "")


def record_packed(ledger: Ledger, item: Item, line_id: str, bag: int | None = None) -> None:
    """The gate confirmed the dispatch chute: history, order, parts, mail number and the sealed event together.

    :param bag: in which a person has found it; None: it fell into the one that hangs there.
    """
    assert item.mail_number is not None
    assert item.challenge is None
    bag = bag or open_bag(ledger)
    move_order_parts(ledger, item.acceptance, PartState.SEALED, item.token)
    advance(ledger, item.mail_number, MailNumberState.DISPATCHED)
    end_attempt(ledger, item.acceptance, packed=True)
    _end(ledger, item, "packed", Outcome.accepted(), Chute.DISPATCH, bag)
    seal = {name: value for name, value in item.measured.items() if name != "weight_g"}
    data = EventData(
        mail_number=item.mail_number,
        acceptance=item.acceptance,
        product=item.order.product,
        attempt=item.attempt,
        chute=Chute.DISPATCH.name.lower(),
        bag=bag,
        parts=tuple(PartMention.of(part.role, part.code) for part in item.order.parts),
        seal=seal,
        weight_g=item.measured.get("weight_g"),
    )
    put_event(ledger, line_id, EventType.SEALED, item.token, data)


def record_rejected(ledger: Ledger, item: Item, outcome: Outcome) -> None:
    """The gate confirmed the reject chute: the mail number is void for ever, the parts lie there until their rework."""
    void_held(ledger, item, str(outcome.reason))
    _end_attempt(ledger, item)
    _end(ledger, item, "rejected" if item.challenge is None else CHALLENGED, outcome, Chute.REJECT)


def record_escaped(ledger: Ledger, item: Item, outcome: Outcome, line_id: str) -> int:
    """A rejected parcel fell into the dispatch chute: freeze its bag, recall it; returns the frozen bag."""
    bag = freeze_bag(ledger, "escaped_reject")
    data = EventData(
        mail_number=item.mail_number,
        acceptance=item.acceptance,
        product=item.order.product,
        attempt=item.attempt,
        bag=bag,
        reason=str(outcome.reason),
    )
    put_event(ledger, line_id, EventType.RECALLED, item.token, data)
    if item.challenge is None:
        recall_order(ledger, item.acceptance)
    if item.mail_number is not None and holds(ledger, item.mail_number):
        recall_number(ledger, item.mail_number, str(outcome.reason))
    _end(ledger, item, "recalled", outcome, Chute.DISPATCH, bag)
    return bag


def record_unknown(ledger: Ledger, item: Item, outcome: Outcome) -> int:
    """Nobody knows where the parcel fell: freeze the bag; the order stays open until a person answers for it."""
    bag = freeze_bag(ledger, "unknown_divert")
    _end(ledger, item, "unknown", outcome, Chute.NONE, bag)
    return bag


def record_lost(ledger: Ledger, item: Item, outcome: Outcome) -> None:
    """Nobody finds a parcel: its number is void, its parts count as lost until they turn up or are made again."""
    void_held(ledger, item, str(outcome.reason))
    _move_away(ledger, item, PartState.LOST)
    _end_attempt(ledger, item)
    _end(ledger, item, "lost", outcome, Chute.NONE)


def record_found(ledger: Ledger, item: Item, outcome: Outcome) -> None:
    """A lost parcel has turned up: it lies with the rejects. Parts that were made again meanwhile stay spoiled."""
    lost = [part for part in parts_of_order(ledger.connection, item.acceptance) if part.state is PartState.LOST]
    move_parts(ledger, lost, PartState.ON_LINE, item.token)
    _end(ledger, item, "rejected", outcome, Chute.REJECT)


def void_held(ledger: Ledger, item: Item, reason: str) -> None:
    """Void an item's mail number unless its life has ended."""
    if item.mail_number is not None and holds(ledger, item.mail_number):
        void(ledger, item.mail_number, reason)


def _end_attempt(ledger: Ledger, item: Item) -> None:
    """A test kit has no order that could wait for its rework."""
    if item.challenge is None:
        end_attempt(ledger, item.acceptance, packed=False)


def _move_away(ledger: Ledger, item: Item, to: PartState) -> None:
    parts = parts_of_order(ledger.connection, item.acceptance)
    move_parts(ledger, [part for part in parts if part.state in _IN_THE_PARCEL], to, item.token)


def record_swept(ledger: Ledger, item: Item, chute: Chute, line_id: str) -> int | None:
    """An ended item's carrier was pushed empty towards reject; returns the bag that had to be frozen for it, if any.

    Of an item whose chute nobody knew this is the answer, when something fell: it is rejected like any other. What
    falls for one that was packed is `doubted_by_sweep`'s.
    """
    ledger.enter("carrier_swept", item=item.token, acceptance=item.acceptance, chute=chute.name.lower())
    outcome = ledger.connection.execute("SELECT outcome FROM items WHERE item = ?", (item.token,)).fetchone()[0]
    if outcome != "unknown" or chute is Chute.NONE:
        return None
    found = Outcome(packed=False, reason=Reason.SUSPECT, facts={"cause": "found on its carrier"})
    if chute is Chute.DISPATCH:
        return record_escaped(ledger, item, found, line_id)
    record_rejected(ledger, item, found)
    return None


def doubted_by_sweep(ledger: Ledger, item: Item, chute: Chute) -> bool:
    """Whether a parcel fell from the carrier of an item whose parcel, as the journal says, lies in dispatch."""
    outcome = ledger.connection.execute("SELECT outcome FROM items WHERE item = ?", (item.token,)).fetchone()[0]
    return chute is not Chute.NONE and outcome == "packed"


def _end(ledger: Ledger, item: Item, ended: str, outcome: Outcome, chute: Chute, bag: int | None = None) -> None:
    """:param bag: in which it lies or may lie."""
    ledger.connection.execute(
        "UPDATE items SET stage = ?, outcome = ?, reason = ?, detail = ?, chute = ?, bag = ?, ended_at = ?"
        " WHERE item = ?",
        (Stage.ENDED, ended, outcome.reason or "", _json(outcome), chute.name.lower(), bag, ledger.at, item.token),
    )
    ledger.enter(ended, item=item.token, acceptance=item.acceptance, reason=outcome.reason or "", facts=outcome.facts)
    if item.challenge is not None:
        end_challenge(ledger, item, outcome)


def _json(outcome: Outcome) -> str:
    return json.dumps(outcome.facts, ensure_ascii=False)
