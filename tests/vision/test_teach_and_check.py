"""Teaching from samples, what is written, and the golden sample check. The pictures come from the renderer."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from plant_scenes import SETUPS, carrier, contents_of, laid_by_hand, outcomes, picture, plate
from typer import Typer
from typer.testing import CliRunner

from controller.commands.vision.check import check
from controller.commands.vision.teach import teach
from controller.eyes.golden_samples import GoldenSamples
from controller.eyes.golden_samples import spoiled as told_of
from controller.line import Line
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.plan.taught import read_taught, together, write_taught
from controller.unit.machine import NotReady
from devices.camera.driver import Frame
from simulators.render import jpeg, render
from simulators.render.plates import plate_sprite
from simulators.world import PlacedPart
from vision.golden import measure, sample_of
from vision.judge import judge
from vision.pictures import decode
from vision.plate.city import check_city
from vision.verdict import ExpectedPlate, GoldenTask, Outcome, PlateColour, Task, Verdict

EXAMPLE = Path(__file__).parents[2] / "controller" / "line.example.toml"
VIEW = SETUPS["close_up"].view
app = Typer()
app.command("teach")(teach)
app.command("check")(check)


@pytest.fixture
def line_file(tmp_path: Path) -> Path:
    """The example's configuration in a folder of its own, with nothing taught yet."""
    file = tmp_path / "line.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good product, laid anew for each picture."""
    folder = tmp_path_factory.mktemp("samples")
    for seed in range(5):
        standing = carrier(laid_by_hand(contents_of("licences"), Random(f"taught {seed}")))
        (folder / f"{seed}.jpg").write_bytes(picture("close_up", standing, 600 + seed))
    return folder


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def taught_line(line_file: Path, samples: Path) -> LineConfig:
    code, output = run("teach", "licences", str(samples), "--golden", "--config", str(line_file))
    assert code == 0, output
    return load_config(line_file)


def test_teaching_finds_places_layouts_and_numbers(line_file: Path, samples: Path) -> None:
    before = load_config(line_file)
    line = taught_line(line_file, samples)
    for old, new in zip(before.recipes["licences"].parts, line.recipes["licences"].parts, strict=True):
        assert abs(new.x_mm - old.x_mm) < 2.5
        assert abs(new.y_mm - old.y_mm) < 2.5
        assert abs(new.width_mm - old.width_mm) < 2
        assert new.layout == new.role
        assert line.layouts[new.layout].number is not None
    assert line.golden["close_up_camera"].code == "C017"


def test_teaching_says_when_it_could_not_learn_what_stays_bare(line_file: Path, samples: Path) -> None:
    code, output = run("teach", "licences", str(samples), "--config", str(line_file))
    assert code == 0
    assert output.count("no check document_clear") == 2
    assert "needs 8 samples of 4 different copies" in " ".join(output.split())
    assert not any(load_config(line_file).layouts[role].blank for role in ("vehicle_licence", "driving_licence"))


def test_teaching_from_enough_copies_learns_what_stays_bare(line_file: Path, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for seed in range(8):
        standing = carrier(laid_by_hand(contents_of("licences", code=f"44700123456{seed}8"), Random(seed)))
        (tmp_path / "samples" / f"{seed}.jpg").write_bytes(picture("close_up", standing, 640 + seed))
    code, output = run("teach", "licences", str(tmp_path / "samples"), "--config", str(line_file))
    assert (code, "document_clear" in output) == (0, False), output
    layout = load_config(line_file).layouts["vehicle_licence"].named("vehicle_licence")
    for flags in (layout.blank, layout.plain, layout.inked):
        assert (len(flags), len(flags[0])) == pytest.approx((90, 34), abs=2)


def test_flags_of_uneven_rows_are_refused(line_file: Path) -> None:
    write_taught(
        line_file.parent / "var" / "taught.toml",
        {"layouts": {"one": {"heading": [1, 1, 9, 9], "fingerprint": "00", "blank": ["00", "0000"]}}},
    )
    with pytest.raises(ConfigError, match="differ in length"):
        load_config(line_file)


def test_pictures_of_another_camera_are_refused(line_file: Path, samples: Path) -> None:
    code, output = run("teach", "small_car_plates", str(samples), "--camera", "wide_camera", "--config", str(line_file))
    assert code == 2
    assert "0.jpg: no carrier's code is read where wide_camera should see one, in 1632 x 684 px" in output


def spoil_one(samples: Path, tmp_path: Path, jpeg: bytes) -> Path:
    """The samples, and one more that is no good."""
    folder = tmp_path / "spoiled"
    shutil.copytree(samples, folder)
    (folder / "bad.jpg").write_bytes(jpeg)
    return folder


def blurred(samples: Path) -> bytes:
    shown = cv2.imread(str(samples / "0.jpg"))
    assert shown is not None
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(shown, (0, 0), 2.5))[1])


