"""`sealline vision`: what the cameras' judgement makes of pictures, without a line."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = ("bench", "check", "grade", "read", "teach", "verify")
"""Each the name of a module here and of its function."""

# Pictures are judged on one core; numpy's threads would only wait for each other. It asks when it is first loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class LazyVision(TyperGroup):
    """Loads a command when it is asked for: one picture is judged without loading what speaks with a line."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Every name, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, or None where there is none of that name."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            shelf = typer.Typer(add_completion=False)
            shelf.command(cmd_name)(getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name))
            self.commands[cmd_name] = typer.main.get_command(shelf)
        return self.commands.get(cmd_name)


vision = typer.Typer(
    name="vision",
    cls=LazyVision,
    help="Try the cameras' judgement on pictures: codes, plates, print quality, benchmarks. Needs no line.",
    no_args_is_help=True,
)


@vision.callback()
def _options() -> None:
    """Makes it a group while no command is loaded."""
