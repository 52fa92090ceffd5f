"""The line as the web process last heard of it: one subscription, shared by every browser that looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from math import inf

from controller.desk.channel import SNAPSHOT_PERIOD_S, ChannelClient, ChannelRefused, LineUnreachable
from controller.pulse import Pulse
from controller.snapshot import Snapshot
from controller.web.refusals import Refusal
from controller.words.text import Text

WATCHER_LIMIT = 40
"""Browsers and programs that may follow at once."""
RETRY_S = 1.0
FRESH_S = SNAPSHOT_PERIOD_S
"""Who asks for a snapshot within this time after another one gets the same: a flood of pages asks the line no more."""


class LiveFeed:
    """Follows the line and tells all watchers. A slow watcher skips to the newest; nothing queues up.

    :ivar snapshot: the last that was heard, however old; :ivar away: why the line is not heard now, else None.
    """

    def __init__(self, line: ChannelClient) -> None:
        self._line = line
        self._changed = Pulse()
        self._closed = False
        self._heard_at = 0.0
        self._version = 0
        self._answered_at = -inf
        self._answer: Snapshot | LineUnreachable | ChannelRefused | None = None
        self._asking = asyncio.Lock()
        self.watchers = 0
        self.snapshot: Snapshot | None = None
        self._written: tuple[Snapshot, bytes] | None = None
        self.away: Text | None = Text(zh="正在连接产线", en="connecting to the line")

    async def follow(self) -> None:
        """Follow the line until cancelled, coming back whenever it does."""
        while True:
            try:
                async with aclosing(self._line.snapshots()) as snapshots:
                    async for snapshot in snapshots:
                        self._hear(snapshot)
            except (LineUnreachable, ChannelRefused) as error:
                self._miss(error.text)
            await asyncio.sleep(RETRY_S)

    async def now(self) -> Snapshot:
        """The line at this moment, give or take `FRESH_S`.

        :raises LineUnreachable: no line, or no answer in time; it is told to all who waited for the same.
        :raises ChannelRefused: the token is wrong, or too many ask already.
        """
        clock = asyncio.get_running_loop().time
        async with self._asking:
            if self._answer is None or clock() - self._answered_at >= FRESH_S:
                try:
                    self._answer = Snapshot.model_validate(await self._line.call("snapshot"))
                except (LineUnreachable, ChannelRefused) as error:
                    self._answer = error
                self._answered_at = clock()
            if isinstance(self._answer, Snapshot):
                return self._answer
            raise self._answer

    def age_s(self) -> float:
        """Seconds since the line was last heard; 0 when it never was."""
        return asyncio.get_running_loop().time() - self._heard_at if self.snapshot else 0.0

    def close(self) -> None:
        """End every watcher's stream, so that the process can end."""
        self._closed = True
        self._changed.beat()

    def watch(self) -> AsyncIterator[bytes]:
        """What a watcher is told, as server-sent events: `snapshot`, and `away` while the line is not heard.

        :raises Refusal: too many watch already.
        """
        if self.watchers >= WATCHER_LIMIT:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_watchers", allowed=WATCHER_LIMIT)
        return self._tell()

    async def _tell(self) -> AsyncIterator[bytes]:
        self.watchers += 1
        try:
            yield b"retry: 1000\n\n"
            told: Snapshot | None = None
            while not self._closed:
                version = self._version
                if self.snapshot is not None and self.snapshot is not told:
                    told = self.snapshot
                    yield self._event_of(told)
                if self.away is not None:
                    yield _event("away", self._away_json(self.away))
                await self._changed.until(lambda: self._closed or self._version != version)  # noqa: B023
        finally:
            self.watchers -= 1

    def _event_of(self, snapshot: Snapshot) -> bytes:
        """One snapshot as an event, written once for all watchers."""
        if self._written is None or self._written[0] is not snapshot:
            self._written = snapshot, _event("snapshot", snapshot.model_dump_json())
        return self._written[1]

    def _away_json(self, away: Text) -> str:
        return json.dumps({"en": away.en, "zh": away.zh, "age_s": round(self.age_s(), 1)}, ensure_ascii=False)

    def _hear(self, snapshot: Snapshot) -> None:
        self.snapshot, self.away = snapshot, None
        self._heard_at = asyncio.get_running_loop().time()
        self._turn()

    def _miss(self, why: Text) -> None:
        self.away = why
        self._turn()

    def _turn(self) -> None:
        self._version += 1
        self._changed.beat()


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
