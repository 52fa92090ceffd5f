"""The demo as a process: everything started, the orders packed, the oracle asked, everything ended."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.markup import escape

from simulators.demo.broker import USER, Broker, free_port, start_broker
from simulators.demo.line_api import LineApi, LineView
from simulators.demo.processes import GLANCE_S, Child, ChildSilent, Crew, crew, first_line
from simulators.demo.progress import progress
from simulators.demo.report import Ended, Report, compare, make_report
from simulators.demo.until_done import deadline_for, until_done
from simulators.oracle import judge, read_ledger
from simulators.scenario import Ending, Scenario, make_scenario
from simulators.stock import Stock, take_stock

START_S = 40.0
"""Vision workers load their models before the line is ready."""
TRUTH_S = 20.0
CARRIERS = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for. :ivar folder: of this run: scenario, configuration, journal, ledger, logs."""

    orders: int
    seed: int
    speed: float
    folder: Path
    report: Path | None = None
    serve: bool = False
    challenges: int = 0
    campaign: Path | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A line with everything around it, ready for orders."""

    api: LineApi
    plant: Child
    ledger: Path
    truth: Path


async def run_demo(wish: Wish, console: Console, linger: Callable[[], Awaitable[None]]) -> Report:
    """Pack the orders of a seed and judge what came out.

    :param linger: awaited, with everything still running, when the wish is to serve.
    :raises ChildDied, ChildSilent, BrokerMissing: something could not be started, or ended by itself.
    :raises LineRefused, LineAway, StandstillError: the line does not do what the run needs.
    """
    loop = asyncio.get_running_loop()
    scenario = make_scenario(wish.seed, wish.orders)
    console.print(f"run folder: {wish.folder}", soft_wrap=True)
    async with httpx.AsyncClient() as client, crew(wish.folder) as processes:
        running = await _start_all(processes, client, wish, scenario)
        console.print(f"page: {running.api.page}", soft_wrap=True)
        await _begin(running.api, scenario)
        started_at = loop.time()
        with progress(console, wish.orders, running.api.page) as show:
            view = await until_done(running.api, scenario, show, deadline_for(wish.orders, wish.speed))
        report = await _judge(running, wish, scenario, view, loop.time() - started_at)
        _tell(report, wish, console)
        if wish.serve:
            console.print(f"page: {running.api.page}   Ctrl-C ends everything", soft_wrap=True)
            await linger()
            console.print("ending")
        return report


async def _start_all(processes: Crew, client: httpx.AsyncClient, wish: Wish, scenario: Scenario) -> Running:
    """Start broker, plant, line, page and dispatch, each when what it needs is there."""
    folder = wish.folder
    truth, ledger, config = folder / "truth.json", folder / "ledger.db", folder / "line.toml"
    (folder / "scenario.json").write_text(scenario.model_dump_json(), encoding="utf-8")
    web_port = free_port()
    api = LineApi(client, f"http://127.0.0.1:{web_port}", folder / "var" / "token")
    broker = await start_broker(processes, folder)
    plant = await processes.start("plant", *_plant_command(wish, api, truth))
    links: dict[str, str] = json.loads(await first_line(plant, START_S, start="{"))
    addresses = _addresses(links, folder, broker, web_port)
    config.write_text(_configuration(addresses, wish.challenges), encoding="utf-8")
    _give_campaign(wish)
    at = ("--config", str(config))
    await processes.start("line", *_sealline("run", *at), env=addresses)
    await processes.start("web", *_sealline("web", *at), env=addresses)
    await processes.start("dispatch", *_sealline("dispatch", "listen", *_subscriber(broker), "--ledger", str(ledger)))
    await api.heard(START_S)
    return Running(api, plant, ledger, truth)


async def _begin(api: LineApi, scenario: Scenario) -> None:
    """Hand everything in and start the line."""
    await api.hand_in(scenario.orders, scenario.mail_numbers)
    await api.command("reset", "Idle", START_S)
    await api.command("start", "Execute", START_S)


async def _judge(running: Running, wish: Wish, scenario: Scenario, view: LineView, duration_s: float) -> Report:
    """Hold what came out against the plan, and ask the oracle."""
    stock = await _stock(running)
    judgement = judge(stock, scenario, read_ledger(running.ledger))
    ended = await _ended(running.api)
    mismatches = compare(scenario, ended, stock.fired)
    counters = view.counters
    if counters.events_published != counters.events_acknowledged:
        mismatches.append(f"{counters.events_published} events were sent, {counters.events_acknowledged} acknowledged")
    return make_report(
        scenario, wish.speed, duration_s, counters, view.decision_latency, ended, judgement, mismatches, view.escape
    )


async def _stock(running: Running) -> Stock:
    """Let the plant write down where everything is. :raises ChildSilent: it does not."""
    running.truth.unlink(missing_ok=True)
    running.plant.process.send_signal(signal.SIGUSR1)
    try:
        async with asyncio.timeout(TRUTH_S):
            while not running.truth.exists():  # noqa: ASYNC110 -- another process makes the file
                await asyncio.sleep(GLANCE_S)
    except TimeoutError as error:
        raise ChildSilent(f"the plant has not written {running.truth} in {TRUTH_S:g} s") from error
    return take_stock(json.loads(running.truth.read_text(encoding="utf-8")))


async def _ended(api: LineApi) -> dict[str, Ended]:
    """How every order ended, by the line's own account."""
    ended = {}
    for order in await api.orders():
        smooth = order.state == Ending.PACKED and order.attempt == 1
        reasons = () if smooth else tuple(await api.reject_reasons(order.acceptance))
        ended[order.acceptance] = Ended(order.state, order.attempt, reasons)
    return ended


