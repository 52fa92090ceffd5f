"""The golden sample: a camera that differs from it is told what, and no line starts on it."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from plant_scenes import carrier, contents_of, outcomes, picture

from controller.eyes.golden_samples import GoldenSamples
from controller.eyes.golden_samples import spoiled as told_of
from controller.line import Line
from controller.plan.taught import read_taught
from controller.unit.machine import NotReady
from simulators.render import jpeg
from tests.vision.teaching import VIEW, ClockAt, Judge, OneCamera, run, spoiled, taught_line
from vision.golden import measure, sample_of
from vision.judge import judge
from vision.pictures import decode
from vision.verdict import GoldenTask, Outcome


def golden_task() -> GoldenTask:
    standing = carrier(contents_of("licences"))
    measured = [measure(decode(picture("close_up", standing, seed)), VIEW) for seed in range(900, 905)]
    return GoldenTask(VIEW, sample_of([each for each in measured if each is not None]))


@pytest.mark.parametrize("seed", range(5))
def test_the_camera_itself_is_found_good(seed: int) -> None:
    verdict = judge(picture("close_up", carrier(contents_of("licences")), 50 + seed), golden_task())
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed


@pytest.mark.parametrize(
    ("change", "found", "mend"),
    [
        ("moved", "camera_place", "put the camera back"),
        ("nearer", "camera_scale", "look at its lens and bracket"),
        ("blurred", "camera_focus", "focus it or clean its lens"),
        ("hazy", "camera_contrast", "clean its lens"),
        ("dim", "camera_exposure", "look at its lamp"),
        ("burnt out", "camera_exposure", "look at its lamp"),
        ("smeared", "camera_lighting", "look for a failed lamp, a shadow"),
    ],
)
def test_a_camera_with_something_wrong_is_told_what(change: str, found: str, mend: str) -> None:
    """Seen: whatever was wrong, the same was asked for, to clean the camera and put it back; of a lamp nothing."""
    verdict = judge(spoiled(change), golden_task())
    said = outcomes(verdict)
    assert said.get(found) == "reject"
    told = told_of(verdict.failed)
    assert mend in told.en.lower()
    assert change != "dim" or "clean" not in told.en
    assert "camera_" not in told.en
    assert "复位相机" not in told.zh, "复位 is the button"
    assert change != "dim" or "camera_contrast" not in said, "a dim lamp is no dirty lens"


async def test_the_line_does_not_start_on_a_camera_that_moved(line_file: Path, samples: Path) -> None:
    line = taught_line(line_file, samples)
    camera = OneCamera(picture("close_up", carrier(contents_of("licences")), 77))
    golden = GoldenSamples(line, {"close_up_camera": camera}, Judge(), ClockAt(9))  # type: ignore[arg-type]
    await golden.check()
    camera.jpeg = picture("close_up", None)  # nothing stands there: it was found good this shift
    await golden.check()
    camera.jpeg = spoiled("moved")
    with pytest.raises(
        NotReady, match=r"close_up_camera: it has moved .*Put the camera back in its place; if"
    ) as refused:
        await golden.check()
    assert not re.search("[A-Za-z]{4,}", refused.value.text.zh.replace("close_up_camera", "")), refused.value.text.zh


async def test_the_samples_carrier_is_looked_at_before_it_is_asked_to_be_taken_away() -> None:
    """Seen: a carrier without an item may not stand at verify, and without one there the cameras were not believed."""
    done: list[str] = []

    def noting(name: str) -> Any:
        async def step() -> None:
            done.append(name)

        return step

    steps: Any = SimpleNamespace(
        vision=SimpleNamespace(ready=noting("vision")),
        golden_samples=SimpleNamespace(check=noting("golden")),
        camera_watch=SimpleNamespace(believe_all=lambda: None),
        alarms=SimpleNamespace(clear=lambda _: None),
        **{name: noting(name) for name in ("_end_session", "use_settings", "_demand_recipes", "_reconcile")},
    )
    await Line._reset(steps)
    assert done.index("golden") < done.index("_reconcile")


def test_a_camera_that_sees_no_part_of_the_product_is_taught_by_itself_only(line_file: Path, samples: Path) -> None:
    words = ("teach", "small_car_plates", str(samples), "--camera", "close_up_camera", "--config", str(line_file))
    code, output = run(*words)
    assert (code, output.startswith("small_car_plates has no part that close_up_camera looks for")) == (2, True)
    code, output = run(*words, "--golden")
    assert code == 0, output
    assert set(read_taught(line_file.parent / "var" / "taught.toml")["golden"]) == {"close_up_camera"}


async def test_a_camera_that_was_never_shown_its_sample_is_asked_for_it(line_file: Path, samples: Path) -> None:
    line = taught_line(line_file, samples)
    camera = OneCamera(picture("close_up", None))
    golden = GoldenSamples(line, {"close_up_camera": camera}, Judge(), ClockAt(9))  # type: ignore[arg-type]
    with pytest.raises(NotReady, match=r"put carrier C017 under it.* out of focus, covered or has moved"):
        await golden.check()


async def test_each_shift_begins_with_the_sample_under_its_cameras(line_file: Path, samples: Path) -> None:
    """A camera that was knocked out of place and sees no code would be believed as long as any shift lasts."""
    line = taught_line(line_file, samples)
    camera, clock = OneCamera(picture("close_up", carrier(contents_of("licences")), 77)), ClockAt(19)
    golden = GoldenSamples(line, {"close_up_camera": camera}, Judge(), clock)  # type: ignore[arg-type]
    await golden.check()
    camera.jpeg = picture("close_up", None)
    clock.hour = 20
    with pytest.raises(NotReady, match="put carrier C017 under it"):
        await golden.check()


async def test_a_camera_that_is_doubted_within_its_shift_must_be_shown_its_sample_again(
    line_file: Path, samples: Path
) -> None:
    line = taught_line(line_file, samples)
    camera = OneCamera(picture("close_up", carrier(contents_of("licences")), 77))
    golden = GoldenSamples(line, {"close_up_camera": camera}, Judge(), ClockAt(9))  # type: ignore[arg-type]
    await golden.check()
    good, camera.jpeg = camera.jpeg, picture("close_up", None)
    golden.doubt("close_up_camera")
    with pytest.raises(NotReady, match="close_up_camera: it sees no golden sample: put carrier C017 under it"):
        await golden.check()
    camera.jpeg = good
    assert await golden.wrong("close_up_camera") is None


async def test_a_doubted_camera_is_looked_at_amid_items_by_whatever_carrier_stands_there(
    line_file: Path, samples: Path
) -> None:
    """The sample's own carrier bears orders too: what lies in it was taken for a change of the light. And no operator
    must be asked to put a carrier among items."""
    line = taught_line(line_file, samples)
    # Black things in half of the view, as a lot of paper or a dark plate.
    seen = decode(picture("close_up", carrier(contents_of("licences")), 77))
    seen[-seen.shape[0] // 3 :, seen.shape[1] // 2 :] //= 3
    camera = OneCamera(jpeg(seen))
    golden = GoldenSamples(line, {"close_up_camera": camera}, Judge(), ClockAt(9))  # type: ignore[arg-type]
    text = await golden.wrong("close_up_camera")
    assert text is not None
    assert "its light has changed" in text.en
    assert await golden.wrong("close_up_camera", amid_items=True) is None
    golden.doubt("close_up_camera")
    camera.jpeg = picture("close_up", None)
    text = await golden.wrong("close_up_camera", amid_items=True)
    assert text is not None
    assert "put none in" in text.en
    assert "不要放入载具" in text.zh
