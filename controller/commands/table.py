"""Which commands there are, in the order of `sealline --help`, and where each is to be found."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "run": "controller.commands.run:run",
    "web": "controller.commands.web:web",
    "command": "controller.commands.command:command",
    "orders": "controller.commands.orders:orders",
    "mail-numbers": "controller.commands.mail_numbers:mail_numbers",
    "item": "controller.commands.item:item",
    "dispatch": "controller.commands.dispatch:dispatch",
    "people": "controller.commands.people:people",
    "dossier": "controller.commands.dossier:dossier",
    "check-config": "controller.commands.check_config:check_config",
    "doctor": "controller.commands.doctor:doctor",
    "conform": "controller.commands.conform:run_conform",
    "vision": "controller.commands.vision:vision",
    "replay": "controller.commands.replay:replay",
}
"""Name -> module and function, or group of commands."""


class LazyCommands(TyperGroup):
    """Loads a command when it is asked for; those that other packages have registered stand last."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Every name, in order."""
        return [*COMMANDS, *sorted(each.name for each in _registered())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, or None where there is none of that name."""
        if cmd_name not in self.commands:
            loaded = _load(cmd_name)
            if loaded is None:
                return None
            self.commands[cmd_name] = _made(cmd_name, loaded)
        return self.commands[cmd_name]


command_line = typer.Typer(
    name="sealline",
    cls=LazyCommands,
    help="Controller of an automatic packaging line: reads codes, proves contents by camera, seals, tells dispatch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealline {version('sealline')}")
        raise typer.Exit


@command_line.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which it is.")] = (
        False
    ),
) -> None:
    """What may stand before any command."""


def _registered() -> Any:
    return entry_points(group="sealline.commands")


def _load(name: str) -> Any:
    if name in COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        return getattr(import_module(module), attribute)
    return next((entry.load() for entry in _registered() if entry.name == name), None)


def _made(name: str, loaded: Any) -> Any:
    shelf = typer.Typer(add_completion=False)
    if isinstance(loaded, typer.Typer):
        shelf.add_typer(loaded, name=name)
        return typer.main.get_group(shelf).commands[name]
    shelf.command(name)(loaded)
    return typer.main.get_command(shelf)
