"""`make hostile`: the line's Modbus master over wires that lie, on real TCP and pseudo-terminals, seed after seed.

Prints what was told, by kind, and what was accepted; exits with 1 when anything wrong was.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from simulators.hostile_wire import Lie
from tests.hostile.exchanges import Tally, over_serial, over_tcp

A_SEED = 1000
AT_ONCE = 4
"""Wires side by side: most of the time each waits for an answer that does not come."""
SERIAL = 5
"""Each so manieth seed is a serial line's."""


def hostile(
    exchanges: Annotated[int, typer.Option(min=A_SEED, help="Exchanges in all.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The first seed.")] = 1,
) -> None:
    """Ask, be lied to, and count."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        raise typer.Exit(0 if asyncio.run(campaign(exchanges, seed, Path(folder))) else 1)


async def campaign(exchanges: int, seed: int, folder: Path) -> bool:
    """Return whether nothing wrong was accepted."""
    began, cpu = time.perf_counter(), time.process_time()
    seeds = list(range(seed, seed + -(-exchanges // A_SEED)))
    by_link = {"tcp": Tally(), "serial": Tally()}

    async def work() -> None:
        while seeds:
            number = seeds.pop(0)
            link = "tcp" if number % SERIAL else "serial"
            done = await (over_tcp(A_SEED, number) if link == "tcp" else over_serial(A_SEED, number, folder))
            by_link[link] += done
            for wrong in done.wrong:
                print(f"seed {number} over {link}: {wrong}", flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    _print(by_link)
    print(f"{time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} s of one core", file=sys.stderr)
    return not any(tally.wrong for tally in by_link.values())


def _print(by_link: dict[str, Tally]) -> None:
    print(f"{'':18}" + "".join(f"{link:>10}" for link in by_link))
    for lie in Lie:
        print(f"{lie:18}" + "".join(f"{tally.told[lie]:>10}" for tally in by_link.values()))
    for name in ("accepted", "thrown"):
        print(f"{name:18}" + "".join(f"{getattr(tally, name):>10}" for tally in by_link.values()))
    print(f"{'accepted wrong':18}" + "".join(f"{len(tally.wrong):>10}" for tally in by_link.values()))


if __name__ == "__main__":
    typer.run(hostile)
