"""What a person's answer makes of an item that the line lost sight of; each inside one journal change.

An answer is taken only for what is open: an item that never ended, one of which nobody knew the chute, one that was
recalled, one that was lost. It never makes a parcel good: into dispatch goes only what the gate was permitted to put
there after every proof.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from controller.exits import Outcome, Reason
from controller.flow.calling import item_of
from controller.flow.ending import record_found, record_lost, record_packed, record_rejected
from controller.flow.found import Found
from controller.flow.items import Item, Stage
from controller.journal import Ledger
from controller.plan.recipes import Recipe
from controller.words.text import Text
from devices.plc.contract import Chute


@dataclass(frozen=True, slots=True)
class Answer:
    """:ivar by: the account that says so; :ivar why: how it knows, in its own words, without a citizen's name."""

    found: Found
    by: str
    why: str


class AnswerRefused(Exception):
    """An answer that does not fit. :ivar code: stable; :ivar allowed: answers that would."""

    def __init__(self, code: str, text: Text, allowed: tuple[Found, ...] = ()) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text
        self.allowed = allowed


def fitting(ledger: Ledger, token: int) -> tuple[Found, ...]:
    """The answers that an item may be given now; none when it is not open."""
    row = ledger.connection.execute("SELECT outcome, stage FROM items WHERE item = ?", (token,)).fetchone()
    outcome, stage = row if row is not None else ("none", "")
    if outcome is None and stage == Stage.DIVERTING:
        return ()  # the gate may know
    if outcome == "unknown" and _permitted_to_dispatch(ledger, token):
        return (Found.DISPATCH, Found.REJECT, Found.ON_LINE, Found.GONE)
    return _FITTING.get(outcome, ())


_FITTING: Mapping[str | None, tuple[Found, ...]] = {
    None: (Found.REJECT, Found.ON_LINE, Found.GONE),
    "unknown": (Found.REJECT, Found.ON_LINE, Found.GONE),
    "recalled": (Found.REJECT, Found.ON_LINE, Found.GONE),
    "lost": (Found.REJECT, Found.ON_LINE),
}


def answer_item(ledger: Ledger, token: int, answer: Answer, recipes: Mapping[str, Recipe], line_id: str) -> Item:
    """End an open item as a person says, and return it. The caller has seen to it that no task leads it.

    :raises AnswerRefused: there is no such item, it is not open, or the answer does not fit.
    """
    item = item_of(ledger, token, recipes)
    if item is None:
        raise AnswerRefused("unknown_item", Text(f"没有封装件 {token}", f"there is no item {token}"))
    allowed = fitting(ledger, token)
    if answer.found not in allowed:
        raise _misfit(ledger, token, answer.found, allowed)
    outcome, bag = ledger.connection.execute("SELECT outcome, bag FROM items WHERE item = ?", (token,)).fetchone()
    ledger.enter(
        "item_answered",
        item=token,
        acceptance=item.acceptance,
        found=answer.found.value,
        was=outcome or "open",
        by=answer.by,
        why=answer.why,
    )
    here = Outcome(packed=False, reason=Reason.SUSPECT, facts={"cause": "found by hand"})
    if answer.found is Found.DISPATCH:
        record_packed(ledger, item, line_id, bag)
    elif answer.found is Found.GONE:
        record_lost(ledger, item, Outcome(packed=False, reason=Reason.UNKNOWN_OUTCOME))
    elif outcome == "lost":
        record_found(ledger, item, here)
    else:
        record_rejected(ledger, item, here)
    return item


def items_missing_on(ledger: Ledger, carrier: int) -> list[int]:
    """Items that never ended and whose carrier this is, oldest first."""
    rows = ledger.connection.execute(
        "SELECT item FROM items WHERE carrier = ? AND ended_at IS NULL ORDER BY item", (carrier,)
    )
    return [int(row[0]) for row in rows]


def _permitted_to_dispatch(ledger: Ledger, token: int) -> bool:
    """Whether the last thing that the gate was permitted was to put this item into dispatch, all being proven."""
    row = ledger.connection.execute(
        "SELECT data FROM history WHERE item = ? AND kind = ? ORDER BY seq DESC LIMIT 1", (token, Stage.DIVERTING)
    ).fetchone()
    return row is not None and json.loads(row[0])["chute"] == Chute.DISPATCH.name.lower()


def _misfit(ledger: Ledger, token: int, found: Found, allowed: tuple[Found, ...]) -> AnswerRefused:
    outcome = ledger.connection.execute("SELECT outcome FROM items WHERE item = ?", (token,)).fetchone()[0]
    if not allowed and outcome is None:
        text = Text(
            f"封装件 {token} 停在分拣门：先按“复位”，由分拣门报告它落在哪里",
            f"item {token} stood before the gate: Reset first, the gate may know where it fell",
        )
    elif not allowed:
        text = Text(
            f"封装件 {token} 已结束（{outcome}），无需登记", f"item {token} has ended {outcome}: nothing is open"
        )
    elif found is Found.DISPATCH:
        text = Text(
            f"封装件 {token} 未获准进入发运滑槽：从邮袋中取出，登记为“reject”",
            f"item {token} was never permitted into dispatch: take it out of the bag and answer `reject`",
        )
    else:
        text = Text(
            f"封装件 {token}：不能登记为“{found}”，可用：{list(map(str, allowed))}",
            f"item {token}: `{found}` does not fit, allowed: {list(map(str, allowed))}",
        )
    return AnswerRefused("answer_refused", text, allowed)
