"""`make crash`: the real line, broker and dispatch are killed again and again while orders are packed.

Prints one line a kill and exits with 1 when the oracle finds anything wrong, lost or doubled. The seed decides who is
killed and when, by the clock: what is under way then is never twice the same.
"""

from __future__ import annotations

import asyncio
import contextlib
from random import Random
from typing import Annotated

import typer

from controller.desk.channel import ChannelRefused, LineUnreachable
from tests.line.asked import Result, standing
from tests.line.floor import Floor, floor
from tests.line.plans import quick

ORDERS_A_KILL = 4
VICTIMS = ("line", "line", "line", "broker", "dispatch")
"""Each five kills are these in another order. The broker keeps nothing on a disk."""
LONGEST_RUN_S = 9.0
LONGEST_AWAY_S = 1.5
LOOK_S = 0.2
PATIENCE_S = 120.0
NEXT = {"Held": "unhold", "Aborted": "clear", "Stopped": "reset", "Idle": "start"}
"""What an operator presses who wants the line to run."""


def crash(
    kills: Annotated[int, typer.Option(min=1, help="How many processes are killed.")] = 20,
    seed: Annotated[int, typer.Option(help="Decides who and when.")] = 1,
) -> None:
    """Kill, start again, and judge."""
    raise typer.Exit(0 if asyncio.run(campaign(kills, seed)) else 1)


async def campaign(kills: int, seed: int) -> bool:
    """Return whether the oracle found nothing."""
    chance = Random(f"crash {seed}")
    victims = [victim for _ in range(0, kills, len(VICTIMS)) for victim in chance.sample(VICTIMS, len(VICTIMS))]
    async with floor(quick(ORDERS_A_KILL * kills, seed)) as here:
        await here.hand_in()
        operator = asyncio.create_task(_operate(here))
        try:
            for number in range(1, kills + 1):
                await asyncio.sleep(chance.uniform(0.3, LONGEST_RUN_S))
                await _kill(here, victims[number - 1], chance.uniform(0, LONGEST_AWAY_S), number)
            result = await _finished(here)
        finally:
            operator.cancel()
            await asyncio.gather(operator, return_exceptions=True)
        print(f"{kills} kills, {len(result.states)} orders, {_packed(here)} packed; {result.judgement}")
        return result.judgement.clean


async def _finished(here: Floor) -> Result:
    """Wait for the end of every order, however long a busy machine takes, as long as one ends now and then."""
    while True:
        packed = _packed(here)
        try:
            return await here.finish(PATIENCE_S)
        except AssertionError:
            if _packed(here) == packed:
                raise


def _packed(here: Floor) -> int:
    return sum(state == "packed" for state in here.states().values())


async def _kill(here: Floor, victim: str, away_s: float, number: int) -> None:
    ended = _packed(here)
    await here.crew.kill(victim)
    await asyncio.sleep(away_s)
    start = {"line": here.start_line, "broker": here.start_broker_again, "dispatch": here.start_dispatch}[victim]
    await start()
    print(f"{number:3}  {victim:8}  away {away_s:.1f} s  {ended} packed before", flush=True)


async def _operate(here: Floor) -> None:
    """Press what lets the line go on, and take off a label that is left at the peel edge."""
    while True:
        await asyncio.sleep(LOOK_S)
        with contextlib.suppress(ChannelRefused, LineUnreachable, OSError):
            view = await here.view()
            if "label_left" in standing(view):
                here.plant.world.throw_away(here.plant.world.peel_off(), "hands took it off and destroyed it")
            if view.state in NEXT:
                await here.call("command", command=NEXT[view.state], by="operator")


if __name__ == "__main__":
    typer.run(crash)
