"""Pictures that hurt: every command and a real worker give a verdict or an error, and judge the next one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from plant_scenes import good_waybill_picture, waybill_task
from test_pictures import DECLARING, HOSTILE
from test_vision_workers import serving
from typer.testing import CliRunner

from controller.commands.vision import vision
from controller.commands.vision.pictures_in import open_picture
from controller.eyes.vision_workers import VisionCrashed
from vision.judge import judge
from vision.pictures import UnreadablePictureError, decode
from vision.verdict import Outcome

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.generic]]
MEMORY_MB = 900


def _encoded(suffix: str, pixels: Pixels) -> bytes:
    return cv2.imencode(suffix, pixels)[1].tobytes()


def _noise(*shape: int) -> Pixels:
    return np.random.default_rng(4).integers(0, 256, shape).astype(np.uint8)


def _by_pillow(mode: str, form: str, **options: object) -> bytes:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.effect_noise((200, 160), 80).convert(mode).save(out, form, **options)
    return out.getvalue()


def _animated() -> bytes:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    frames = [image.effect_noise((100, 90), spread) for spread in (20, 60)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=50)
    return out.getvalue()


ODD = {
    "grey.png": lambda: _encoded(".png", _noise(160, 200)),
    "grey.jpg": lambda: _encoded(".jpg", _noise(160, 200)),
    "deep.png": lambda: _encoded(".png", _noise(160, 200, 3).astype(np.uint16) * 257),
    "deep.tiff": lambda: _encoded(".tiff", _noise(160, 200).astype(np.uint16) * 257),
    "real.tiff": lambda: _encoded(".tiff", _noise(160, 200).astype(np.float32) / 255),
    "alpha.png": lambda: _encoded(".png", _noise(160, 200, 4)),
    "cmyk.jpg": lambda: _by_pillow("CMYK", "JPEG"),
    "progressive.jpg": lambda: _by_pillow("RGB", "JPEG", progressive=True),
    "one_bit.png": lambda: _by_pillow("1", "PNG"),
    "palette.png": lambda: _by_pillow("P", "PNG"),
    "animated.webp": _animated,
    "thin.png": lambda: _encoded(".png", _noise(1, 3000)),
    "tall.png": lambda: _encoded(".png", _noise(3000, 2)),
    "dot.png": lambda: _encoded(".png", _noise(1, 1)),
    "rows_missing.jpg": lambda: good_waybill_picture()[:90_000] + b"\xff\xd9",
}
ALL = {
    **{f"{name}.jpg": make for name, make in HOSTILE.items()},
    **{f"declares_60000.{kind}": (lambda make=make: make(60_000)) for kind, make in DECLARING.items()},
    **ODD,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every such picture, labelled as one that bears nothing."""
    root = tmp_path_factory.mktemp("hostile")
    for name, make in ALL.items():
        (root / name).write_bytes(make())
    return root


def _records(output: str) -> Iterator[dict[str, object]]:
    return (json.loads(line) for line in output.splitlines() if line.startswith("{"))


@pytest.mark.parametrize(
    "command",
    [
        ("read",),
        ("grade",),
        ("verify", "--expect-plate", "粤B12345"),
        ("verify", "--crop", "--expect-plate", "粤B12345"),
    ],
)
def test_each_command_answers_for_each_picture(folder: Path, command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(vision, [*command, str(folder), "--json"])
    assert result.exit_code == 1, result.output
    records = {Path(str(record["file"])).name: record for record in _records(result.output)}
    assert records.keys() == ALL.keys()
    unusable = {name for name, record in records.items() if record["error"]}
    assert unusable >= {f"{name}.jpg" for name in HOSTILE.keys() - {"small", "endless_segment"}} | {
        "animated.webp",
        "dot.png",
    }
    assert unusable >= {f"declares_60000.{kind}" for kind in DECLARING}
    if command[0] == "verify":
        assert not any(record["verdict"] == "accept" for record in records.values())
    if command[0] == "read":
        assert not any(record["codes"] for name, record in records.items() if name != "rows_missing.jpg")


def test_bench_says_which_pictures_can_not_be_opened(folder: Path) -> None:
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(name, "none", "", "hostile") for name in ALL if name != "rows_missing.jpg"]
        csv.writer(file).writerows([("file", "kind", "text", "source"), *rows])
    result = CliRunner().invoke(vision, ["bench", str(folder), "--json"])
    assert result.exit_code == 2, result.output
    assert "declares_60000.png" in result.stderr
    assert not any(any(record["wrong"]["sealline"]) for record in _records(result.stdout))  # type: ignore[index]


@pytest.mark.parametrize("name", sorted(ALL))
def test_judge_accepts_none(name: str) -> None:
    verdict = judge(ALL[name](), waybill_task())
    assert verdict.outcome is not Outcome.ACCEPT
    if name in ODD and name != "rows_missing.jpg":
        assert verdict.failed[0].name == "picture_readable"


@pytest.mark.parametrize("side", [64, 200, 500, 800])
def test_picture_of_another_size_than_the_view_says_why(side: int) -> None:
    """Seen: of 200 x 160 px nothing of the label's place was left, and the judge ended in an OpenCV error."""
    verdict = judge(_encoded(".png", _noise(side, side, 3)), waybill_task())
    assert verdict.outcome is Outcome.UNSURE
    assert f"picture of {side} x {side} px" in verdict.failed[0].found


async def test_a_real_worker_outlives_them_all_within_its_memory() -> None:
    async with serving(memory_mb=MEMORY_MB) as workers:
        (pid,) = workers.pids
        for make in ALL.values():
            assert (await workers.judge(make(), waybill_task(), 20)).outcome is not Outcome.ACCEPT
        assert workers.pids == {pid}
        assert (await workers.judge(good_waybill_picture(), waybill_task(), 20)).outcome is Outcome.ACCEPT
        assert _peak_mb(pid) <= MEMORY_MB


async def test_what_needs_more_memory_than_a_worker_may_have_costs_nobody_else() -> None:
    """40 Mpx of four channels of 16 bits are allowed by their header and need 640 MB at once."""
    deep = _encoded(".png", np.zeros((6300, 6300, 4), np.uint16))
    async with serving(memory_mb=700) as workers:
        with pytest.raises(VisionCrashed, match=r"died \(out of memory\)"):
            await workers.judge(deep, waybill_task(), 30)
        await workers.ready()
        assert (await workers.judge(good_waybill_picture(), waybill_task(), 20)).outcome is Outcome.ACCEPT
        assert all(_peak_mb(pid) <= 700 for pid in workers.pids)


def _peak_mb(pid: int) -> float:
    """Largest address space that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmPeak"))


def test_no_room_for_a_picture_is_no_fault_of_the_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The worker must end, as after any allocation that failed; a command says so."""
    path = tmp_path / "plain.png"
    cv2.imwrite(str(path), np.zeros((80, 80, 3), np.uint8))

    def full(*_: object) -> None:
        error = cv2.error("Failed to allocate 317520000 bytes")
        error.code = cv2.Error.StsNoMem
        raise error

    monkeypatch.setattr(cv2, "imdecode", full)
    with pytest.raises(MemoryError):
        decode(path.read_bytes())
    with pytest.raises(UnreadablePictureError, match="not enough memory"):
        open_picture(path)
