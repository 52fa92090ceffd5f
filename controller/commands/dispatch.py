"""`sealline dispatch`: the reference subscriber."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from controller.clock import SystemClock
from controller.dispatch.broker import Address
from controller.dispatch.listener import ALL_LINES, Listener, Taken
from controller.dispatch.receiving import DispatchLedger, RefuseRule

_LOOK_S = 0.2

dispatch = typer.Typer(name="dispatch", help="Stand in for the dispatch system.", no_args_is_help=True)


@dispatch.command("listen")
def listen(
    ledger: Annotated[Path, typer.Option(help="The subscriber's own ledger, an SQLite file.")],
    host: Annotated[str, typer.Option(help="The broker.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 1883,
    username: Annotated[str, typer.Option()] = "",
    password_file: Annotated[Path | None, typer.Option(help="Its first line is the password.")] = None,
    topic: Annotated[str, typer.Option(help="As in line.toml, dispatch.topic.")] = "sealline",
    line: Annotated[str, typer.Option(help="Line id; + for all lines.")] = ALL_LINES,
    refuse: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Refuse events by type, subject or acceptance; may stand repeatedly."),
    ] = None,
    show: Annotated[bool, typer.Option("--print", help="Print each delivery.")] = False,
) -> None:
    """Take events, apply each once, and answer with receipts, until Ctrl-C."""
    try:
        rules = tuple(RefuseRule.parse(text) for text in refuse or [])
    except ValueError as error:
        typer.echo(f"--refuse: {error}", err=True)
        raise typer.Exit(2) from error
    address = Address(host, port, username, password_file)
    try:
        with DispatchLedger(ledger, SystemClock(), rules) as file:
            listener = Listener(address, file, topic=topic, line=line, on_taken=_print if show else None)
            asyncio.run(_until_stopped(listener, f"{host}:{port}"))
            for gap in file.gaps():
                typer.echo(f"{gap.source}: sequence {gap.first} to {gap.last} is missing", err=True)
            typer.echo(f"{file.count()} applied, {file.count('refused')} refused, {listener.unreadable} unreadable")
    except (OSError, sqlite3.DatabaseError) as error:
        typer.echo(f"{ledger}: can't be used as the ledger ({error}); name a new file in a folder of yours", err=True)
        raise typer.Exit(2) from error


@dispatch.callback()
def _group() -> None:
    """Stand in for the dispatch system."""


async def _until_stopped(listener: Listener, where: str) -> None:
    """Serve until SIGINT or SIGTERM, and say farewell to the broker."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(listener.serve()), group.create_task(_tell_of_the_link(listener, where))]
        await stopped.wait()
        for task in tasks:
            task.cancel()


async def _tell_of_the_link(listener: Listener, where: str) -> None:
    """Say whenever the broker is found or lost, and why; somebody who sees nothing else waits for it."""
    told = listener.failure  # that it has not begun yet is no news
    while True:
        now = "listening" if listener.online else listener.failure
        if now != told:
            hint = "" if listener.online else "; does the broker run there? --host and --port name another"
            typer.echo(f"{where}: {now}{hint}", err=True)
            told = now
        await asyncio.sleep(_LOOK_S)


def _print(taken: Taken) -> None:
    event, receipt = taken.event, taken.receipt
    answer = "accepted" if receipt.accepted else f"refused: {receipt.reason}"
    what = f"{int(event.sequence)} {event.type} {event.subject}" if event is not None else receipt.id
    with contextlib.suppress(BrokenPipeError):
        typer.echo(f"{what}: {answer}")
