"""What the line may state of its own mis-inserts, from its counters and its challenges (`controller.escape_bound`)."""

from __future__ import annotations

import sqlite3

from controller.escape_bound import Campaign, Observed, escapes_one_in
from controller.snapshot import Counters, EscapeView

_CONTENTS = (
    "wrong_part",
    "missing_part",
    "foreign_code",
    "contents_not_proven",
    "plate_mismatch",
    "plate_colour",
    "part_count",
    "document_mismatch",
    "document_kind",
    "foreign_thing",
)
"""Rejects that may have been mis-inserts; rather one too many, which only makes the statement weaker."""
_KINDS = ("wrong_plate", "missing_part")
"""Challenges of the detectors of contents."""


def escape_view(connection: sqlite3.Connection, counters: Counters, campaign: Campaign) -> EscapeView:
    """The statement and everything that it is made of."""
    kits = _kits(connection)
    passed, missed = (sum(kits.get(kind, (0, 0))[place] for kind in _KINDS) for place in (0, 1))
    observed = Observed(
        items=counters.packed + counters.rejected,
        caught=sum(counters.rejected_by_reason.get(reason, 0) for reason in _CONTENTS),
        challenges=passed + missed,
        missed=missed,
        campaign=campaign,
    )
    one_in = escapes_one_in(observed)
    return EscapeView(
        one_in=one_in,
        text=_ENGLISH.format(one_in) if one_in else "mis-insert escapes: too little shown yet for a figure",
        text_zh=_CHINESE.format(one_in) if one_in else "错装漏检率：证据不足，尚不能给出",
        items=observed.items,
        caught=observed.caught,
        challenges=observed.challenges,
        challenges_missed=missed,
        kits=kits,
        campaign_items=campaign.items,
        campaign_escapes=campaign.escapes,
    )


def _kits(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    rows = connection.execute(
        "SELECT kind, SUM(result = 'passed'), SUM(result = 'missed') FROM challenges"
        " WHERE result IN ('passed', 'missed') GROUP BY kind"
    )
    return {str(row[0]): (int(row[1]), int(row[2])) for row in rows}


_ENGLISH = "mis-insert escapes below 1 in {:,} at 95 % confidence"
_CHINESE = "错装漏检低于 1/{:,}（95% 置信度）"
