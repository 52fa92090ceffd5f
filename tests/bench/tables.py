"""The figures of one run as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tests.bench.figures import Percentiles, Run

_ROLES = {
    "line": "line",
    "line's children": "vision",
    "plant": "plant",
    "web": "web",
    "dispatch": "dispatch",
    "broker": "broker",
}
SHOWN_TROUBLES = 8
QUIET_CORES = 0.1
"""A machine on which others use more is no place to measure."""
AIMS_MS = "3 / 10 / 25"


def picture_of(run: Run) -> Group:
    """Figures of the line, CPU by role, and what went wrong."""
    return Group(_figures(run), _cpu(run), *_troubles(run))


def _figures(run: Run) -> Table:
    table = Table(title=run.bench.title, show_header=False, title_justify="left")
    takt = f"takt {run.bench.takt_s:g} s" if run.bench.takt_s else "no takt"
    pictures = "drawn and judged" if run.bench.pictures else "off"
    conditions = f"{run.bench.lines} line(s), plant speed {run.bench.speed:g}, {takt}, pictures {pictures}"
    table.add_row("conditions", conditions)
    table.add_row("measured", f"{run.span_s:.0f} s after {run.bench.warm_up_s:.0f} s of warm-up: {run.items} items")
    limit = run.bench.takt_s == 0
    each = f"{run.per_hour:,.0f} in all, {run.slowest_per_hour:,.0f} on the slowest line"
    table.add_row("items an hour (aim 36,000)" if limit else "items an hour", each)
    used = f"{run.cpu_ms_an_item('line'):.2f} ms an item"
    table.add_row("line-process CPU (aim 2.5 ms)" if limit else "line-process CPU", used)
    table.add_section()
    table.add_row("latency, ms", "p50 / p99 / p99.9")
    table.add_row(f"decision (aim {AIMS_MS})", str(_worst([line.decision for line in run.lines])))
    for name, probe in run.probe.items():
        table.add_row(f"  control probe: {_PROBES[name]}", str(probe))
    table.add_row("PLC's echo (scan 10 ms)", str(_worst([line.echo for line in run.lines])))
    table.add_section()
    table.add_row("oracle", "clean" if not any(line.oracle for line in run.lines) else "NOT CLEAN")
    table.add_row("deadlines", "none missed" if not any(line.misses.sentences for line in run.lines) else "MISSED")
    if run.bench.takt_s:
        table.add_row("takt", "kept by every line" if run.keeps_takt else "NOT KEPT")
    return table


_PROBES = {"fdatasync": "fdatasync of 4 kB", "echo": "loopback echo", "both": "both"}


def _cpu(run: Run) -> Table:
    table = Table("process", "cores", "ms an item", title="CPU, by the operating system", title_justify="left")
    for role, name in _ROLES.items():
        if used_s := run.cpu_s.get(role, 0.0):
            table.add_row(name, f"{used_s / run.span_s:.3f}", f"{run.cpu_ms_an_item(role):.2f}")
    ours = sum(run.cpu_s.get(role, 0.0) for role in _ROLES)
    table.add_section()
    table.add_row("all of these", f"{ours / run.span_s:.3f}", f"{ours * 1000 / max(run.items, 1):.2f}")
    table.add_row("strangers", f"{run.others_cores:.3f}", "")
    table.add_row("taken by the host", f"{run.steal_s / run.span_s:.3f}", "")
    return table


def _troubles(run: Run) -> Iterator[Text]:
    if run.others_cores + run.steal_s / run.span_s > QUIET_CORES:
        yield Text(f"! not alone: strangers used {run.others_cores:.2f} cores; do not compare", style="yellow")
    for trouble in run.troubles[:SHOWN_TROUBLES]:
        yield Text(f"✗ {trouble}", style="bold red")
    if len(run.troubles) > SHOWN_TROUBLES:
        yield Text(f"✗ and {len(run.troubles) - SHOWN_TROUBLES} more", style="bold red")


def _worst(latencies: list[Percentiles]) -> Percentiles:
    """Of several lines the worst of each percentile."""
    return Percentiles(
        count=sum(each.count for each in latencies),
        p50_ms=max(each.p50_ms for each in latencies),
        p99_ms=max(each.p99_ms for each in latencies),
        p99_9_ms=max(each.p99_9_ms for each in latencies),
    )
