"""The simulators' commands, which the command line loads by name: `demo`, `simulate` and `simulate-plant`."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulators.demo.broker import BrokerMissing
from simulators.demo.line_api import LineAway, LineRefused
from simulators.demo.processes import ChildDied, ChildSilent
from simulators.demo.report import Report
from simulators.demo.run import Wish as DemoWish
from simulators.demo.run import run_demo
from simulators.demo.until_done import StandstillError
from simulators.plant import PlantWiring
from simulators.plant_process import Staff, run_plant
from simulators.virtual.soak import PIXELS_EVERY, Depths, Wish, every_so_many, kinds_of, soak, table
from simulators.virtual.story import short_story


class Level(StrEnum):
    """How much trouble a virtual run has."""

    NONE = "none"
    LIGHT = "light"
    FEW = "few"
    HEAVY = "heavy"


_KITS = "A known-bad test kit after so many items; 0: none."
_MANY_SEEDS = 8
"""Fewer are not worth the second that each process takes to begin."""
_FAILED = 1
_CANNOT_RUN = 2
_INTERRUPTED = 130
_DEFAULT_PORTS = {
    "conveyor": 15021,
    "sealer_1": 15022,
    "applicator": 15023,
    "gate": 15024,
    "printer": 15025,
    "control": 15027,
}
"""Where `controller/line.example.toml` looks for the devices unless the environment says otherwise."""
_DEFAULT_CAMERA_PORT = 15026
_LONGEST_FOLDER = 90
"""A socket's path may have 107 bytes, and `var/line.sock` stands in it."""


def demo(
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="How many orders.")] = 40,
    seed: Annotated[int, typer.Option(help="The same seed gives the same orders, trouble and outcomes.")] = 1,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Pace of the plant's motion; 1 is a floor's. No deadline scales.")
    ] = 2.0,
    report: Annotated[Path | None, typer.Option(help="Write the figures there, as JSON.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Leave everything running afterwards, until Ctrl-C.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Folder of the run; a new one under /tmp unless given.")] = None,
    challenges: Annotated[int, typer.Option(min=0, help=_KITS)] = 0,
    campaign: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What `simulate --json` wrote, for the escape bound."),
    ] = None,
) -> None:
    """Pack orders on a whole simulated plant, watch it, and let an oracle judge the parcels.

    Ends with 0 only if no parcel is wrong, nothing is lost or doubled, and every planned trouble was caught.
    """
    wish = DemoWish(orders, seed, speed, _run_folder(folder), _report_file(report), serve, challenges, campaign)
    console = Console()
    try:
        done = asyncio.run(_until_told(wish, console))
    except KeyboardInterrupt:
        console.print("ended; no process is left", soft_wrap=True)
        raise typer.Exit(_INTERRUPTED) from None
    except (ChildDied, ChildSilent, BrokerMissing, LineAway, LineRefused, StandstillError, OSError) as error:
        console.print(f"{error}\nlogs: {wish.folder}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(_CANNOT_RUN) from error
    raise typer.Exit(0 if done.clean else _FAILED)


def simulate(
    seed: Annotated[int, typer.Option(help="The first seed; the same seed gives the same run, to the last byte.")] = 1,
    items: Annotated[int, typer.Option(min=1, max=10_000, help="Orders of each seed.")] = 40,
    faults: Annotated[Level, typer.Option(help="How much trouble; few: as heavy, of few kinds a seed.")] = Level.HEAVY,
    seeds: Annotated[int, typer.Option(min=1, help="How many, from the first one on.")] = 1,
    minutes: Annotated[float, typer.Option(min=0, help="Instead of `seeds`: as many as fit.")] = 0.0,
    only: Annotated[str, typer.Option(help="The only kinds of trouble, with commas between.")] = "",
    depth: Annotated[
        Depths, typer.Option(help="Every byte framed, or PLCs on typed ports; mixed: each 100th seed at full wire.")
    ] = Depths.MIXED,
    challenges: Annotated[int, typer.Option(min=0, help=_KITS)] = 0,
    pixels: Annotated[
        int,
        typer.Option(min=0, help="So many items with drawn pictures, judged by the line's own vision: a seed in 50."),
    ] = 0,
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes side by side; 0: one a core where there are many seeds.")
    ] = 0,
    shrink: Annotated[bool, typer.Option("--shrink", help="Tell each failing seed as a short story.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object last, nothing else.")] = False,
) -> None:
    """Run the line's own code in virtual time, with trouble, and let the oracle judge. Ends with 1 if it found a thing.

    Findings are told as they come, each with its seed and the story of what struck.
    """
    tell: Callable[[str], None] = (lambda _: None) if as_json else typer.echo
    every = PIXELS_EVERY if minutes else every_so_many(pixels, items, seeds)
    wish = Wish(seed, items, faults.value, kinds_of(only), depth, challenges, pixels, every)
    jobs = jobs or (_cores() if minutes or seeds >= _MANY_SEEDS else 1)
    done = soak(wish, seeds, minutes * 60, jobs, tell)
    if shrink:
        done["stories"] = [
            short_story(
                each, items, faults.value, wish.kinds, depth.of(each), challenges, pixels=wish.draws(each - seed)
            )
            for each in done["failed_seeds"]
        ]
        for line in (line for story in done["stories"] for line in story):
            tell(line)
    typer.echo(json.dumps(done, ensure_ascii=False) if as_json else table(done))
    raise typer.Exit(_FAILED if done["findings"] else 0)


