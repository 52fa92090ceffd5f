"""The local channel, both ends over a real socket."""

from __future__ import annotations

import asyncio
import json
import stat
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from controller.desk import channel
from controller.desk.channel import (
    ChannelClient,
    ChannelError,
    ChannelRefused,
    ChannelServer,
    LineUnreachable,
    load_or_make_token,
)
from controller.plan.config import LineConfig
from controller.snapshot import Latency, Snapshot
from tests.web.floor import TOKEN, FakeLine, config_in, line_up, until
from tests.web.shown import running


async def raw(path: Path, *lines: bytes) -> dict[str, Any]:
    """Send bytes as they are, and return the answer to the last."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    for line in lines:
        writer.write(line + b"\n")
    answer = await reader.readline()
    writer.close()
    return json.loads(answer) if answer else {}


def question(call: str = "snapshot", token: object = TOKEN, **more: object) -> bytes:
    return json.dumps({"token": token, "id": 1, "call": call, "arguments": {}, **more}).encode()


async def test_a_call_is_answered(line: FakeLine) -> None:
    client = ChannelClient(line.config.channel.socket, TOKEN)
    assert await client.call("command", command="hold", by="test") == {"state": "Held"}
    assert line.calls == [("command", {"command": "hold", "by": "test"})]


async def test_the_socket_is_the_owners_alone(line: FakeLine) -> None:
    assert stat.S_IMODE(line.config.channel.socket.stat().st_mode) == 0o600


async def test_a_refusal_comes_through_with_what_is_allowed(line: FakeLine) -> None:
    client = ChannelClient(line.config.channel.socket, TOKEN)
    with pytest.raises(ChannelRefused) as refused:
        await client.call("command", command="start", by="test")
    assert refused.value.code == "illegal_command"
    assert refused.value.text.zh == "当前不允许"
    assert "stop" in refused.value.allowed


@pytest.mark.parametrize("token", ["wrong", "", 7, None, "令牌"])
async def test_a_wrong_token_is_refused(line: FakeLine, token: object) -> None:
    answer = await raw(line.config.channel.socket, question(token=token))
    assert answer["ok"] is False
    assert answer["error"]["code"] in ("wrong_token", "bad_request")
    assert line.calls == []


@pytest.mark.parametrize(
    "line_of_bytes",
    [b"hello", b"[]", b"\xff\xfe\x00", b"{" * 5000, b'{"id": 1}', question(extra=1), question(arguments=[])],
)
async def test_nonsense_is_refused_and_the_line_lives_on(line: FakeLine, line_of_bytes: bytes) -> None:
    answer = await raw(line.config.channel.socket, line_of_bytes)
    assert answer["error"]["code"] == "bad_request"
    assert (await ChannelClient(line.config.channel.socket, TOKEN).call("snapshot"))["line"] == line.config.line.id


async def test_an_endless_line_is_refused(line: FakeLine, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = await asyncio.open_unix_connection(str(line.config.channel.socket))
    writer.write(b"x" * (channel.LINE_LIMIT + 100_000))
    answer = json.loads(await reader.readline())
    writer.close()
    assert answer["error"]["code"] == "bad_request"
    assert "8388608" in answer["error"]["en"]


async def test_an_unknown_call_names_the_known_ones(line: FakeLine) -> None:
    with pytest.raises(ChannelRefused) as refused:
        await ChannelClient(line.config.channel.socket, TOKEN).call("open_gate")
    assert "command" in refused.value.allowed


async def test_a_failing_handler_is_told_without_its_details(config: LineConfig) -> None:
    async def fail(arguments: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("secret detail")

    line = FakeLine(config)
    line.server = ChannelServer(config.channel.socket, TOKEN, {"fail": fail}, lambda: line.shown)
    async with line_up(line):
        with pytest.raises(ChannelRefused) as refused:
            await ChannelClient(config.channel.socket, TOKEN).call("fail")
    assert refused.value.code == "failed"
    assert "secret" not in refused.value.text.en


async def test_snapshots_come_on_change_and_as_heartbeat(line: FakeLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "HEARTBEAT_S", 0.5)
    loop = asyncio.get_running_loop()
    async with aclosing(ChannelClient(line.config.channel.socket, TOKEN).snapshots()) as snapshots:
        first = await anext(snapshots)
        began = loop.time()
        line.shown = first.model_copy(update={"at": "later", "decision_latency": Latency(count=9)})
        assert (await anext(snapshots)).at == "later"
        assert 0.35 <= loop.time() - began <= 1.0  # only the clock went on: the heartbeat tells it
        line.shown = first.model_copy(update={"state": "Held"})
        assert (await anext(snapshots)).state == "Held"
        assert loop.time() - began <= 1.0


async def test_at_most_five_snapshots_a_second(line: FakeLine) -> None:
    count = 0

    def ever_new() -> Snapshot:
        nonlocal count
        count += 1
        return running(line.config, epoch=count)

    line.server._snapshot = ever_new
    seen = 0
    async with aclosing(ChannelClient(line.config.channel.socket, TOKEN).snapshots()) as snapshots:
        try:
            async with asyncio.timeout(1.0):
                async for _ in snapshots:
                    seen += 1
        except TimeoutError:
            pass
    assert 3 <= seen <= 6


async def test_too_many_connections_are_refused_and_room_comes_back(line: FakeLine) -> None:
    path = line.config.channel.socket
    held = [await asyncio.open_unix_connection(str(path)) for _ in range(channel.CONNECTION_LIMIT)]
    await until(lambda: line.server._open == channel.CONNECTION_LIMIT)
    reader, writer = await asyncio.open_unix_connection(str(path))
    refused = json.loads(await reader.readline())
    assert refused["error"]["code"] == "too_many_connections"
    for _, each in [*held, (reader, writer)]:
        each.close()
    await until(lambda: line.server._open == 0)
    assert await ChannelClient(path, TOKEN).call("snapshot")


async def test_no_line_is_told(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    client = ChannelClient(config.channel.socket, TOKEN)
    with pytest.raises(LineUnreachable, match="sealline run"):
        await client.call("snapshot")
    with pytest.raises(LineUnreachable):
        async with aclosing(client.snapshots()) as snapshots:
            await anext(snapshots)


async def test_a_silent_line_is_told_with_its_doubt(config: LineConfig) -> None:
    async def sleep(arguments: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(30)
        return {}

    line = FakeLine(config)
    line.server = ChannelServer(config.channel.socket, TOKEN, {"sleep": sleep}, lambda: line.shown)
    async with line_up(line):
        with pytest.raises(LineUnreachable, match="may have been done"):
            await ChannelClient(config.channel.socket, TOKEN, deadline_s=0.1).call("sleep")


async def test_a_line_that_ends_is_told_to_followers(config: LineConfig) -> None:
    client = ChannelClient(config.channel.socket, TOKEN)
    async with aclosing(client.snapshots()) as snapshots:
        async with line_up(FakeLine(config)):
            await anext(snapshots)
        with pytest.raises(LineUnreachable):
            await anext(snapshots)
    assert not config.channel.socket.exists()


async def test_a_dead_lines_socket_is_replaced_and_a_living_ones_is_not(config: LineConfig) -> None:
    config.channel.socket.touch()
    async with line_up(FakeLine(config)):
        with pytest.raises(ChannelError, match="another line listens"):
            await FakeLine(config).server.serve()
        assert await ChannelClient(config.channel.socket, TOKEN).call("snapshot")


async def test_a_path_too_long_is_named(tmp_path: Path) -> None:
    server = ChannelServer(tmp_path / ("x" * 120), TOKEN, {}, lambda: running(config_in(tmp_path)))
    with pytest.raises(ChannelError, match=r"may have 107; set channel\.socket"):
        await server.serve()


def test_a_token_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "var" / "token"
    token = load_or_make_token(path)
    assert len(token) == 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_token(path) == token
    assert list(path.parent.iterdir()) == [path]


def test_a_token_that_others_can_read_or_that_is_empty_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    load_or_make_token(path)
    path.chmod(0o644)
    with pytest.raises(ChannelError, match=r"mode 0644, must be 0600: chmod 600"):
        load_or_make_token(path)
    path.chmod(0o600)
    path.write_text("\n")
    with pytest.raises(ChannelError, match="holds no token"):
        load_or_make_token(path)
