"""What may be asked of the line over its local channel: commands, orders, mail numbers, rework, acknowledgements."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from controller.desk.alarm_calls import AlarmCalls
from controller.desk.answers import Answers
from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.desk.device_calls import DeviceCalls
from controller.desk.dossiers import DossierForm, state_dossier
from controller.desk.glance import look_at
from controller.desk.handing_in import NumbersReport, OrdersReport
from controller.desk.label_calls import LabelCalls
from controller.desk.manual_calls import ManualCalls
from controller.desk.noting import NotesForm, enter_notes
from controller.desk.planning import Planning
from controller.desk.print_calls import PrintCalls
from controller.desk.settings_calls import SettingsCalls
from controller.desk.signing import KeyUnusable, load_or_make_key, public_half, sign
from controller.desk.suspect_calls import SuspectCalls
from controller.journal import JournalUnavailable
from controller.line import Line
from controller.orders.mail_numbers import fill_pool
from controller.orders.parts_ledger import IllegalPartMove, UnknownPart, spoil_part
from controller.orders.work_orders import OrderRefused, OrderRow, accept_orders, release_rework
from controller.unit.machine import IllegalCommand
from controller.unit.packml import Command

log = structlog.get_logger()


class Desk:
    """Answers for one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._manual = ManualCalls(line)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {
            **Answers(self._line).handlers,
            "snapshot": self._snapshot,
            "command": self._command,
            "import_orders": self._import_orders,
            "import_mail_numbers": self._import_mail_numbers,
            "rework": self._rework,
            "spoil_part": self._spoil_part,
            "clear_latency": self._clear_latency,
            **AlarmCalls(self._line.alarms).handlers,
            **SuspectCalls(self._line).handlers,
            **DeviceCalls(self._line).handlers,
            **self._manual.handlers,
            **LabelCalls(self._line).handlers,
            **PrintCalls(self._line).handlers,
            **Planning(self._line).handlers,
            **SettingsCalls(self._line).handlers,
            "note": self._note,
            "sign_dossier": self._sign_dossier,
        }

    async def _snapshot(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        await self._line.tally.shown()
        return look_at(self._line).model_dump(mode="json")

    async def _command(self, arguments: dict[str, Any]) -> dict[str, Any]:
        asked = str(arguments.get("command", ""))
        try:
            command = Command[asked.upper()]
        except KeyError:
            names = [command.name.lower() for command in Command]
            raise ChannelRefused(
                "unknown_command",
                f"command {asked!r} is unknown, allowed: {names}",
                f"没有命令 {asked!r}，可用：{names}",
                names,
            ) from None
        try:
            state = self._line.unit.command(command, _by(arguments))
        except IllegalCommand as illegal:
            raise ChannelRefused("illegal_command", illegal.text.en, illegal.text.zh, illegal.allowed) from illegal
        return {"state": state.name.title()}

    async def _import_orders(self, arguments: dict[str, Any]) -> dict[str, Any]:
        rows = [OrderRow(int(row["line"]), dict(row["data"])) for row in arguments.get("rows", [])]
        recipes = self._line.config.recipes
        intake = await self._write(lambda ledger: accept_orders(ledger, rows, recipes))
        self._line.orders_changed.beat()
        self._line.tally.touch()
        return OrdersReport.of(intake).model_dump(mode="json")

    async def _import_mail_numbers(self, arguments: dict[str, Any]) -> dict[str, Any]:
        numbers = [str(number) for number in arguments.get("numbers", [])]
        unchecked = self._line.config.mail_numbers.unchecked_prefixes
        fill = await self._write(lambda ledger: fill_pool(ledger, numbers, unchecked))
        self._line.pool_filled.beat()
        self._line.tally.touch()
        return NumbersReport.of(fill).model_dump(mode="json")

    async def _rework(self, arguments: dict[str, Any]) -> dict[str, Any]:
        acceptance, by = str(arguments.get("acceptance", "")), _by(arguments)
        try:
            await self._write(lambda ledger: release_rework(ledger, acceptance, by))
        except OrderRefused as refused:
            raise ChannelRefused("rework_refused", refused.text.en, refused.text.zh) from refused
        self._line.orders_changed.beat()
        self._line.tally.touch()
        return {"acceptance": acceptance}

    async def _spoil_part(self, arguments: dict[str, Any]) -> dict[str, Any]:
        code, reason = str(arguments.get("code", "")), str(arguments.get("reason", ""))
        by, witness = _by(arguments), str(arguments.get("witness", ""))[:40]
        if not reason:
            raise ChannelRefused("reason_missing", "a spoiled part needs a reason", "报废部件必须填写原因")
        if witness and witness.casefold() == by.casefold():
            raise ChannelRefused(
                "witness_missing",
                f"{by} can't be the witness of an own destruction: a second person has to see it",
                f"销毁须有第二人见证，{by} 不能为自己见证",
            )
        try:
            await self._write(lambda ledger: spoil_part(ledger, code, reason, by, witness))
        except (UnknownPart, IllegalPartMove) as error:
            raise ChannelRefused("spoil_refused", str(error), f"不能报废部件 {code}：{error}") from error
        self._line.dispatch.kick()
        return {"code": code}

    async def _clear_latency(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Forget the latencies so far; a benchmark's warm-up ends so."""
        self._line.permits.decision.clear()
        self._line.permits.echo.clear()
        return {}

    async def _note(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Enter what the web process has done by itself: sign-ins, accounts, look-ups."""
        try:
            form = NotesForm.model_validate(arguments)
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            raise ChannelRefused("bad_note", f"not a note: {what}", f"记录格式不符：{what}") from error
        return {"entered": await self._write(lambda ledger: enter_notes(ledger, form))}

    async def _sign_dossier(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Say under the line's key that it stands behind a file about an order, and journal that it did."""
        try:
            form = DossierForm.model_validate(arguments)
            key = await asyncio.to_thread(load_or_make_key, self._line.config.store.signing_key)
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            raise ChannelRefused("bad_dossier", f"not a dossier: {what}", f"档案格式不符：{what}") from error
        except KeyUnusable as error:
            raise ChannelRefused("no_key", str(error), f"签名密钥不可用：{error}") from error
        statement = await self._write(lambda ledger: state_dossier(ledger, form, self._line.config.line.id))
        return {"statement": statement, "public": public_half(key), "signature": sign(key, statement)}

    async def _write(self, change: Any) -> Any:
        try:
            return await self._line.journal.write(change)
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error


def _by(arguments: dict[str, Any]) -> str:
    return str(arguments.get("by") or "unnamed")[:40]
