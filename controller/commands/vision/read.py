"""`sealline vision read`: the codes in pictures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from controller.commands.exits import REFUSED
from controller.commands.vision.pictures_in import (
    FormatsOption,
    JsonOption,
    PathsArgument,
    column,
    formats_named,
    open_picture,
    pictures_in,
    print_json,
    show,
    shown_progress,
    tell_unusable,
)
from vision.barcodes import FULL_MS, Code, climb_picture
from vision.pictures import UnreadablePictureError
from vision.verdict import Symbology


@dataclass(frozen=True, slots=True)
class _Found:
    """What one picture gave. :ivar step: after which reading ended; :ivar error: why the picture can't be used."""

    file: str
    codes: tuple[Code, ...] = ()
    step: str = ""
    error: str = ""


def read(
    paths: PathsArgument,
    formats: FormatsOption = "",
    at_least: Annotated[int, typer.Option(min=1, max=100, help="Try harder until so many codes are read.")] = 1,
    budget_ms: Annotated[float, typer.Option(min=0, help="Nominal cost allowed for harder tries; 0: none.")] = FULL_MS,
    as_json: JsonOption = False,
) -> None:
    """Read the codes in pictures, at any rotation. Exit code 1 when a picture can't be used."""
    kinds = formats_named(formats)
    found = []
    for path in shown_progress(pictures_in(paths), as_json=as_json):
        found.append(_read_one(path, kinds, budget_ms, at_least))
        if as_json:
            print_json(asdict(found[-1]))
    if not as_json:
        show(_table([each for each in found if not each.error]))
        tell_unusable((each.file, each.error) for each in found if each.error)
    if any(each.error for each in found):
        raise typer.Exit(REFUSED)


def _read_one(path: Path, kinds: frozenset[Symbology], budget_ms: float, at_least: int) -> _Found:
    try:
        climbed = climb_picture(open_picture(path), kinds, budget_ms, at_least=at_least)
    except UnreadablePictureError as error:
        return _Found(str(path), error=str(error))
    return _Found(str(path), tuple(climbed.codes), climbed.step)


def _table(found: list[_Found]) -> Table:
    kind = [column(name, whole=True) for name in ("symbology", "AIM")]
    table = Table(column("picture"), *kind, *map(column, ("text", "middle", "step")))
    for each in found:
        if not each.codes:
            table.add_row(escape(each.file), "-", "", "[red]no code read[/]", "", each.step)
        for code in each.codes:
            middle = "{:.0f}, {:.0f}".format(*code.centre)
            table.add_row(
                escape(each.file), code.symbology.value, escape(code.aim), escape(code.text), middle, each.step
            )
    return table
