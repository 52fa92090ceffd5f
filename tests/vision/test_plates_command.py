"""`sealline vision verify` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from controller.commands.vision import vision
from simulators.render.plate_photos import plate_photo
from vision.plate.kinds import EXAMPLES, PlateKind, kinds_bearing


@pytest.fixture
def cut_out(tmp_path: Path) -> Path:
    path = tmp_path / "plate.jpg"
    cv2.imwrite(str(path), plate_photo("blue", "粤B12345", (440, 140), 32_000))
    return path


def _run(*arguments: str) -> tuple[int, list[dict[str, object]]]:
    result = CliRunner().invoke(vision, ["verify", *arguments, "--json"])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_the_right_number_is_accepted_with_its_score(cut_out: Path) -> None:
    code, (answer,) = _run(str(cut_out), "--expect-plate", "粤B12345", "--plate-kind", "small", "--crop")
    assert (code, answer["verdict"]) == (0, "accept")
    assert answer["score"] > answer["threshold"]  # type: ignore[operator]
    names = [check["name"] for check in answer["checks"]]  # type: ignore[attr-defined]
    assert names == ["plate_kind", "plate_rows", "plate_visible", "plate_characters", "plate_province", "plate_colour"]


def test_another_number_is_not_and_the_character_is_shown(cut_out: Path) -> None:
    code, (answer,) = _run(str(cut_out), "--expect-plate", "粤B12845", "--crop")
    assert (code, answer["verdict"]) == (1, "reject")
    characters = next(check for check in answer["checks"] if check["name"] == "plate_characters")  # type: ignore[attr-defined]
    width = characters["region"][1][0] - characters["region"][0][0]
    assert characters["found"] == "粤B12345"
    assert 0 < width < 0.2 * cv2.imread(str(cut_out)).shape[1]


def test_the_table_names_each_check_in_full_and_marks_what_failed(cut_out: Path) -> None:
    arguments = ["verify", str(cut_out), "--expect-plate", "粤B12845", "--crop"]
    lines = CliRunner().invoke(vision, arguments, env={"COLUMNS": "80"}).stdout.splitlines()
    assert "reject" in next(line for line in lines if "plate_characters" in line)
    assert "reject" not in next(line for line in lines if "plate_visible" in line)


def test_a_folder_gives_one_object_a_picture_and_what_is_no_picture_is_rejected(cut_out: Path) -> None:
    (cut_out.parent / "broken.jpg").write_bytes(b"no picture")
    code, answers = _run(str(cut_out.parent), "--expect-plate", "粤B12345", "--crop")
    assert code == 1
    assert [answer["verdict"] for answer in answers] == ["reject", "accept"]
    assert answers[0]["error"]


def test_pictures_of_one_plate_are_decided_together_as_on_the_line(tmp_path: Path) -> None:
    looks = [tmp_path / f"{place}.png" for place in range(4)]
    for path, seed in zip(looks, (71_271, 71_273, 71_273, 71_273), strict=True):
        cv2.imwrite(str(path), plate_photo("ebike", "惠州LPQFVV", (180, 95), seed))
    asked = ("--expect-plate", "惠州LPQFVV", "--plate-kind", "ebike", "--crop")
    code, answers = _run(str(looks[0]), str(looks[1]), *asked)
    assert (code, [answer["verdict"] for answer in answers]) == (1, ["unsure", "unsure"])
    code, answers = _run(*map(str, looks[:3]), *asked, "--one-plate")
    assert (code, [answer["verdict"] for answer in answers]) == (0, ["unsure", "accept"])
    assert all(not check["standing"] for answer in answers for check in answer["checks"])  # type: ignore[attr-defined]
    assert _run(*map(str, looks), *asked, "--one-plate") == (2, [])


@pytest.mark.parametrize("number", ["粤B1234", "B1234", "粤B123456789", "hello"])
@pytest.mark.parametrize("more", [["--crop"], [], ["--crop", "--plate-kind", "nev"]])
def test_a_number_of_no_legal_form_is_said_to_be_none_and_has_no_score(
    cut_out: Path, number: str, more: list[str]
) -> None:
    code, (answer,) = _run(str(cut_out), "--expect-plate", number, *more)
    assert (code, answer["verdict"], answer["score"], answer["threshold"]) == (1, "reject", None, None)
    (check,) = answer["checks"]  # type: ignore[misc]
    assert check["name"] == "plate_kind"  # type: ignore[index]
    for example in EXAMPLES:
        assert example in check["found"]  # type: ignore[index]


def test_every_kind_has_its_example() -> None:
    assert {kind for example in EXAMPLES for kind in kinds_bearing(example)} == set(PlateKind)


def test_an_unknown_kind_of_plate_is_refused_with_those_that_there_are(cut_out: Path) -> None:
    words = ["verify", str(cut_out), "--expect-plate", "粤B12345", "--plate-kind", "lorry"]
    said = CliRunner().invoke(vision, words, env={"COLUMNS": "300"})
    assert said.exit_code == 2
    assert "Value error" not in said.output
    for kind in PlateKind:
        assert kind.value in said.output
