"""A shift's worth of journal for the pages: orders in every state, rejects with pictures, alarms, a remake."""

from __future__ import annotations

from controller.journal import Ledger
from controller.journal.epochs import begin_epoch
from controller.orders.parts_ledger import spoil_part
from controller.orders.work_orders import OrderRow, accept_orders, begin_attempt, end_attempt
from controller.plan.config import LineConfig
from tests.web.floor import put_picture

REASONS = ("plate_mismatch", "seam_flaw", "plate_mismatch", "missing_part", "seam_flaw", "plate_mismatch")
SHELVED = '"shelved_by": "li", "shelved_reason": "at noon", "shelved_until": "2026-11-30T08:00:00+00:00"'
ALARMS = (
    ("guard_open", "", 1, '{"cause": "gate"}'),
    ("pool_low", "", 2, f'{{"free": 19, {SHELVED}}}'),
    ("device_offline", "scale", 1, '{"cause": "no reply within 5 s", "acknowledged_by": "li"}'),
    ("rejects_in_a_row", "", 2, '{"count": 5, "cause": "seam_flaw"}'),
)


def acceptance(number: int) -> str:
    return f"GZ26113000{number:02d}"


def fill_shift(ledger: Ledger, config: LineConfig) -> None:
    """Orders 1–6 rejected, 7 packed, 8 waiting; part PM0000000008 spoiled; four alarms."""
    begin_epoch(ledger, config.line.id)
    orders = [
        {
            "acceptance": acceptance(number),
            "product": "motorcycle_plate",
            "due": "2026-11-30T17:00:00+08:00",
            "parts": [{"role": "rear", "code": f"PM00000000{number:02d}", "number": f"粤B123{number:02d}"}],
        }
        for number in range(1, 10)
    ]
    taken = accept_orders(ledger, [OrderRow(line, order) for line, order in enumerate(orders, start=1)], config.recipes)
    assert not taken.refused, taken.refused
    picture = put_picture(config.store.evidence, "B-12346")
    for number in range(1, 8):
        reason = REASONS[number - 1] if number < 7 else ""
        begin_attempt(ledger, acceptance(number))
        end_attempt(ledger, acceptance(number), packed=not reason)
        ledger.connection.execute(
            "INSERT INTO items (item, acceptance, attempt, product, carrier, zone, stage, outcome, reason, called_at,"
            " ended_at) VALUES (?, ?, 1, 'motorcycle_plate', ?, 'divert', 'ended', ?, ?, ?, ?)",
            (number, acceptance(number), 10 + number, "rejected" if reason else "packed", reason, ledger.at, ledger.at),
        )
        _prove(ledger, number, picture if reason else "")
    spoil_part(ledger, "PM0000000008", "scratched", "li", "wang")
    for number, (kind, source, priority, data) in enumerate(ALARMS, start=1):
        ledger.connection.execute(
            "INSERT INTO alarms (alarm, kind, source, priority, data, raised_at, cleared_at, acknowledged_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, kind, source, priority, data, ledger.at, ledger.at if number < 3 else None, None),
        )


def _prove(ledger: Ledger, item: int, picture: str) -> None:
    check = (
        '[{"name": "plate_characters", "outcome": "reject", "subject": "rear", "expected": "粤B12345",'
        ' "found": "粤B12346", "score": -4.2, "threshold": 2.0}]'
    )
    if picture:
        ledger.connection.execute(
            "INSERT INTO evidence (item, station, camera, picture, outcome, checks, taken_at, expires_at)"
            " VALUES (?, 'verify', 'wide_camera', ?, 'reject', ?, ?, ?)",
            (item, picture, check, ledger.at, ledger.at),
        )
