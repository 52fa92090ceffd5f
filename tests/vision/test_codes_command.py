"""`sealline vision read`, `grade` and `bench`, as a terminal runs them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from plant_scenes import good_waybill_picture
from test_codes import AIM, drawn
from typer.testing import CliRunner

from controller.commands.vision import vision
from controller.commands.vision.bench_labels import labels_in
from vision.verdict import Symbology


def _run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(vision, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture of each kind of code, an empty one, and a plate that is none."""
    rows = []
    for kind, (text, _) in AIM.items():
        cv2.imwrite(str(tmp_path / f"{kind.value}.png"), drawn(kind, text))
        rows.append((f"{kind.value}.png", kind.value, text, "drawn"))
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((200, 300, 3), 200, np.uint8))
    cv2.imwrite(str(tmp_path / "plate.png"), np.full((24, 94, 3), 120, np.uint8))
    rows += [("empty.png", "none", "", "empty"), ("plate.png", "plate", "粤B12345", "no plate")]
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "kind", "text", "source"), *rows])
    return tmp_path


def test_read_prints_one_object_a_picture(folder: Path) -> None:
    records = [json.loads(line) for line in _run("read", folder, "--json").splitlines()]
    read = {Path(record["file"]).name: record["codes"] for record in records}
    for kind, (text, aim) in AIM.items():
        (code,) = read[f"{kind.value}.png"]
        assert (code["text"], code["symbology"]) == (text, kind.value)
        assert code["aim"].startswith(aim)
        assert len(code["corners"]) == 4
    assert read["empty.png"] == []


def test_read_prints_a_table_and_says_what_is_no_picture(folder: Path) -> None:
    assert "EA123456785CN" in _run("read", folder / "Code128.png")
    assert "no code read" in _run("read", folder / "Code128.png", "--formats", "qr-code,data_matrix")
    record = json.loads(_run("read", folder / "labels.csv", "--json", code=1))
    assert "it must be a JPEG, PNG, WebP, TIFF or BMP" in record["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("nowhere",), "there is no such file"), ((".", "--formats", "aztec"), "aztec is unknown; known: Code128")],
)
def test_what_can_not_be_done_is_said(arguments: tuple[str, ...], message: str) -> None:
    assert message in _run("read", *arguments, code=2)


def test_folder_without_pictures(tmp_path: Path) -> None:
    assert "no picture there" in _run("read", tmp_path, code=2)


def test_grade_prints_grades_and_that_they_are_relative(folder: Path) -> None:
    (folder / "waybill.jpg").write_bytes(good_waybill_picture())
    record = json.loads(_run("grade", folder / "waybill.jpg", "--px-per-mm", 6, "--json"))
    (code,) = record["codes"]
    assert 1 <= code["grade"] <= 4
    assert "relative grade, not ISO-conformant" in code["report"]
    assert len(code["profiles"]) == 10
    told = _run("grade", folder / "Code128.png")
    assert "relative grade, not ISO-conformant" in told
    assert [name for name in ("Rmin", "SC", "EC", "MOD", "DEF", "DEC", "DCD", "QZ") if name not in told] == []
    assert "no linear code read" in _run("grade", folder / "QRCode.png", "--json", code=1)


def test_bench_counts_each_reader(folder: Path) -> None:
    records = [json.loads(line) for line in _run("bench", folder, "--json").splitlines()]
    codes = {record["file"]: record for record in records if record["kind"] != "plate"}
    assert all(codes[f"{kind.value}.png"]["read"]["sealline"] for kind in Symbology)
    assert not any(any(record["wrong"].values()) for record in codes.values())
    assert set(codes["empty.png"]["read"]) == {
        "sealline",
        "zxing-cpp",
        "pyzbar",
        "zxing-cpp or pyzbar",
        "OpenCV",
    }
    (plate,) = (record for record in records if record["kind"] == "plate")
    assert plate["verdict"] != "accept"
    assert plate["accepted_changes"] == []


