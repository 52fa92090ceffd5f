"""A campaign: seed after seed until told, and what it has seen: items, faults by kind, findings, speed, coverage."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from typing import Any

from simulators.virtual.campaign import Run, simulate
from simulators.virtual.floor import Depth
from simulators.virtual.pixels import COUNTED
from simulators.virtual.troubles import AT_RANDOM, AT_ZONES, BEHIND_LOAD, Kind

PIXELS_EVERY = 50
"""Where nobody knows how many seeds there will be."""
_FAR_ENOUGH = 50
"""Seeds after which a kind of trouble that never struck is worth a word."""
_RAREST = 8
"""Kinds of moment that the table names."""


class Depths(StrEnum):
    """At which depth the seeds of a campaign run."""

    WIRE = "wire"
    PORT = "port"
    MIXED = "mixed"
    """Each hundredth seed at full wire, the others at typed ports."""

    def of(self, seed: int) -> Depth:
        """The depth of one seed: the same in every campaign, so that a seed can be run again."""
        if self is Depths.MIXED:
            return Depth.PORT if seed % 100 else Depth.WIRE
        return Depth(self.value)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a campaign is to run. :ivar items: orders a seed.

    :ivar kinds: the only kinds of trouble; empty: all. :ivar challenges: a test kit after so many items, 0: none.
    :ivar pixels: so many items with drawn pictures, judged by the line's own vision: each `every`th seed, from the
        first on, until there are as many.
    """

    first: int
    items: int
    level: str
    kinds: tuple[Kind, ...] = ()
    depths: Depths = Depths.MIXED
    challenges: int = 0
    pixels: int = 0
    every: int = PIXELS_EVERY

    def run(self, place: int) -> Run:
        """Run the seed at a place of the campaign; the same in every campaign that begins with the same seed."""
        seed = self.first + place
        return simulate(
            seed, self.items, self.level, self.kinds, self.depths.of(seed), self.challenges, pixels=self.draws(place)
        )

    def draws(self, place: int) -> bool:
        """Whether the seed there runs with drawn pictures."""
        before, rest = divmod(place, self.every)
        return not rest and before * self.items < self.pixels


