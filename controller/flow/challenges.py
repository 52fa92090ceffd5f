"""Challenge items: when the next is due, and what it says of the detector that had to reject it.

A challenge is called like an order and takes the same way, so it meets the detectors as they are. Its parts are the
test kit's, its waybill bears a test number that no carrier takes, and the gate never opens dispatch for it. One kind at
a time is under way. Its result is one of three: the named detector rejected it (passed), the named detector accepted it
(missed), or anything else came before (inconclusive: it says nothing and is tried again).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from controller.exits import Outcome, Reason
from controller.flow.items import Item, Stage
from controller.flow.recalling import recall
from controller.formats.mail_numbers import s10_check_digit
from controller.journal import Ledger
from controller.journal.epochs import identity
from controller.orders.mail_numbers import MailNumberState
from controller.orders.work_orders import OrderedPart, OrderState, WorkOrder, next_waiting
from controller.plan.challenges import TEST_PREFIX, ChallengeKind, ChallengeSection
from controller.plan.recipes import Recipe


class ChallengeResult(StrEnum):
    """What a challenge said of its detector."""

    PASSED = "passed"
    MISSED = "missed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Detector:
    """Who must reject a kind. :ivar accepts: the stage that stands for its acceptance; :ivar reasons: its rejects."""

    accepts: Stage
    reasons: frozenset[Reason]


DETECTORS: Mapping[ChallengeKind, Detector] = {
    ChallengeKind.WRONG_PLATE: Detector(Stage.PROVEN, frozenset({Reason.PLATE_MISMATCH})),
    ChallengeKind.MISSING_PART: Detector(Stage.PROVEN, frozenset({Reason.PART_COUNT})),
    ChallengeKind.WRONG_WAYBILL: Detector(Stage.LABELLED, frozenset({Reason.WAYBILL_MISMATCH, Reason.FOREIGN_WAYBILL})),
    ChallengeKind.COLD_SEAL: Detector(Stage.SEALED, frozenset({Reason.SEAL_OUT_OF_LIMITS})),
    ChallengeKind.LIGHT_WEIGHT: Detector(Stage.INSPECTED, frozenset({Reason.WEIGHT_OUT_OF_LIMITS})),
}
CHALLENGED = "challenged"
"""Outcome of a challenge item, whatever its result."""
_STAGES = tuple(Stage)


def result_of(item: Item, outcome: Outcome) -> ChallengeResult:
    """What an ended challenge says. A reject by any later detector means that the named one accepted it."""
    assert item.challenge is not None
    detector = DETECTORS[item.challenge]
    if _STAGES.index(item.accepted) >= _STAGES.index(detector.accepts):
        return ChallengeResult.MISSED
    return ChallengeResult.PASSED if outcome.reason in detector.reasons else ChallengeResult.INCONCLUSIVE


def call_challenge(
    ledger: Ledger, carrier: int, section: ChallengeSection, recipes: Mapping[str, Recipe]
) -> Item | None:
    """Call the test kit that is due to `carrier` and return its item; None when none is."""
    kind = due(ledger, section)
    if kind is None:
        return None
    number = ledger.connection.execute("SELECT COUNT(*) FROM challenges").fetchone()[0] + 1
    recipe = recipes[section.product]
    order = WorkOrder(
        acceptance=f"TEST-{number:06d}",
        product=section.product,
        due=datetime.fromisoformat(ledger.at).astimezone(UTC),
        priority=9,
        route="TEST",
        parts=tuple(OrderedPart(role=part.role, code=part.code, number=part.number) for part in section.parts),
    )
    ledger.connection.execute(
        "INSERT INTO orders VALUES (?, ?, ?, 9, 'TEST', ?, 1, ?, ?)",
        (order.acceptance, order.product, order.due.isoformat(), OrderState.TEST, order.model_dump_json(), ledger.at),
    )
    token = ledger.connection.execute(
        "INSERT INTO items (acceptance, attempt, product, carrier, zone, stage, called_at) "
        "VALUES (?, 1, ?, ?, 'load', ?, ?)",
        (order.acceptance, order.product, carrier, Stage.CALLED, ledger.at),
    ).lastrowid
    assert token is not None  # an INSERT into a table with a rowid has one
    kinds = {part.role: part.kind for part in recipe.parts}
    kit = [{**part.model_dump(), "kind": kinds[part.role]} for part in order.parts]
    ledger.connection.execute(
        "INSERT INTO challenges (item, kind, kit, called_at) VALUES (?, ?, ?, ?)",
        (token, kind, json.dumps(kit, ensure_ascii=False), ledger.at),
    )
    ledger.enter("challenge_called", item=token, acceptance=order.acceptance, carrier=carrier, challenge=kind.value)
    return Item(token, order, 1, recipe, carrier, "load", challenge=kind)


def due(ledger: Ledger, section: ChallengeSection) -> ChallengeKind | None:
    """The kind to call now: one that was missed, until it passes; else by turn when the interval is over.

    Only while orders wait: an idle line need not be tested. None while one is under way.
    """
    if not section.on or next_waiting(ledger) is None:
        return None
    if ledger.connection.execute("SELECT 1 FROM challenges WHERE result IS NULL").fetchone():
        return None
    last = {kind: _last(ledger, kind) for kind in section.kinds}
    missed = [kind for kind, (_, result) in last.items() if result == ChallengeResult.MISSED]
    if missed:
        return missed[0]
    return min(last, key=lambda kind: last[kind][0]) if _interval_is_over(ledger, section) else None


def _last(ledger: Ledger, kind: ChallengeKind) -> tuple[int, str]:
    """Item and result of a kind's last conclusive challenge; item 0 when there was none."""
    row = ledger.connection.execute(
        "SELECT item, result FROM challenges WHERE kind = ? AND result IN (?, ?) ORDER BY item DESC LIMIT 1",
        (kind, ChallengeResult.PASSED, ChallengeResult.MISSED),
    ).fetchone()
    return (row[0], row[1]) if row is not None else (0, "")


