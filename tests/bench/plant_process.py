"""The plant of a benchmark: the simulated plant, fed with carriers at a takt, its cameras drawing or not.

Run as `python -m tests.bench.plant_process PLAN.json`. Its first line says where each device is to be found. SIGUSR2
ends the feeding of carriers, so that the line runs empty; SIGUSR1 writes the physical truth down.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from simulators.camera import CAMERAS, CameraTwin, serve_cameras
from simulators.hands import Hands
from simulators.matter import Carrier
from simulators.plant import Plant, PlantWiring
from simulators.plant_process import ReaderAtHand
from simulators.plc import PlcTwin
from simulators.scenario import Scenario
from simulators.truth import truth
from simulators.world import World
from tests.bench.stand_ins import JournalPickList, TinyCamera, tiny_picture

CATCH_UP_S = 1.0
"""A line that fell behind its takt is fed faster for as many carriers as it missed in so long, no more."""


class PlantPlan(BaseModel):
    """What the plant of one line is told.

    :ivar takt_s: real seconds between two carriers at load; 0 feeds as fast as load is free.
    :ivar journal: of the line; the pick list is read there. :ivar truth: where to write the physical truth.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    wiring: PlantWiring
    takt_s: float
    pictures: bool
    scenario: Path
    journal: Path
    truth: Path


class TaktWorld(World):
    """A world whose return belt brings a carrier at most once a takt."""

    takt_s = 0.0
    closed = False
    _due = 0.0

    def feed_load(self) -> Carrier | None:
        """Bring the next carrier to load if its time has come."""
        now = asyncio.get_running_loop().time()
        if self.closed or now < self._due:
            return None
        fed = super().feed_load()
        if fed is not None:
            self._due = max(self._due + self.takt_s, now - CATCH_UP_S)
        return fed


class TaktPlant(Plant):
    """The plant around such a world."""

    world: TaktWorld

    def _make_plcs(self) -> dict[str, PlcTwin]:
        self.world = TaktWorld(self.wiring.carriers, self._plant_time)
        return super()._make_plcs()


async def serve(plan: PlantPlan) -> None:
    """Serve the plant until SIGTERM."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    scenario = Scenario.model_validate_json(plan.scenario.read_bytes())
    async with AsyncExitStack() as stack:
        plant = await stack.enter_async_context(TaktPlant(plan.wiring))
        plant.world.takt_s = plan.takt_s
        address = await stack.enter_async_context(serve_cameras(_cameras(plant, plan)))
        hands = _hands(plant, scenario, plan)
        plant.employ(hands.work(), "hands")
        loop.add_signal_handler(signal.SIGUSR1, _write_truth, plan.truth, plant, hands)
        loop.add_signal_handler(signal.SIGUSR2, setattr, plant.world, "closed", True)
        print(json.dumps({**plant.links, "cameras": address}), flush=True)
        await ending.wait()


def _cameras(plant: Plant, plan: PlantPlan) -> Mapping[str, CameraTwin]:
    speed, seed, world = plan.wiring.speed, plan.wiring.seed, plant.world
    if plan.pictures:
        return {setup.name: CameraTwin(world, setup, speed=speed, seed=seed) for setup in CAMERAS}
    picture = tiny_picture()
    return {setup.name: TinyCamera(world, setup, speed=speed, picture=picture) for setup in CAMERAS}


def _hands(plant: Plant, scenario: Scenario, plan: PlantPlan) -> Hands:
    readers = {"infeed": ReaderAtHand(plant.infeed_scanner), "collate": ReaderAtHand(plant.certificate_scanner)}
    return Hands(plant.world, readers, scenario, plant.faults, JournalPickList(plan.journal), plan.wiring.speed)


def _write_truth(path: Path, plant: Plant, hands: Hands) -> None:
    draft = path.with_suffix(".draft")
    stock = {**truth(plant.world, plant.faults), "at_hand": hands.at_hand}
    draft.write_text(json.dumps(stock, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    asyncio.run(serve(PlantPlan.model_validate_json(Path(sys.argv[1]).read_bytes())))
