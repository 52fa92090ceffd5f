"""`sealline command`: what an operator's button does, from a terminal."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from controller.commands.way_in import DEFAULT_CONFIG, REFUSED, ConfigOption, fail, load, say
from controller.desk.channel import ChannelClient, ChannelError, ChannelRefused, LineUnreachable, load_or_make_token
from controller.snapshot import Snapshot
from controller.unit.packml import COMPLETIONS, State
from controller.words.text import Text

_LOOK_S = 0.2
_PATIENCE_S = 60.0
"""Longer than a reset needs, which waits for stations to settle and for the vision workers."""


def command(
    name: Annotated[str, typer.Argument(help="reset, start, hold, unhold, stop, abort, clear, suspend or unsuspend.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: Annotated[str, typer.Option(help="Who asks; stands in the journal.")] = "terminal",
) -> None:
    """Command the line, wait until it has done so, and print the state that it came to.

    Exit code 1: it took the command and came to another state; 2: it did not take it.
    """
    line = load(config)
    try:
        client = ChannelClient(line.channel.socket, load_or_make_token(line.channel.token_file))
        reached, why = asyncio.run(_give(client, name, by))
    except (ChannelRefused, LineUnreachable) as error:
        fail(say(line, error.text))
    except ChannelError as error:
        fail(str(error))
    typer.echo(reached)
    if why is not None:
        typer.echo(say(line, why), err=True)
        raise typer.Exit(REFUSED)


async def _give(client: ChannelClient, name: str, by: str) -> tuple[str, Text | None]:
    """Return the state that the command led to, and why it is not the one that was meant."""
    answer = await client.call("command", command=name, by=by)
    acting = State[str(answer["state"]).upper()]
    wanted = COMPLETIONS.get(acting, acting)
    now = asyncio.get_running_loop().time
    end = now() + _PATIENCE_S
    while True:
        seen = Snapshot.model_validate(await client.call("snapshot"))
        state = State[seen.state.upper()]
        if state is wanted:
            return seen.state, None
        if state not in COMPLETIONS or now() > end:
            return seen.state, _why(seen)
        await asyncio.sleep(_LOOK_S)


def _why(seen: Snapshot) -> Text:
    """What the line says of why it is not where it was sent."""
    not_ready = [alarm for alarm in seen.alarms if alarm.kind == "not_ready" and not alarm.cleared]
    if not_ready:
        return Text(zh=not_ready[0].text_zh, en=not_ready[0].text)
    if seen.hold_text:
        return Text(zh=seen.hold_text_zh, en=seen.hold_text)
    return Text(zh="产线未到达所要的状态，请查看页面", en="the line did not get there; look at the page")
