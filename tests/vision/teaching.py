"""What tests of teaching and of golden samples have in common: the commands, a line that was taught, a camera."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from plant_scenes import SETUPS, carrier, contents_of
from typer import Typer
from typer.testing import CliRunner

from controller.commands.vision.check import check
from controller.commands.vision.teach import teach
from controller.plan.config import LineConfig, load_config
from devices.camera.driver import Frame
from simulators.render import render
from vision.judge import judge
from vision.verdict import Task, Verdict

EXAMPLE = Path(__file__).parents[2] / "controller" / "line.example.toml"
VIEW = SETUPS["close_up"].view
app = Typer()
app.command("teach")(teach)
app.command("check")(check)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def taught_line(line_file: Path, samples: Path) -> LineConfig:
    code, output = run("teach", "licences", str(samples), "--golden", "--config", str(line_file))
    assert code == 0, output
    return load_config(line_file)


@dataclass
class OneCamera:
    jpeg: bytes

    async def snapshot(self, deadline_s: float) -> Frame:
        return Frame(self.jpeg, 1, asyncio.get_running_loop().time(), "close_up_camera")


class Judge:
    async def judge(self, jpeg: bytes, task: Task, deadline_s: float) -> Verdict:
        return judge(jpeg, task)


@dataclass
class ClockAt:
    """A clock that stands. :ivar hour: of a winter's day, in the machine's own zone."""

    hour: int

    def now(self) -> datetime:
        return datetime(2026, 12, 1).astimezone() + timedelta(hours=self.hour)


def spoiled(change: str, seed: int = 31) -> bytes:
    """The same carrier by a camera with something wrong."""
    view = replace(VIEW, left_mm=VIEW.left_mm + 6) if change == "moved" else VIEW
    view = replace(view, px_per_mm=VIEW.px_per_mm * 1.04) if change == "nearer" else view
    seen = render(carrier(contents_of("licences")), view, SETUPS["close_up"].size_px, seed=seed)
    if change == "blurred":
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), 2.2), np.uint8)
    if change == "hazy":
        seen = np.asarray(cv2.addWeighted(seen, 0.55, np.full_like(seen, 190), 0.45, 0), np.uint8)
    if change == "dim":
        seen = np.asarray(cv2.convertScaleAbs(seen, alpha=0.7), np.uint8)
    if change == "burnt out":
        seen = np.asarray(cv2.convertScaleAbs(seen, alpha=1.4), np.uint8)
    if change == "smeared":
        seen[:250, :400] = cv2.convertScaleAbs(seen[:250, :400], alpha=0.5)
    return cv2.imencode(".jpg", seen)[1].tobytes()
