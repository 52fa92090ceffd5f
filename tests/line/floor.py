"""A whole floor for one test: the line and all around it in processes of their own, on a plant of the test's own loop.

The plant runs in the test, so that a test can strike at the very moment at which matter moves; everything that is
proven (line, vision workers, page, dispatch, broker) is the real program, started as the demo starts it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulators.camera import CAMERAS, CameraTwin, serve_cameras
from simulators.demo.broker import USER, free_port, start_broker
from simulators.plant import Plant, PlantWiring
from simulators.plant_process import ReaderAtHand
from tests.line.asked import Asked
from tests.line.crew import Witness
from tests.line.people import Mendable, People, Screen

PATIENT = {"picture_s": 30, "verdict_s": 30, "weigh_s": 30, "scan_s": 60}
"""Deadlines that no test is about: long, so that a busy machine fails none."""
CARRIERS = 12


class Floor(Asked):
    """One floor and its processes. Made by `floor`."""

    def __init__(
        self,
        folder: Path,
        plan: Mendable,
        speed: float,
        timing: dict[str, float],
        kits: tuple[str, ...],
        record: Path | None,
    ) -> None:
        super().__init__(folder, plan)
        self._record = () if record is None else ("--record", str(record))
        self.speed = speed
        self._kits = kits
        self._timing = PATIENT | timing
        self.screen = Screen(folder)
        self.web_port = free_port()
        self._camera_address = ""
        self._broker_port = 0

    async def open(self, stack: AsyncExitStack) -> None:
        """Set up the plant with its people, then broker, dispatch and line."""
        (self.folder / "line.toml").write_text(self._configuration(), encoding="utf-8")
        wiring = PlantWiring(directory=self.folder / "plant", speed=self.speed, seed=self.plan.seed, carriers=CARRIERS)
        self.plant = await stack.enter_async_context(Plant(wiring, self.plan.faults))
        self.plant.world.history = self.witness = Witness(self.plant.world.history)
        eyes = {each.name: CameraTwin(self.plant.world, each, speed=self.speed) for each in CAMERAS}
        self._camera_address = await stack.enter_async_context(serve_cameras(eyes))
        stack.push_async_callback(self.crew.end_all)
        self._broker_port = (await start_broker(self.crew, self.folder)).port
        await self.start_dispatch()
        await self.start_line()
        self.people = People(self.plant.world, self._readers(), self.plan, self.plant.faults, self.screen, self.speed)
        self.plant.employ(self.people.work(), "people")

    async def start_line(self, *wrapper: str) -> None:
        """Start the line and wait until it answers. :param wrapper: a program to start it under, with arguments."""
        run = _sealline("run", "--config", "line.toml", *self._record)
        await self.crew.start("line", *wrapper, *run, env=self._environment())
        await self._answers()

    async def start_web(self) -> None:
        await self.crew.start("web", *_sealline("web", "--config", "line.toml"), env=self._environment())

    async def start_dispatch(self) -> None:
        at = ("--port", str(self._broker_port), "--username", USER, "--password-file", "mqtt-password")
        await self.crew.start("dispatch", *_sealline("dispatch", "listen", *at, "--ledger", "ledger.db"))

    async def start_broker_again(self) -> None:
        """Start a broker that remembers nothing, on the same port."""
        mosquitto = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert mosquitto is not None
        await self.crew.start("broker", mosquitto, "-c", str(self.folder / "mosquitto.conf"))

    def freeze_line(self) -> None:
        """Stop the line process where it stands, as a machine does that swaps or is debugged."""
        self.crew.child("line").process.send_signal(signal.SIGSTOP)

    def thaw_line(self) -> None:
        self.crew.child("line").process.send_signal(signal.SIGCONT)

    async def kill_line(self) -> None:
        await self.crew.kill("line")

    # Inside.

    def _readers(self) -> dict[str, Any]:
        plant = self.plant
        return {"infeed": ReaderAtHand(plant.infeed_scanner), "collate": ReaderAtHand(plant.certificate_scanner)}

    def _configuration(self) -> str:
        """The example as a plant starts from it, but for the deadlines that the test shortens."""
        text = files("controller").joinpath("line.example.toml").read_text("utf-8")
        for name, seconds in self._timing.items():
            text, count = re.subn(rf"(?m)^{name} = [0-9.]+", f"{name} = {seconds}", text)
            assert count == 1, name
        if self._kits:
            asked = f"every_items = 1\nkinds = {json.dumps(self._kits)}"
            assert "every_items = 0" in text
            text = text.replace("every_items = 0", asked)
        return text

    def _environment(self) -> dict[str, str]:
        """Fill the variables of `line.example.toml` with this floor's addresses."""
        links = self.plant.links
        names = ("conveyor", "sealer_1", "applicator", "gate", "printer")
        return {
            **{f"{name.upper()}_PORT": str(urlsplit(links[name]).port) for name in names},
            "CAMERA_PORT": str(urlsplit(self._camera_address).port),
            "PLANT_DIR": str(self.folder / "plant"),
            "SEALLINE_WEB_PORT": str(self.web_port),
            "SEALLINE_MQTT_PORT": str(self._broker_port),
            "SEALLINE_MQTT_PASSWORD_FILE": str(self.folder / "mqtt-password"),
        }


@asynccontextmanager
async def floor(
    plan: Mendable,
    *,
    speed: float = 20.0,
    folder: Path | None = None,
    kits: tuple[str, ...] = (),
    record: Path | None = None,
    **timing: float,
) -> AsyncIterator[Floor]:
    """A floor that is ready for `begin`, and that is cleared away afterwards. After a failure its folder is kept.

    :param folder: an empty one, which is left to its owner; else a new one.
    :param kits: kinds of test kits that are called, one after each item; none unless given.
    :param record: the folder in which the line records itself.
    :param timing: deadlines of the configuration that are to be other than the example's.
    """
    given, folder = (
        folder,
        folder or Path(tempfile.mkdtemp(prefix="floor-", dir="/tmp")),
    )  # a socket's path must be short
    try:
        async with AsyncExitStack() as stack:
            made = Floor(folder, plan, speed, timing, kits, record)
            await made.open(stack)
            yield made
    except BaseException as error:
        cause = _innermost(error)
        cause.add_note(f"everything of this floor is in {folder}")
        raise cause from None
    if given is None:
        shutil.rmtree(folder)


def _innermost(error: BaseException) -> BaseException:
    """The failure itself, out of the task groups in which it happened."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _sealline(*words: str) -> list[str]:
    return [sys.executable, "-m", "controller.commands", *words]
