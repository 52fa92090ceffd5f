"""An item that one look leaves unsure is looked at again, and the next look is told of those before it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.exits import Nonconformance, StationFault
from controller.plan.config import load_config
from controller.stations.proving import Look, Prover, demand_accept
from devices.camera.driver import Frame
from devices.errors import DeviceTimeout
from vision.verdict import Box, Check, ContentsTask, ExpectedPlate, Outcome, PlateColour, Standing, Task, Verdict, View

PLATE = ExpectedPlate("front", "粤B12345", PlateColour.BLUE, Box(30, 20, 440, 140))
TASK = ContentsTask("C017", View(2.0, 0, 0), Box(0, 0, 500, 300), plates=(PLATE,))


class Vision:
    """Says in turn what it is told to say. :ivar asked: every question; :ivar shown: every picture."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.asked: list[Task] = []
        self.shown: list[bytes] = []
        self._outcomes = list(outcomes)

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        self.asked.append(task)
        self.shown.append(picture)
        outcome, lead = self._outcomes.pop(0), float(len(self.asked))
        checks = (Check("plate_characters", outcome, "front", standing=(Standing(1.0, (("粤B12845", lead),)),)),)
        return Verdict(outcome, checks)


class StrangeVision:
    """Sees another carrier's code than the item's."""

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        check = Check("carrier_code", Outcome.REJECT, expected="C017", found="C004")
        return Verdict(Outcome.REJECT, (check,))


class Camera:
    """Gives these pictures in turn, the last one for ever; without any a new one each time; an empty one is
    no answer."""

    def __init__(self, *pictures: bytes) -> None:
        self._pictures = list(pictures)
        self.given = 0

    async def snapshot(self, deadline_s: float) -> Frame:
        self.given += 1
        picture = self._pictures[min(self.given, len(self._pictures)) - 1] if self._pictures else b"%d" % self.given
        if not picture:
            raise DeviceTimeout("wide", "no picture")
        return Frame(picture, 1, 0.0, "wide")


class DarkVision:
    """Sees nothing."""

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        dark = Check("picture_readable", Outcome.UNSURE, "", "mean brightness from 20", "0", 0.0, 20.0)
        return Verdict(Outcome.UNSURE, (dark,))


class BrokenVision:
    """Is given what it can't decode."""

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        return Verdict(Outcome.REJECT, (Check("picture_readable", Outcome.REJECT, "", "a whole JPEG or PNG"),))


AnyVision = Vision | StrangeVision | DarkVision | BrokenVision


async def _looked(vision: AnyVision, camera: Camera | None = None, watched: list[Verdict] | None = None) -> Look:
    return (await _looked_at_each(vision, camera, 1, watched))[-1]


async def _looked_at_each(
    vision: AnyVision, camera: Camera | None, items: int, watched: list[Verdict] | None = None
) -> list[Look]:
    """One item after the other before the same camera."""

    async def nothing(*_: Any) -> str:
        return ""

    config = load_config(Path(__file__).parents[2] / "controller" / "line.example.toml")
    begun = SimpleNamespace(made=nothing)
    quiet: Any = SimpleNamespace(note=lambda *_: None, keep=nothing, begin=lambda _: begun)
    told: Any = vision
    watch: Any = SimpleNamespace(note=lambda _, verdict: None if watched is None else watched.append(verdict))
    prover = Prover(config, {"wide": camera or Camera()}, told, quiet, quiet, quiet, quiet, watch)
    each: list[Any] = [SimpleNamespace(token=1 + item, input_at=0.0) for item in range(items)]
    return [await prover.look(item, "verify", "wide", TASK) for item in each]


@pytest.mark.parametrize("last", [Outcome.ACCEPT, Outcome.REJECT, Outcome.UNSURE])
async def test_a_third_look_is_told_of_the_two_before_it(last: Outcome) -> None:
    vision = Vision(Outcome.UNSURE, Outcome.UNSURE, last)
    assert (await _looked(vision)).verdict.outcome is last
    leads = [
        [dict(check.standing[0].leads)["粤B12845"] for (check,) in task.plates[0].earlier] for task in vision.asked
    ]  # type: ignore[union-attr]
    assert leads == [[], [1.0], [1.0, 2.0]]


