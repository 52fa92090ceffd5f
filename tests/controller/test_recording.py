"""The tape within its limit, and a disk that does not take it: the line goes on."""

from __future__ import annotations

import asyncio
import base64
import errno
import json
import os
import shutil
import time
from array import array
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from order_bench import EXAMPLE

from controller.clock import SystemClock
from controller.durable import put_file
from controller.eyes.vision_wire import HEAD
from controller.eyes.vision_workers import VisionTimeout, VisionWorkers
from controller.journal import Journal
from controller.plan.config import load_config
from controller.recording.recorder import Recorder
from controller.recording.results import error_of
from controller.recording.seams import RecordedVision, asked_of
from controller.recording.streams import PictureCutter
from controller.recording.tape import (
    BEHEADED,
    CONFIG,
    META,
    PICTURES,
    VERSION,
    Kind,
    Record,
    TapeError,
    read_noted,
    read_records,
)
from controller.recording.turns import RecordedLoop
from controller.recording.upkeep import Upkeep
from controller.replaying.loop import ReplayLoop
from controller.replaying.reading import find_run, read_timeline
from controller.replaying.seams import PlaybackVision
from controller.replaying.timeline import Answer, Connection, Timeline
from controller.replaying.wires import PlaybackStream, stand_in
from vision.verdict import Box, Task, Verdict, View, WaybillTask

T = TypeVar("T")
KB = 1024


def _run(home: Path, name: str, wires: int, pictures: int = 0) -> Path:
    run = home / name
    (run / PICTURES).mkdir(parents=True)
    (run / META).write_text(json.dumps({"version": VERSION}))
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