def _interval_is_over(ledger: Ledger, section: ChallengeSection) -> bool:
    row = ledger.connection.execute("SELECT item, called_at FROM challenges ORDER BY item DESC LIMIT 1").fetchone()
    if row is None:
        return True
    (newest,) = ledger.connection.execute("SELECT COALESCE(MAX(item), 0) FROM items").fetchone()
    passed_s = (datetime.fromisoformat(ledger.at) - datetime.fromisoformat(row[1])).total_seconds()
    by_count = section.every_items and newest - row[0] >= section.every_items
    by_time = section.every_minutes and passed_s >= 60 * section.every_minutes
    return bool(by_count or by_time)


def test_number(token: int) -> str:
    """The waybill number of a test kit: in the domestic form, with a check digit that is wrong on purpose."""
    serial = f"{token % 10**8:08d}"
    wrong = (int(s10_check_digit(serial)) + 1) % 10
    return f"{TEST_PREFIX}{serial}{wrong}00"


def printed_number(item: Item) -> str:
    """What the printer is given: the expected number, for a wrong waybill that of no item."""
    assert item.mail_number is not None
    if item.challenge is ChallengeKind.WRONG_WAYBILL:
        return test_number(item.token + 10**8 // 2)
    return item.mail_number


def reserve_test_number(ledger: Ledger, item: Item) -> str:
    """Give a challenge its test number, outside the pool: no order owns it and dispatch is never told of it."""
    number = test_number(item.token)
    ledger.connection.execute(
        "INSERT INTO mail_numbers (number, position, state, item) VALUES (?, ?, ?, ?)",
        (number, -item.token, MailNumberState.RESERVED, item.token),
    )
    ledger.connection.execute("UPDATE items SET mail_number = ? WHERE item = ?", (number, item.token))
    ledger.enter("test_number_reserved", item=item.token, number=number)
    return number


def end_challenge(ledger: Ledger, item: Item, outcome: Outcome) -> None:
    """Journal what a challenge said; to be called in the change that ends its item.

    What a blind detector makes doubtful of all that has fallen is recalled in that change too: nobody dies in between.
    """
    assert item.challenge is not None
    result = result_of(item, outcome)
    ledger.connection.execute(
        "UPDATE challenges SET result = ?, reason = ?, ended_at = ? WHERE item = ?",
        (result, outcome.reason or "", ledger.at, item.token),
    )
    ledger.enter(
        f"challenge_{result}",
        item=item.token,
        acceptance=item.acceptance,
        challenge=item.challenge.value,
        reason=outcome.reason or "",
    )
    if result is ChallengeResult.MISSED:
        fallen = doubtful_since(ledger, item.challenge)
        ledger.enter("detector_missed", item=item.token, challenge=item.challenge.value, fallen=fallen)
        recall(ledger, fallen, Reason.CHALLENGE_MISSED.value, identity(ledger.connection).line_id)


def missed_kinds(ledger: Ledger) -> list[ChallengeKind]:
    """The kinds of which the last conclusive kit was let through: their detectors are still to be mended."""
    rows = ledger.connection.execute(
        "SELECT kind, MAX(item), result FROM challenges WHERE result IN ('passed', 'missed') GROUP BY kind"
    )
    return [ChallengeKind(row[0]) for row in rows if row[2] == ChallengeResult.MISSED]


def doubtful_since(ledger: Ledger, kind: ChallengeKind) -> list[int]:
    """What fell into dispatch of all that was called since this kind last passed; since the line's start when it never
    did."""
    passed = ledger.connection.execute(
        "SELECT MAX(item) FROM challenges WHERE kind = ? AND result = ?", (kind, ChallengeResult.PASSED)
    ).fetchone()[0]
    if passed is not None:
        rows = ledger.connection.execute("SELECT item FROM items WHERE item > ? AND outcome = 'packed'", (passed,))
        return [int(row[0]) for row in rows]
    started = ledger.connection.execute(
        "SELECT seq FROM history WHERE kind = 'line_started' ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    rows = ledger.connection.execute(
        "SELECT item FROM history WHERE seq > ? AND kind = 'packed'", (started[0] if started else 0,)
    )
    return sorted({int(row[0]) for row in rows})
