"""The command line: `sealline --help`."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from controller.commands.check_config import check_config
from controller.commands.dispatch import dispatch
from controller.commands.doctor import doctor
from controller.commands.item import item
from controller.commands.mail_numbers import mail_numbers
from controller.commands.orders import orders
from controller.commands.run import command, run
from controller.commands.web import web

app = typer.Typer(
    name="sealline",
    help="Controller of an automatic packaging line: reads codes, proves contents by camera, seals, tells dispatch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for each in (run, web, command, check_config, doctor):
    app.command(each.__name__.replace("_", "-"))(each)
for group in (orders, item, mail_numbers, dispatch):
    app.add_typer(group)


def main() -> None:
    """Run the command line, with the commands that other packages have registered."""
    for entry in sorted(entry_points(group="sealline.commands"), key=lambda entry: entry.name):
        app.command(entry.name)(entry.load())
    app()
