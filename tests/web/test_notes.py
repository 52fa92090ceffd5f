"""Notes of the web process in the line's journal: in order, each once, in the chain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
from pydantic import ValidationError

from controller.clock import SystemClock
from controller.desk.noting import NotesForm, enter_notes
from controller.journal import Journal
from controller.journal.reading import verify_chain
from controller.journal.store import open_reading
from controller.plan.config import LineConfig
from tests.web.staff import hire


@pytest.fixture
async def journal(config: LineConfig) -> AsyncIterator[Journal]:
    async with Journal(config.store.journal, SystemClock()) as journal:
        yield journal


def notes(*numbers: int, origin: str = "0" * 16, **changes: Any) -> NotesForm:
    note = {"what": "person_changed", "by": "zhao", "at": "2026-11-30T06:00:00Z", "facts": {"old": "", "why": "test"}}
    told = [{**note, **changes, "number": number} for number in numbers]
    return NotesForm.model_validate({"origin": origin, "notes": told})


async def test_a_note_that_comes_again_is_entered_once(journal: Journal, config: LineConfig) -> None:
    assert await journal.write(lambda ledger: enter_notes(ledger, notes(1, 2))) == 2
    assert await journal.write(lambda ledger: enter_notes(ledger, notes(1, 2, 3))) == 1
    assert await journal.write(lambda ledger: enter_notes(ledger, notes(1, origin="f" * 16))) == 1
    with closing(open_reading(config.store.journal)) as reading:
        rows = reading.execute("SELECT kind, data FROM history").fetchall()
        assert verify_chain(reading) is None
    assert [row[0] for row in rows] == ["person_changed"] * 4
    assert rows[0][1] == '{"by":"zhao","noted_at":"2026-11-30T06:00:00Z","why":"test"}'


@pytest.mark.parametrize("changes", [{"what": "packed"}, {"what": "unit_state"}, {"facts": {"a": {"b": 1}}}])
def test_a_note_can_not_pass_for_an_entry_of_the_line(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        notes(1, **changes)


async def test_the_book_keeps_its_notes_until_the_journal_has_them(config: LineConfig) -> None:
    book = hire(config, "wang", "li")
    first, second = book.waiting_notes()
    assert (first.what, first.facts["person"], second.facts["person"]) == ("person_added", "wang", "li")
    book.noted(first.number)
    assert book.waiting_notes() == [second]
    book.noted(second.number)
    book.note("looked_up", "wang", key="GZ1")
    assert [note.number for note in book.waiting_notes()] == [second.number + 1]
    assert config.store.people.stat().st_mode & 0o077 == 0
