"""The pictures that a vision command was given: files, or all pictures of folders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.table import Column

from controller.commands.exits import fail
from vision.pictures import Picture, decode
from vision.verdict import Symbology

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"))
LEAST_SIDE_PX = 4
"""Nothing can be read or verified in less."""
PathsArgument = Annotated[list[Path], typer.Argument(help="Pictures, or folders of pictures.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a picture, each on its line.")]
FormatsOption = Annotated[
    str, typer.Option("--formats", help="Kinds of code to look for, as code128,qrcode; empty: all that are known.")
]


def pictures_in(paths: list[Path]) -> list[Path]:
    """All pictures of the paths, folders in the order of their names. None at all ends the command."""
    found = [picture for path in paths for picture in _of(path)]
    if not found:
        fail(f"{', '.join(map(str, paths))}: no picture there; looked for {', '.join(sorted(SUFFIXES))}")
    return found


def _of(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES)
    elif path.exists():
        yield path
    else:
        fail(f"{path}: there is no such file or folder")


def open_picture(path: Path) -> Picture:
    """The pixels, of whatever size a cut-out has from `LEAST_SIDE_PX` on.

    :raises UnreadablePictureError: it is no allowed picture. :raises OSError: the file can't be read.
    """
    cv2.setNumThreads(1)
    return decode(path.read_bytes(), min_side_px=LEAST_SIDE_PX)


def formats_named(names: str) -> frozenset[Symbology]:
    """The kinds that an option names; an unknown name ends the command."""
    known = {kind.value.lower(): kind for kind in Symbology} | {
        kind.name.lower().replace("_", ""): kind for kind in Symbology
    }
    wanted = [name.strip().lower().replace("-", "").replace("_", "") for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        fail(f"--formats: {', '.join(unknown)} is unknown; known: {', '.join(kind.value for kind in Symbology)}")
    return frozenset(known[name] for name in wanted) or frozenset(Symbology)


def column(name: str, *, whole: bool = False) -> Column:
    """A table's column that cuts nothing off. :param whole: its words are never broken."""
    return Column(name, overflow="fold", no_wrap=whole)


def tell_unusable(errors: Iterable[tuple[str, str]]) -> None:
    """One line for each picture that can't be used, under the table of the others."""
    for file, error in errors:
        typer.echo(f"{file}: {error}", err=True)


def print_json(record: Mapping[str, object]) -> None:
    """One object on one line."""
    typer.echo(json.dumps(record, ensure_ascii=False))
