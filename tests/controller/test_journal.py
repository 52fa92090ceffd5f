"""The journal: what is awaited is durable, what fails leaves nothing, what is changed is found."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from order_bench import LINE, SteppingClock, open_journal

from controller.clock import SystemClock
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.journal.epochs import ForeignJournal, begin_epoch, identity
from controller.journal.reading import verify_chain
from controller.journal.store import GENESIS, Reading, entry_digest, open_reading

ROOT = Path(__file__).parents[2]


def count(path: Path, kind: str = "step") -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM history WHERE kind = ?", (kind,)).fetchone()[0])


def broken_at(path: Path) -> int | None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return verify_chain(connection)


async def steps(journal: Journal, count: int, **data: str) -> list[int]:
    return await asyncio.gather(*[journal.write(lambda ledger: ledger.enter("step", **data)) for _ in range(count)])


async def test_changes_that_wait_together_share_a_commit_and_all_are_there(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        numbers = await steps(journal, 500)
        stamps = await journal.write(
            lambda ledger: ledger.connection.execute("SELECT COUNT(DISTINCT at) FROM history").fetchone()[0]
        )
    assert numbers == list(range(1, 501))
    assert stamps < 100  # one stamp a commit
    assert (count(path), broken_at(path)) == (500, None)


async def test_a_refused_change_takes_no_other_with_it(tmp_path: Path) -> None:
    def refused(ledger: Ledger) -> None:
        ledger.enter("step", why="to be refused")
        raise ValueError("no")

    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        changes = [journal.write(refused if n % 3 == 0 else lambda ledger: ledger.enter("step")) for n in range(30)]
        results = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(each, ValueError) for each in results) == 10
    assert (count(path), broken_at(path)) == (20, None)


async def test_a_change_that_is_refused_alone_leaves_nothing(tmp_path: Path) -> None:
    def refused(ledger: Ledger) -> None:
        ledger.enter("step", why="to be refused")
        raise ValueError("no")

    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        for _ in range(2):
            await journal.write(lambda ledger: ledger.enter("step"))
            with pytest.raises(ValueError, match="no"):
                await journal.write(refused)
    assert (count(path), broken_at(path)) == (2, None)


def test_the_chain_is_over_the_json_list_of_an_entrys_columns() -> None:
    columns = [7, "2027-01-04T01:00:00.000+00:00", "alarm_raised", None, None, '{"cause":"a \\"quoted\\" 原因\\n"}']
    for item, acceptance in ((None, None), (12, 'SL"27\\')):
        columns[3:5] = [item, acceptance]
        row = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
        assert entry_digest(GENESIS, *columns) == hashlib.sha256(GENESIS + row.encode()).digest()  # type: ignore[arg-type]


async def test_a_reading_that_is_kept_open_sees_what_is_written_and_stops_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    with contextlib.closing(Reading(path)) as reading:
        async with Journal(path, SteppingClock()) as journal:
            for seen in range(1, 4):
                await steps(journal, 1)
                assert await asyncio.to_thread(reading.ask, _entries) == seen
            checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
            busy = await asyncio.to_thread(lambda: journal._ledger.connection.execute(checkpoint).fetchone()[0])  # type: ignore[union-attr]
            assert not busy
            with pytest.raises(sqlite3.OperationalError):
                reading.ask(lambda connection: connection.execute("SELECT * FROM nothing"))
            assert reading.ask(_entries) == 3, "it opens the journal anew"


def _entries(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM history").fetchone()[0])


async def test_a_cancelled_caller_leaves_its_change_whole(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await journal.write(lambda ledger: [ledger.enter("step") for _ in range(3)])
        await steps(journal, 1)
    assert (count(path), broken_at(path)) == (4, None)


@pytest.mark.parametrize("statement", ["UPDATE history SET kind = 'x'", "DELETE FROM history"])
async def test_history_is_append_only(journal: Journal, statement: str) -> None:
    await steps(journal, 2)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await journal.write(lambda ledger: ledger.connection.execute(statement))


TAMPERS = [
    ("UPDATE history SET data = '{}' WHERE seq = 4", 4),
    ("UPDATE history SET at = '2026-01-01' WHERE seq = 6", 6),
    ("UPDATE history SET item = 9 WHERE seq = 5", 5),
    ("UPDATE history SET acceptance = 'GA1' WHERE seq = 5", 5),
    ("DELETE FROM history WHERE seq = 3", 3),
    ("DELETE FROM history WHERE seq = 1", 1),
    ("UPDATE history SET digest = zeroblob(32) WHERE seq = 7", 7),
    ("UPDATE history SET seq = 99 WHERE seq = 10", 10),
]


@pytest.mark.parametrize(("statement", "broken"), TAMPERS)
async def test_tampering_is_found(tmp_path: Path, statement: str, broken: int) -> None:
    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        await steps(journal, 10, part="PM1")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER history_is_not_changed")
        connection.execute("DROP TRIGGER history_is_not_deleted")
        connection.execute(statement)
    assert broken_at(path) == broken


async def test_a_full_disk_is_said_leaves_nothing_and_ends(tmp_path: Path) -> None:
    def limit(ledger: Ledger, spare: int) -> None:
        pages = ledger.connection.execute("PRAGMA page_count").fetchone()[0]
        ledger.connection.execute(f"PRAGMA max_page_count = {pages + spare}")

    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        await steps(journal, 1)
        await journal.write(lambda ledger: limit(ledger, 2))
        full = 0
        for _ in range(20):
            try:
                await steps(journal, 1, padding="x" * 2000)
            except JournalUnavailable as error:
                full += 1
                assert "full" in str(error)
                assert str(path) in str(error)
        assert full > 10
        written = 21 - full
        await journal.write(lambda ledger: limit(ledger, 1_000_000))
        assert await steps(journal, 1) == [written + 1]
    assert (count(path), broken_at(path)) == (written + 1, None)


FILE_LIMIT = """
    import asyncio, resource, sys
    from pathlib import Path
    from controller.clock import SystemClock
    from controller.journal import Journal, JournalUnavailable

    async def main(path):
        async with Journal(path, SystemClock()) as journal:
            write = lambda size: journal.write(lambda ledger: ledger.enter("step", padding="x" * size))
            await write(10)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
            acknowledged = refused = 0
            for _ in range(40):
                try:
                    await write(20_000)
                    acknowledged += 1
                except JournalUnavailable:
                    refused += 1
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await write(10)
            print(acknowledged, refused)

    asyncio.run(main(Path(sys.argv[1])))
