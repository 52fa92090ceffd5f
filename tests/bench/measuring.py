"""One run: lines with everything around them, a warm-up, a window that is measured, and the oracle at the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.demo.broker import start_broker
from simulators.demo.processes import Crew, crew
from simulators.oracle import judge, read_ledger
from simulators.stock import take_stock
from tests.bench.cpu import cpu_s, machine_s
from tests.bench.figures import Bench, LineFigures, Misses, Percentiles, Run
from tests.bench.lines import RunningLine, start_dispatch, start_line, start_probe

DRAIN_S = 60.0
LOOK_S = 1.0
TRUTH_S = 20.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """The counters at one edge of the window. :ivar ended: items that have left each line."""

    at: float
    cpu: dict[str, float]
    busy_s: float
    steal_s: float
    ended: list[int]


async def measure(bench: Bench, folder: Path) -> Run:
    """Start everything, let it warm up, measure, run empty, judge.

    :raises ChildDied, ChildSilent, BrokerMissing: something could not be started, or ended by itself.
    :raises TimeoutError: a line does not run empty.
    """
    async with crew(folder) as processes:
        broker = await start_broker(processes, folder)
        ledger = await start_dispatch(processes, broker, folder)
        lines = [await start_line(processes, broker, folder, bench, number) for number in range(1, bench.lines + 1)]
        await asyncio.gather(*(line.begin() for line in lines))
        await asyncio.sleep(bench.warm_up_s)
        for line in lines:
            await line.channel.call("clear_latency")
        probe = await start_probe(processes, folder)
        before = _read(processes, lines)
        await asyncio.sleep(bench.seconds)
        after = _read(processes, lines)
        snapshots = [await line.channel.call("snapshot") for line in lines]
        await processes.end("probe")
        await asyncio.gather(*(_run_empty(line) for line in lines))
        await asyncio.gather(*(_write_truth(line) for line in lines))
        return Run(
            bench=bench,
            span_s=after.at - before.at,
            cpu_s={role: after.cpu[role] - used for role, used in before.cpu.items()},
            busy_s=after.busy_s - before.busy_s,
            steal_s=after.steal_s - before.steal_s,
            lines=tuple(
                [
                    await _figures(line, snapshot, last - first, ledger)
                    for line, snapshot, first, last in zip(lines, snapshots, before.ended, after.ended, strict=True)
                ]
            ),
            probe={name: Percentiles.model_validate(each) for name, each in json.loads(probe.read_text()).items()},
        )


def _read(processes: Crew, lines: list[RunningLine]) -> _Reading:
    busy_s, steal_s = machine_s()
    roles = {pid: name.rpartition("-")[0] or name for name, pid in processes.pids.items()} | {os.getpid(): "bench"}
    ended = [line.count("SELECT COUNT(*) FROM items WHERE ended_at IS NOT NULL") for line in lines]
    return _Reading(asyncio.get_running_loop().time(), cpu_s(roles), busy_s, steal_s, ended)


async def _run_empty(line: RunningLine) -> None:
    """Bring no more carriers, and wait until every item has left and every event is answered."""
    line.plant.process.send_signal(signal.SIGUSR2)
    quiet = 0
    async with asyncio.timeout(DRAIN_S):
        while quiet < 3:
            await asyncio.sleep(LOOK_S)
            open_items = line.count("SELECT COUNT(*) FROM items WHERE ended_at IS NULL")
            pending = line.count("SELECT COUNT(*) FROM outbox WHERE state = 'pending'")
            quiet = 0 if open_items or pending else quiet + 1


async def _write_truth(line: RunningLine) -> None:
    line.plant.process.send_signal(signal.SIGUSR1)
    async with asyncio.timeout(TRUTH_S):
        while not line.truth.exists():  # noqa: ASYNC110 -- another process makes the file
            await asyncio.sleep(LOOK_S / 10)


async def _figures(line: RunningLine, snapshot: dict[str, Any], items: int, ledger: Path) -> LineFigures:
    links = await line.channel.call("bench_links")
    own_ledger = _ledger_of(line, ledger)
    return LineFigures(
        items=items,
        decision=Percentiles.model_validate(snapshot["decision_latency"]),
        echo=Percentiles.model_validate(snapshot["echo_latency"]),
        misses=Misses(
            links={f"{name}: {what}": count for name, each in links.items() for what, count in each.items() if count},
            alarms=tuple(line.rows("SELECT kind || ' ' || source || ' ' || data FROM alarms")),
            rejected=tuple(line.rows("SELECT reason FROM items WHERE outcome = 'rejected'")),
            sent_again=_count(own_ledger, "SELECT COUNT(*) FROM events WHERE deliveries > 1"),
        ),
        oracle=_judge(line, own_ledger),
    )


def _judge(line: RunningLine, ledger: Path) -> tuple[str, ...]:
    """What the oracle finds, of the orders that were called; the others still wait, their parts in their trays."""
    called = set(line.rows("SELECT acceptance FROM items"))
    orders = tuple(order for order in line.scenario.orders if order.acceptance in called)
    stock = take_stock(json.loads(line.truth.read_text(encoding="utf-8")))
    judgement = judge(stock, line.scenario.model_copy(update={"orders": orders}), read_ledger(ledger))
    return tuple(finding for found in judgement.findings.values() for finding in found)


def _ledger_of(line: RunningLine, ledger: Path) -> Path:
    """Dispatch's ledger with the events of this line alone."""
    own = line.folder / "ledger.db"
    with closing(sqlite3.connect(own)) as connection:
        connection.execute("ATTACH ? AS whole", (str(ledger),))
        connection.execute("CREATE TABLE events AS SELECT * FROM whole.events WHERE source = ?", (line.source,))
        connection.commit()
    return own


def _count(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(query).fetchone()[0])
