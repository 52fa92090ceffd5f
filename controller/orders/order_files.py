"""Order files: CSV and JSON read into rows, before anything of them is checked. Described in docs/orders.md."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.orders.order_form import OrderRow
from controller.words.text import Text

COLUMNS = ("acceptance", "product", "due")
"""Columns that a CSV file must have, beside one `code:<role>` a part at least."""
OPTIONAL_COLUMNS = ("priority", "route", "number")
CODE_PREFIX = "code:"
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes. A province's day of orders is far below."""


class OrderFileUnreadable(Exception):
    """A file of which no row can be told; `text` says why in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A read file. :ivar encoding: `utf-8` or `gb18030`: say so to the user when it is not UTF-8."""

    rows: list[OrderRow]
    encoding: str


def read_order_file(source: Path | bytes) -> list[OrderRow]:
    """The rows of `open_order_file`, for those who don't tell about the encoding."""
    return open_order_file(source).rows


def open_order_file(source: Path | bytes) -> OrderFile:
    """Read a file, or its bytes: JSON when it begins with a bracket or brace, else CSV.

    :raises OrderFileUnreadable: missing, too large, of no known encoding, broken JSON, or without a needed column.
    """
    raw = source if isinstance(source, bytes) else _read(source)
    text, encoding = _decode(raw)
    rows = _read_json(text) if text.lstrip()[:1] in ("{", "[") else _read_csv(text)
    return OrderFile(rows, encoding)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise OrderFileUnreadable(
                Text(
                    f"{path}：{size} 字节，最多 {LARGEST_FILE} 字节，请拆分",
                    f"{path}: {size} bytes, at most {LARGEST_FILE} are read: split it",
                )
            )
        return path.read_bytes()
    except OSError as error:
        raise OrderFileUnreadable(
            Text(f"{path}：无法读取（{error.strerror}）", f"{path}: can't be read ({error.strerror})")
        ) from error


def _decode(raw: bytes) -> tuple[str, str]:
    """UTF-8 first, with or without its mark; GB18030, of which GBK is a part, is what spreadsheets write."""
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as in_utf8:
        try:
            return raw.decode("gb18030"), "gb18030"
        except UnicodeDecodeError as in_gb:
            raise OrderFileUnreadable(_undecodable(raw, in_utf8, in_gb)) from in_gb


def _undecodable(raw: bytes, in_utf8: UnicodeDecodeError, in_gb: UnicodeDecodeError) -> Text:
    utf8, gb = in_utf8.start, in_gb.start
    return Text(
        f"编码无法识别：第 {utf8} 字节 0x{raw[utf8]:02X} 不是 UTF-8，第 {gb} 字节 0x{raw[gb]:02X} 不是 GB18030，"
        "请另存为 UTF-8",
        f"neither UTF-8 (byte {utf8} is 0x{raw[utf8]:02X}) nor GB18030 (byte {gb} is 0x{raw[gb]:02X}): "
        "save it as UTF-8",
    )


def _read_json(text: str) -> list[OrderRow]:
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise OrderFileUnreadable(Text(f"不是有效的 JSON：{error}", f"not JSON: {error}")) from error
    orders = found.get("orders") if isinstance(found, dict) else found
    if not isinstance(orders, list):
        raise OrderFileUnreadable(
            Text('JSON 应为列表或 {"orders": […]}', 'JSON must be a list of orders or {"orders": […]}')
        )
    return [OrderRow(place, _as_object(each)) for place, each in enumerate(orders, start=1)]


def _as_object(order: Any) -> dict[str, Any]:
    """An entry that is no object has no fields: it is refused as a row, not as a file."""
    return order if isinstance(order, dict) else {}


def _read_csv(text: str) -> list[OrderRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        return [
            OrderRow(reader.line_num, _row(header, cells)) for cells in reader if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        line = reader.line_num
        raise OrderFileUnreadable(
            Text(f"第 {line} 行：CSV 有误（{error}）", f"line {line}: broken CSV ({error})")
        ) from error


def _check_header(header: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if not any(name.startswith(CODE_PREFIX) for name in header):
        missing.append(f"{CODE_PREFIX}<role>")
    unknown = [
        name for name in header if name and name not in COLUMNS + OPTIONAL_COLUMNS and not name.startswith(CODE_PREFIX)
    ]
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    complaints = [
        (missing, "缺少列", "columns are missing"),
        (unknown, "未知的列", "columns are unknown"),
        (doubled, "重复的列", "columns stand twice"),
    ]
    wrong = [(f"{zh}：{', '.join(names)}", f"{en}: {', '.join(names)}") for names, zh, en in complaints if names]
    if wrong:
        allowed = f"{', '.join(COLUMNS + OPTIONAL_COLUMNS)}, {CODE_PREFIX}<role>"
        raise OrderFileUnreadable(
            Text(
                f"{'；'.join(zh for zh, _ in wrong)}；可用的列：{allowed}",
                f"{'; '.join(en for _, en in wrong)}; allowed: {allowed}",
            )
        )


def _row(header: list[str], cells: list[str]) -> dict[str, Any]:
    """One line as JSON would say it: empty cells left out, the codes gathered as parts."""
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name and cell.strip()}
    parts = [
        {"role": name.removeprefix(CODE_PREFIX), "code": cell}
        for name, cell in given.items()
        if name.startswith(CODE_PREFIX)
    ]
    extra = {"cells_without_a_column": True} if len(cells) > len(header) else {}
    return {name: cell for name, cell in given.items() if not name.startswith(CODE_PREFIX)} | {"parts": parts} | extra
