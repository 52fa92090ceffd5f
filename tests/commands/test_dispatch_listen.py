"""`sealline dispatch listen` where something is not as it should be."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.commands.table import command_line
from tests.controller.mosquitto_bench import free_port, mosquitto


async def listen(folder: Path, port: int, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "controller.commands", "dispatch", "listen"),
        *("--ledger", str(folder / "ledger.db"), "--port", str(port), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_says_that_there_is_no_broker_and_when_there_is_one(tmp_path: Path) -> None:
    async with asyncio.timeout(40):
        process = await listen(tmp_path, port := free_port())
        assert process.stderr
        told = (await process.stderr.readline()).decode()
        assert told.startswith(f"127.0.0.1:{port}: ")
        assert "refused" in told.lower()
        assert "--port" in told  # and what may be done about it
        process.send_signal(signal.SIGINT)
        await process.communicate()
        assert process.returncode == 0
        async with mosquitto(tmp_path) as broker:
            process = await listen(tmp_path, broker.port)
            assert process.stderr
            assert (await process.stderr.readline()).decode() == f"127.0.0.1:{broker.port}: listening\n"
            process.send_signal(signal.SIGTERM)
            out, _ = await process.communicate()
    assert (process.returncode, out) == (0, b"0 applied, 0 refused, 0 unreadable\n")


@pytest.mark.parametrize("content", [None, b"this is no ledger, it only looks like a file\n" * 9])
def test_a_ledger_that_can_not_be_used_is_refused(content: bytes | None, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    if content is None:
        ledger.mkdir()
    else:
        ledger.write_bytes(content)
    told = CliRunner().invoke(command_line, ["dispatch", "listen", "--ledger", str(ledger)])
    assert told.exit_code == 2
    assert told.stderr.startswith(f"{ledger}: can't be used as the ledger")
