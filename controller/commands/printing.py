"""How commands print: tables of which nothing is cut off, and times of the floor's own clock."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.table import Table

_INTO_A_FILE = 240
"""Columns where nobody's terminal sets the width, so that what is piped on holds each row on one line."""


def console() -> Console:
    """What commands print on."""
    made = Console()
    return made if made.is_terminal else Console(width=_INTO_A_FILE)


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table; a cell too long for its column goes on in the next line."""
    made = Table(title=title)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def local(at: str, timespec: str = "milliseconds") -> str:
    """A journalled time, which is UTC, by this machine's clock and zone."""
    return datetime.fromisoformat(at).astimezone().replace(tzinfo=None).isoformat(" ", timespec)
