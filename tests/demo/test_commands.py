"""`sealline demo` and `sealline simulate-plant` asked for what they can't do, and what a run leaves to work with."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.commands.table import command_line
from simulators.demo.run import _configuration

SEALLINE = (sys.executable, "-m", "controller.commands")


def refused(*options: str) -> str:
    told = CliRunner().invoke(command_line, ["demo", *options], env={"COLUMNS": "300"})
    assert told.exit_code == 2
    return told.stderr


def test_bad_options_are_refused_before_anything_starts(tmp_path: Path) -> None:
    assert "greater than or equal to 1" in refused("--orders", "0")
    assert "greater than or equal to 0.1" in refused("--speed", "0")
    (tmp_path / "taken").write_text("")
    assert "is not empty: a run wants a folder of its own" in refused("--folder", str(tmp_path))
    assert "can't be made: Not a directory" in refused("--folder", str(tmp_path / "taken" / "run"))
    assert "too long for the line's socket" in refused("--folder", str(tmp_path / ("deep/" * 20)))
    assert "name a file in a folder of yours" in refused("--report", str(tmp_path))
    assert "name a file in a folder of yours" in refused("--report", str(tmp_path / "none" / "report.json"))


def test_the_runs_configuration_stands_alone_and_keeps_its_variables() -> None:
    text = files("controller").joinpath("line.example.toml").read_text("utf-8")
    names = {name for name in re.findall(r"\$\{([A-Z0-9_]+):-", text) if name != "NAME"}
    addresses = {name: str(number) for number, name in enumerate(sorted(names), 40000)}
    filled = _configuration(addresses, 7)
    assert all(f"${{{name}:-{value}}}" in filled for name, value in addresses.items())
    assert len(filled.splitlines()) == len(text.splitlines())


async def plant(folder: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(*SEALLINE, "simulate-plant", "--directory", str(folder), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def standing(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir() if each.is_symlink() and each.exists()}


async def test_a_second_plant_does_not_take_the_serial_lines_of_the_first(tmp_path: Path) -> None:
    first = await plant(tmp_path, "--free-ports")
    assert first.stdout
    async with asyncio.timeout(60):
        assert "scale" in json.loads(await first.stdout.readline())
        second = await plant(tmp_path, "--free-ports")
        _, told = await second.communicate()
        assert second.returncode == 2
        assert f"another plant has its serial lines in {tmp_path}" in told.decode()
        assert "Errno" not in told.decode()
        assert standing(tmp_path) == {"certificate_scanner", "infeed_scanner", "scale", "sealer_2"}
        first.send_signal(signal.SIGINT)
        await first.communicate()
        assert first.returncode == 0
        third = await plant(tmp_path, "--free-ports")
        assert third.stdout
        assert await third.stdout.readline()
        third.send_signal(signal.SIGTERM)
        await third.communicate()


async def test_a_taken_port_is_named_without_error_numbers(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 15021))
        except OSError:
            pytest.skip("somebody runs a plant on this machine")
        taken.listen()
        process = await plant(tmp_path)
        async with asyncio.timeout(30):
            _, told = await process.communicate()
    assert process.returncode == 2
    assert told.decode().startswith("the plant can't run: can't listen on 127.0.0.1:15021")


@pytest.mark.serial
@pytest.mark.timeout(240)
async def test_a_served_run_answers_every_command_and_ends_with_its_verdict(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = await asyncio.create_subprocess_exec(
        *(*SEALLINE, "demo", "--orders", "2", "--speed", "20", "--folder", str(folder), "--serve"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout
    async with asyncio.timeout(120):
        while b"Ctrl-C ends everything" not in (line := await process.stdout.readline()):
            assert line
        state = await asked("command", "hold", "-c", str(folder / "line.toml"))
        assert state == (0, "Held\n")
        code, told = await asked("doctor", "-c", str(folder / "line.toml"))
        assert code == 0, told
        assert "runs (Held)" in told
        process.send_signal(signal.SIGINT)
        left, _ = await process.communicate()
    assert process.returncode == 0, left.decode()


async def asked(*words: str) -> tuple[int, str]:
    """From a shell that knows nothing of the run."""
    bare = {name: value for name, value in os.environ.items() if not name.endswith("_PORT")}
    process = await asyncio.create_subprocess_exec(*SEALLINE, *words, env=bare, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()
