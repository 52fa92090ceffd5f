"""Seeds run one after the other, each a whole floor, and what came of each."""

from __future__ import annotations

import gc
import logging
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field

import structlog

from simulators.virtual.chronicle import Did, line_did
from simulators.virtual.cut import WHOLE, Cut
from simulators.virtual.floor import Depth, Ended, VirtualFloor, scratch
from simulators.virtual.judging import judged
from simulators.virtual.line_process import warm_up
from simulators.virtual.loop import VirtualLoop, virtual_run
from simulators.virtual.troubles import Kind


@dataclass(slots=True)
class Run:
    """How one seed came out.

    :ivar oracle: category → findings; :ivar story: what trouble struck, in order; :ivar did: what the line did.
    :ivar pixels: how the line's own vision judged drawn pictures (`pixels.COUNTED`); empty where none were drawn.
    :ivar coverage: `kind@zone` → how often it struck there; :ivar rare: branch → how often it was taken.
    """

    seed: int
    items: int
    oracle: dict[str, list[str]]
    faults: dict[str, int]
    coverage: dict[str, int]
    trace_hash: str
    virtual_s: float
    wall_s: float
    cpu_s: float = 0.0
    kills: int = 0
    steps: int = 0
    depth: Depth = Depth.WIRE
    pixels: dict[str, int] = field(default_factory=dict)
    rare: dict[str, int] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)
    did: list[Did] = field(default_factory=list)

    @property
    def findings(self) -> list[str]:
        """All of them."""
        return [finding for found in self.oracle.values() for finding in found]


def simulate(
    seed: int,
    items: int,
    level: str,
    kinds: tuple[Kind, ...] = (),
    depth: Depth = Depth.PORT,
    challenges: int = 0,
    cut: Cut | None = None,
    *,
    pixels: bool = False,
) -> Run:
    """Run one seed. Nothing of it remains, and what was killed in it dies without a word.

    :param challenges: a test kit after so many items, 0: none. :param cut: what is left out of the seed's plan;
        given where what the line did is wanted too. :param pixels: pictures are drawn, and judged by the line's vision.
    """
    logging_before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    gc.disable()
    # What is there already outlives this run: only what it makes is to be collected.
    gc.freeze()
    try:
        with warnings.catch_warnings():
            # What had been started and not begun when the line was killed.
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            run = _simulate(seed, items, level, kinds, Depth(depth), challenges, cut, pixels)
            while gc.collect():
                pass  # what was killed dies in its `finally` blocks, and leaves more behind
    finally:
        gc.unfreeze()
        gc.enable()
        sys.unraisablehook = hook
        structlog.configure(**logging_before)
    return run


def _simulate(
    seed: int,
    items: int,
    level: str,
    kinds: tuple[Kind, ...],
    depth: Depth,
    challenges: int,
    cut: Cut | None,
    pixels: bool,
) -> Run:
    warm_up()
    began, worked = time.perf_counter(), time.process_time()
    loop = VirtualLoop(str(seed))
    floors: list[VirtualFloor] = []
    did: list[Did] = []

    async def whole() -> Ended:
        with scratch() as folder:
            floor = VirtualFloor(
                seed, items, level, kinds, depth, loop, folder, challenges, cut or WHOLE, pixels=pixels
            )
            floors.append(floor)
            try:
                return await floor.run()
            finally:
                if cut is not None:
                    did.extend(line_did(floor.journal))
                floor.close()

    rare: Counter[str] = Counter()
    try:
        ended = virtual_run(whole(), loop)
        oracle, rare = judged(ended), ended.rare
    except Exception as error:
        # A run that breaks is a finding of its seed, told like any other, and not the end of a campaign.
        oracle = {"run": [f"{type(each).__name__}: {each}" for each in _leaves(error)]}
    floor = floors[0]
    faults = Counter(str(fault.kind) for fault in floor.plant.faults.fired) + floor.conductor.counts
    return Run(
        seed=seed,
        items=items,
        oracle=oracle,
        faults=dict(faults),
        coverage={f"{kind}@{zone}": count for (kind, zone), count in sorted(floor.conductor.at.items())},
        trace_hash=floor.trace.digest(),
        virtual_s=loop.time() - 1000.0,
        wall_s=time.perf_counter() - began,
        cpu_s=time.process_time() - worked,
        kills=floor.kills,
        steps=loop.steps,
        depth=depth,
        pixels=dict(floor.pixels),
        rare=dict(rare),
        story=floor.conductor.told,
        did=did,
    )


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors that a group of groups holds."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for each in error.exceptions for leaf in _leaves(each)]
