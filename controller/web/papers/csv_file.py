"""A table for an office's spreadsheet: UTF-8 with its mark, so that Chinese opens as it should."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table as a download. :param name: of the file, without its ending."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(columns)
    table.writerows([_harmless(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(("\ufeff" + text.getvalue()).encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run as a formula is told for text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
