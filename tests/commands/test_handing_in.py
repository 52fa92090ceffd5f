"""Handing in by hand: whose journal it goes into, and what a terminal or a pipe shows of it."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from time import tzset

import pytest
from typer.testing import CliRunner, Result

from controller.clock import SystemClock
from controller.commands.item import _difference
from controller.commands.printing import local
from controller.commands.table import command_line
from controller.journal import Journal
from controller.journal.epochs import begin_epoch
from tests.web.floor import EXAMPLE

ORDER = {
    "acceptance": "GA000001",
    "product": "small_car_plates",
    "due": "2026-11-30T17:00:00+08:00",
    "number": "粤A12345",
    "parts": [{"role": "front", "code": "PM0000000001"}, {"role": "rear", "code": "PM0000000002"}],
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "line.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace('language = "zh"', 'language = "en"'), "utf-8")
    return path


@pytest.fixture
def in_guangzhou() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    tzset()


def sealline(config: Path, *words: str) -> Result:
    return CliRunner().invoke(command_line, [*words, "-c", str(config)])


def orders_in(folder: Path, *orders: object) -> str:
    file = folder / "orders.json"
    file.write_text(json.dumps(orders), encoding="utf-8")
    return str(file)


def test_a_journal_of_another_line_takes_nothing(config: Path, tmp_path: Path) -> None:
    async def begin() -> None:
        async with Journal(tmp_path / "var" / "line.db", SystemClock()) as journal:
            await journal.write(lambda ledger: begin_epoch(ledger, "SZ-L9"))

    asyncio.run(begin())
    told = sealline(config, "orders", "import", orders_in(tmp_path, ORDER))
    assert told.exit_code == 2
    assert "belongs to line 'SZ-L9', configured is 'GZ01-L1'; nothing was taken" in told.stderr
    assert "GA000001" not in sealline(config, "orders", "list").stdout


@pytest.mark.usefixtures("in_guangzhou")
def test_into_a_pipe_nothing_is_cut_and_times_are_the_floors(config: Path, tmp_path: Path) -> None:
    sealline(config, "orders", "import", orders_in(tmp_path, {**ORDER, "acceptance": "GA" + "0" * 38}))
    listed = sealline(config, "orders", "list").stdout
    assert "GA" + "0" * 38 in listed
    assert "2026-11-30 17:00 " in listed
    assert local("2026-11-30T09:00:00.123+00:00") == "2026-11-30 17:00:00.123"


def test_a_file_that_can_not_be_read_is_named(config: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("[{")
    assert sealline(config, "orders", "import", str(broken)).stderr.startswith(f"{broken}: ")
    missing = tmp_path / "none.csv"
    assert sealline(config, "orders", "import", str(missing)).stderr.count(str(missing)) == 1


def test_a_row_without_an_acceptance_number_goes_by_its_line(config: Path, tmp_path: Path) -> None:
    told = sealline(config, "orders", "import", orders_in(tmp_path, 3))
    assert re.match(r"line 1: ", told.stderr)


def test_numbers_that_masking_makes_alike_are_not_told_as_equal() -> None:
    alike = {"expected": "4V**48", "found": "4V**48"}
    assert "looks the same once masked" in _difference({**alike, "outcome": "reject"})
    assert _difference({**alike, "outcome": "unsure"}) == "'4V**48' is not sure"
    assert _difference({"expected": "1", "found": "2", "outcome": "reject"}) == "expected '1', found '2'"
