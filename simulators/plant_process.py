"""The plant as a process of its own: twins, cameras and, where there is a scenario, the people with its parts.

Says on its first line of output, as one JSON object, where every device is to be found. Writes the physical truth
into a file when it is asked to by SIGUSR1, and when it ends.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict

from simulators.bag_search import BagSearch
from simulators.camera import CAMERAS, CameraTwin, serve_cameras
from simulators.hands import Hands
from simulators.pick_list import HttpPickList
from simulators.plant import Plant, PlantWiring
from simulators.scanner import ScannerTwin
from simulators.scenario import Scenario
from simulators.truth import truth


class Staff(BaseModel):
    """What the people need to work: what lies in their trays, and where the pick list shows.

    :ivar api: address of the line's HTTP API; :ivar token_file: may appear later.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: Path
    api: str
    token_file: Path


class ReaderAtHand:
    """A code reader as people use it: with its release button for what it can't read."""

    def __init__(self, twin: ScannerTwin) -> None:
        self._twin = twin
        self.triggered = twin.triggered

    async def present(self, code: str | None) -> bool:
        """Pass a part; a part without a readable code, or none at all, is answered with the button."""
        read = await self._twin.present(code)
        if code is None:
            self._twin.release()
        return read


async def run_plant(wiring: PlantWiring, camera_port: int, staff: Staff | None, truth_file: Path | None) -> None:
    """Serve the plant until SIGTERM or SIGINT.

    :raises OSError: a port is taken, or the scenario can't be read.
    """
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    scenario = Scenario.model_validate_json(staff.scenario.read_bytes()) if staff else None
    async with AsyncExitStack() as stack:
        plant = await stack.enter_async_context(Plant(wiring, scenario.faults if scenario else ()))
        cameras = {
            setup.name: CameraTwin(plant.world, setup, speed=wiring.speed, seed=wiring.seed) for setup in CAMERAS
        }
        plant.eyes = {f"{name}_camera": camera for name, camera in cameras.items()}
        address = await stack.enter_async_context(serve_cameras(cameras, wiring.host, camera_port))
        hands = await _employ(stack, plant, scenario, staff) if scenario and staff else None
        if truth_file is not None:
            loop.add_signal_handler(signal.SIGUSR1, _write_truth, truth_file, plant, hands)
        print(json.dumps({**plant.links, **_camera_links(address)}), flush=True)
        await ending.wait()
        if truth_file is not None:
            _write_truth(truth_file, plant, hands)


async def _employ(stack: AsyncExitStack, plant: Plant, scenario: Scenario, staff: Staff) -> Hands:
    """Let the people begin."""
    client = await stack.enter_async_context(httpx.AsyncClient())
    page = HttpPickList(client, staff.api, staff.token_file)
    hands = Hands(
        plant.world,
        {"infeed": ReaderAtHand(plant.infeed_scanner), "collate": ReaderAtHand(plant.certificate_scanner)},
        scenario,
        plant.faults,
        page,
        plant.wiring.speed,
    )
    plant.found = hands.mislay
    plant.employ(hands.work(), "hands")
    plant.employ(BagSearch(plant.world, page, scenario.seed).work(), "dispatch's people")
    return hands


def _camera_links(address: str) -> Mapping[str, str]:
    return {f"{setup.name}_camera": f"{address}/{setup.name}/snapshot" for setup in CAMERAS}


def _write_truth(path: Path, plant: Plant, hands: Hands | None) -> None:
    """Put the truth in place whole, never half."""
    stock = {**truth(plant.world, plant.faults), "at_hand": hands.at_hand if hands else ()}
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(stock, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