def simulate_plant(
    directory: Annotated[Path, typer.Option(help="Where the serial lines stand.")] = Path("/tmp/sealline-plant"),  # noqa: S108
    speed: Annotated[float, typer.Option(min=0.01, max=1e6, help="Plant seconds a real second.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of everything that chance does in the plant.")] = 1,
    carriers: Annotated[int, typer.Option(min=1, max=999, help="Carriers on the belts.")] = 16,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Take any free ports instead of those of line.example.toml.")
    ] = False,
    scenario: Annotated[Path | None, typer.Option(help="Orders' parts and trouble; people lay them in.")] = None,
    api: Annotated[str, typer.Option(help="The line's HTTP API, where people see the pick list.")] = (
        "http://127.0.0.1:8080"
    ),
    token_file: Annotated[Path, typer.Option(help="The line's token, for its API.")] = Path("var/token"),
    truth: Annotated[Path | None, typer.Option(help="Write the physical truth there at the end, and on SIGUSR1.")] = (
        None
    ),
) -> None:
    """Run the simulated plant alone, for your own controller or for `sealline run`.

    Its first line says, as JSON, where each device is to be found. It runs until Ctrl-C.
    """
    ports = {} if free_ports else _DEFAULT_PORTS
    wiring = PlantWiring(directory=directory, speed=speed, seed=seed, carriers=carriers, **ports)
    staff = Staff(scenario=scenario, api=api, token_file=token_file) if scenario else None
    try:
        with _alone_in(directory):
            asyncio.run(run_plant(wiring, 0 if free_ports else _DEFAULT_CAMERA_PORT, staff, truth))
    except (OSError, ValueError) as error:
        said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        typer.echo(f"the plant can't run: {said}{where}", err=True)
        raise typer.Exit(_CANNOT_RUN) from error


async def _until_told(wish: DemoWish, console: Console) -> Report:
    """Run the demo. Ctrl-C, SIGTERM and a closed terminal end it; after its verdict they end only what is served."""
    run = asyncio.current_task()
    assert run is not None
    told, lingering = asyncio.Event(), asyncio.Event()

    def end() -> None:
        told.set()
        if not lingering.is_set():
            run.cancel()

    async def linger() -> None:
        lingering.set()
        await told.wait()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        return await run_demo(wish, console, linger)
    except asyncio.CancelledError:
        if told.is_set():
            raise KeyboardInterrupt from None
        raise


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep a second plant from taking the serial lines of the first. :raises OSError: another plant stands there."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".plant").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(
                error.errno, f"another plant has its serial lines in {directory}: end it, or choose another --directory"
            ) from error
        yield


def _report_file(path: Path | None) -> Path | None:
    """Where the report goes: looked at before the run, not after it."""
    if path is not None and (path.is_dir() or not os.access(path.absolute().parent, os.W_OK)):
        raise typer.BadParameter(f"{path} can't be written: name a file in a folder of yours", param_hint="--report")
    return path.absolute() if path else None


def _run_folder(folder: Path | None) -> Path:
    """A folder of the run's own, with a path short enough for the line's socket."""
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="sealline-", dir="/tmp"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise typer.BadParameter(f"{folder} is not empty: a run wants a folder of its own", param_hint="--folder")
    except OSError as error:
        raise typer.BadParameter(f"{folder} can't be made: {error.strerror}", param_hint="--folder") from error
    if len(str(folder.resolve())) > _LONGEST_FOLDER:
        raise typer.BadParameter(
            f"{folder} has over {_LONGEST_FOLDER} characters, too long for the line's socket: choose a shorter one",
            param_hint="--folder",
        )
    return folder.resolve()
