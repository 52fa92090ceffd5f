"""What a person says of a suspect item at the line: its carrier stands there, untouched; the line may clear it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.journal import JournalUnavailable
from controller.journal.suspects import NotSuspect, answer_suspect
from controller.line import Line


class SuspectCalls:
    """Takes answers for one line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {"answer_suspect": self._answer}

    async def _answer(self, arguments: dict[str, Any]) -> dict[str, Any]:
        item, carrier = int(arguments.get("item", 0)), int(arguments.get("carrier", 0))
        if self._line.unit.executing:
            raise ChannelRefused(
                "line_runs",
                "the line runs: it takes its suspects to reject by itself",
                "产线正在运行：存疑件由产线自动剔除",
            )
        by = str(arguments.get("by") or "unnamed")[:40]
        try:
            await self._line.journal.write(lambda ledger: answer_suspect(ledger, item, carrier, by))
        except NotSuspect as error:
            raise ChannelRefused(
                "not_suspect", str(error), f"封装件 {item}（载具 {carrier}）不在待处理之列，请核对"
            ) from error
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error
        self._line.tally.touch()
        return {"item": item}
