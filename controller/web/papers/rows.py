"""The shift report as a table for the office."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.journal.shift_report import ShiftReport


def report_rows(report: ShiftReport) -> Iterator[Sequence[object]]:
    """The report as a table of four columns: what, of what, value, unit."""
    yield ("shift", "start", report.start, "")
    yield ("shift", "end", report.end, "")
    factors = report.oee
    for name in ("oee", "availability", "effectiveness", "quality"):
        share = getattr(factors, name)
        yield ("oee", name, "" if share is None else round(share * 100, 2), "%")
    yield from (("oee", "pbt", factors.pbt_s, "s"), ("oee", "apt", factors.apt_s, "s"))
    yield from (("oee", "pq", factors.pq, "parcels"), ("oee", "gq", factors.gq, "parcels"))
    yield from (("state", state, seconds, "s") for state, seconds in report.states.items())
    for stop in report.stops:
        yield ("stop", f"{stop.reason} {stop.by}".strip(), stop.seconds, "s")
        yield ("stop_count", f"{stop.reason} {stop.by}".strip(), stop.count, "")
    for hour in report.hours:
        yield ("packed", hour.at, hour.packed, "parcels")
        yield ("rejected", hour.at, hour.rejected, "parcels")
    for what in ("rejects", "alarms", "challenges"):
        yield from ((what, name, count, "") for name, count in getattr(report, what).items())
    escape = report.escape
    yield ("escape", "one_in", escape.one_in or "", "parcels")
    for name in ("items", "caught", "challenges", "challenges_missed", "campaign_items", "campaign_escapes"):
        yield ("escape", name, getattr(escape, name), "")
    for what, unit in (("seal_deviation", "K"), ("print_grade", "grade"), ("print_contrast", "%")):
        yield from ((what, f"{share:.4f}", value, unit) for share, value in getattr(report, what).points)
    yield from (("print_trend_begun", f"{share:.4f}", "", "") for share in report.print_grade.breaks)
