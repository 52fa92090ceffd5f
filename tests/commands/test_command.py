"""`sealline command`: waits for what it asked for, and speaks the line's language."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from controller.commands.table import command_line
from controller.desk.channel import ChannelRefused, ChannelServer
from controller.desk.channel_wire import load_or_make_token
from controller.plan.config import LineConfig, load_config
from controller.snapshot import AlarmView, Snapshot
from tests.web.floor import EXAMPLE

NOT_READY = AlarmView(
    alarm=1, kind="not_ready", source="", priority=2, text="a guard is open", text_zh="防护门未关", raised_at=""
)


class Turning:
    """A line that goes from one state to the next, one a look."""

    def __init__(self, config: LineConfig, *states: str, alarms: tuple[AlarmView, ...] = ()) -> None:
        self._states = list(states)
        self._alarms = alarms
        token = load_or_make_token(config.channel.token_file)
        handlers = {"command": self._command, "snapshot": self._look}
        self.server = ChannelServer(config.channel.socket, token, handlers, self._seen)

    async def _command(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if not self._states:
            raise ChannelRefused("illegal_command", "Start is not allowed in Stopped", "当前状态不允许启动", ("reset",))
        return {"state": self._states[0]}

    async def _look(self, arguments: dict[str, Any]) -> dict[str, Any]:
        seen = self._seen().model_dump(mode="json")
        if len(self._states) > 1:
            del self._states[0]
        return seen

    def _seen(self) -> Snapshot:
        state = self._states[0]
        return Snapshot(
            line="L1", name="", at="", epoch=1, mode="Production", state=state, commands=(), alarms=self._alarms
        )


@asynccontextmanager
async def up(line: Turning) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(line.server.serve())
        await line.server.listening.wait()
        yield
        serving.cancel()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "line.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


async def say(path: Path, name: str) -> tuple[int, str, str]:
    told = await asyncio.to_thread(CliRunner().invoke, command_line, ["command", name, "-c", str(path)])
    return told.exit_code, told.stdout, told.stderr


async def test_it_waits_until_the_line_has_got_there(path: Path) -> None:
    async with up(Turning(load_config(path), "Resetting", "Resetting", "Idle")):
        assert await say(path, "reset") == (0, "Idle\n", "")


async def test_a_line_that_comes_to_another_state_says_why(path: Path) -> None:
    line = Turning(load_config(path), "Resetting", "Stopping", "Stopped", alarms=(NOT_READY,))
    async with up(line):
        assert await say(path, "reset") == (1, "Stopped\n", "防护门未关\n")


async def test_a_refusal_is_told_in_the_lines_language_without_codes(path: Path) -> None:
    async with up(Turning(load_config(path))):
        assert await say(path, "start") == (2, "", "当前状态不允许启动\n")


async def test_without_a_line_it_says_how_to_start_one(path: Path) -> None:
    code, _, said = await say(path, "start")
    assert code == 2
    assert "请启动 sealline run" in said
