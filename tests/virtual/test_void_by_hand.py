"""A supervisor voids the number of an item under way: it goes to reject, unlabelled; rework takes another number."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from simulators.virtual import campaign
from simulators.virtual.cut import WHOLE
from simulators.virtual.floor import Ended, VirtualFloor

LABELS: dict[str, list[str]] = {}


class Supervised(VirtualFloor):
    """A floor on which the first number is voided at `kind` of its entries."""

    kind = ""

    async def run(self) -> Ended:
        """Run, and void meanwhile."""
        voiding = asyncio.create_task(self._void())
        ended = await super().run()
        await voiding
        LABELS[self.kind] = list(ended.printed)
        return ended

    async def _void(self) -> None:
        while not (number := self._first()):  # noqa: ASYNC110 -- nothing tells of a journal's entry from outside
            await asyncio.sleep(0.02)
        answer = await self.call("void_mail_number", number=number, by="zhao", why="torn at the peel edge")
        assert answer["item"]

    def _first(self) -> str:
        if not self.journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'history'").fetchone():
            return ""
        question = "SELECT json_extract(data, '$.number') FROM history WHERE kind = ?"
        row = self.journal.execute(question, (self.kind,)).fetchone()
        return str(row[0]) if row else ""


def entries(journal: sqlite3.Connection) -> list[tuple[float, str]]:
    question = (
        "SELECT mail_numbers.number, mail_numbers.state, items.outcome, orders.state, orders.attempt, suspect"
        " FROM items JOIN mail_numbers ON mail_number = number JOIN orders USING (acceptance)"
        " WHERE mail_numbers.state = 'voided'"
    )
    return [(0.0, "|".join(map(str, row))) for row in journal.execute(question)]


@pytest.mark.parametrize("kind", ["mail_number_reserved", "mail_number_printed", "mail_number_applied"])
def test_a_number_is_voided_on_its_way(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Supervised, "kind", kind)
    monkeypatch.setattr(campaign, "VirtualFloor", Supervised)
    monkeypatch.setattr(campaign, "line_did", entries)
    run: Any = campaign.simulate(5, 4, "none", cut=WHOLE)
    assert not run.findings
    ((_, told),) = run.did
    number, *standing = told.split("|")
    assert standing == ["voided", "rejected", "packed", "2", "its waybill was voided by hand"]
    assert LABELS[kind].count(number) <= 1
    assert len(LABELS[kind]) == len(set(LABELS[kind]))
