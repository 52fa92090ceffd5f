"""`sealline people`: accounts from a terminal of the line's user, as for a supervisor who forgot the password."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.clock import SystemClock
from controller.commands.printing import console, table
from controller.commands.way_in import DEFAULT_CONFIG, ConfigOption, fail, load
from controller.pulse import Pulse
from controller.web.people.book import BookUnusable, PeopleBook
from controller.web.people.reception import Reception
from controller.web.people.roles import Role
from controller.web.people.sessions import Sessions
from controller.web.refusals import Refusal

people = typer.Typer(name="people", help="Accounts of the operator's page.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Account name, as wang.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it stands in the journal.", prompt=True)]


@people.command("list")
def list_people(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show every account."""
    listed = table("name", "shown", "role", "active", "badge", "own secret")
    try:
        found = PeopleBook(load(config).store.people, SystemClock()).people()
    except BookUnusable as error:
        fail(str(error))
    for each in found:
        marks = ("yes" if mark else "no" for mark in (each.active, each.has_badge, each.own))
        listed.add_row(each.name, each.shown, each.role, *marks)
    console().print(listed)


@people.command("add")
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="viewer, operator, technician or supervisor.")],
    why: Why,
    shown: Annotated[str, typer.Option(help="As the page names the person; by default the account name.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make an account; its first PIN or password is asked for and must be replaced at the first sign-in."""
    secret = _ask_secret()
    asyncio.run(_with(config, lambda desk: desk.add(name, shown or name, role, secret, _by(), why)))


@people.command("secret")
def secret(name: Name, why: Why, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Give somebody a new first PIN or password."""
    given = _ask_secret()
    asyncio.run(_with(config, lambda desk: desk.set_secret(name, given, _by(), why)))


@people.command("end")
def end(name: Name, why: Why, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """End an account: nobody signs in by it any more."""
    asyncio.run(_with(config, lambda desk: desk.change(name, _by(), why, role=None, active=False)))


@people.callback()
def _group() -> None:
    """Accounts of the operator's page."""


async def _with(config: Path, work: Callable[[Reception], Coroutine[Any, Any, None]]) -> None:
    """Do one thing with the book. The page's process brings its note to the journal and ends old sessions."""
    line = load(config)
    desk = Reception(PeopleBook(line.store.people, SystemClock()), Sessions(1, 1), Pulse())
    try:
        await work(desk)
    except Refusal as refusal:
        fail(refusal.text.zh if line.line.language == "zh" else refusal.text.en)


def _ask_secret() -> str:
    return str(typer.prompt("PIN or password", hide_input=True, confirmation_prompt=True))


def _by() -> str:
    return f"command:{getpass.getuser()}"[:40]