def test_what_was_noted_stands_on_the_tape_in_order(tmp_path: Path) -> None:
    async def note() -> None:
        async with Journal(tmp_path / "line.db", SystemClock()):
            recorder = _recorder(tmp_path, lambda why: None)
            recorder.begin()
            for number in range(300):
                recorder.note(Kind.IN, b"%d" % number, stream=7)
                if number % 3 == 0:
                    await asyncio.sleep(0)
            await recorder.close()

    _in_turns(note)
    turns = array("q")
    records = list(read_records(read_noted(tmp_path / "run"), turns))
    assert [(each.stream, each.data) for each in records] == [(7, b"%d" % number) for number in range(300)]
    assert [each.turn for each in records] == [(number + 2) // 3 for number in range(300)]
    assert list(turns) == sorted(turns)


def test_a_disk_that_takes_nothing_ends_the_recording_with_a_word(tmp_path: Path) -> None:
    async def note() -> None:
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with Journal(tmp_path / "line.db", SystemClock()):
            recorder = _recorder(tmp_path, ended.set_result)
            shutil.rmtree(recorder.folder)
            recorder.begin()
            recorder.note(Kind.IN, b"lost")
            async with asyncio.timeout(30):
                assert "No such file" in await ended
            recorder.note(Kind.IN, b"more")
            await recorder.close()

    _in_turns(note)


def _recorder(home: Path, on_end: Callable[[str], None]) -> Recorder:
    (home / "run").mkdir()
    return Recorder(home / "run", home / "line.db", Upkeep(home, 1 << 30), on_end)


def _in_turns(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=RecordedLoop) as runner:
        runner.run(work())


def test_pictures_are_cut_out_of_a_cameras_answers_however_they_come() -> None:
    told: list[tuple[Kind, bytes]] = []
    pictures: list[bytes] = []
    picture = bytes(range(256)) * 20
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(picture)
    cutter = PictureCutter(lambda kind, data: told.append((kind, data)), pictures.append)
    stream = (head + picture) * 2
    for start in range(0, len(stream), 37):
        cutter.take(stream[start : start + 37])
    cutter.take(head + picture[:9])
    assert pictures == [picture, picture]
    assert b"".join(data for kind, data in told if kind is Kind.IN) == head * 3
    pieces = [int(data) for kind, data in told if kind is Kind.PIECE]
    assert max(pieces) <= 37
    assert 0 < 2 * len(picture) + 9 - sum(pieces) <= 2 * 37, "the last piece of each is told by its picture"


def test_timers_of_the_same_moment_run_in_the_order_in_which_they_were_set() -> None:
    ran: list[int] = []

    async def work() -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + 0.01
        timers = [loop.call_at(at, ran.append, number) for number in range(300)]
        for timer in timers[::3]:
            timer.cancel()
        await asyncio.sleep(0.02)

    _in_turns(work)
    assert ran == [number for number in range(300) if number % 3]


def test_what_threads_and_timers_did_to_a_program_is_done_to_it_again(tmp_path: Path) -> None:
    """Five loops that race one another, for their threads and for the clock: a replay has the same race."""
    chance = Random(1)

    def look(number: int) -> int:
        time.sleep(chance.uniform(0, 0.003))
        return number

    async def race(log: list[tuple[float, int]]) -> None:
        async def run(number: int) -> None:
            for _ in range(15):
                found = await asyncio.to_thread(look, number)
                log.append((asyncio.get_running_loop().time(), found))
                await asyncio.sleep(0.001 * number)

        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(run(number))

    then: list[tuple[float, int]] = []
    now: list[tuple[float, int]] = []

    async def record() -> None:
        recorder = _recorder(tmp_path, lambda why: None)
        put_file(recorder.folder / META, json.dumps({"version": VERSION}).encode())
        put_file(recorder.folder / CONFIG, load_config(EXAMPLE).model_dump_json().encode())
        recorder.begin()
        recorder.note(Kind.BEGAN)
        await race(then)
        await recorder.close()

    _in_turns(record)
    line = read_timeline(tmp_path / "run")
    with asyncio.Runner(loop_factory=lambda: ReplayLoop(line.turns, line.records, line.deliver, line.asides)) as runner:
        runner.run(race(now))
    assert now == then
    assert then != sorted(then, key=lambda each: each[1]), "there was no race"


def test_what_a_thread_found_is_on_the_tape_and_what_it_did_is_done_again(tmp_path: Path) -> None:
    def found() -> tuple[int, ...]:
        return (1, 2)

    def asked(question: Callable[[], T]) -> T:
        return question()

    def done() -> None:
        raise OSError(errno.ENOSPC, "full")

    async def work() -> None:
        async with Journal(tmp_path / "line.db", SystemClock()):
            recorder = _recorder(tmp_path, lambda why: None)
            recorder.begin()
            await asyncio.to_thread(found)
            await asyncio.to_thread(asked, found)
            with pytest.raises(OSError, match="full"):
                await asyncio.to_thread(done)
            await recorder.close()

    _in_turns(work)
    records = read_records(read_noted(tmp_path / "run"), array("q"))
    one, unknown, other = [each.said() for each in records if each.kind is Kind.ASIDE][:3]
    assert one["gave"] == [1, 2]
    assert "gave" not in unknown, "a tuple would come back as a list: the replay asks itself"
    failure = error_of(other)
    assert isinstance(failure, OSError) and failure.errno == errno.ENOSPC


def test_a_verdict_for_which_the_line_waits_no_more_is_on_the_tape_as_asked(tmp_path: Path) -> None:
    """Without it a replay would take the question for a new one."""

    class Silent(VisionWorkers):
        async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
            await asyncio.sleep(60)
            raise AssertionError

    async def work() -> None:
        async with Journal(tmp_path / "line.db", SystemClock()):
            recorder = _recorder(tmp_path, lambda why: None)
            recorder.begin()
            vision = RecordedVision(Silent(1), recorder)
            task = WaybillTask("C001", View(10.0, 0.0, 0.0), "1", Box(0, 0, 50, 50))
            asked = asyncio.create_task(vision.judge(b"picture", task, 60.0))
            await asyncio.sleep(0)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            await asyncio.sleep(0.01)
            await recorder.close()

    _in_turns(work)
    told = [each.said() for each in read_records(read_noted(tmp_path / "run"), array("q")) if each.kind is Kind.VERDICT]
    assert [each["cancelled"] for each in told] == [True]


async def test_another_version_may_ask_vision_for_more_and_gets_the_recorded_verdict(tmp_path: Path) -> None:
    task = WaybillTask("C001", View(10.0, 0.0, 0.0), "1", Box(0, 0, 50, 50))
    packed = base64.b64decode(asked_of(task))
    question = json.loads(packed[HEAD.size : HEAD.size + HEAD.unpack_from(packed)[0]])
    _without(question, "least_grade")
    text = json.dumps(question).encode()
    then = base64.b64encode(HEAD.pack(len(text), 0) + text).decode()
    line = Timeline(tmp_path, load_config(EXAMPLE))
    said = {"n": 1, "failed": "no verdict then", "error": "VisionTimeout"}
    answer = Answer(Record(1, 0, 0.0, Kind.VERDICT, 0, json.dumps(said).encode()))
    answer.come()
    line.records.append(answer.record)
    line.verdicts.add(f"{'0' * 64} {then}", 1, answer)
    with pytest.raises(VisionTimeout, match="no verdict then"):
        await PlaybackVision(line, None).judge(stand_in("0" * 64, 200), task, 1.0)


def _without(question: Any, name: str) -> None:
    """Take a field out, wherever it stands."""
    if isinstance(question, dict):
        question.pop(name, None)
        for value in question.values():
            _without(value, name)


def test_bytes_that_a_driver_takes_before_their_turn_are_told_once() -> None:
    """`read_now` reaches for what the operating system has: then no turn delivers it again."""
    connection = Connection("plc", Record(1, 0, 0.0, Kind.DIALLED, 1, b"plc"))
    facts = {"call": "read_now", "n": 1, "data": base64.b64encode(b"landed and late").decode(), "told": 1}
    connection.take(Record(2, 5, 0.0, Kind.IN, 1, b"landed"))
    connection.take(Record(3, 5, 0.0, Kind.AT_ONCE, 1, json.dumps(facts).encode()))
    stream = PlaybackStream(connection, lambda data: None)
    assert stream.read_now() == b"landed and late"
    stream.arrive(b"landed")
    assert stream.read_now() == b""
