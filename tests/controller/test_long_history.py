"""After years the line works as on its first day: what it asks of the journal does not grow with the history.

Counted in steps of SQLite's virtual machine, which are the same on every machine and at every load.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from order_bench import car_order, open_journal, rows

from controller.dispatch.bags import open_bag
from controller.dispatch.outbox import outbox_counts, pending_after
from controller.escape_bound import Campaign
from controller.eyes.evidence import expire
from controller.flow.calling import call_next, item_of, last_item_on, open_items, without_recipe
from controller.flow.items import Item
from controller.flow.slips import contradicted, unanchored
from controller.journal import Journal, Ledger
from controller.journal.escape import escape_view
from controller.journal.open_matters import open_matters
from controller.journal.reading import counters, item_story, pick_list, verify_chain
from controller.journal.reject_views import recent_rejects
from controller.orders.mail_numbers import fill_pool, reserve
from controller.orders.parts_ledger import spoil_part
from controller.orders.work_orders import accept_orders
from controller.plan.config import LineConfig
from tests.long_history import fill

SHORT, LONG = 300, 3000
STEPS_EACH = 50
ROOM = 3
"""An index ten times as long is a page or two deeper; a table that is read through is ten times as long."""
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def _newest(ledger: Ledger, line: LineConfig) -> Item:
    (token,) = ledger.connection.execute("SELECT MAX(item) FROM items").fetchone()
    item = item_of(ledger, token, line.recipes)
    assert item is not None
    return item


Question = Callable[[Ledger, LineConfig], Any]
QUESTIONS: dict[str, Question] = {
    "counters": lambda ledger, _: counters(ledger.connection),
    "rejects shown": lambda ledger, _: recent_rejects(ledger.connection, 2),
    "pick list": lambda ledger, _: pick_list(ledger.connection),
    "open items": lambda ledger, line: open_items(ledger, line.recipes),
    "recipes needed": lambda ledger, line: without_recipe(ledger, line.recipes),
    "a carrier never seen": lambda ledger, line: last_item_on(ledger, 99, line.recipes),
    "orders in": lambda ledger, line: accept_orders(ledger, rows(car_order(1), car_order(2)), line.recipes),
    "numbers in": lambda ledger, _: fill_pool(ledger, ["1100000001460"]),
    "call": lambda ledger, line: call_next(ledger, 3, line.recipes),
    "number of an item": lambda ledger, _: reserve(ledger, LONG + 1, "GA000001"),
    "spoiled part": lambda ledger, _: spoil_part(ledger, "PM0000000004", "scratched", "test"),
    "bag": lambda ledger, _: open_bag(ledger),
    "outbox": lambda ledger, _: outbox_counts(ledger.connection),
    "letters": lambda ledger, _: pending_after(ledger, 0, 10),
    "pictures expired": lambda ledger, _: expire(ledger, NOW),
    "what a slip makes doubtful": lambda ledger, _: unanchored(ledger.connection),
    "open matters": lambda ledger, _: open_matters(ledger.connection, 10),
    "escape bound": lambda ledger, _: escape_view(ledger.connection, counters(ledger.connection), Campaign(1)),
    "whose code it is": lambda ledger, line: contradicted(
        ledger, _newest(ledger, line), ("PM0000000404", "EA123456785CN", "粤A00404")
    ),
    "a story": lambda ledger, _: item_story(ledger.connection, "LH000000120"),
}


class Steps:
    """Counts what a question costs."""

    def __init__(self) -> None:
        self.taken = 0

    def count(self) -> int:
        self.taken += STEPS_EACH
        return 0

    def of(self, ledger: Ledger, question: Callable[[], Any]) -> int:
        self.taken = 0
        ledger.connection.set_progress_handler(self.count, STEPS_EACH)
        try:
            question()
        finally:
            ledger.connection.set_progress_handler(None, 0)
        return self.taken


async def _costs(journal: Journal, line: LineConfig, items: int) -> dict[str, int]:
    steps = Steps()
    await journal.write(lambda ledger: fill(ledger, items))
    # Tokens go on at the same number in both, so that each question is the same.
    await journal.write(
        lambda ledger: ledger.connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'items'", (LONG,))
    )
    return {
        name: await journal.write(lambda ledger, ask=ask: steps.of(ledger, lambda: ask(ledger, line)))
        for name, ask in QUESTIONS.items()
    }


async def test_no_question_grows_with_the_history(tmp_path: Path, example: LineConfig) -> None:
    async with open_journal(tmp_path / "short.db") as journal:
        short = await _costs(journal, example, SHORT)
    async with open_journal(tmp_path / "long.db") as journal:
        long = await _costs(journal, example, LONG)
    grown = {name: (short[name], long[name]) for name in QUESTIONS if long[name] > ROOM * short[name] + 200}
    assert not grown


async def test_what_is_kept_counted_is_what_a_count_would_find(journal: Journal) -> None:
    await journal.write(lambda ledger: fill(ledger, SHORT))

    def look(ledger: Ledger) -> None:
        counted = counters(ledger.connection)
        one = ledger.connection.execute
        assert counted.packed == one("SELECT COUNT(*) FROM orders WHERE state = 'packed'").fetchone()[0] > 0
        assert counted.mail_numbers_voided == SHORT // 97
        assert counted.events_acknowledged == one("SELECT COUNT(*) FROM outbox").fetchone()[0] > 0
        assert verify_chain(ledger.connection) is None

    await journal.write(look)


async def test_the_reasons_of_rejects_stay_counted_when_an_outcome_changes(journal: Journal) -> None:
    def change(ledger: Ledger) -> list[dict[str, int]]:
        fill(ledger, 3)
        told = []
        for outcome, reason in (("unknown", "a"), ("rejected", "a"), ("rejected", "b"), ("unknown", "b")):
            ledger.connection.execute("UPDATE items SET outcome = ?, reason = ? WHERE item = 2", (outcome, reason))
            told.append(counters(ledger.connection).rejected_by_reason)
        return told

    assert await journal.write(change) == [{}, {"a": 1}, {"b": 1}, {}]


async def test_many_pictures_expire_a_few_at_a_time(journal: Journal) -> None:
    await journal.write(lambda ledger: fill(ledger, 50))
    later = datetime(2100, 1, 1, tzinfo=UTC)
    removed = [await journal.write(lambda ledger: expire(ledger, later, most=20)) for _ in range(4)]
    assert [None if each is None else len(each) for each in removed] == [20, 20, 10, None]


@pytest.mark.parametrize("table", ["orders", "mail_numbers", "outbox"])
async def test_a_state_is_counted_once_wherever_it_moves(journal: Journal, table: str) -> None:
    def change(ledger: Ledger) -> tuple[int, int]:
        fill(ledger, 5)
        ledger.connection.execute(f"UPDATE {table} SET state = 'parked'")
        ledger.connection.execute(f"UPDATE {table} SET state = 'parked'")
        rows = ledger.connection.execute("SELECT value, n FROM tallies WHERE what = ?", (table,)).fetchall()
        return dict(rows)["parked"], sum(n for _, n in rows)

    assert await journal.write(change) == (5, 5)
