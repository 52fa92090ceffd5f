"""`sealline dispatch`: the reference subscriber."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated

import typer

from controller.clock import SystemClock
from controller.dispatch.broker import Address
from controller.dispatch.listener import ALL_LINES, Listener, Taken
from controller.dispatch.receiving import DispatchLedger, RefuseRule

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
    with DispatchLedger(ledger, SystemClock(), rules) as file:
        listener = Listener(address, file, topic=topic, line=line, on_taken=_print if show else None)
        asyncio.run(_until_stopped(listener))
        for gap in file.gaps():
            typer.echo(f"{gap.source}: sequence {gap.first} to {gap.last} is missing", err=True)
        typer.echo(f"{file.count()} applied, {file.count('refused')} refused, {listener.unreadable} unreadable")


@dispatch.callback()
def _group() -> None:
    """Stand in for the dispatch system."""


async def _until_stopped(listener: Listener) -> None:
    """Serve until SIGINT or SIGTERM, and say farewell to the broker."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(listener.serve())
        await stopped.wait()
        serving.cancel()


def _print(taken: Taken) -> None:
    event, receipt = taken.event, taken.receipt
    answer = "accepted" if receipt.accepted else f"refused: {receipt.reason}"
    what = f"{int(event.sequence)} {event.type} {event.subject}" if event is not None else receipt.id
    with contextlib.suppress(BrokenPipeError):
        typer.echo(f"{what}: {answer}")
