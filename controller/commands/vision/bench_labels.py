"""What a benchmark folder says of its pictures: `labels.csv` with the columns file, kind, text, source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from controller.commands.exits import fail
from controller.commands.vision.pictures_in import told
from vision.verdict import Symbology

LABELS = "labels.csv"
COLUMNS = ("file", "kind", "text", "source")
NONE = "none"
"""A picture without a code: whatever is read in it is a misread."""
PLATE = "plate"
"""A cut-out plate; the text is its number."""
KINDS = frozenset((NONE, PLATE, *(kind.value for kind in Symbology)))

_BY_NAME = {kind.lower(): kind for kind in KINDS} | {"qr": Symbology.QR.value}
_UPC_A, _EAN_DIGITS = "upca", 13


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture and a code that is on it.

    :ivar kind: one of `KINDS`. :ivar file: relative to the folder.
    :ivar beside: what its other codes say, each of which has a row of its own.
    """

    file: str
    kind: str
    text: str
    source: str
    beside: frozenset[tuple[str, str]] = frozenset()

    @property
    def says(self) -> tuple[str, str]:
        """What a right reading says."""
        return self.text, self.kind


def _labelled(file: str, kind: str, text: str, source: str) -> Labelled:
    """A row with its kind as it is called here, however it is written; a UPC-A is the EAN-13 that it is."""
    written = "".join(filter(str.isalnum, kind)).lower()
    if written == _UPC_A:
        return Labelled(file, Symbology.EAN13.value, text.zfill(_EAN_DIGITS), source)
    return Labelled(file, _BY_NAME.get(written, kind), text, source)


def labels_in(folder: Path) -> list[Labelled]:
    """All rows. A row that can't be used ends the command with its line."""
    if not folder.is_dir():
        fail(f"{folder}: there is no such folder; name one with pictures and {LABELS}")
    path = folder / LABELS
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = set(COLUMNS) - set(rows.fieldnames or ())
            if missing:
                fail(f"{path}: columns {', '.join(sorted(missing))} are missing; it must have {', '.join(COLUMNS)}")
            labelled = [_labelled(*(str(row[column] or "") for column in COLUMNS)) for row in rows]
    except FileNotFoundError:
        fail(f"{path}: there is no such file; it says what each picture shows, in the columns {', '.join(COLUMNS)}")
    except OSError as error:
        fail(f"{path}: {told(error)}")
    except UnicodeDecodeError as error:
        found = f"byte {error.start} is 0x{error.object[error.start]:02X}"
        fail(f"{path}: is not UTF-8 ({found}): save it as UTF-8, in a spreadsheet as “CSV UTF-8”")
    except csv.Error as error:
        fail(f"{path}: can't be read: {error}")
    rows_of: dict[str, dict[tuple[str, str], int]] = {}
    for line, each in enumerate(labelled, start=2):
        if wrong := _wrong(each, folder, rows_of.setdefault(each.file, {})):
            fail(f"{path}: row {line}: {wrong}")
        rows_of[each.file][each.says] = line
    return [replace(each, beside=frozenset(rows_of[each.file]) - {each.says}) for each in labelled]


def _wrong(each: Labelled, folder: Path, earlier: Mapping[tuple[str, str], int]) -> str:
    """Why a row can't be used; empty: it can. :param earlier: what rows before it say of its picture, and which."""
    if each.kind not in KINDS:
        return f"kind {each.kind!r} is unknown; known: {', '.join(sorted(KINDS))}"
    alone = {NONE, PLATE} & {each.kind, *(kind for _, kind in earlier)}
    if earlier and (alone or each.says in earlier):
        row = earlier.get(each.says, min(earlier.values()))
        return f"{each.file} stands in row {row} already, and would count twice: leave one, or name another code in it"
    if not (folder / each.file).is_file():
        return f"there is no picture {folder / each.file}"
    if each.kind != NONE and not each.text:
        return f"text is empty; it must say what the {each.kind} says"
    return ""