"""

WRITER = """
    import asyncio, sys
    from pathlib import Path
    from controller.clock import SystemClock
    from controller.journal import Journal

    async def writer(journal, name):
        while True:
            number = await journal.write(lambda ledger: ledger.enter("step", name=name, padding="x" * 200))
            print(number, flush=True)

    async def main(path):
        async with Journal(path, SystemClock()) as journal, asyncio.TaskGroup() as group:
            for name in range(4):
                group.create_task(writer(journal, name))

    asyncio.run(main(Path(sys.argv[1])))
"""


def child(program: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_a_disk_that_refuses_to_grow_and_then_grows(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    with child(FILE_LIMIT, path) as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    acknowledged, refused = map(int, said.split())
    assert refused > 0
    assert (count(path), broken_at(path)) == (acknowledged + 2, None)


def test_kill_9_of_the_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    acknowledged = 0
    for round_ in range(4):
        with child(WRITER, path) as process:
            assert process.stdout is not None
            for _ in range(40 + 25 * round_):
                acknowledged = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().split("\n")
        acknowledged = max(acknowledged, *(int(line) for line in rest[:-1] if line)) if rest[:-1] else acknowledged
        assert count(path) >= acknowledged
        assert broken_at(path) is None


async def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    path.write_bytes(b"this is no database at all, but it is long enough to be looked at" * 20)
    with pytest.raises(JournalUnavailable, match=str(path)):
        async with Journal(path, SteppingClock()):
            pass


async def test_epochs_count_starts_and_a_journal_keeps_its_line(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    for epoch in (1, 2, 3):
        async with open_journal(path) as journal:
            found = await journal.write(lambda ledger: identity(ledger.connection))
            assert (found.line_id, found.epoch) == (LINE, epoch)
            with pytest.raises(ForeignJournal, match="belongs to line 'GZ01-L1', configured is 'GZ01-L2'"):
                await journal.write(lambda ledger: begin_epoch(ledger, "GZ01-L2"))


async def test_a_journal_without_a_line_has_no_identity(tmp_path: Path) -> None:
    async with Journal(tmp_path / "line.db", SteppingClock()) as journal:
        with pytest.raises(ForeignJournal, match="no line has been started"):
            await journal.write(lambda ledger: identity(ledger.connection))


async def test_reading_beside_a_writer_and_after_it(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    async with Journal(path, SteppingClock()) as journal:
        await steps(journal, 3)
        with contextlib.closing(open_reading(path)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM history").fetchone()[0] == 3
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute("DELETE FROM orders")
    with contextlib.closing(open_reading(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM history").fetchone()[0] == 3


async def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "line.db"
    async with Journal(path, SystemClock()) as journal:
        with pytest.raises(JournalUnavailable, match="another process writes it"):
            async with Journal(path, SystemClock()):
                pass
        assert await journal.write(lambda ledger: ledger.enter("still_here")) == 1
    async with Journal(path, SystemClock()) as again:
        assert await again.write(lambda ledger: ledger.enter("after")) == 2
