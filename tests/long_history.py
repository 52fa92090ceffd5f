"""A journal as it stands after years: filled in bulk, with a history whose chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.journal.store import Ledger, entry_digest

ENTRIES_AN_ITEM = 6
REJECTED_EACH = 97
_AT_ONCE = 5_000
_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
_TAKT = timedelta(minutes=1)
_KINDS = ("called", "proven", "labelled", "sealed", "inspected", "packed")


def fill(ledger: Ledger, items: int, first: int = 1) -> None:
    """Enter so many ended items, from number `first` on, with orders, parts, mail numbers, events, pictures, alarms."""
    for begin in range(first, first + items, _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, first + items))
        for statement, rows in _rows(numbers):
            ledger.connection.executemany(statement, rows)
        ledger.connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", _history(ledger, numbers))


def _rows(numbers: range) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    yield (
        "INSERT INTO orders VALUES (?, 'small_car_plates', ?, 5, 'GZ-01', ?, 1, ?, ?)",
        [(_order(n), _at(n), _state(n), json.dumps({"acceptance": _order(n)}), _at(n)) for n in numbers],
    )
    yield (
        "INSERT INTO parts VALUES (?, ?, ?, 'plate', ?, ?, ?)",
        [
            (f"PL{2 * n + rear:010d}", _order(n), "rear" if rear else "front", f"粤L{n % 100_000:05d}", "sealed", n)
            for n in numbers
            for rear in (0, 1)
        ],
    )
    yield (
        "INSERT INTO items (item, acceptance, attempt, product, carrier, zone, stage, mail_number, outcome, reason,"
        " chute, called_at, ended_at) VALUES (?, ?, 1, 'small_car_plates', ?, 'divert', 'ended', ?, ?, ?, ?, ?, ?)",
        [(n, _order(n), 1 + n % 12, _mail(n), _outcome(n), _reason(n), _chute(n), _at(n), _at(n)) for n in numbers],
    )
    yield (
        "INSERT INTO mail_numbers VALUES (?, ?, ?, ?, ?)",
        [(_mail(n), n, "voided" if _is_rejected(n) else "dispatched", n, _order(n)) for n in numbers],
    )
    yield (
        "INSERT INTO outbox VALUES (?, ?, 'cn.sealline.item.sealed.v1', ?, '{}', 'acknowledged', '', ?, ?)",
        [(n, f"long-{n}", n, _at(n), _at(n)) for n in numbers],
    )
    yield (
        "INSERT INTO evidence VALUES (?, ?, 'verify', 'wide', ?, 'accept', '[]', ?, ?)",
        [(n, n, f"{n:064x}", _at(n), "2099-01-01T00:00:00.000+00:00") for n in numbers],
    )
    yield (
        "INSERT INTO alarms VALUES (?, 'printer', 'printer', 2, '{}', ?, ?, ?)",
        [(n, _at(n), _at(n), _at(n)) for n in numbers if not n % 50],
    )


def _history(ledger: Ledger, numbers: range) -> Iterator[tuple[Any, ...]]:
    seq, digest = ledger.head
    for n in numbers:
        for kind in _KINDS:
            seq += 1
            digest = entry_digest(digest, seq, _at(n), kind, n, _order(n), "{}")
            yield seq, _at(n), kind, n, _order(n), "{}", digest
    ledger.head = seq, digest


def _order(number: int) -> str:
    return f"LH{number:09d}"


def _mail(number: int) -> str:
    return f"77{number:011d}"


def _at(number: int) -> str:
    return (_BEGAN + number * _TAKT).isoformat(timespec="milliseconds")


def _is_rejected(number: int) -> bool:
    return not number % REJECTED_EACH


def _state(number: int) -> str:
    return "cancelled" if _is_rejected(number) else "packed"


def _outcome(number: int) -> str:
    return "rejected" if _is_rejected(number) else "packed"


def _reason(number: int) -> str:
    return "plate_mismatch" if _is_rejected(number) else ""


def _chute(number: int) -> str:
    return "reject" if _is_rejected(number) else "dispatch"
