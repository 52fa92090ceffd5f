"""Changing recipes over the channel: one proposes with a reason, another approves; line clearance does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.desk.planning import By, Why, read_form
from controller.journal import JournalUnavailable, Ledger
from controller.line import Line
from controller.plan.settings import SettingsRefused, changed, with_settings
from controller.plan.settings_book import approve, overlay_in_use, propose, withdraw

T = TypeVar("T")


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Proposal(_Form):
    changes: Annotated[dict[Annotated[str, Field(max_length=120)], float | None], Field(min_length=1, max_length=500)]
    by: By
    why: Why


class _Approval(_Form):
    version: Annotated[int, Field(ge=1)]
    by: By


class _Withdrawal(_Form):
    version: Annotated[int, Field(ge=1)]
    by: By
    why: Why


class SettingsCalls:
    """Takes changes of one line's recipes."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {
            "propose_settings": self._propose,
            "approve_settings": self._approve,
            "withdraw_settings": self._withdraw,
        }

    async def _propose(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Proposal, arguments)

        def change(ledger: Ledger) -> int:
            with_settings(self._line.plant_recipes, changed(overlay_in_use(ledger.connection)[1], form.changes))
            return propose(ledger, form.changes, form.by, form.why)

        return {"version": await self._write(change)}

    async def _approve(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Approval, arguments)
        await self._write(lambda ledger: approve(ledger, form.version, form.by))
        return {"version": form.version}

    async def _withdraw(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Withdrawal, arguments)
        await self._write(lambda ledger: withdraw(ledger, form.version, form.by, form.why))
        return {"version": form.version}

    async def _write(self, change: Callable[[Ledger], T]) -> T:
        try:
            return await self._line.journal.write(change)
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error
        except SettingsRefused as refused:
            raise ChannelRefused(refused.code, refused.text.en, refused.text.zh) from refused
