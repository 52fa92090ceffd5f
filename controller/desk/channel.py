"""The local way into the line process: JSON lines over a unix socket, both ends.

One request a line: `{"token", "id", "call", "arguments"}`; the answer is `{"id", "ok": true, "result"}` or
`{"id", "ok": false, "error": {"code", "en", "zh", "allowed"}}`. The call `subscribe` is answered by a stream of
`{"id", "ok": true, "snapshot"}`. The channel knows neither the line nor the page: what a call does is the handler's.

The line's loop reads each request in one go, so callers hand over long lists in batches.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from controller.desk.channel_wire import (
    LINE_LIMIT,
    Answer,
    ChannelError,
    ChannelRefused,
    LineUnreachable,
    Request,
    bad_request,
    bind,
    failed,
    load_or_make_token,
    no_line,
    send,
    send_refusal,
    silent,
    too_many,
    unknown_call,
)
from controller.snapshot import Latency, Snapshot

__all__ = [
    "ChannelClient",
    "ChannelError",
    "ChannelRefused",
    "ChannelServer",
    "LineUnreachable",
    "load_or_make_token",
]

CONNECTION_LIMIT = 32
IDLE_S = 30.0
"""A connection that asks nothing for this long is closed."""
CALL_S = 30.0
"""The longest that a handler may take."""
SNAPSHOT_PERIOD_S = 0.2
HEARTBEAT_S = 2.0
SILENCE_S = 3 * HEARTBEAT_S
"""A subscriber that hears nothing for this long takes the line for unreachable."""
_log = structlog.get_logger()

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class ChannelServer:
    """The line's end.

    :param handlers: what each call does; a `ChannelRefused` raised there is the answer.
    :param snapshot: the line at this moment; asked at most five times a second for each subscriber.
    :param before: awaited before each, so that it shows what is known now.
    :ivar listening: set once clients can connect.
    """

    def __init__(
        self,
        socket: Path,
        token: str,
        handlers: Mapping[str, Handler],
        snapshot: Callable[[], Snapshot],
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.path = socket
        self.listening = asyncio.Event()
        self._token = token
        self._handlers = handlers
        self._snapshot = snapshot
        self._before = before
        self._open = 0

    async def serve(self) -> None:
        """Listen until cancelled; then every client is dropped.

        :raises ChannelError: the socket can't be made, or another line listens there.
        """
        bound = bind(self.path)
        try:
            async with asyncio.TaskGroup() as clients:
                server = await asyncio.start_unix_server(
                    lambda reader, writer: clients.create_task(self._attend(reader, writer)),
                    sock=bound,
                    limit=LINE_LIMIT,
                )
                try:
                    self.listening.set()
                    await asyncio.get_running_loop().create_future()
                finally:
                    server.close()
        finally:
            self.path.unlink(missing_ok=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client to its end. Nothing that it does, or fails to do, leaves this function."""
        self._open += 1
        try:
            if self._open > CONNECTION_LIMIT:
                await send_refusal(writer, None, too_many(CONNECTION_LIMIT))
            else:
                await self._converse(reader, writer)
        except OSError as error:  # gone, or too slow to take its answer
            _log.info("channel_client_dropped", cause=repr(error))
        except Exception:
            _log.exception("channel_client_failed")
        finally:
            self._open -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                request = await self._read(reader)
            except ChannelRefused as refusal:
                await send_refusal(writer, None, refusal)
                return
            if request is None:
                return
            if request.call == "subscribe":
                await self._stream(request.id, writer)
                return
            await self._answer(request, writer)

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        """Return the next request of a client that knows the token; None at its end."""
        try:
            async with asyncio.timeout(IDLE_S):
                line = await reader.readline()
        except ValueError as error:
            raise bad_request(f"a line is longer than {LINE_LIMIT} bytes; hand long lists over in parts") from error
        if not line.strip():
            return None
        try:
            request = Request.model_validate_json(line)
        except ValidationError as error:
            raise bad_request(f"{error.error_count()} mistakes, the first: {error.errors()[0]['msg']}") from error
        if not hmac.compare_digest(request.token.encode(), self._token.encode()):
            raise ChannelRefused(
                "wrong_token",
                "the token is wrong; read it from the line's token file",
                "令牌不符，请使用产线令牌文件中的令牌",
            )
        return request

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        try:
            handler = self._handlers.get(request.call)
            if handler is None:
                raise unknown_call(request.call, self._handlers)
            async with asyncio.timeout(CALL_S):
                result = await handler(request.arguments)
        except ChannelRefused as refusal:
            await send_refusal(writer, request.id, refusal)
        except Exception as error:
            _log.exception("channel_call_failed", call=request.call)
            await send_refusal(writer, request.id, failed(request.call, error))
        else:
            await send(writer, {"id": request.id, "ok": True, "result": result})

    async def _stream(self, number: int, writer: asyncio.StreamWriter) -> None:
        """Tell what changed, at most five times a second, and every two seconds that nothing did."""
        loop = asyncio.get_running_loop()
        told: Snapshot | None = None
        told_at = -inf
        while not writer.is_closing():
            if self._before is not None:
                await self._before()
            snapshot = self._snapshot()
            lasting = _lasting(snapshot)
            if lasting != told or loop.time() - told_at >= HEARTBEAT_S:
                await send(writer, {"id": number, "ok": True, "snapshot": snapshot.model_dump(mode="json")})
                told, told_at = lasting, loop.time()
            await asyncio.sleep(SNAPSHOT_PERIOD_S)


