"""Which pictures a vision command takes, and how it prints: nothing hangs, nothing is empty, no name is broken."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from controller.commands.vision import vision
from controller.commands.vision.bench_labels import Labelled
from controller.commands.vision.bench_plates import PlateResult, plate_table
from controller.commands.vision.pictures_in import MAX_FILE_BYTES, open_picture, pictures_in, show
from vision.pictures import UnreadablePictureError
from vision.verdict import Outcome, Verdict


def test_only_files_of_a_folder_are_pictures(tmp_path: Path) -> None:
    """Of a pipe nobody knows when it ends, and a folder may be called anything."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((80, 80, 3), np.uint8))
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert pictures_in([tmp_path]) == [tmp_path / "a.png"]


def test_a_file_larger_than_any_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(UnreadablePictureError, match="allowed: up to"):
        open_picture(path)


@pytest.mark.parametrize("command", [["read"], ["grade"], ["verify", "--expect-plate", "粤B12345"]])
def test_no_empty_table_stands_above_an_error(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "cut.jpg").write_bytes(b"\xff\xd8")
    said = CliRunner().invoke(vision, [*command, str(tmp_path / "cut.jpg")])
    assert said.exit_code == 1
    assert said.stdout == ""
    assert "cut off" in said.stderr


def _printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **terminal: str) -> str:
    for name, value in terminal.items():
        monkeypatch.setenv(name, value)
    labelled = Labelled("a.png", "plate", "粤B12345", "road")
    show(plate_table([PlateResult(labelled, Verdict(Outcome.REJECT, ()), 12.5, 3, ())]))
    return capsys.readouterr().out


def test_a_file_gets_a_row_on_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    lines = _printed(monkeypatch, capsys, COLUMNS="80").splitlines()
    assert any("road" in line and "12.5" in line for line in lines)
    assert any("false accepts" in line and "false rejects" in line for line in lines)


def test_a_narrow_terminal_breaks_no_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(monkeypatch, capsys, COLUMNS="80", FORCE_COLOR="1", TERM="dumb")
    assert max(map(len, printed.splitlines())) <= 80
    words = printed.split()
    for word in ("rejects", "accepts", "rejected", "changed", "median"):
        assert word in words
