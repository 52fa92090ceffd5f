"""What the two ends of the channel share: how a request and an answer look, the refusals, the token, the socket."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket as sockets
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from controller.durable import put_first_file
from controller.snapshot import Snapshot
from controller.words.text import Text

LINE_LIMIT = 8 * 1024 * 1024
"""Longest request or answer, bytes."""
WRITE_S = 5.0
"""An end that does not take what it is told for this long is dropped."""
_SOCKET_PATH_LIMIT = 107


class ChannelError(Exception):
    """The channel can't be opened; the message says why and what to do."""


class ChannelRefused(Exception):
    """The line understood and does not do it.

    :ivar code: stable, snake_case; :ivar allowed: what would be taken instead.
    """

    def __init__(self, code: str, en: str, zh: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.text = Text(zh=zh, en=en)
        self.allowed = tuple(allowed)


class LineUnreachable(Exception):
    """No line listens, or it stopped answering: what was asked may or may not have been done."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str
    id: int
    call: str
    arguments: dict[str, Any] = {}


class ErrorBody(BaseModel):
    code: str
    en: str
    zh: str
    allowed: tuple[str, ...] = ()


class Answer(BaseModel):
    id: int | None
    ok: bool
    result: dict[str, Any] = {}
    snapshot: Snapshot | None = None
    error: ErrorBody = Field(default=ErrorBody(code="failed", en="no reason given", zh="未说明原因"))


def load_or_make_token(path: Path) -> str:
    """Return the token in the file; make one (mode 0600) when there is none.

    :raises ChannelError: others may read the file, it is empty, or it can't be made.
    """
    try:
        if not path.exists():
            _make_token(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ChannelError(f"{path}: mode {path.stat().st_mode & 0o777:04o}, must be 0600: chmod 600 {path}")
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ChannelError(f"{path}: {error.strerror}; the line and the page need this token file") from error
    if not token:
        raise ChannelError(f"{path}: holds no token; delete it, the next start makes one")
    return token


def _make_token(path: Path) -> None:
    """Put a whole token file in place at once; where two processes start together the first one's stays."""
    put_first_file(path, secrets.token_urlsafe(32).encode() + b"\n")


def bind(path: Path) -> sockets.socket:
    """Make the socket, for its owner only from the first moment, in the place of one that nobody serves any more."""
    if len(os.fsencode(path)) > _SOCKET_PATH_LIMIT:
        raise ChannelError(
            f"{path}: {len(os.fsencode(path))} bytes, a socket's path may have {_SOCKET_PATH_LIMIT}; set channel.socket"
        )
    if _is_served(path):
        raise ChannelError(f"{path}: another line listens there; end it first, or set another channel.socket")
    bound = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        bound.bind(str(path))
        path.chmod(0o600)  # before it listens, so nobody else can have connected
    except OSError as error:
        bound.close()
        raise ChannelError(
            f"{path}: {error.strerror}; channel.socket must lie in a folder of the line's user"
        ) from error
    return bound


def _is_served(path: Path) -> bool:
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


async def send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    writer.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    async with asyncio.timeout(WRITE_S):
        await writer.drain()


async def send_refusal(writer: asyncio.StreamWriter, number: int | None, refusal: ChannelRefused) -> None:
    error = {"code": refusal.code, "en": refusal.text.en, "zh": refusal.text.zh, "allowed": list(refusal.allowed)}
    await send(writer, {"id": number, "ok": False, "error": error})


def too_many(limit: int) -> ChannelRefused:
    return ChannelRefused(
        "too_many_connections",
        f"{limit} clients are connected, no more are taken; close one",
        f"已有 {limit} 个连接，不再接受新连接，请先关闭一个",
    )


def bad_request(what: str) -> ChannelRefused:
    return ChannelRefused("bad_request", f"not a request: {what}", f"请求格式不符：{what}")


def unknown_call(call: str, handlers: Iterable[str]) -> ChannelRefused:
    known = sorted([*handlers, "subscribe"])
    return ChannelRefused("unknown_call", f"no call {call!r}; known: {', '.join(known)}", f"没有调用 {call!r}", known)


def failed(call: str, error: Exception) -> ChannelRefused:
    cause = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    return ChannelRefused(
        "failed",
        f"{call} failed in the line ({cause}); it may have been done: look at the line's state, the log has the cause",
        f"{call} 执行出错（{cause}），可能已生效：请查看产线状态，原因见日志",
    )


def no_line(path: Path, error: OSError) -> LineUnreachable:
    cause = error.strerror or repr(error)
    return LineUnreachable(
        Text(
            zh=f"产线程序没有运行（{path}：{cause}）。请启动 sealline run",
            en=f"no line listens at {path} ({cause}); start it with `sealline run`",
        )
    )


def silent(path: Path, error: Exception) -> LineUnreachable:
    cause = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    return LineUnreachable(
        Text(
            zh="产线程序没有应答，所请求的操作可能已执行：恢复后请先查看产线状态",
            en=f"the line at {path} stopped answering ({cause}); what was asked may have been done: look first",
        )
    )
