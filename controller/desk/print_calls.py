"""What a person says of the printing: labels, head or lamp were changed, so its trend begins anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.desk.planning import By, read_form
from controller.eyes.print_trend import record_beginning
from controller.journal import JournalUnavailable
from controller.line import Line
from controller.plan.places import StationKind


class _Changed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    camera: Annotated[str, Field(max_length=40)]
    by: By


class PrintCalls:
    """Takes it for one line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {"begin_print_trend": self._begin}

    async def _begin(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Written down first: what the disk does not have, a restart would take back."""
        form = read_form(_Changed, arguments)
        camera = self._line.equipment.station(StationKind.LABEL).devices["camera"]
        if form.camera != camera:
            raise ChannelRefused(
                "unknown_device",
                f"{form.camera!r} does not watch the labels of this line",
                f"{form.camera!r} 不是本产线的面单相机",
                (camera,),
            )
        try:
            begun = await self._line.journal.write(lambda ledger: record_beginning(ledger, camera, form.by))
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error
        self._line.print_trend.begin_anew(camera, begun)
        return {"camera": camera, "at": begun.at}
