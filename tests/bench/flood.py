"""What a flood of web requests does to the line's decisions: the demo three times, once with its page under fire.

    python -m tests.bench.flood --orders 60 --clients 20

The flood runs in this process, on what the cores have left, as fast as the page answers: snapshots, order lists, shift
reports and wrong sign-ins of a browser that was let in. Beside it stands what two strangers cost that only keep the
cores busy. All runs share the machine with plant, twins and dispatch: compare them only with each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer

from controller.web.admission import KEY_COOKIE, browser_key

_PATHS = ("/api/snapshot", "/api/orders", "/api/shift-report", "/api/backlog", "/texts/zh.json", "/orders")
_WRONG = {"who": "zhao", "secret": "a-wrong-password"}


def flood(
    orders: Annotated[int, typer.Option(min=5, help="How many orders each run packs.")] = 60,
    clients: Annotated[int, typer.Option(min=1, max=150, help="How many ask at the same time.")] = 20,
    speed: Annotated[float, typer.Option(help="Of the plant.")] = 3,
) -> None:
    """Pack the same orders without and with a flood and tell the decision latency of each."""
    with tempfile.TemporaryDirectory(prefix="flood-") as folder:
        # The flood comes last: its low priority stays with this process.
        for name, strangers, many in (("quiet", 0, 0), ("strangers", 2, 0), ("flooded", 0, clients)):
            with _strangers(strangers):
                latency, answers = asyncio.run(_run(Path(folder) / name, orders, speed, many))
            told = ", ".join(f"{status} {count}" for status, count in sorted(answers.items()))
            typer.echo(f"{name}: {latency}; requests: {sum(answers.values())} ({told or 'none'})")


@contextlib.contextmanager
def _strangers(many: int) -> Iterator[None]:
    """Keep cores busy at low priority, without one request: what the machine's sharing alone costs."""
    spin = "import os, sys; os.nice(int(sys.argv[1]))\nwhile True: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", spin, str(nice)]) for nice in (5, 15)[:many]]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


async def _run(folder: Path, orders: int, speed: float, clients: int) -> tuple[str, Counter[str]]:
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "controller.commands", "demo", "--orders", str(orders), "--speed", str(speed)),
        *("--seed", "7", "--folder", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert demo.stdout is not None
    answers: Counter[str] = Counter()
    attackers: list[asyncio.Task[None]] = []
    async for line in demo.stdout:
        page = re.search(r"page: (http://[^/]+)/\?token=(\S+)", line.decode())
        if page and clients and not attackers:
            # A real flood comes from other computers: its own cost must not stand beside the line's.
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            attackers = [asyncio.create_task(_attack(page[1], page[2], answers)) for _ in range(clients)]
    for attacker in attackers:
        attacker.cancel()
    await asyncio.gather(*attackers, return_exceptions=True)
    if await demo.wait():
        raise typer.Exit(2)
    return _latency(json.loads((folder / "report.json").read_text("utf-8"))), answers


async def _attack(base: str, token: str, answers: Counter[str]) -> None:
    cookies, headers = {KEY_COOKIE: browser_key(token)}, {"X-Sealline": "1"}
    async with httpx.AsyncClient(base_url=base, cookies=cookies, headers=headers, timeout=10) as browser:
        for number in itertools.count():
            try:
                if number % 10 == 9:
                    answer = await browser.post("/api/sign-in", json=_WRONG)
                else:
                    answer = await browser.get(_PATHS[number % len(_PATHS)])
                answers[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                answers[type(error).__name__] += 1
                await asyncio.sleep(0.05)


def _latency(report: dict[str, object]) -> str:
    found = {name: value for name, value in report.items() if "latency" in name or name in ("duration_s", "clean")}
    return json.dumps(found)


if __name__ == "__main__":
    typer.run(flood)
