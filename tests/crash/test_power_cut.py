"""The power fails at any moment: what was acknowledged is there, nothing is half there, and the line can go on."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from controller.clock import SystemClock
from controller.desk.channel_wire import load_or_make_token
from controller.desk.signing import KeyUnusable, load_or_make_key, public_half
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.journal.reading import verify_chain
from controller.plan.taught import read_taught
from controller.web.people.book import PeopleBook
from tests.crash.disk import Disk, Loss, Operation, operations
from tests.crash.workload import FIRST, TAUGHT_EACH

CUTS = 240
"""Of each kind of loss a quarter, spread over the whole trace."""


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Operation]]:
    """The folder on which the workload worked, and everything that it did there."""
    root = tmp_path_factory.mktemp("power")
    folder, trace, library = root / "line", root / "trace", root / "write_trace.so"
    folder.mkdir()
    source = Path(__file__).with_name("write_trace.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", source, "-o", library, "-ldl", "-lpthread"], check=True)
    traced = {"LD_PRELOAD": str(library), "TRACE_FILE": str(trace), "TRACED_FOLDER": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "tests.crash.workload", folder],
        check=True,
        env=os.environ | traced,
        cwd=Path(__file__).parents[2],
    )
    return folder, list(operations(trace))


@pytest.mark.parametrize("loss", list(Loss))
def test_a_power_cut_takes_nothing_that_was_acknowledged(
    traced: tuple[Path, list[Operation]], loss: Loss, tmp_path: Path
) -> None:
    _cut_again_and_again(*traced, loss, tmp_path)


@pytest.mark.parametrize("forgotten", [".db-wal", ".jpg.", ".line.key.", ".taught.toml."])
def test_the_cuts_would_find_a_sync_that_was_forgotten(
    traced: tuple[Path, list[Operation]], forgotten: str, tmp_path: Path
) -> None:
    """The same trace without the syncs of the log, or of the pictures: as a program would do that forgot them."""
    folder, done = traced
    with pytest.raises((AssertionError, FileNotFoundError, JournalUnavailable, KeyUnusable, KeyError)):
        _cut_again_and_again(folder, _without_syncs(done, forgotten), Loss.ANY, tmp_path)


def _without_syncs(done: list[Operation], of: str) -> list[Operation]:
    paths: dict[int, str] = {}
    kept = []
    for each in done:
        if each.kind == "o":
            paths[each.descriptor] = each.data.decode()
        if each.kind != "s" or of not in paths[each.descriptor]:
            kept.append(each)
    return kept


def _cut_again_and_again(folder: Path, done: list[Operation], loss: Loss, tmp_path: Path) -> None:
    chance = Random(f"power {loss}")
    moments = sorted(chance.sample(range(len(done)), CUTS // len(Loss)))
    disk, acknowledged, checkpointed = Disk(), 0, 0
    confirmed = next(each.descriptor for each in done if each.data == str(folder / "acknowledged").encode())
    for number, operation in enumerate(done):
        disk.do(operation)
        acknowledged += operation.kind == "w" and operation.descriptor == confirmed
        if number in moments:
            left = disk.cut(loss, chance)
            checkpointed += len(left.get(str(folder / "line.db"), b"")) > 4096
            here = _laid_out(left, folder, tmp_path)
            _check(here, acknowledged)
            if acknowledged:
                _check_files(here, folder, acknowledged - 1)
    assert checkpointed, "no cut came after a checkpoint: the trace is too short to prove anything"


def _laid_out(left: dict[str, bytes], folder: Path, tmp_path: Path) -> Path:
    """Put what was left where the line finds it after its restart."""
    here = tmp_path / "after"
    shutil.rmtree(here, ignore_errors=True)
    for path, content in left.items():
        file = here / Path(path).relative_to(folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o600)
    (here / "evidence").mkdir(parents=True, exist_ok=True)
    return here


def _check(here: Path, acknowledged: int) -> None:
    """Start on it as the line does, and look."""

    def look(ledger: Ledger) -> tuple[list[int], list[int], dict[int, str]]:
        one = ledger.connection.execute
        assert one("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert verify_chain(ledger.connection) is None
        steps = {
            kind: [row[0] for row in one("SELECT item FROM history WHERE kind = ? ORDER BY seq", (kind,))]
            for kind in ("first", "second")
        }
        pictures = {int(row[0]): str(row[1]) for row in one("SELECT item, picture FROM evidence")}
        ledger.enter("went_on")
        return steps["first"], steps["second"], pictures

    async def start() -> tuple[list[int], list[int], dict[int, str]]:
        async with Journal(here / "line.db", SystemClock()) as journal:
            return await journal.write(look)

    first, second, pictures = asyncio.run(start())
    assert first == second == sorted(pictures) == list(range(len(first))), "a change is half there"
    assert len(first) >= acknowledged, "what was acknowledged is gone"
    for digest in pictures.values():
        kept = (here / "evidence" / f"{digest}.jpg").read_bytes()
        assert hashlib.sha256(kept).hexdigest() == digest, "a picture is named and not whole"


def _check_files(here: Path, folder: Path, step: int) -> None:
    """What the line keeps beside its journal is there and whole. :param step: the last acknowledged one."""
    assert load_or_make_token(here / "token") == load_or_make_token(folder / "token")
    assert public_half(load_or_make_key(here / "line.key")) == public_half(load_or_make_key(folder / "line.key"))
    assert PeopleBook(here / "people.db", SystemClock()).people() == [FIRST]
    assert read_taught(here / "taught.toml")["golden"]["wide"]["step"] >= step - step % TAUGHT_EACH
