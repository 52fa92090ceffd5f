"""`sealline item`: the whole story of one item, from the order to the receipt."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text as Styled

from controller.commands.printing import console, local, table
from controller.commands.way_in import DEFAULT_CONFIG, ConfigOption, fail, load, reading
from controller.eyes.evidence import EvidenceStore
from controller.journal.reading import EvidenceRow, ItemRow, Story, item_story

item = typer.Typer(name="item", help="See the story of an item.", no_args_is_help=True)
_STYLES = {"packed": "green", "rejected": "red", "unknown": "red"}


@item.command("show")
def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Mail number, acceptance number or item number.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show all that the journal knows: attempts, mail numbers, a time line, pictures."""
    line = load(config)
    with reading(line) as connection:
        story = item_story(connection, key)
    if story is None:
        fail(f"{key}: no mail number, order or item of this journal has that number")
    paper = console()
    paper.print(_attempts(story))
    for number, state in story.mail_numbers.items():
        paper.print(f"mail number {number}: {state}")
    paper.print(_time_line(story))
    if story.evidence:
        paper.print(_pictures(story, EvidenceStore(line.store.evidence)))


@item.callback()
def _group() -> None:
    """See the story of an item."""


def _attempts(story: Story) -> Table:
    listed = table("item", "attempt", "carrier", "stage", "outcome", "mail number", title=f"order {story.acceptance}")
    for row in story.items:
        listed.add_row(
            str(row.item), str(row.attempt), str(row.carrier), _stage(row), _outcome(row), row.mail_number or ""
        )
    return listed


def _stage(row: ItemRow) -> str:
    where = f"{row.stage} at {row.zone}"
    return f"{where}, suspect: {row.suspect}" if row.suspect else where


def _outcome(row: ItemRow) -> Styled:
    words = " ".join(each for each in (row.outcome or "under way", row.reason, row.chute or "") if each)
    return Styled(words, style=_STYLES.get(row.outcome or "", ""))


def _time_line(story: Story) -> Table:
    listed = table("at", "after", "item", "what", "data", title="time line")
    before: datetime | None = None
    for entry in story.entries:
        at = datetime.fromisoformat(entry.at)
        after = f"+{(at - before).total_seconds():.3f} s" if before is not None else ""
        listed.add_row(local(entry.at), after, str(entry.item or ""), entry.kind, Styled(_words(entry.data)))
        before = at
    return listed


def _pictures(story: Story, store: EvidenceStore) -> Table:
    listed = table("at", "item", "station", "camera", "outcome", "failed checks", "picture", title="evidence")
    for row in story.evidence:
        listed.add_row(
            local(row.taken_at),
            str(row.item),
            row.station,
            row.camera,
            row.outcome,
            Styled(failed_checks(row)),
            Styled(_path(row, store)),
        )
    return listed


def _path(row: EvidenceRow, store: EvidenceStore) -> str:
    return str(store.path_of(Path(row.picture).stem).absolute()) if row.picture else "no picture"


def failed_checks(row: EvidenceRow) -> str:
    """What a picture did not show, a check a line."""
    failed = [check for check in row.checks if check["outcome"] != "accept"]
    return "\n".join(f"{check['name']} {check['subject']}".rstrip() + f": {_difference(check)}" for check in failed)


def _difference(check: dict[str, Any]) -> str:
    expected, found = check["expected"], check["found"]
    if expected != found:
        return f"expected {expected!r}, found {found!r}"
    if check["outcome"] == "unsure":
        return f"{found!r} is not sure"
    return f"expected {expected!r}, found another that looks the same once masked"


def _words(data: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in data.items() if value not in ("", None, [], {}))
