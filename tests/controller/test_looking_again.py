"""An item that one look leaves unsure is looked at again, and the next look is told of those before it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.plan.config import load_config
from controller.stations.proving import Look, Prover
from devices.camera.driver import Frame
from vision.verdict import Box, Check, ContentsTask, ExpectedPlate, Outcome, PlateColour, Standing, Task, Verdict, View

PLATE = ExpectedPlate("front", "粤B12345", PlateColour.BLUE, Box(30, 20, 440, 140))
TASK = ContentsTask("C017", View(2.0, 0, 0), Box(0, 0, 500, 300), plates=(PLATE,))


class Vision:
    """Says in turn what it is told to say. :ivar asked: every question."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.asked: list[Task] = []
        self._outcomes = list(outcomes)

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        self.asked.append(task)
        outcome, lead = self._outcomes.pop(0), float(len(self.asked))
        checks = (Check("plate_characters", outcome, "front", standing=(Standing(1.0, (("粤B12845", lead),)),)),)
        return Verdict(outcome, checks)


class Camera:
    async def snapshot(self, deadline_s: float) -> Frame:
        return Frame(b"jpeg", 1, 0.0, "wide")


async def _looked(vision: Vision) -> Look:
    async def nothing(*_: Any) -> str:
        return ""

    config = load_config(Path(__file__).parents[2] / "controller" / "line.example.toml")
    quiet: Any = SimpleNamespace(note=lambda *_: None, keep=nothing, remember=nothing)
    told: Any = vision
    prover = Prover(config, {"wide": Camera()}, told, quiet, quiet, quiet, quiet)
    item: Any = SimpleNamespace(token=1, input_at=0.0)
    return await prover.look(item, "verify", "wide", TASK)


@pytest.mark.parametrize("last", [Outcome.ACCEPT, Outcome.REJECT, Outcome.UNSURE])
async def test_a_third_look_is_told_of_the_two_before_it(last: Outcome) -> None:
    vision = Vision(Outcome.UNSURE, Outcome.UNSURE, last)
    assert (await _looked(vision)).verdict.outcome is last
    leads = [
        [dict(check.standing[0].leads)["粤B12845"] for (check,) in task.plates[0].earlier] for task in vision.asked
    ]  # type: ignore[union-attr]
    assert leads == [[], [1.0], [1.0, 2.0]]


@pytest.mark.parametrize("first", [Outcome.ACCEPT, Outcome.REJECT])
async def test_what_the_first_look_decides_is_not_looked_at_again(first: Outcome) -> None:
    vision = Vision(first)
    assert (await _looked(vision)).verdict.outcome is first
    assert vision.asked == [TASK]
