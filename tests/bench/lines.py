"""Starts one measured line and what belongs to it: plant, line process, page. And dispatch and the probe beside."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from controller.desk.channel import ChannelClient
from controller.desk.handing_in import hand_in_numbers, hand_in_orders, rows_of
from controller.journal.store import open_reading
from simulators.demo.broker import USER, Broker, free_port
from simulators.demo.line_api import LineAway
from simulators.demo.processes import Child, Crew, first_line
from simulators.plant import PlantWiring
from simulators.scenario import Scenario, make_scenario
from tests.bench.figures import Bench
from tests.bench.plant_process import PlantPlan
from tests.bench.waiting import until

START_S = 60.0
"""Vision workers load their models before a line is ready; several at once take longer."""
REPOSITORY = Path(__file__).parents[2]
_PORTS = ("conveyor", "sealer_1", "applicator", "gate", "printer")


@dataclass(frozen=True, slots=True)
class RunningLine:
    """A line with its plant. :ivar source: how dispatch's ledger names it."""

    folder: Path
    plant: Child
    scenario: Scenario
    source: str
    truth: Path
    journal: Path

    @property
    def channel(self) -> ChannelClient:
        """The way to ask the line."""
        return ChannelClient(self.folder / "var" / "line.sock", (self.folder / "var" / "token").read_text().strip())

    async def begin(self) -> None:
        """Hand everything in and start the line. :raises LineAway: it does not come to where it executes."""
        numbers = await hand_in_numbers(self.channel, self.scenario.mail_numbers)
        rows, _ = rows_of([order.model_dump(mode="json") for order in self.scenario.orders])
        report = await hand_in_orders(self.channel, rows)
        if report.refused or numbers.refused:
            raise LineAway(f"{self.source} refuses {report.refused[:3]} {numbers.refused[:3]}")
        for command, state in (("reset", "Idle"), ("start", "Execute")):
            await self.channel.call("command", command=command, by="bench")
            await until(lambda state=state: self._is_in(state), START_S, f"{self.source} is not in {state}")  # type: ignore[misc]

    def rows(self, query: str) -> list[str]:
        """The first column of a read of the line's journal."""
        with closing(open_reading(self.journal)) as connection:
            return [row[0] for row in connection.execute(query)]

    def count(self, query: str) -> int:
        """The one number that a query of the line's journal gives."""
        return int(self.rows(query)[0])

    async def _is_in(self, state: str) -> bool:
        return bool((await self.channel.call("snapshot"))["state"] == state)


async def start_line(processes: Crew, broker: Broker, folder: Path, bench: Bench, number: int) -> RunningLine:
    """Start plant, line and page number `number` (1..), each when what it needs is there."""
    own = folder / f"L{number}"
    own.mkdir()
    scenario = make_scenario(1000 + number, bench.orders, troubled=False)
    line_id = f"BENCH-{number}"
    text = files("controller").joinpath("line.example.toml").read_text("utf-8")
    config = own / "line.toml"
    config.write_text(text.replace('id = "GZ01-L1"', f'id = "{line_id}"'), encoding="utf-8")
    plan = _plan(own, bench, number)
    plan.scenario.write_text(scenario.model_dump_json(), encoding="utf-8")
    (own / "plan.json").write_text(plan.model_dump_json(), encoding="utf-8")
    plant = await processes.start(f"plant-{number}", *_module("plant_process", str(own / "plan.json")), env=_python())
    links: dict[str, str] = json.loads(await first_line(plant, START_S, start="{"))
    env = _environment(links, own, broker)
    pictures = "on" if bench.pictures else "off"
    await processes.start(f"line-{number}", *_module("line_process", str(config), pictures), env=env)
    await processes.start(f"web-{number}", *_sealline("web", "--config", str(config)), env=env)
    line = RunningLine(own, plant, scenario, f"/sealline/{line_id}", plan.truth, plan.journal)
    await until(lambda: _listens(line), START_S, f"{line_id} does not open its channel")
    return line


async def start_dispatch(processes: Crew, broker: Broker, folder: Path) -> Path:
    """Start the reference subscriber for all lines; return its ledger."""
    ledger = folder / "ledger.db"
    reach = ("--port", str(broker.port), "--username", USER, "--password-file", str(broker.password_file))
    await processes.start("dispatch", *_sealline("dispatch", "listen", *reach, "--ledger", str(ledger)))
    await until(lambda: _exists(ledger), START_S, "dispatch makes no ledger")
    return ledger


async def start_probe(processes: Crew, folder: Path) -> Path:
    """Start the control probe; return where its figures will stand once it has ended."""
    child = await processes.start("probe", *_module("probe", str(folder)), env=_python())
    return child.log


def _plan(own: Path, bench: Bench, number: int) -> PlantPlan:
    return PlantPlan(
        wiring=PlantWiring(directory=own / "plant", speed=bench.speed, seed=number),
        takt_s=bench.takt_s,
        pictures=bench.pictures,
        scenario=own / "scenario.json",
        journal=own / "var" / "line.db",
        truth=own / "truth.json",
    )


def _module(name: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"tests.bench.{name}", *words)


def _sealline(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "controller.commands", *words)


def _python() -> dict[str, str]:
    """The children run in the run's folder and find `tests` all the same."""
    return {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])}


def _environment(links: dict[str, str], own: Path, broker: Broker) -> dict[str, str]:
    """Fill the variables of `line.example.toml` with this line's addresses."""
    return {
        **_python(),
        **{f"{name.upper()}_PORT": str(urlsplit(links[name]).port) for name in _PORTS},
        "CAMERA_PORT": str(urlsplit(links["cameras"]).port),
        "PLANT_DIR": str(own / "plant"),
        "SEALLINE_WEB_PORT": str(free_port()),
        "SEALLINE_MQTT_PORT": str(broker.port),
        "SEALLINE_MQTT_PASSWORD_FILE": str(broker.password_file),
    }


async def _listens(line: RunningLine) -> bool:
    return (line.folder / "var" / "line.sock").exists() and line.journal.exists()


async def _exists(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT COUNT(*) FROM events")
    except sqlite3.OperationalError:
        return False
    return True
