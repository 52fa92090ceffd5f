"""`sealline vision bench`: how well and how fast, on a folder of labelled pictures, beside the readers alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.exits import FAILED, fail
from controller.commands.vision.bench_codes import (
    OURS,
    READERS,
    CodeResult,
    miss_table,
    read_table,
    time_table,
    try_codes,
)
from controller.commands.vision.bench_labels import PLATE, Labelled, labels_in
from controller.commands.vision.bench_plates import PlateResult, plate_table, try_plate
from controller.commands.vision.pictures_in import JsonOption, open_picture, print_json, show, shown_progress
from vision.pictures import UnreadablePictureError


def bench(
    folder: Annotated[Path, typer.Argument(help="Pictures and labels.csv: file, kind, text, source; a row a code.")],
    changes: Annotated[int, typer.Option(min=0, help="Confusable changes tried on each plate.")] = 2,
    every: Annotated[int, typer.Option(min=1, help="Only each so many-th picture: for a quick look.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure reading and verifying. Exit code 2 when a picture of the folder can't be opened."""
    codes: list[CodeResult] = []
    plates: list[PlateResult] = []
    unreadable = []
    for labelled in shown_progress(labels_in(folder)[::every], as_json=as_json):
        try:
            picture = open_picture(folder / labelled.file)
        except UnreadablePictureError as error:
            unreadable.append(f"{labelled.file}: {error}")
            continue
        if labelled.kind == PLATE:
            plates.append(try_plate(labelled, picture, changes))
        else:
            codes.append(try_codes(labelled, picture, 1 + len(labelled.beside)))
        if as_json:
            print_json(_plate_record(plates[-1]) if labelled.kind == PLATE else _code_record(codes[-1]))
    if not as_json:
        _print_tables(codes, plates)
    for line in unreadable:
        typer.echo(line, err=True)
    if unreadable:
        raise typer.Exit(FAILED)
    if not codes and not plates:
        fail(f"{folder}: labels.csv names no picture")


def _print_tables(codes: list[CodeResult], plates: list[PlateResult]) -> None:
    if codes:
        show(read_table(codes), time_table(codes), miss_table(codes))
    if plates:
        show(plate_table(plates))


def _code_record(result: CodeResult) -> dict[str, object]:
    return {
        **_of(result.labelled),
        "read": {reader: result.right(reader) for reader in READERS},
        "wrong": {reader: sorted(result.wrong(reader)) for reader in READERS},
        "cpu_ms": {reader: round(result.cpu_ms[reader], 2) for reader in READERS},
        "step": result.step,
        "codes": sorted(result.said[OURS]),
    }


def _plate_record(result: PlateResult) -> dict[str, object]:
    characters = next((check for check in result.verdict.checks if check.name == "plate_characters"), None)
    return {
        **_of(result.labelled),
        "verdict": result.verdict.outcome.value,
        "score": characters.score if characters else None,
        "failed": [check.name for check in result.verdict.failed],
        "changes": result.changes,
        "accepted_changes": result.accepted_changes,
        "cpu_ms": round(result.cpu_ms, 2),
    }


def _of(labelled: Labelled) -> dict[str, object]:
    return {"file": labelled.file, "kind": labelled.kind, "text": labelled.text, "source": labelled.source}
