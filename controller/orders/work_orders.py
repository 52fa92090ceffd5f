"""Work orders (工单): taking them in, calling the next, and the life of their attempts.

waiting → under_way → packed, or rejected until its rework is released; each attempt begins at infeed again. All
functions run inside a journal change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.journal import Ledger
from controller.orders.order_form import OrderedPart, OrderRefused, OrderRow, WorkOrder, differences, read_order
from controller.orders.parts_ledger import PartState, move_parts, part_by_code, parts_of_order, register_part
from controller.plan.recipes import Recipe
from controller.words.text import Text

__all__ = [
    "Intake",
    "OrderRefused",
    "OrderRow",
    "OrderState",
    "OrderedPart",
    "Refusal",
    "WorkOrder",
    "accept_orders",
    "begin_attempt",
    "end_attempt",
    "next_waiting",
    "order_of",
    "recall_order",
    "release_rework",
    "set_priority",
]


class OrderState(StrEnum):
    """Where an order is."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    PACKED = "packed"
    REJECTED = "rejected"
    """Its last attempt was rejected; it waits for hands to release the rework."""
    RECALLED = "recalled"
    """Its parcel fell into dispatch and must not leave; open until a person says where the parcel is."""
    CANCELLED = "cancelled"
    TEST = "test"
    """No citizen's: a test kit's, for as long as its item is remembered."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, and why. `acceptance` is what the row said, be it as wrong as it may."""

    line: int
    acceptance: str
    text: Text


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of the rows: acceptance numbers taken and known already, and refusals."""

    accepted: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def accept_orders(ledger: Ledger, rows: Iterable[OrderRow], recipes: Mapping[str, Recipe]) -> Intake:
    """Take orders in, each row for itself: a bad one is refused with its line and reason while the rest goes in.

    The same order twice is one order; a changed one is refused with every difference. Only the code of a spoiled
    part may change: that is its remake delivered.
    """
    intake = Intake()
    for row in rows:
        try:
            order = read_order(row.data, recipes)
            taken = _take_in(ledger, order, recipes[order.product])
        except OrderRefused as refused:
            intake.refused.append(Refusal(row.line, str(row.data.get("acceptance", ""))[:40], refused.text))
        else:
            (intake.accepted if taken else intake.already).append(order.acceptance)
    return intake


def next_waiting(ledger: Ledger) -> WorkOrder | None:
    """The order to call next: lowest priority number, then due first, then by acceptance number.

    One with a spoiled part that has not been remade is passed over. While a batch is open only its orders are called.
    """
    batch = ledger.connection.execute("SELECT batch FROM batches WHERE closed_at IS NULL").fetchone()
    among = "" if batch is None else " JOIN batch_orders USING (acceptance)"
    within = "" if batch is None else " AND batch = ?"
    row = ledger.connection.execute(
        f"SELECT body FROM orders{among} WHERE state = 'waiting'{within} AND NOT EXISTS ("  # noqa: S608 - constants
        " SELECT 1 FROM parts AS bad WHERE bad.acceptance = orders.acceptance AND bad.state = 'spoiled'"
        " AND NOT EXISTS (SELECT 1 FROM parts AS good WHERE good.acceptance = bad.acceptance"
        "  AND good.role = bad.role AND good.state != 'spoiled'))"
        " ORDER BY priority, due, acceptance LIMIT 1",
        () if batch is None else (batch[0],),
    ).fetchone()
    return WorkOrder.model_validate_json(row[0]) if row is not None else None


def order_of(ledger: Ledger, acceptance: str) -> WorkOrder | None:
    """The order with this acceptance number, or None."""
    row = ledger.connection.execute("SELECT body FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()
    return WorkOrder.model_validate_json(row[0]) if row is not None else None


def begin_attempt(ledger: Ledger, acceptance: str) -> int:
    """Call a waiting order to the line and return the attempt's number, from 1.

    :raises OrderRefused: it is not waiting.
    """
    _step(ledger, acceptance, OrderState.WAITING, OrderState.UNDER_WAY)
    ledger.connection.execute("UPDATE orders SET attempt = attempt + 1 WHERE acceptance = ?", (acceptance,))
    attempt = int(
        ledger.connection.execute("SELECT attempt FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()[0]
    )
    ledger.enter("attempt_begun", acceptance=acceptance, attempt=attempt)
    return attempt


def end_attempt(ledger: Ledger, acceptance: str, packed: bool) -> None:
    """End the live attempt, or one that was recalled: packed, or rejected until its rework is released.

    :raises OrderRefused: no attempt is open.
    """
    to = OrderState.PACKED if packed else OrderState.REJECTED
    row = ledger.connection.execute("SELECT state FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()
    recalled = row is not None and row[0] == OrderState.RECALLED and not packed
    _step(ledger, acceptance, OrderState.RECALLED if recalled else OrderState.UNDER_WAY, to)
    ledger.enter("attempt_ended", acceptance=acceptance, state=to.value)


def recall_order(ledger: Ledger, acceptance: str) -> None:
    """Open an order again whose parcel must not leave dispatch: only a person's answer ends it.

    :raises OrderRefused: no parcel of it has fallen.
    """
    row = ledger.connection.execute("SELECT state FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()
    under_way = row is not None and row[0] == OrderState.UNDER_WAY
    _step(ledger, acceptance, OrderState.UNDER_WAY if under_way else OrderState.PACKED, OrderState.RECALLED)
    ledger.enter("attempt_ended", acceptance=acceptance, state=OrderState.RECALLED.value)


def release_rework(ledger: Ledger, acceptance: str, by: str) -> None:
    """Let a rejected order be called again: its parts are whole, in hand, and back in the store.

    :param by: the account that says so.
    :raises OrderRefused: it is not rejected, or a part is lost, or spoiled and not remade.
    """
    parts = parts_of_order(ledger.connection, acceptance)
    whole = {part.role for part in parts if part.state not in (PartState.SPOILED, PartState.LOST)}
    missing = [f"{part.role} ({part.code})" for part in parts if part.role not in whole]
    if missing:
        raise OrderRefused(
            Text(
                f"订单 {acceptance}：部件 {missing} 已损毁或丢失；丢失的找到后先登记，否则登记报废，"
                "等待补制后重新导入订单",
                f"order {acceptance}: {missing} is spoiled or lost; answer for a lost one when it is found, else note "
                "it as spoiled; wait for its remake and import the order with its new code",
            )
        )
    _step(ledger, acceptance, OrderState.REJECTED, OrderState.WAITING)
    away = (PartState.ON_LINE, PartState.SEALED, PartState.RETURNED)
    move_parts(ledger, [part for part in parts if part.state in away], PartState.IN_STORE)
    ledger.enter("rework_released", acceptance=acceptance, by=by)


def set_priority(ledger: Ledger, acceptance: str, priority: int, by: str, why: str) -> None:
    """Let a waiting order be called sooner or later, 0 first. The order as it was handed in stays what it was.

    :raises OrderRefused: it is not waiting.
    """
    row = ledger.connection.execute("SELECT state, priority FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()
    if row is None or row[0] != OrderState.WAITING:
        state = row[0] if row is not None else "unknown"
        raise OrderRefused(
            Text(
                f"订单 {acceptance} 的状态为 {state}，只有待封装的才能调整优先级",
                f"order {acceptance} is {state}, only a waiting one gets another priority",
            )
        )
    ledger.connection.execute("UPDATE orders SET priority = ? WHERE acceptance = ?", (priority, acceptance))
    ledger.enter("priority_set", acceptance=acceptance, old=row[1], new=priority, by=by, why=why)


def _step(ledger: Ledger, acceptance: str, found: OrderState, to: OrderState) -> None:
    changed = ledger.connection.execute(
        "UPDATE orders SET state = ? WHERE acceptance = ? AND state = ?", (to, acceptance, found)
    ).rowcount
    if changed:
        return
    row = ledger.connection.execute("SELECT state FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()
    state = row[0] if row is not None else "unknown"
    raise OrderRefused(
        Text(
            f"订单 {acceptance} 的状态为 {state}，只有 {found} 才能变为 {to}",
            f"order {acceptance} is {state}, only a {found} one can become {to}",
        )
    )


def _take_in(ledger: Ledger, order: WorkOrder, recipe: Recipe) -> bool:
    """Enter the order; False when it is known as it is."""
    known = order_of(ledger, order.acceptance)
    if known == order:
        return False
    fresh = order.parts if known is None else _remade(ledger, known, order)
    for part in fresh:
        clash = part_by_code(ledger, part.code)
        if clash is not None:
            raise OrderRefused(
                Text(
                    f"{part.role} 的条码 {part.code} 已属于订单 {clash.acceptance}",
                    f"{part.role}.code is {part.code}, which belongs to order {clash.acceptance} already",
                )
            )
    _write(ledger, order, new=known is None)
    kinds = {part.role: part.kind for part in recipe.parts}
    for part in fresh:
        register_part(ledger, order.acceptance, part.role, kinds[part.role], part.code, part.number)
    reported = [
        part for part in parts_of_order(ledger.connection, order.acceptance) if part.state is PartState.REPORTED
    ]
    move_parts(ledger, reported, PartState.IN_STORE)
    return True


def _remade(ledger: Ledger, known: WorkOrder, given: WorkOrder) -> tuple[OrderedPart, ...]:
    """The parts that are a remake of a spoiled one, when nothing else differs.

    :raises OrderRefused: something else differs.
    """
    parts = parts_of_order(ledger.connection, known.acceptance)
    whole = {part.role for part in parts if part.state is not PartState.SPOILED}
    old = {part.role: part.code for part in known.parts}
    remade = tuple(part for part in given.parts if part.role not in whole and part.code != old.get(part.role))
    fine = {f"{part.role}.code" for part in remade}
    others = [each for each in differences(known, given) if each.split(":")[0] not in fine]
    if others:
        raise OrderRefused(
            Text(
                f"订单 {known.acceptance} 已存在且内容不同：{'；'.join(others)}",
                f"order {known.acceptance} is known and differs (known → given): {'; '.join(others)}",
            )
        )
    return remade


def _write(ledger: Ledger, order: WorkOrder, *, new: bool) -> None:
    body = order.model_dump_json()
    if not new:
        ledger.connection.execute("UPDATE orders SET body = ? WHERE acceptance = ?", (body, order.acceptance))
        ledger.enter("remake_delivered", acceptance=order.acceptance, codes=[part.code for part in order.parts])
        return
    ledger.connection.execute(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (
            order.acceptance,
            order.product,
            order.due.isoformat(),
            order.priority,
            order.route,
            OrderState.WAITING,
            body,
            ledger.at,
        ),
    )
    ledger.enter("order_accepted", acceptance=order.acceptance, product=order.product, priority=order.priority)
