"""`sealline web`: the operator's page and the HTTP API of one line, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from controller.desk.channel import ChannelError, load_or_make_token
from controller.plan.config import ConfigError, load_config
from controller.web.app import make_plant
from controller.web.serve import PortTaken, address, bind_web, web_server
from controller.web.share import Share

_NICENESS = 10
"""Where cores are short the line's permits go before pages."""


def web(
    config: Annotated[Path, typer.Option("--config", "-c", help="The line's configuration.")] = Path("line.toml"),
) -> None:
    """Serve the operator's page and the HTTP API, on this machine's loopback address, until Ctrl-C."""
    try:
        line = load_config(config)
        token = load_or_make_token(line.channel.token_file)
        bound = bind_web(line.web)
    except (ConfigError, ChannelError, PortTaken) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    os.nice(_NICENESS)
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    typer.echo(f"page: {address(bound)}?token={token}")
    server = web_server(make_plant(line, token), Share())
    for number in (signal.SIGINT, signal.SIGTERM):
        # The server raises again, at its end, what ended it: to be told to end is no failure.
        signal.signal(number, server.handle_exit)
    asyncio.run(server.serve([bound]))