def every_so_many(pixels: int, items: int, seeds: int) -> int:
    """How far apart seeds with drawn pictures stand, so that a campaign of so many seeds comes to `pixels` items."""
    wanted = -(-pixels // items)
    return max(1, min(PIXELS_EVERY, seeds // max(1, wanted)))


def processes(jobs: int) -> Executor:
    """Processes of their own, which inherit nothing."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))


def soak(
    wish: Wish,
    seeds: int,
    seconds: float,
    jobs: int,
    tell: Callable[[str], None],
    pool_of: Callable[[int], Executor] = processes,
) -> dict[str, Any]:
    """Run seeds from the first on; what came of each is told and summed in their order, however many run at once.

    :param seconds: instead of `seeds`, 0 for those: none begins later. :param jobs: side by side; 1: here, alone.
    :param tell: told of each finding as it comes; :param pool_of: who runs so many side by side.
    """
    began, runs = time.monotonic(), list[Run]()

    def goes_on(place: int) -> bool:
        return place < seeds if not seconds else time.monotonic() - began < seconds

    for run in _one_by_one(wish, goes_on) if jobs == 1 else _side_by_side(wish, goes_on, jobs, pool_of):
        for line in told(run):
            tell(line)
        runs.append(run)
    return summed(runs, wish.kinds, time.monotonic() - began)


def _one_by_one(wish: Wish, goes_on: Callable[[int], bool]) -> Iterator[Run]:
    place = 0
    while not place or goes_on(place):
        yield wish.run(place)
        place += 1


def _side_by_side(
    wish: Wish, goes_on: Callable[[int], bool], jobs: int, pool_of: Callable[[int], Executor]
) -> Iterator[Run]:
    """Each takes the next seed as soon as it is free; what is done waits for those before it."""
    with pool_of(jobs) as pool:
        under_way, place = deque[Future[Run]](), 0
        while under_way or not place or goes_on(place):
            while sum(not each.done() for each in under_way) < 2 * jobs and (not place or goes_on(place)):
                under_way.append(pool.submit(wish.run, place))
                place += 1
            if not under_way:
                return
            wait(under_way, return_when=FIRST_COMPLETED)
            while under_way and under_way[0].done():
                yield under_way.popleft().result()


def kinds_of(only: str) -> tuple[Kind, ...]:
    """Kinds of trouble from their names with commas between."""
    return tuple(Kind(name.strip()) for name in only.split(",") if name.strip())


def told(run: Run) -> list[str]:
    """A seed that found something, in plain words."""
    if not run.findings:
        return []
    story = [f"    {line}" for line in run.story]
    findings = [f"  {name}: {finding}" for name, found in run.oracle.items() for finding in found]
    drawn = f", --pixels {run.items}" if run.pixels else ""
    return [f"seed {run.seed}, {run.items} items, depth {run.depth}{drawn}:", *findings, "  what struck:", *story]


def summed(runs: list[Run], kinds: tuple[Kind, ...], wall_s: float) -> dict[str, Any]:
    """All seeds together, in their order. :param wall_s: how long they took, side by side."""
    faults, coverage, oracle, rare = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    pixels = Counter[str](dict.fromkeys(COUNTED, 0))
    for run in runs:
        faults.update(run.faults)
        coverage.update(run.coverage)
        oracle.update({name: len(found) for name, found in run.oracle.items()})
        rare.update(run.rare)
        pixels.update(run.pixels)
    wanted = [f"{kind}@{zone}" for kind in kinds or AT_RANDOM for zone in AT_ZONES.get(kind, BEHIND_LOAD)]
    far = len(runs) > _FAR_ENOUGH
    first = runs[0]
    single = {"seed": first.seed, "depth": first.depth} if len(runs) == 1 else {"first_seed": first.seed}
    return {
        **single,
        "trace_hash": _trace_hash(runs),
        "seeds": len(runs),
        "full_wire_seeds": sum(run.depth is Depth.WIRE for run in runs),
        "items": sum(run.items for run in runs),
        "pixel_items": sum(run.items for run in runs if run.pixels),
        "pixels": dict(pixels),
        "oracle": dict(oracle),
        "findings": sum(oracle.values()),
        "failed_seeds": [run.seed for run in runs if run.findings],
        "faults": dict(sorted(faults.items())),
        "lives_lost": sum(run.kills for run in runs) - len(runs),
        "coverage": dict(sorted(coverage.items())),
        "covered": f"{sum(each in coverage for each in wanted)} of {len(wanted)} kinds of trouble at zones",
        "never_struck": [each for each in wanted if each not in coverage] if far else [],
        "sometimes": dict(sorted(rare.items())),
        "never_happened": [name for name, count in sorted(rare.items()) if not count] if far else [],
        **_speed(runs, wall_s),
    }


def _trace_hash(runs: list[Run]) -> str:
    """Of a single seed its own; of several one over all of them, in their order."""
    if len(runs) == 1:
        return runs[0].trace_hash
    return hashlib.blake2b("".join(run.trace_hash for run in runs).encode(), digest_size=16).hexdigest()


def _speed(runs: list[Run], wall_s: float) -> dict[str, float]:
    """How fast it went: `times_real` in virtual seconds a second of one core's work."""
    virtual_s = sum(run.virtual_s for run in runs)
    cpu_s = sum(run.cpu_s for run in runs)
    items = sum(run.items for run in runs)
    return {
        "virtual_s": round(virtual_s, 3),
        "wall_s": round(wall_s, 3),
        "cpu_s": round(cpu_s, 3),
        "times_real": round(virtual_s / cpu_s, 1),
        "items_a_cpu_second": round(items / cpu_s, 1),
        "seeds_a_second": round(len(runs) / wall_s, 3),
    }


def table(done: dict[str, Any]) -> str:
    """The same for the eye."""
    lines = [
        f"faults: {_counts(done['faults'])}",
        f"sometimes: {_rarest(done['sometimes'])}",
        *_matrix(done["coverage"]),
    ]
    rest = {name: value for name, value in done.items() if name not in ("faults", "sometimes", "coverage")}
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in rest.items())])


def _rarest(counted: dict[str, int]) -> str:
    """How many kinds of moment came, and the least often seen of them: there a campaign is thin."""
    seen = sorted((count, name) for name, count in counted.items() if count)
    rarest = ", ".join(f"{name} {count}" for count, name in seen[:_RAREST])
    return f"{len(seen)} of {len(counted)} came" + (f"; the rarest: {rarest}; all by --json" if seen else "")


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counted.items()) or "none"


def _matrix(coverage: dict[str, int]) -> list[str]:
    """Kinds of trouble down, steps of the flow across."""
    kinds = sorted({each.partition("@")[0] for each in coverage})
    head = f"{'':28}" + "".join(f"{zone:>9}" for zone in BEHIND_LOAD)
    return [head] + [
        f"{kind:28}" + "".join(f"{coverage.get(f'{kind}@{zone}', 0) or '.':>9}" for zone in BEHIND_LOAD)
        for kind in kinds
    ]
