"""What the proofs of one parcel cost: `python tests/vision/time_proofs.py`.

Before the seal: wide and close-up picture of a plate pair with its certificate; then the waybill, then the sealed
parcel. Rendered JPEGs of the example line's cameras; processor time of one core with one thread, decode and evidence
included; then how many parcels a second real workers prove (`--workers 0`: none). Take it on a quiet machine.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from time import perf_counter, process_time
from typing import Annotated, Any

from controller.eyes.vision_workers import WORKERS_OWN, VisionWorkers

if not os.environ.items() >= WORKERS_OWN.items():  # a worker starts with it: the C library reads it but once
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | WORKERS_OWN)

import cv2
import numpy as np
import typer
from plant_scenes import (
    SETUPS,
    carrier,
    contents_of,
    document,
    documents_task,
    expected,
    label,
    laid_by_hand,
    number_of,
    picture,
    tasks_for,
    waybill_task,
)
from rich.console import Console
from rich.table import Table

from simulators.world import PartKind, PlacedPart
from vision import contents, judge, plates, waybill
from vision.plate import reading
from vision.verdict import Outcome, Task

STEPS: tuple[tuple[str, Any, str], ...] = (
    ("decode", judge, "decode"),
    ("codes", judge, "read"),
    ("plates", contents, "check_posed_plate"),
    ("- each sign alone", reading, "read_signs"),
    ("- recogniser", reading, "read_line"),
    ("- number and visibility", reading, "margins"),
    ("- number and visibility", reading, "seen_in"),
    ("- number and visibility", reading, "lie_of"),
    ("- against the dies", plates, "_likenesses"),
    ("- what lies on them", plates, "check_ground"),
    ("certificates", contents, "check_document"),
    ("things in the pocket", contents, "upright"),
    ("things in the pocket", contents, "things_in"),
    ("things in the pocket", contents, "strays_in"),
    ("label's text", waybill, "_text"),
    ("print grade", waybill, "check_print"),
    ("seam", waybill, "check_seam"),
    ("evidence", judge, "draw"),
)
"""Where time goes: what it is called, and the function as its caller knows it; with a dash: part of the one above."""
_DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """One picture with what is asked of it."""

    proof: str
    picture: bytes
    task: Task


def parcel(seed: int) -> list[Question]:
    """The pictures of one parcel: two blue plates and a vehicle licence, laid by hand."""
    chance = Random(seed)
    code = "".join(chance.choice("0123456789") for _ in range(13))
    licence = PlacedPart(document("vehicle_licence", code), 15, 350)
    lying = laid_by_hand([*contents_of("small_car", number_of("small_car", chance)), licence], chance)
    papers = documents_task(*(expected(each) for each in lying if each.part.kind is PartKind.DOCUMENT))
    sealed = replace(waybill_task(sealed=True), view=SETUPS["parcel"].view)
    on_it, shut = carrier(labels=[label()]), carrier(labels=[label()], sealed=True)
    return [
        Question("wide", picture("wide", carrier(lying), 72_000 + seed), tasks_for(lying)["wide"]),
        Question("close-up", picture("close_up", carrier(lying), 73_000 + seed), papers),
        Question("waybill", picture("waybill", on_it, 74_000 + seed), waybill_task()),
        Question("sealed parcel", picture("parcel", shut, 75_000 + seed), sealed),
    ]


def bench(
    count: Annotated[int, typer.Option(min=2, help="Parcels.")] = 20,
    workers: Annotated[int, typer.Option(min=0, max=16, help="Also prove them in so many workers; 0: don't.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="How long the workers prove.")] = 10,
) -> None:
    """Print medians by proof and by step."""
    cv2.setNumThreads(1)
    console = Console(width=120)
    parcels = [parcel(seed) for seed in range(count)]
    console.print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {count} parcels")
    console.print(_by_proof(parcels), _by_step(parcels))
    if workers:
        console.print(asyncio.run(_by_workers([questions[:2] for questions in parcels], workers, seconds)))


def _by_proof(parcels: list[list[Question]]) -> Table:
    spent: dict[str, list[float]] = defaultdict(list)
    pace: dict[str, list[float]] = defaultdict(list)
    kept: dict[str, list[int]] = defaultdict(list)
    accepted: dict[str, int] = defaultdict(int)
    for questions in [parcels[0], *parcels]:
        for question in questions:
            began = process_time()
            verdict = judge.judge(question.picture, question.task)
            judged = process_time()
            cv2.imdecode(np.frombuffer(question.picture, np.uint8), cv2.IMREAD_COLOR)
            spent[question.proof].append((judged - began) * 1000)
            pace[question.proof].append((process_time() - judged) * 1000)
            kept[question.proof].append(len(verdict.evidence))
            accepted[question.proof] += verdict.outcome is Outcome.ACCEPT
    for each in (spent, pace):
        each["wide and close-up"] = [sum(pair) for pair in zip(each["wide"], each["close-up"], strict=True)]
    heads = ("proof", "median ms", "90 % ms", "in decodings by OpenCV", "evidence kB", "accepted")
    table = Table(*heads, title="Processor time of one core")
    for proof, times in spent.items():
        own = np.array(times[1:])
        # The same pictures decoded in the same moment: says the same on a fast machine and on a slow one.
        ratio = f"{np.median(own / np.array(pace[proof][1:])):.2f}"
        size = f"{np.median(kept[proof]) / 1000:.0f}" if kept[proof] else ""
        ms = f"{np.median(own):.0f}", f"{np.percentile(own, 90):.0f}"
        table.add_row(proof, *ms, ratio, size, str(accepted[proof] or ""))
    return table


def _by_step(parcels: list[list[Question]]) -> Table:
    proofs = [question.proof for question in parcels[0]]
    spent: dict[tuple[str, str], list[float]] = defaultdict(list)
    for questions in parcels:
        for question in questions:
            with _clocked() as clocks:
                judge.judge(question.picture, question.task)
            for step, ms in clocks.items():
                spent[step, question.proof].append(ms)
    table = Table("step", *proofs, title="Where the time goes: median ms")
    for step in dict.fromkeys(name for name, _, _ in STEPS):
        table.add_row(step, *(f"{np.median(spent[step, proof]):.1f}" if spent[step, proof] else "" for proof in proofs))
    return table


class _clocked:  # noqa: N801
    """Functions of `STEPS` measured while it lasts."""

    def __enter__(self) -> dict[str, float]:
        self._clocks: dict[str, float] = defaultdict(float)
        self._before = [(module, name, getattr(module, name)) for _, module, name in STEPS]
        for step, module, name in STEPS:
            setattr(module, name, _measured(getattr(module, name), step, self._clocks))
        return self._clocks

    def __exit__(self, *_: object) -> None:
        for module, name, function in self._before:
            setattr(module, name, function)


def _measured(function: Callable[..., Any], step: str, clocks: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        began = process_time()
        try:
            return function(*arguments, **named)
        finally:
            clocks[step] += (process_time() - began) * 1000

    return timed


async def _by_workers(parcels: list[list[Question]], count: int, seconds: float) -> str:
    """Pre-seal proofs, wide and close-up each, with the queue never empty."""
    workers = VisionWorkers(count)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(workers.serve())
        await workers.ready()
        began, done, turn = perf_counter(), 0, 0
        ends = began + seconds
        waiting: set[asyncio.Task[None]] = set()
        while perf_counter() < ends:
            while len(waiting) < 2 * count:
                waiting.add(tasks.create_task(_prove(workers, parcels[turn % len(parcels)])))
                turn += 1
            finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done += len(finished)
        await asyncio.wait(waiting)
        done, took = done + len(waiting), perf_counter() - began
        serving.cancel()
    return f"{count} workers: {done / took:.1f} parcels a second (wide and close-up), load {os.getloadavg()[0]:.1f}"


async def _prove(workers: VisionWorkers, questions: list[Question]) -> None:
    for question in questions:
        await workers.judge(question.picture, question.task, _DEADLINE_S)


if __name__ == "__main__":
    typer.run(bench)
