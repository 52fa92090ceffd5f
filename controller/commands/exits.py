"""How a command ends that has not done all that it was asked."""

from __future__ import annotations

from typing import NoReturn

import typer

REFUSED = 1
"""Exit code: some of what was handed in was refused."""
FAILED = 2
"""Exit code: nothing could be done."""


def fail(message: str) -> NoReturn:
    """End the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(FAILED)
