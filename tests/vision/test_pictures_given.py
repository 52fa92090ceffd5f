"""Which pictures a vision command takes, and how it prints: nothing hangs, nothing is empty, no name is broken."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from controller.commands.vision import vision
from controller.commands.vision.bench_labels import Labelled
from controller.commands.vision.bench_plates import PlateResult, plate_table
from controller.commands.vision.pictures_in import MAX_FILE_BYTES, open_picture, pictures_in, show, shown_progress
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


def _locked(monkeypatch: pytest.MonkeyPatch, name: str, *, only_reading: bool = False) -> None:
    """Make everything of that name unreadable, also for root. :param only_reading: it can be seen in its folder."""

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any, *args: Any, **options: Any) -> Any:
            if Path(path).name == name:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *args, **options)

        return opened

    monkeypatch.setattr(Path, "read_bytes", refusing(Path.read_bytes))
    if not only_reading:
        monkeypatch.setattr(os, "scandir", refusing(os.scandir))
        monkeypatch.setattr(Path, "stat", refusing(Path.stat))


@pytest.mark.parametrize("command", [["read"], ["grade"], ["verify", "--expect-plate", "粤B12345"]])
def test_a_folder_that_may_not_be_looked_into_is_not_left_out_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Seen: with a locked folder among the pictures' the command said that all was well."""
    (tmp_path / "locked").mkdir()
    cv2.imwrite(str(tmp_path / "plain.png"), np.zeros((80, 80, 3), np.uint8))
    _locked(monkeypatch, "locked")
    result = CliRunner().invoke(vision, [*command, str(tmp_path)])
    assert result.exit_code == 2
    assert f"{tmp_path / 'locked'}: may not be read by this user" in result.output.replace("\n", "")


def test_a_picture_that_may_not_be_read_is_told_once_and_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((80, 80, 3), np.uint8))
    with monkeypatch.context() as patch:
        _locked(patch, "b.png", only_reading=True)
        result = CliRunner().invoke(vision, ["read", str(tmp_path)])
        assert (result.exit_code, result.output.count("b.png")) == (1, 1)
        assert "b.png: may not be read by this user" in result.output
    _locked(monkeypatch, "b.png")
    result = CliRunner().invoke(vision, ["read", str(tmp_path / "b.png")])
    assert (result.exit_code, type(result.exception)) == (2, SystemExit), result.output


def test_many_pictures_at_a_terminal_have_a_bar_on_standard_error_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seen: 300 pictures took nine seconds without a sign of life."""
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    assert list(shown_progress(list(range(300)), as_json=False)) == list(range(300))
    shown = capsys.readouterr()
    assert ("pictures" in shown.err, shown.out) == (True, "")
    for few, as_json in ((3, False), (300, True)):
        list(shown_progress(list(range(few)), as_json=as_json))
        assert capsys.readouterr().err == ""
