"""Teaching from samples, what is written, and checking by it. The pictures come from the renderer."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import cv2
import pytest
from plant_scenes import carrier, contents_of, laid_by_hand, picture, plate

from controller.plan.config import ConfigError, load_config
from controller.plan.taught import read_taught, together, write_taught
from simulators.render.plates import plate_sprite
from simulators.world import PlacedPart
from tests.vision.teaching import run, taught_line
from vision.plate.city import check_city
from vision.verdict import ExpectedPlate, Outcome, PlateColour


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
