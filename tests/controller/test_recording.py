"""The tape within its limit, and a disk that does not take it: the line goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from order_bench import EXAMPLE

from controller.clock import SystemClock
from controller.journal import Journal
from controller.plan.config import load_config
from controller.recording.recorder import Recorder
from controller.recording.streams import PictureCutter
from controller.recording.tape import BEHEADED, CONFIG, META, PICTURES, Kind, TapeError, read_records
from controller.recording.upkeep import Upkeep
from controller.replaying.timeline import find_run, read_timeline

KB = 1024


def _run(home: Path, name: str, wires: int, pictures: int = 0) -> Path:
    run = home / name
    (run / PICTURES).mkdir(parents=True)
    (run / META).write_text('{"version": 1}')
    for number in range(1, wires + 1):
        (run / f"wires-{number:05}.gz").write_bytes(bytes(100 * KB))
    for number in range(pictures):
        path = run / PICTURES / f"{number}.jpg"
        path.write_bytes(bytes(100 * KB))
        os.utime(path, (number, number))
    return run


def _left(run: Path) -> list[str]:
    return sorted(path.name for path in run.rglob("*") if path.suffix in (".gz", ".jpg"))


def test_older_runs_go_first_then_pictures_then_the_oldest_wires(tmp_path: Path) -> None:
    old, present = _run(tmp_path, "1", wires=3), _run(tmp_path, "2", wires=3, pictures=3)
    Upkeep(tmp_path, 700 * KB).look(present)
    assert not old.exists()
    assert len(_left(present)) == 6
    Upkeep(tmp_path, 500 * KB).look(present)
    assert _left(present) == ["2.jpg", "wires-00001.gz", "wires-00002.gz", "wires-00003.gz"]
    assert not (present / BEHEADED).exists()
    Upkeep(tmp_path, 250 * KB).look(present)
    assert _left(present) == ["wires-00002.gz", "wires-00003.gz"]
    assert (present / BEHEADED).exists()


def test_a_run_without_its_beginning_is_not_replayed(tmp_path: Path) -> None:
    run = _run(tmp_path, "1", wires=1)
    (run / CONFIG).write_text(load_config(EXAMPLE).model_dump_json())
    (run / BEHEADED).touch()
    with pytest.raises(TapeError, match="beginning was removed"):
        read_timeline(find_run(tmp_path))


def test_a_folder_without_a_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="no recording"):
        find_run(tmp_path)


async def test_what_was_noted_stands_on_the_tape_in_order(tmp_path: Path) -> None:
    async with Journal(tmp_path / "line.db", SystemClock()):
        folder = tmp_path / "run"
        folder.mkdir()
        recorder = Recorder(folder, tmp_path / "line.db", Upkeep(tmp_path, 1 << 30), lambda why: None)
        recorder.begin()
        for number in range(300):
            recorder.note(Kind.IN, b"%d" % number, stream=7)
        await recorder.close()
    told = [(each.stream, each.data) for each in read_records(folder)]
    assert told == [(7, b"%d" % number) for number in range(300)]


async def test_a_disk_that_takes_nothing_ends_the_recording_with_a_word(tmp_path: Path) -> None:
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with Journal(tmp_path / "line.db", SystemClock()):
        folder = tmp_path / "run"
        folder.mkdir()
        recorder = Recorder(folder, tmp_path / "line.db", Upkeep(tmp_path, 1 << 30), ended.set_result)
        shutil.rmtree(folder)
        recorder.begin()
        recorder.note(Kind.IN, b"lost")
        async with asyncio.timeout(30):
            assert "No such file" in await ended
        recorder.note(Kind.IN, b"more")
        await recorder.close()


def test_pictures_are_cut_out_of_a_cameras_answers_however_they_come() -> None:
    heads: list[bytes] = []
    pictures: list[bytes] = []
    picture = bytes(range(256)) * 20
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(picture)
    cutter = PictureCutter(lambda _, data: heads.append(data), pictures.append)
    stream = (head + picture) * 2
    for start in range(0, len(stream), 37):
        cutter.take(stream[start : start + 37])
    cutter.take(head + picture[:9])
    cutter.end()
    assert pictures == [picture, picture]
    assert heads == [head, head, head, picture[:9]]