def _tell(report: Report, wish: Wish, console: Console) -> None:
    """Print the table and what is wrong, and write the report."""
    console.print(report.table())
    for finding in [*report.mismatches, *(each for found in report.oracle_findings.values() for each in found)]:
        console.print(f"[bold red]✗[/] {escape(finding)}", soft_wrap=True)
    if report.clean:
        console.print("[bold green]✓[/] nothing wrong, nothing lost, nothing doubled; every trouble caught as planned")
    for path in {wish.folder / "report.json", wish.report or wish.folder / "report.json"}:
        path.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _sealline(*words: str) -> list[str]:
    return [sys.executable, "-m", "controller.commands", *words]


def _subscriber(broker: Broker) -> tuple[str, ...]:
    return ("--port", str(broker.port), "--username", USER, "--password-file", str(broker.password_file))


def _plant_command(wish: Wish, api: LineApi, truth: Path) -> list[str]:
    folder = wish.folder
    return _sealline(
        "simulate-plant",
        *("--directory", str(folder / "plant"), "--free-ports"),
        *("--speed", str(wish.speed), "--seed", str(wish.seed), "--carriers", str(CARRIERS)),
        *("--scenario", str(folder / "scenario.json"), "--truth", str(truth)),
        *("--api", api.address, "--token-file", str(api.token_file)),
    )


def _give_campaign(wish: Wish) -> None:
    """Lay the simulated campaign's figures where the configuration looks for them."""
    if wish.campaign is not None:
        there = wish.folder / "var" / "campaign.json"
        there.parent.mkdir(exist_ok=True)
        there.write_bytes(wish.campaign.read_bytes())


def _configuration(addresses: Mapping[str, str], challenges: int) -> str:
    """The example with this run's addresses as its variables' defaults: any command can be pointed at the file."""
    example = files("controller").joinpath("line.example.toml").read_text("utf-8")
    example = example.replace("every_items = 0", f"every_items = {challenges}")
    for name, address in addresses.items():
        example = re.sub(rf"\$\{{{name}:-[^}}]*\}}", f"${{{name}:-{address}}}", example)
    return example


def _addresses(links: dict[str, str], folder: Path, broker: Broker, web_port: int) -> dict[str, str]:
    """This run's value of each variable in `line.example.toml`."""
    names = ("conveyor", "sealer_1", "applicator", "gate", "printer")
    ports = {f"{name.upper()}_PORT": str(urlsplit(links[name]).port) for name in names}
    return {
        **ports,
        "CONTROL_PORT": str(urlsplit(f"tcp://{links['control'].removeprefix('tcp://')}").port),
        "CAMERA_PORT": str(urlsplit(links["wide_camera"]).port),
        "PLANT_DIR": str(folder / "plant"),
        "SEALLINE_WEB_PORT": str(web_port),
        "SEALLINE_MQTT_PORT": str(broker.port),
        "SEALLINE_MQTT_PASSWORD_FILE": str(broker.password_file),
    }
