"""A camera that was knocked away, got dirty or sees nothing is told within the shift, and not trusted any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.flow.camera_watch import DRIFTS_FROM, LAST, RUN, UNSEEN, CameraWatch
from controller.flow.holding import Holding
from controller.line import Line
from controller.plan.layouts import Golden
from controller.unit.machine import Change, UnitMachine
from controller.unit.packml import Command, State
from controller.words.text import Text
from vision.as_taught import PLACE_MM
from vision.verdict import Check, GoldenSample, Outcome, Verdict

TAUGHT = GoldenSample("C017", 0.43, 232.0, 210.0, 2.6, 0.4, -0.2, 0.1, (100.0,) * 24)
SEEN = replace(TAUGHT, code="C003", grid=())
MOVED = replace(SEEN, x_mm=SEEN.x_mm - PLACE_MM - 1)
COVERED = Verdict(Outcome.UNSURE, (Check("carrier_code", Outcome.UNSURE, "", "C003"),))


@dataclass
class Samples:
    """Golden samples: what each camera would be found to be. :ivar doubted: which were told to be believed no more."""

    found: dict[str, Text] = field(default_factory=dict)
    doubted: list[str] = field(default_factory=list)
    asked: int = 0
    meanwhile: Callable[[], None] = lambda: None

    def doubt(self, name: str) -> None:
        self.doubted.append(name)

    async def wrong(self, name: str, *, amid_items: bool) -> Text | None:
        assert amid_items
        self.asked += 1
        self.meanwhile()
        return self.found.get(name)


@dataclass
class Watched:
    """A watch over the taught camera `wide` and the untaught `parcel`, on a unit that executes."""

    samples: Samples
    alarms: Alarms
    unit: UnitMachine
    holding: Holding
    watch: CameraWatch
    went_on: list[None]

    def sees(self, *seen: GoldenSample, camera: str = "wide") -> None:
        for each in seen:
            self.watch.note(camera, Verdict(Outcome.ACCEPT, (), camera=each))

    @property
    def standing(self) -> list[tuple[str, str]]:
        return [(view.kind, view.source) for view in self.alarms.views() if not view.cleared]

    async def comes_to(self, state: State) -> None:
        async with asyncio.timeout(5):
            await self.unit.changed.until(lambda: self.unit.state is state)


@pytest.fixture
def here() -> Watched:
    samples, alarms = Samples(), Alarms(SystemClock())
    line: Any = SimpleNamespace(alarms=alarms)
    actions: dict[State, Callable[[], Awaitable[None]]] = {State.UNHOLDING: lambda: Line._begin(line)}
    unit = UnitMachine(actions, _forget, lambda text: None)
    unit.state = State.EXECUTE
    holding = Holding(unit, alarms)
    taught: Any = samples
    watch = CameraWatch({"wide": Golden(**asdict(TAUGHT))}, taught, holding, alarms)
    went_on: list[None] = []
    line.camera_watch, line.holding = watch, holding
    line.session = SimpleNamespace(under_way=True, clear=went_on.append)
    line.recovery = SimpleNamespace(take_up=_nothing)
    return Watched(samples, alarms, unit, holding, watch, went_on)


async def _forget(change: Change) -> None:
    """Journal nothing."""


async def _nothing() -> None:
    """Nothing is left to clear."""


@asynccontextmanager
async def served(unit: UnitMachine) -> AsyncIterator[None]:
    task = asyncio.create_task(unit.serve())
    try:
        yield
    finally:
        task.cancel()


def test_what_scatters_within_the_bounds_and_two_odd_pictures_raise_nothing(here: Watched) -> None:
    for off in [0.9, -0.7, 0.1, -0.9, 0.6] * 6:
        here.sees(replace(SEEN, x_mm=0.4 + off, turn=0.1 - off, sharpness=0.43 + 0.03 * off))
    here.sees(MOVED, MOVED, *[SEEN] * RUN)
    assert here.standing == []
    assert here.unit.state is State.EXECUTE


@pytest.mark.parametrize(
    ("wrong", "told", "zh"),
    [
        (MOVED, "carrier seen 4.5 mm left, 0.0 mm up, allowed: at most 3.5 mm", "载具偏左 4.5 mm"),
        (replace(SEEN, y_mm=5.8), "it has moved (carrier seen 0.0 mm left, 6.0 mm down", "偏下 6.0 mm"),
        (replace(SEEN, turn=2.5), "it has turned", "转动（实测"),
        (replace(SEEN, sharpness=0.2), "out of focus (0.47, allowed: from 0.65 of the taught", "失焦"),
        (replace(SEEN, white=160.0), "exposure has changed (0.310 darker", "实测 偏暗 0.310"),
        (replace(SEEN, white=254.0, contrast=230.0), "white is burnt out", "白色过曝"),
        (replace(SEEN, contrast=140.0), "its lens is dirty or hazy", "镜头脏污"),
    ],
)
def test_a_camera_past_its_golden_samples_bounds_holds_the_line_and_says_why(
    here: Watched, wrong: GoldenSample, told: str, zh: str
) -> None:
    here.sees(*[SEEN] * RUN, *[wrong] * (LAST // 2))
    assert here.standing == []
    here.sees(wrong)
    assert here.standing == [("camera_doubted", "wide")]
    assert here.unit.state is State.HOLDING
    assert here.samples.doubted == ["wide"]
    view = here.alarms.views()[0]
    assert view.priority == 1
    assert told in view.text
    assert zh in view.text_zh


def test_a_camera_that_drifts_is_told_before_the_line_must_hold_and_when_it_is_well_again(here: Watched) -> None:
    off = replace(SEEN, x_mm=SEEN.x_mm + (DRIFTS_FROM + 0.05) * PLACE_MM)
    here.sees(*[off] * RUN)
    assert here.standing == [("camera_drifts", "wide")]
    assert "carrier seen 2.8 mm right, 0.0 mm up, allowed: at most 2.62 mm" in here.alarms.views()[0].text
    assert here.unit.state is State.EXECUTE
    here.sees(*[replace(off, x_mm=SEEN.x_mm + 0.7 * PLACE_MM)] * RUN)
    assert here.standing == [("camera_drifts", "wide")], "an alarm at its own bound must not flutter"
    here.sees(*[SEEN] * RUN)
    assert here.standing == []
    here.sees(*[off] * RUN, *[MOVED] * LAST)
    assert here.standing == [("camera_doubted", "wide")], "one cause is one alarm"


def test_no_carriers_code_in_the_last_pictures_holds_also_on_an_untaught_camera(here: Watched) -> None:
    for _ in range(UNSEEN - 1):
        here.watch.note("parcel", COVERED)
    here.sees(MOVED, camera="parcel")
    here.watch.note("parcel", COVERED)
    foreign = Check("carrier_code", Outcome.REJECT, "", "C003", "C004")
    here.watch.note("parcel", Verdict(Outcome.REJECT, (foreign,)))
    here.sees(*[MOVED] * RUN, camera="parcel")
    assert here.standing == []
    for _ in range(UNSEEN):
        here.watch.note("parcel", Verdict(Outcome.UNSURE, (Check("picture_readable", Outcome.UNSURE),)))
    assert here.standing == [("camera_doubted", "parcel")]
    assert here.unit.state is State.HOLDING
    assert f"last {UNSEEN} items" in here.alarms.views()[0].text


async def test_the_line_goes_on_only_when_the_camera_meets_its_golden_sample(here: Watched) -> None:
    async with served(here.unit):
        here.sees(*[MOVED] * LAST)
        await here.comes_to(State.HELD)
        here.alarms.acknowledge(1, "anna")
        here.samples.found["wide"] = Text("相机移位", "it has moved still")
        here.unit.command(Command.UNHOLD, "anna")
        await here.comes_to(State.HOLDING)
        await here.comes_to(State.HELD)
        (view,) = here.alarms.views()
        assert "it has moved still" in view.text
        assert here.holding.text is not None
        assert "it has moved still" in here.holding.text.en
        assert not view.acknowledged, "it is told again"
        assert here.standing == [("camera_doubted", "wide")]
        assert not here.went_on
        here.samples.found.clear()
        here.unit.command(Command.UNHOLD, "anna")
        await here.comes_to(State.EXECUTE)
        assert here.went_on
        assert here.standing == []
        here.sees(*[SEEN] * (LAST - 1), MOVED)
        assert here.standing == [], "what it showed before it was mended is over"


async def test_an_untaught_camera_is_believed_on_an_unhold_and_watched_anew(here: Watched) -> None:
    async with served(here.unit):
        for _ in range(2):
            for _ in range(UNSEEN):
                here.watch.note("parcel", COVERED)
            await here.comes_to(State.HELD)
            here.unit.command(Command.UNHOLD, "anna")
            await here.comes_to(State.EXECUTE)
            assert here.standing == []
    assert here.samples.asked == 0


async def test_a_camera_that_is_doubted_while_another_is_looked_at_is_not_believed_with_it(here: Watched) -> None:
    def doubted_meanwhile() -> None:
        for _ in range(UNSEEN):
            here.watch.note("parcel", COVERED)

    here.sees(*[MOVED] * LAST)
    here.samples.meanwhile = doubted_meanwhile
    assert not await here.watch.found_good()
    assert here.standing == [("camera_doubted", "parcel")]


def test_a_reset_that_found_every_camera_good_ends_the_doubt(here: Watched) -> None:
    here.sees(*[MOVED] * LAST)
    here.watch.believe_all()
    assert here.standing == []
    here.sees(*[MOVED] * LAST)
    assert here.standing == [("camera_doubted", "wide")]
