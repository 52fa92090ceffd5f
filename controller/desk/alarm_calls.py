"""What people may say about an alarm: seen, put aside for a while, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.alarms import Alarms, NotShelved
from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused


class AlarmCalls:
    """Takes them for one line."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {
            "acknowledge_alarm": self._acknowledge,
            "shelve_alarm": self._shelve,
            "unshelve_alarm": self._unshelve,
        }

    async def _acknowledge(self, arguments: dict[str, Any]) -> dict[str, Any]:
        number = int(arguments.get("alarm", 0))
        if not self._alarms.acknowledge(number, _by(arguments)):
            raise ChannelRefused(
                "no_such_alarm", f"there is no alarm {number} to acknowledge", f"没有可确认的报警 {number}"
            )
        return {"alarm": number}

    async def _shelve(self, arguments: dict[str, Any]) -> dict[str, Any]:
        number, minutes = int(arguments.get("alarm", 0)), int(arguments.get("minutes", 0))
        try:
            shelf = self._alarms.shelve(number, minutes, str(arguments.get("reason", "")), _by(arguments))
        except NotShelved as refused:
            raise ChannelRefused("not_shelved", refused.text.en, refused.text.zh) from refused
        return {"alarm": number, "until": shelf.until}

    async def _unshelve(self, arguments: dict[str, Any]) -> dict[str, Any]:
        number = int(arguments.get("alarm", 0))
        if not self._alarms.unshelve(number, _by(arguments)):
            raise ChannelRefused("not_shelved", f"alarm {number} is not shelved", f"报警 {number} 未被搁置")
        return {"alarm": number}


def _by(arguments: dict[str, Any]) -> str:
    return str(arguments.get("by") or "unnamed")[:40]
