"""The demo as a user starts it: every planned trouble caught, the oracle clean, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(240)
BEGINS_S = 120
"""Until the demo packs, on a busy machine: six programs start."""
SEALLINE = (sys.executable, "-m", "controller.commands")


def processes_of(folder: Path) -> dict[int, str]:
    """Process id → command line of the processes that have to do with this run."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (NotADirectoryError, FileNotFoundError, ProcessLookupError):
            continue
        if str(folder) in line and int(entry.name) != os.getpid():
            found[int(entry.name)] = line
    return found


async def demo(folder: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(*SEALLINE, "demo", "--folder", str(folder), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: a socket will stand in it."""
    return tmp_path_factory.mktemp("run")


@pytest.mark.serial
async def test_every_trouble_is_caught_and_the_oracle_is_clean(folder: Path) -> None:
    process = await demo(folder, "--orders", "20", "--seed", "1", "--speed", "20")
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    report = json.loads((folder / "report.json").read_text())
    assert report["orders"] == 20
    assert report["packed"] == 14
    assert report["reworked"] == 3
    assert report["events_published"] == report["events_acknowledged"] > report["packed"]
    assert not any(report["oracle"].values())
    assert {trouble["kind"] for trouble in report["troubles"]} == {
        "wrong_plate",
        "missing_certificate",
        "swapped_certificates",
        "unreadable_code",
        "label_not_applied",
        "label_on_other",
        "seal_too_cold",
    }
    assert all(trouble["caught_as"] for trouble in report["troubles"])
    assert "nothing lost" in output
    assert not processes_of(folder)


async def test_an_interrupted_demo_leaves_no_process(folder: Path) -> None:
    process = await demo(folder, "--orders", "40", "--speed", "5")
    assert process.stdout is not None
    async with asyncio.timeout(BEGINS_S):
        while b"packed," not in await process.stdout.readline():
            assert process.returncode is None
    assert len(processes_of(folder)) >= 5
    process.send_signal(signal.SIGINT)
    output = (await process.communicate())[0].decode()
    assert process.returncode == 130, output
    assert "no process is left" in output
    assert not processes_of(folder)


async def test_a_process_that_dies_is_named_with_its_last_words(folder: Path) -> None:
    process = await demo(folder, "--orders", "40", "--speed", "5")
    assert process.stdout is not None
    async with asyncio.timeout(BEGINS_S):
        while b"packed," not in await process.stdout.readline():
            assert process.returncode is None
    (broker,) = [pid for pid, line in processes_of(folder).items() if "mosquitto -c" in line]
    os.kill(broker, signal.SIGKILL)
    output = (await process.communicate())[0].decode()
    assert process.returncode == 2, output
    assert "broker was ended by SIGKILL" in output
    assert not processes_of(folder)