@pytest.mark.parametrize(
    ("sample", "code", "told"),
    [
        (
            "other product",
            1,
            "driving_licence: not found in {bad}; looked for 88 x 60 mm (up to 20 mm off) within 40 mm",
        ),
        ("no picture", 2, "{bad} can't be used: picture begins with 68656c6c6f"),
        ("blurred", 2, "{bad}: edges are blurred by 2.4 px; allowed: up to 2."),
        ("no carrier", 2, "{bad}: no carrier's code is read where close_up_camera should see one"),
    ],
)
def test_a_sample_that_teaches_nothing_good_is_named_and_nothing_is_written(
    line_file: Path, samples: Path, tmp_path: Path, sample: str, code: int, told: str
) -> None:
    """Seen: from blurred licences headings were written of which none differed from the other."""
    spoiled_by = {
        "other product": lambda: picture("close_up", carrier(contents_of("licences")[:1]), 1),
        "no picture": lambda: b"hello",
        "blurred": lambda: blurred(samples),
        "no carrier": lambda: picture("close_up", None, 1),
    }
    folder = spoil_one(samples, tmp_path, spoiled_by[sample]())
    found, output = run("teach", "licences", str(folder), "--config", str(line_file))
    assert (found, (line_file.parent / "var" / "taught.toml").exists()) == (code, False), output
    assert told.format(bad=folder / "bad.jpg") in output.replace("\n", " ")


def test_one_picture_teaches_nothing(line_file: Path, samples: Path, tmp_path: Path) -> None:
    shutil.copytree(samples, tmp_path / "one", ignore=shutil.ignore_patterns("[1-9].jpg"))
    code, output = run("teach", "licences", str(tmp_path / "one"), "--config", str(line_file))
    assert (code, output.startswith("1 sample picture(s), at least 3 are needed")) == (2, True), output


def test_teaching_an_ebike_plate_learns_its_citys_name(line_file: Path, tmp_path: Path) -> None:
    text = line_file.read_text(encoding="utf-8")
    line_file.write_text(text.replace('# city = "深圳"', 'city = "长沙"'), encoding="utf-8")
    (tmp_path / "samples").mkdir()
    for seed in range(3):
        placed = laid_by_hand([PlacedPart(plate("ebike", f"长沙A1234{seed}", (180, 95)), 30, 20)], Random(seed))
        (tmp_path / "samples" / f"{seed}.jpg").write_bytes(picture("wide", carrier(placed), 700 + seed))
    code, output = run("teach", "ebike_plate", str(tmp_path / "samples"), "--config", str(line_file))
    assert code == 0, output
    part = next(part for part in load_config(line_file).recipes["ebike_plate"].parts if part.role == "plate")
    (check,) = check_city(
        plate_sprite("ebike", "长沙B67890", "", (180.0, 95.0), 1.3).picture,
        ExpectedPlate("plate", "B67890", PlateColour.WHITE, part.box, part.city, part.city_print),
    )
    assert (check.outcome, check.found) == (Outcome.ACCEPT, "长沙")


def test_an_unknown_product_is_named(line_file: Path, samples: Path) -> None:
    code, output = run("teach", "bicycle", str(samples), "--config", str(line_file))
    assert code == 2
    assert "small_car_plates" in output


def test_what_was_taught_for_a_product_that_is_gone_is_refused(line_file: Path) -> None:
    write_taught(line_file.parent / "var" / "taught.toml", {"parts": {"bicycle": {"rear": {"x_mm": 1.0}}}})
    with pytest.raises(ConfigError, match="no such product"):
        load_config(line_file)


def test_teaching_again_keeps_what_else_was_taught(tmp_path: Path) -> None:
    file = tmp_path / "taught.toml"
    write_taught(
        file, {"golden": {"a": {"white": 200.0, "grid": [1.0, 2.5]}}, "layouts": {"one": {"fingerprint": "00ff"}}}
    )
    write_taught(file, together(read_taught(file), {"golden": {"b": {"white": 210.0}}}))
    found = read_taught(file)
    assert found["golden"]["a"]["grid"] == [1.0, 2.5]
    assert found["golden"]["b"]["white"] == 210.0
    assert found["layouts"]["one"]["fingerprint"] == "00ff"


def test_check_accepts_the_camera_that_was_taught(line_file: Path, samples: Path, tmp_path: Path) -> None:
    taught_line(line_file, samples)
    seen = tmp_path / "now.jpg"
    standing = carrier(laid_by_hand(contents_of("licences"), Random("now")))
    seen.write_bytes(picture("close_up", standing, 4242))
    code, output = run("check", str(seen), "--camera", "close_up_camera", "--config", str(line_file))
    assert code == 0, output


def test_a_picture_to_check_that_is_not_there_is_named(line_file: Path, samples: Path) -> None:
    """Seen: a trace of twenty lines."""
    taught_line(line_file, samples)
    code, output = run("check", "none.jpg", "--camera", "close_up_camera", "--config", str(line_file))
    assert (code, output) == (2, "none.jpg: No such file or directory\n")


def test_check_without_a_golden_sample_says_how_to_teach(line_file: Path) -> None:
    code, output = run("check", "--config", str(line_file))
    assert code == 2
    assert "teach PRODUCT --golden" in output


def golden_task() -> GoldenTask:
    standing = carrier(contents_of("licences"))
    measured = [measure(decode(picture("close_up", standing, seed)), VIEW) for seed in range(900, 905)]
    return GoldenTask(VIEW, sample_of([each for each in measured if each is not None]))


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
