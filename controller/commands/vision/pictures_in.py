"""The pictures that a vision command was given: files, or all pictures of folders."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import cv2
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from controller.commands.exits import fail
from controller.commands.printing import console
from vision.pictures import Picture, UnreadablePictureError, decode
from vision.verdict import Symbology

T = TypeVar("T")
SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"))
MAX_FILE_BYTES = 400_000_000
"""A picture of all allowed pixels, 16 bits deep, transparent and not packed, has 320 MB."""
_NARROW = 110
"""Columns."""
_MANY = 10
"""Pictures."""
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


def shown_progress(things: list[T], *, as_json: bool) -> Iterable[T]:
    """The things, with a bar on standard error where a person waits for many at a terminal."""
    screen = Console(stderr=True)
    if as_json or len(things) < _MANY or not screen.is_terminal:
        return things
    from rich.progress import track

    return track(things, "pictures", console=screen, transient=True)


def _of(path: Path) -> Iterator[Path]:
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif path.exists():
            yield path
        else:
            fail(f"{path}: there is no such file or folder")
    except OSError as error:
        fail(f"{error.filename or path}: {told(error)}")


def _in_folder(folder: Path) -> list[Path]:
    """Every picture beneath it, none left out silently. :raises OSError: it or a folder in it may not be entered."""

    def refuse(error: OSError) -> None:
        raise error

    beneath = (Path(root) / name for root, _, names in os.walk(folder, onerror=refuse) for name in names)
    return sorted(file for file in beneath if file.suffix.lower() in SUFFIXES and file.is_file())


def told(error: OSError) -> str:
    """Why a file can't be read and what to do, without its name, which stands before."""
    if isinstance(error, PermissionError):
        return "may not be read by this user: give the right to read it, and to enter its folder"
    return error.strerror or str(error)


def bytes_of(path: Path) -> bytes:
    """A file's content. :raises UnreadablePictureError: it can't be read, or is larger than any picture."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UnreadablePictureError(f"file of {size} bytes; allowed: up to {MAX_FILE_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise UnreadablePictureError(told(error)) from error


def open_picture(path: Path) -> Picture:
    """The pixels, of whatever size a cut-out has from `LEAST_SIDE_PX` on.

    :raises UnreadablePictureError: the file can't be read, or is no allowed picture.
    """
    cv2.setNumThreads(1)
    try:
        return decode(bytes_of(path), min_side_px=LEAST_SIDE_PX)
    except MemoryError as error:
        raise UnreadablePictureError("there is not enough memory for it") from error


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
    """A table's column that cuts nothing off and breaks no word of its name. :param whole: nor any in it."""
    return Column(name, overflow="fold", no_wrap=whole, min_width=max(map(len, name.split())))


def show(*tables: Table) -> None:
    """Print tables, but none without a row. In a narrow terminal they do without lines, whose room words need more."""
    screen = console()
    for table in tables:
        if not table.row_count:
            continue
        if screen.width < _NARROW:
            table.box, table.pad_edge, table.padding = SIMPLE_HEAD, False, (0, 1, 0, 0)
        screen.print(table)


def tell_unusable(errors: Iterable[tuple[str, str]]) -> None:
    """One line for each picture that can't be used, under the table of the others."""
    for file, error in errors:
        typer.echo(f"{file}: {error}", err=True)


def print_json(record: Mapping[str, object]) -> None:
    """One object on one line."""
    typer.echo(json.dumps(record, ensure_ascii=False))
