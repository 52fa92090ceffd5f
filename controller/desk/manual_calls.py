"""Manual mode over the channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.desk.channel import Handler
from controller.desk.manual import ManualMode
from controller.desk.planning import By, read_form
from controller.line import Line


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Turn(_Form):
    mode: Literal["manual", "production"]
    by: By


class _Motion(_Form):
    motion: Annotated[str, Field(max_length=60)]
    by: By


class ManualCalls:
    """Takes them for one line."""

    def __init__(self, line: Line) -> None:
        self._manual = ManualMode(line)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {"manual": self._look, "turn_mode": self._turn, "move_by_hand": self._move}

    async def _look(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        await self._manual.ask_printers()
        return self._manual.look()

    async def _turn(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Turn, arguments)
        await (self._manual.enter(form.by) if form.mode == "manual" else self._manual.leave(form.by))
        return self._manual.look()

    async def _move(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Motion, arguments)
        return await self._manual.run(form.motion, form.by)
