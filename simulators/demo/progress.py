"""Progress on the terminal: live where there is one, a plain line now and then where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from simulators.demo.line_api import LineView

PLAIN_PERIOD = 25
"""Without a terminal one line is printed for so many looks at the line."""
SHOWN_REJECTS = 5
COLUMNS = {"station": 22, "carrier": 7, "order": 16, "product": 18, "does": 24}
"""Width of each, so that nothing jumps about."""

Show = Callable[[LineView], None]


@contextmanager
def progress(console: Console, orders: int, page: str) -> Iterator[Show]:
    """Give a function that shows the line as it is now. :param orders: of the whole run."""
    if not console.is_terminal:
        yield _plain(console, orders)
        return
    with Live(Text("starting…"), console=console, refresh_per_second=8) as live:
        yield lambda view: live.update(_picture(view, orders, page))


def _plain(console: Console, orders: int) -> Show:
    looks = 0

    def show(view: LineView) -> None:
        nonlocal looks
        if looks % PLAIN_PERIOD == 0:
            console.print(_counted(view, orders), soft_wrap=True)
        looks += 1

    return show


def _picture(view: LineView, orders: int, page: str) -> Group:
    stations = Table(title=f"{view.state}  {view.hold_text}".rstrip())
    for title, width in COLUMNS.items():
        stations.add_column(title, width=width, no_wrap=True)
    for station in view.stations:
        carrier = f"C{station.carrier:03d}" if station.carrier else ""
        stations.add_row(
            station.title or station.zone,
            carrier,
            station.acceptance,
            station.product,
            station.suspect or station.activity.replace("_", " "),
        )
    rejects = [
        Text(f"  {reject.acceptance} attempt {reject.attempt}: {reject.text or reject.reason}", style="yellow")
        for reject in view.rejects[:SHOWN_REJECTS]
    ]
    return Group(stations, Text(_counted(view, orders), style="bold"), *rejects, Text(f"page: {page}", style="dim"))


def _counted(view: LineView, orders: int) -> str:
    counters = view.counters
    return (
        f"{counters.packed}/{orders} packed, {counters.rejected} rejected, {counters.reworked} reworked, "
        f"{counters.under_way} under way, {counters.waiting} waiting, "
        f"events {counters.events_published} sent {counters.events_acknowledged} acknowledged, line {view.state}"
    )
