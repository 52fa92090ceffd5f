"""What the web process has done by itself, entered into the journal: sign-ins, changes of accounts, look-ups.

Notes come numbered from a book of people. The journal remembers the last one of each book, so that a note whose
answer was lost is not entered twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.journal import Ledger


class NoteForm(BaseModel):
    """One note. :ivar what: becomes the kind of the entry; nothing that the line itself enters stands here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1)]
    what: Literal[
        "signed_in",
        "signed_out",
        "sign_in_refused",
        "person_added",
        "person_changed",
        "person_secret_set",
        "person_badge_set",
        "token_added",
        "token_removed",
        "looked_up",
        "report_exported",
    ]
    by: Annotated[str, Field(max_length=40)]
    at: Annotated[str, Field(max_length=40)]
    facts: dict[str, str | int | float | bool | None]


class NotesForm(BaseModel):
    """Notes of one book, in their order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    notes: Annotated[tuple[NoteForm, ...], Field(max_length=1000)]


def enter_notes(ledger: Ledger, form: NotesForm) -> int:
    """Enter the notes that the journal does not have yet; returns how many."""
    key = f"notes_of:{form.origin}"
    row = ledger.connection.execute("SELECT value FROM line WHERE key = ?", (key,)).fetchone()
    last = int(row[0]) if row else 0
    fresh = [note for note in form.notes if note.number > last]
    for note in fresh:
        facts: dict[str, Any] = {name: value for name, value in note.facts.items() if value not in ("", None)}
        ledger.enter(note.what, **{**facts, "by": note.by, "noted_at": note.at})
    if fresh:
        number = str(fresh[-1].number)
        ledger.connection.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (key, number))
    return len(fresh)
