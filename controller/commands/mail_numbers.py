"""`sealline mail-numbers`: fill the pool of mail numbers and see how many are left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from controller.commands.printing import console, table
from controller.commands.way_in import DEFAULT_CONFIG, REFUSED, ConfigOption, fail, hand_in, load, reading, say
from controller.desk.handing_in import NumbersReport, hand_in_numbers
from controller.journal.reading import tallied
from controller.orders.mail_numbers import fill_pool
from controller.words.text import Text

mail_numbers = typer.Typer(name="mail-numbers", help="Fill the pool of mail numbers.", no_args_is_help=True)


@mail_numbers.command("import")
def import_numbers(
    file: Annotated[Path, typer.Argument(help="Text, one number a line; empty lines and #-comments are passed over.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take mail numbers into the pool. One that is known in any state is not taken again."""
    line = load(config)
    numbers = _read(file)
    prefixes = line.mail_numbers.unchecked_prefixes
    report = asyncio.run(
        hand_in(
            line,
            lambda client: hand_in_numbers(client, numbers),
            lambda ledger: NumbersReport.of(fill_pool(ledger, numbers, prefixes)),
        )
    )
    for refused in report.refused:
        told = Text(refused.zh, refused.en).within(refused.number, refused.number)
        typer.echo(say(line, told), err=True)
    counts = Text(
        f"新增 {report.added}，已有 {report.already}，拒绝 {len(report.refused)}",
        f"{report.added} added, {report.already} known already, {len(report.refused)} refused",
    )
    typer.echo(say(line, counts))
    if report.refused:
        raise typer.Exit(REFUSED)


@mail_numbers.command("list")
def list_numbers(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show how many mail numbers are in each state."""
    listed = table("state", "numbers")
    with reading(load(config)) as connection:
        for state, count in tallied(connection, "mail_numbers").items():
            listed.add_row(state, str(count))
    console().print(listed)


def _read(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        fail(f"{file}: can't be read ({error.strerror})")
    except UnicodeDecodeError as error:
        fail(f"{file}: is not UTF-8 at byte {error.start}: mail numbers are plain letters and digits")
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
