"""`make bench`: how much the line carries on this machine. Options: `python -m tests.bench --help`."""

from __future__ import annotations

import asyncio
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulators.demo.broker import BrokerMissing
from simulators.demo.line_api import LineAway
from simulators.demo.processes import ChildDied, ChildSilent
from tests.bench.figures import Bench, Run
from tests.bench.measuring import measure
from tests.bench.tables import picture_of

TAKT_S = 0.5
PHYSICAL_SPEED = 10.0
UNPHYSICAL_SPEED = 1e6
AIM_WITHOUT_PICTURES = 5
AIM_WITH_PICTURES = 1
MOST_LINES = 12


class Part(StrEnum):
    """Parts of the benchmark."""

    PHYSICAL = "physical"
    PICTURES = "pictures"
    LIMIT = "limit"


def bench(
    seconds: Annotated[float, typer.Option(min=1, help="How long each run is measured.")] = 120,
    warm_up: Annotated[float, typer.Option(min=0, help="How long it runs before.")] = 20,
    only: Annotated[list[Part] | None, typer.Option(help="Only this part; may stand repeatedly.")] = None,
    lines: Annotated[
        int, typer.Option(min=0, max=MOST_LINES, help="Try just so many lines; 0 looks for the most that are carried.")
    ] = 0,
    speed: Annotated[float, typer.Option(min=0.1, help="Of the plant in the physical parts.")] = PHYSICAL_SPEED,
    takt: Annotated[
        float, typer.Option(min=0, help="Seconds between two carriers in the physical parts; 0: as fast as it goes.")
    ] = TAKT_S,
    folder: Annotated[Path | None, typer.Option(help="Folder of the runs; a new one under /tmp unless given.")] = None,
) -> None:
    """Measure; end with 0 only if no oracle found anything and no deadline was missed where a line was carried."""
    console = Console(soft_wrap=True)
    root = folder or Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    work = _Campaign(console, root, seconds, warm_up, speed, takt)
    try:
        for part in only or list(Part):
            work.do(part, lines)
    except (ChildDied, ChildSilent, BrokerMissing, LineAway, OSError) as error:
        console.print(f"{error}\nlogs: {root}", style="red", markup=False)
        raise typer.Exit(2) from error
    (root / "runs.json").write_text("[" + ",\n".join(run.model_dump_json() for run in work.runs) + "]\n")
    console.print(f"all figures: {root / 'runs.json'}")
    raise typer.Exit(0 if work.sound else 1)


class _Campaign:
    """The runs so far."""

    def __init__(
        self, console: Console, root: Path, seconds: float, warm_up_s: float, speed: float, takt_s: float
    ) -> None:
        self.runs: list[Run] = []
        self.sound = True
        self._console = console
        self._root = root
        self._seconds = seconds
        self._warm_up_s = warm_up_s
        self._speed = speed
        self._takt_s = takt_s

    def do(self, part: Part, lines: int) -> None:
        """Measure one part."""
        if part is Part.LIMIT:
            self._run("(b) the controller's limit: no process times, UNPHYSICAL", 1, UNPHYSICAL_SPEED, 0.0)
            return
        pictures = part is Part.PICTURES
        if lines:
            self._physical(lines, pictures=pictures)
            return
        carried = self._search(AIM_WITH_PICTURES if pictures else AIM_WITHOUT_PICTURES, pictures=pictures)
        what = "with pictures drawn and judged" if pictures else "with pictures off"
        self._console.print(f"→ this machine carries {carried} line(s) of {self._takt_s:g} s {what}", style="bold")
        self.sound &= carried > 0

    def _search(self, aim: int, *, pictures: bool) -> int:
        """The most lines that are carried, looked for from the aim on."""
        lines = aim
        if self._physical(lines, pictures=pictures).carried:
            while lines < MOST_LINES and self._physical(lines + 1, pictures=pictures).carried:
                lines += 1
            return lines
        while lines > 1 and not self._physical(lines - 1, pictures=pictures).carried:
            lines -= 1
        return lines - 1

    def _physical(self, lines: int, *, pictures: bool) -> Run:
        what = "cameras and rendering on" if pictures else "pictures off"
        return self._run(f"(a) physical, {what}: {lines} line(s)", lines, self._speed, self._takt_s, pictures=pictures)

    def _run(self, title: str, lines: int, speed: float, takt_s: float, *, pictures: bool = False) -> Run:
        bench = Bench(
            title=title,
            lines=lines,
            speed=speed,
            takt_s=takt_s,
            pictures=pictures,
            seconds=self._seconds,
            warm_up_s=self._warm_up_s,
        )
        folder = self._root / f"{len(self.runs) + 1}"
        folder.mkdir(parents=True)
        run = asyncio.run(measure(bench, folder))
        self.runs.append(run)
        self.sound &= not any(line.oracle for line in run.lines) and (run.carried or takt_s > 0)
        self._console.print(picture_of(run))
        return run


if __name__ == "__main__":
    typer.run(bench)
