"""The command line as a whole: what it offers, how quickly it is there, how it ends when it is told to."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.commands.table import COMMANDS, command_line
from tests.web.floor import EXAMPLE

SEALLINE = (sys.executable, "-m", "controller.commands")


def test_help_lists_every_command_with_a_sentence_and_each_has_help_of_its_own() -> None:
    told = CliRunner().invoke(command_line, ["--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    for name in (*COMMANDS, "demo", "simulate-plant"):
        assert f"│ {name} " in told.stdout
        help_of = CliRunner().invoke(command_line, [name, "--help"])
        assert help_of.exit_code == 0, help_of.stdout
        assert "completion" not in help_of.stdout


@pytest.mark.parametrize("command", [[], ["vision"], ["vision", "teach"], ["check-config"], ["simulate-plant"]])
def test_h_is_help_too(command: list[str]) -> None:
    """Seen: it was answered by "No such option: -h"."""
    asked = CliRunner().invoke(command_line, [*command, "-h"])
    assert (asked.exit_code, "Usage" in asked.stdout) == (0, True), asked.output


def test_it_says_its_version_and_what_it_does_not_know() -> None:
    assert CliRunner().invoke(command_line, ["--version"]).stdout.startswith("sealline 0.")
    assert CliRunner().invoke(command_line, ["bogus"]).exit_code == 2


def test_a_command_loads_only_what_it_needs() -> None:
    """Cameras and the web framework take a second each to load; a check of a file needs neither."""
    asked = (
        "import sys; from controller.commands.table import command_line\n"
        f"command_line(['check-config', {str(EXAMPLE)!r}], standalone_mode=False)\n"
        "print(*(name for name in ('cv2', 'fastapi', 'onnxruntime', 'simulators') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.6])
async def test_ctrl_c_while_it_loads_ends_it_without_a_traceback(after_s: float, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "line.toml")
    script = "import signal; print('up', flush=True); from controller.commands import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, "run", "-c", str(tmp_path / "line.toml")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(30):
        await process.stdout.readline()
        await asyncio.sleep(after_s)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert b"Traceback" not in errors
    assert process.returncode in (0, 130, -signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["run", "web"])
async def test_to_be_told_to_end_is_no_failure(command: str, number: signal.Signals, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "line.toml")
    process = await start(tmp_path, command)
    assert process.stdout
    async with asyncio.timeout(30):
        while b"line_runs" not in (said := await process.stdout.readline()) and not said.startswith(b"page:"):
            assert said
        await asyncio.sleep(0.3)
        process.send_signal(number)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


async def test_a_second_line_on_the_socket_ends_before_it_touches_a_device(tmp_path: Path) -> None:
    """Two masters of one machine are the worst that two lines can be: the second has another journal and is let in."""
    shutil.copy(EXAMPLE, tmp_path / "line.toml")
    text = EXAMPLE.read_text(encoding="utf-8").replace("var/line.db", "var/other.db")
    touched = asyncio.Event()
    plc = await asyncio.start_server(lambda reader, writer: touched.set(), "127.0.0.1", 0)
    port = plc.sockets[0].getsockname()[1]
    (tmp_path / "other.toml").write_text(text.replace("${CONVEYOR_PORT:-15021}", str(port)), encoding="utf-8")
    first = await start(tmp_path, "run")
    assert first.stdout
    async with plc, asyncio.timeout(40):
        while b"line_runs" not in await first.stdout.readline():
            pass
        second = await start(tmp_path, "run", "other.toml")
        _, errors = await second.communicate()
        first.send_signal(signal.SIGTERM)
        await first.communicate()
    assert second.returncode == 2, errors
    assert b"another line listens there" in errors
    assert not touched.is_set()


async def start(folder: Path, command: str, config: str = "line.toml") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *SEALLINE,
        *(command, "-c", str(folder / config)),
        env={**os.environ, "SEALLINE_WEB_PORT": "0", "PYTHONUNBUFFERED": "1", "PLANT_DIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
