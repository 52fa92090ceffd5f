"""`sealline replay`: a recorded incident run through the line's code, its decisions compared with the recorded ones."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.commands.printing import local
from controller.commands.way_in import fail
from controller.recording.tape import PICTURES, TapeError
from controller.replaying.reading import find_run, read_timeline
from controller.replaying.run import Comparison
from controller.replaying.run import replay as run_replay
from controller.replaying.seams import Judge
from controller.replaying.story import packed_quietly, told
from vision.verdict import Task, Verdict

DIFFERS = 1
"""Exit code: something else was decided."""
_MOST_TOLD = 4
"""Further differences: the first is seldom the whole story, and the hundredth tells nothing."""


def replay(
    folder: Annotated[Path, typer.Argument(help="A recording, or the folder of recordings: its newest.")],
    judge: Annotated[
        bool, typer.Option("--judge", help="Judge the recorded pictures anew instead of taking the recorded verdicts.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, nothing else.")] = False,
) -> None:
    """Tell a recorded incident, and run it through this sealline to compare decisions.

    These are history, alarms, permits, labels, events.

    Ends with 0 when they are the same, with 1 and the first difference when not, with 2 when it can't be replayed.
    """
    try:
        run = find_run(folder)
        line = read_timeline(run)
        done = run_replay(line, _judge_of(run) if judge else None)
    except TapeError as error:
        fail(str(error))
    story = told(line)
    if as_json:
        typer.echo(json.dumps({**_record(run, done), "story": _as_json(story)}, ensure_ascii=False))
    else:
        typer.echo("\n".join([*_story(story, packed_quietly(line)), *_verdict(run, done)]))
    raise typer.Exit(DIFFERS if done.differences else 0)


def _judge_of(run: Path) -> Judge:
    """Vision itself, on the recording's pictures."""
    from vision.judge import judge

    def judge_anew(digest: str, task: Task) -> Verdict:
        path = run / PICTURES / f"{digest}.jpg"
        if not path.exists():
            raise TapeError(f"{path}: removed to stay within the limit; replay without --judge")
        return judge(path.read_bytes(), task)

    return judge_anew


def _story(story: list[tuple[datetime, str]], quietly: int) -> list[str]:
    """What happened, a line each; ** marks what befell the line from outside."""
    return [
        *(f"{local(at.isoformat())}  {words}" for at, words in story),
        f"{quietly} items were packed without anything else",
    ]


def _as_json(story: list[tuple[datetime, str]]) -> list[dict[str, str]]:
    return [{"at": at.isoformat(timespec="milliseconds"), "what": words} for at, words in story]


def _verdict(run: Path, done: Comparison) -> list[str]:
    length = f"{run}: {done.recorded_s:.1f} s recorded, replayed in {done.wall_s:.1f} s"
    if not done.differences:
        counted = f"same decisions: {done.items} items, {done.permits} permits, {done.entries} entries"
        return [length, *_step(done), *done.remarks, counted]
    first, *others = done.differences
    parted = [length, f"first difference: {first}", *(f"then: {other}" for other in others[:_MOST_TOLD])]
    return [*parted, *_step(done), *done.remarks]


def _step(done: Comparison) -> list[str]:
    """Where the replay ceased to be the recording turn by turn."""
    return [f"left the recording's step at {done.left_step}"] if done.left_step else []


def _record(run: Path, done: Comparison) -> dict[str, Any]:
    return {
        "recording": str(run),
        "same": not done.differences,
        "items": done.items,
        "permits": done.permits,
        "entries": done.entries,
        "recorded_s": round(done.recorded_s, 3),
        "wall_s": round(done.wall_s, 3),
        "differences": [{**dataclasses.asdict(each), "at": each.at.isoformat()} for each in done.differences],
        "left_step": done.left_step,
        "remarks": list(done.remarks),
    }
