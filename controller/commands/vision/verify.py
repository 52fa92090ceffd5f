"""`sealline vision verify`: is this the plate of that number?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from controller.commands.exits import REFUSED, fail
from controller.commands.vision.pictures_in import (
    JsonOption,
    PathsArgument,
    column,
    open_picture,
    pictures_in,
    print_json,
    show,
    shown_progress,
    tell_unusable,
)
from vision.looks import MOST_LOOKS, Looks, clear, settled
from vision.pictures import UnreadablePictureError
from vision.plate.kinds import PlateKind
from vision.plates import verify_crop, verify_picture
from vision.verdict import Check, Outcome, Verdict

_STYLES = {Outcome.ACCEPT: "green", Outcome.REJECT: "red", Outcome.UNSURE: "yellow"}


_MEASURED = ("found", "score", "from")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one picture gave. :ivar score: margin of the characters, None when the picture can't be used."""

    file: str
    verdict: str
    score: float | None
    threshold: float | None
    checks: tuple[Check, ...] = ()
    error: str = ""


def _kind_named(name: str) -> PlateKind:
    try:
        return PlateKind(name)
    except ValueError:
        raise typer.BadParameter(f"{name!r} is no kind of plate; known: {', '.join(PlateKind)}") from None


def verify(
    paths: PathsArgument,
    expect_plate: Annotated[str, typer.Option("--expect-plate", help="Number that must stand there, as 粤B12345.")],
    plate_kind: Annotated[
        PlateKind | None,
        typer.Option(
            "--plate-kind",
            parser=_kind_named,
            metavar="KIND",
            help=f"Kind of plate: {', '.join(PlateKind)}; left out: any that can bear the number.",
        ),
    ] = None,
    crop: Annotated[bool, typer.Option("--crop", help="Each picture is a cut-out plate.")] = False,
    one_plate: Annotated[
        bool,
        typer.Option(
            "--one-plate", help=f"The pictures show the same plate, {MOST_LOOKS} at most: decide as the line."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Verify that plates bear a number: accept, reject or unsure.

    Exit code 1 unless every picture is accepted; with --one-plate the first that is not unsure decides, and an unsure
    one is joined with those before it.
    """
    shown = pictures_in(paths)
    if one_plate and len(shown) > MOST_LOOKS:
        fail(f"--one-plate: {len(shown)} pictures; at most {MOST_LOOKS} looks decide")
    answers: list[_Answer] = []
    earlier: Looks = ()
    for path in shown_progress(shown, as_json=as_json):
        answer = _answer(path, expect_plate, plate_kind, crop, earlier)
        answers.append(replace(answer, checks=settled(answer.checks)))
        if as_json:
            print_json(asdict(answers[-1]))
        if one_plate:
            earlier += clear(answer.checks)
            if answer.verdict != Outcome.UNSURE:
                break
    if not as_json:
        show(_table([each for each in answers if not each.error]))
        tell_unusable((each.file, each.error) for each in answers if each.error)
    deciding = answers[-1:] if one_plate else answers
    if any(answer.verdict != Outcome.ACCEPT for answer in deciding):
        raise typer.Exit(REFUSED)


def _answer(path: Path, expected: str, kind: PlateKind | None, crop: bool, earlier: Looks) -> _Answer:
    try:
        picture = open_picture(path)
    except UnreadablePictureError as error:
        return _Answer(str(path), Outcome.REJECT.value, None, None, error=str(error))
    verdict = (verify_crop if crop else verify_picture)(picture, expected, kind, earlier)
    return _of(str(path), verdict)


def _of(file: str, verdict: Verdict) -> _Answer:
    characters = next((check for check in verdict.checks if check.name == "plate_characters"), None)
    score, threshold = (characters.score, characters.threshold) if characters else (None, None)
    return _Answer(file, verdict.outcome.value, score, threshold, verdict.checks)


def _table(answers: list[_Answer]) -> Table:
    table = Table(
        column("picture"), column("verdict", whole=True), column("check", whole=True), *map(column, _MEASURED)
    )
    for answer in answers:
        style = _STYLES[Outcome(answer.verdict)]
        table.add_row(escape(answer.file), f"[{style}]{answer.verdict}[/]")
        for check in answer.checks:
            style = _STYLES[check.outcome]
            failed = "" if check.outcome is Outcome.ACCEPT else f"[{style}]{check.outcome.value}[/]"
            table.add_row(
                "",
                failed,
                f"[{style}]{check.name}[/]",
                escape(check.found),
                _number(check.score),
                _number(check.threshold),
            )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
