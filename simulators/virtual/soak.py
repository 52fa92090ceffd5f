"""A campaign: seed after seed until told, and what it has seen: items, faults by kind, findings, speed, coverage."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from simulators.virtual.campaign import Run, simulate
from simulators.virtual.floor import Depth
from simulators.virtual.troubles import AT_RANDOM, AT_ZONES, BEHIND_LOAD, Kind

_FAR_ENOUGH = 50
"""Seeds after which a kind of trouble that never struck is worth a word."""


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


def soak(
    first: int,
    items: int,
    level: str,
    seeds: int,
    seconds: float,
    only: str,
    depths: Depths,
    tell: Callable[[str], None],
    challenges: int = 0,
) -> dict[str, Any]:
    """Run seeds from `first` on.

    :param seconds: instead of `seeds`, 0 for those. :param only: kinds of trouble with commas between; '' for all.
    :param tell: told of each finding as it comes; :param challenges: a test kit after so many items, 0: none.
    """
    kinds = kinds_of(only)
    began, runs = time.monotonic(), list[Run]()
    while len(runs) < seeds if not seconds else time.monotonic() - began < seconds:
        seed = first + len(runs)
        run = simulate(seed, items, level, kinds, depths.of(seed), challenges)
        for line in told(run):
            tell(line)
        runs.append(run)
    return summed(runs, kinds)


def kinds_of(only: str) -> tuple[Kind, ...]:
    """Kinds of trouble from their names with commas between."""
    return tuple(Kind(name.strip()) for name in only.split(",") if name.strip())


def told(run: Run) -> list[str]:
    """A seed that found something, in plain words."""
    if not run.findings:
        return []
    story = [f"    {line}" for line in run.story]
    findings = [f"  {name}: {finding}" for name, found in run.oracle.items() for finding in found]
    return [f"seed {run.seed}, {run.items} items, depth {run.depth}:", *findings, "  what struck:", *story]


def summed(runs: list[Run], kinds: tuple[Kind, ...]) -> dict[str, Any]:
    """All seeds together; of a single one also its trace hash."""
    faults, coverage, oracle, rare = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for run in runs:
        faults.update(run.faults)
        coverage.update(run.coverage)
        oracle.update({name: len(found) for name, found in run.oracle.items()})
        rare.update(run.rare)
    wanted = [f"{kind}@{zone}" for kind in kinds or AT_RANDOM for zone in AT_ZONES.get(kind, BEHIND_LOAD)]
    far = len(runs) > _FAR_ENOUGH
    first = runs[0]
    single = {"trace_hash": first.trace_hash, "seed": first.seed, "depth": first.depth} if len(runs) == 1 else {}
    return {
        **single,
        "seeds": len(runs),
        "full_wire_seeds": sum(run.depth is Depth.WIRE for run in runs),
        "items": sum(run.items for run in runs),
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
        **_speed(runs),
    }


def _speed(runs: list[Run]) -> dict[str, float]:
    """How fast it went: `times_real` in virtual seconds a second of one core's work."""
    virtual_s = sum(run.virtual_s for run in runs)
    cpu_s, wall_s = sum(run.cpu_s for run in runs), sum(run.wall_s for run in runs)
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
        f"sometimes: {_counts(done['sometimes'])}",
        *_matrix(done["coverage"]),
    ]
    rest = {name: value for name, value in done.items() if name not in ("faults", "sometimes", "coverage")}
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in rest.items())])


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