async def test_an_item_that_is_looked_at_three_times_counts_once_in_the_watch_over_its_camera() -> None:
    watched: list[Verdict] = []
    look = await _looked(Vision(Outcome.UNSURE, Outcome.UNSURE, Outcome.UNSURE), watched=watched)
    assert watched == [look.verdict]


@pytest.mark.parametrize("first", [Outcome.ACCEPT, Outcome.REJECT])
async def test_what_the_first_look_decides_is_not_looked_at_again(first: Outcome) -> None:
    vision = Vision(first)
    assert (await _looked(vision)).verdict.outcome is first
    assert vision.asked == [TASK]


async def test_a_camera_that_gives_one_picture_twice_is_stuck_and_shows_no_slip() -> None:
    """A stop had cut off the picture's judgement, so nothing was known of it (seed 255 of aborts and stuck cameras)."""
    camera = Camera(b"at start", b"another", b"cut off")
    _, look = await _looked_at_each(StrangeVision(), camera, 2)
    assert camera.given == 5
    with pytest.raises(StationFault, match="the item before"):
        demand_accept(look, "wide")


@pytest.mark.parametrize("second", [b"anew", b""])
async def test_another_carrier_in_view_is_a_slip_unless_the_camera_is_seen_to_be_stuck(second: bytes) -> None:
    with pytest.raises(Nonconformance) as raised:
        demand_accept(await _looked(StrangeVision(), Camera(b"once", b"another", second)), "wide")
    assert raised.value.strange == ("C004",)


async def test_a_line_that_was_just_started_asks_each_camera_whether_it_is_stuck() -> None:
    """What the camera showed before the line's process ended is not known: of a carrier that stands there still,
    with the order that it bore, the old picture would show all that belongs there."""
    vision, camera = Vision(Outcome.ACCEPT, Outcome.ACCEPT), Camera(b"once", b"once", b"anew", b"and again")
    stuck, mended = await _looked_at_each(vision, camera, 2)
    assert [check.name for check in stuck.verdict.failed] == ["picture_fresh"]
    with pytest.raises(StationFault, match="wide: shows the picture of the item before: switch it off and on"):
        demand_accept(stuck, "wide")
    assert mended.verdict.outcome is Outcome.ACCEPT


async def test_a_camera_that_gives_no_second_picture_at_the_start_proves_nothing() -> None:
    with pytest.raises(StationFault, match="wide: no picture"):
        await _looked(Vision(Outcome.ACCEPT), Camera(b"once", b""))


async def test_the_first_look_of_a_line_takes_one_picture_more_and_judges_the_later_one() -> None:
    """The earlier one may have lain in the camera since before; no item is proven by it."""
    camera, vision = Camera(), Vision(*[Outcome.ACCEPT] * 3)
    await _looked_at_each(vision, camera, 3)
    assert vision.shown == [b"2", b"3", b"4"]


async def test_the_picture_of_the_item_before_proves_nothing_even_when_it_shows_what_is_asked_for() -> None:
    """A reworked order comes back on the carrier that bore it: then the old picture shows all that belongs there."""
    camera = Camera(b"at start", b"once")
    before, again = await _looked_at_each(Vision(Outcome.ACCEPT, Outcome.ACCEPT), camera, 2)
    assert before.verdict.outcome is Outcome.ACCEPT
    demand_accept(before, "wide")
    assert [check.name for check in again.verdict.failed] == ["picture_fresh"]
    with pytest.raises(StationFault, match="wide: shows the picture of the item before: switch it off and on"):
        demand_accept(again, "wide")


async def test_black_pictures_are_alike_and_no_sign_of_a_stuck_camera() -> None:
    for look in await _looked_at_each(DarkVision(), Camera(b"black"), 2):
        assert [check.name for check in look.verdict.failed] == ["picture_readable"]
        with pytest.raises(StationFault, match="wide: its picture is black"):
            demand_accept(look, "wide")


async def test_a_camera_that_repeats_what_no_one_can_decode_is_stuck_and_not_black() -> None:
    _, second = await _looked_at_each(BrokenVision(), Camera(b"half a picture"), 2)
    with pytest.raises(StationFault, match="wide: shows the picture of the item before"):
        demand_accept(second, "wide")


def test_a_fault_that_a_driver_tells_names_its_device_once() -> None:
    assert str(StationFault("wide", str(DeviceTimeout("wide", "no picture")))) == "wide: no picture"
    assert str(StationFault("wide", "no picture")) == "wide: no picture"