def test_bench_prints_its_tables(folder: Path) -> None:
    output = _run("bench", folder)
    for title in ("Codes read (wrong values said)", "Processor time a picture", "Plates, one look"):
        assert title in output


def test_bench_says_what_is_wrong_with_the_labels(folder: Path, tmp_path: Path) -> None:
    labels = folder / "labels.csv"
    whole = labels.read_text(encoding="utf-8")
    labels.write_text(whole.replace("empty.png,none", "empty.png,nothing"), encoding="utf-8")
    assert "row 9: kind 'nothing' is unknown" in _run("bench", folder, code=2)
    labels.write_text("file,kind\n", encoding="utf-8")
    assert "columns source, text are missing" in _run("bench", folder, code=2)
    labels.write_text(whole.replace("empty.png", "gone.png"), encoding="utf-8")
    assert "row 9: there is no picture" in _run("bench", folder, code=2)
    labels.write_text(f"{whole.rstrip()}\nempty.png,none,,x\n", encoding="utf-8")
    assert "empty.png stands in row 9 already" in _run("bench", folder, code=2)
    labels.write_text(whole.replace("empty.png,none", "empty.png,plate"), encoding="utf-8")
    assert "row 9: text is empty; it must say what the plate says" in _run("bench", folder, code=2)
    labels.unlink()
    assert "labels.csv: there is no such file; it says what each picture shows" in _run("bench", tmp_path, code=2)
    assert "nowhere: there is no such folder" in _run("bench", folder / "nowhere", code=2)
    labels.write_bytes("file,kind,text,source\nempty.png,none,,号牌\n".encode("gbk"))
    assert "is not UTF-8 (byte 38 is 0xBA): save it as UTF-8" in _run("bench", folder, code=2)


def test_labels_are_known_however_the_kind_is_written(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.png").touch()
    rows = "a.png,EAN-13,4006381333931,x\nb.png,UPC-A,036000291452,x\nc.png,qr,text,x\nd.png,Data Matrix,text,x\n"
    (tmp_path / "labels.csv").write_text(f"file,kind,text,source\n{rows}", encoding="utf-8")
    assert [label.says for label in labels_in(tmp_path)] == [
        ("4006381333931", "EAN13"),
        ("0036000291452", "EAN13"),
        ("text", "QRCode"),
        ("text", "DataMatrix"),
    ]


def test_what_is_no_picture_stands_under_the_table_in_full(folder: Path) -> None:
    cut_off = folder / "cut.png"
    cut_off.write_bytes((folder / "Code128.png").read_bytes()[:300])
    for command in (("read",), ("grade",), ("verify", "--expect-plate", "粤B12345", "--crop")):
        assert f"{cut_off}: PNG of 300 bytes is cut off" in _run(*command, cut_off, code=1)


def test_bench_takes_a_row_for_each_code_of_a_picture(folder: Path) -> None:
    """Seen: each picture of the line bears its carrier's code too, which counted as a misread; no row could say so."""
    labels = folder / "labels.csv"
    rows = [row for row in labels.read_text(encoding="utf-8").splitlines() if row.startswith(("file", "QRCode.png"))]
    labels.write_text("\n".join(rows), encoding="utf-8")
    (alone,) = (json.loads(line) for line in _run("bench", folder, "--json").splitlines())
    labels.write_text("\n".join([*rows, "QRCode.png,Code128,not there,x"]), encoding="utf-8")
    both = [json.loads(line) for line in _run("bench", folder, "--json").splitlines()]
    assert both[0]["read"]["sealline"] is alone["read"]["sealline"] is True
    assert (both[1]["read"]["sealline"], both[1]["wrong"]["sealline"]) == (False, [])
    assert "1/2" in _run("bench", folder)
    labels.write_text("\n".join([*rows, rows[-1]]), encoding="utf-8")
    assert "row 3: QRCode.png stands in row 2 already" in _run("bench", folder, code=2)
    labels.write_text("\n".join([*rows, "QRCode.png,none,,x"]), encoding="utf-8")
    assert "row 3: QRCode.png stands in row 2 already" in _run("bench", folder, code=2)