class ChannelClient:
    """The other end, for the page and the commands. Each call has a connection of its own: no answer is another's."""

    def __init__(self, socket: Path, token: str, deadline_s: float = CALL_S + 5) -> None:
        self.path = socket
        self._token = token
        self._deadline_s = deadline_s
        self._numbers = itertools.count(1)

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Ask the line and return its result.

        :raises ChannelRefused: the line does not do it.
        :raises LineUnreachable: no line, or no answer in time; then it may still have been done.
        """
        async with self._asked(name, arguments) as (reader, number):
            answer = await self._read(reader, number, self._deadline_s)
            return answer.result

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """Follow the line. Close it (`contextlib.aclosing`) when done.

        :raises LineUnreachable: no line, or silence for `SILENCE_S`.
        :raises ChannelRefused: the token is wrong, or too many follow already.
        """
        async with self._asked("subscribe", {}) as (reader, number):
            while True:
                answer = await self._read(reader, number, SILENCE_S)
                if answer.snapshot is not None:
                    yield answer.snapshot

    @asynccontextmanager
    async def _asked(self, call: str, arguments: dict[str, Any]) -> AsyncIterator[tuple[asyncio.StreamReader, int]]:
        number = next(self._numbers)
        request = {"token": self._token, "id": number, "call": call, "arguments": arguments}
        try:
            async with asyncio.timeout(self._deadline_s):
                reader, writer = await asyncio.open_unix_connection(str(self.path), limit=LINE_LIMIT)
        except OSError as error:
            raise no_line(self.path, error) from error
        try:
            try:
                await send(writer, request)
            except OSError as error:
                raise silent(self.path, error) from error
            yield reader, number
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, number: int, deadline_s: float) -> Answer:
        try:
            async with asyncio.timeout(deadline_s):
                line = await reader.readline()
            if not line:
                raise ConnectionResetError("the connection was closed")
            answer = Answer.model_validate_json(line)
        except (OSError, ValueError) as error:
            raise silent(self.path, error) from error
        if not answer.ok:
            refused = answer.error
            raise ChannelRefused(refused.code, refused.en, refused.zh, refused.allowed)
        if answer.id != number:
            raise silent(self.path, ValueError(f"answer {answer.id} to question {number}"))
        return answer


def _lasting(snapshot: Snapshot) -> Snapshot:
    """The snapshot without what runs on by itself: the clock, ages and latencies."""
    stations = tuple(station.model_copy(update={"activity_s": 0.0}) for station in snapshot.stations)
    still = {"at": "", "stations": stations, "decision_latency": Latency(), "echo_latency": Latency()}
    return snapshot.model_copy(update=still)
