"""What people answer for what the line can't know: a parcel, a missing carrier, a frozen bag, a parked event.

Each answer names who gives it and why, and is journalled with both. One that does not fit is refused with what would.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.dispatch.bags import BagRefused, Count, count_bag, demand_settled
from controller.dispatch.outbox import NotParked, send_parked_again
from controller.flow.answering import Answer, AnswerRefused, answer_item, items_missing_on
from controller.flow.found import LONGEST_WHY, Found
from controller.flow.recalling import packed_in, recall
from controller.flow.slips import SlipKind
from controller.journal import JournalUnavailable, Ledger
from controller.line import Line
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind

T = TypeVar("T")
Write = Callable[[Callable[[Ledger], T]], Awaitable[T]]
_LOOKING = frozenset({State.RESETTING, State.STARTING, State.STOPPING, State.ABORTING})
"""The line itself is answering for every open item, or just leaving them."""


class Answers:
    """Takes answers for one line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {
            "answer_item": self._answer_item,
            "answer_carrier": self._answer_carrier,
            "answer_bag": self._answer_bag,
            "send_event_again": self._send_event_again,
        }

    async def _answer_item(self, arguments: dict[str, Any]) -> dict[str, Any]:
        token, answer = _number(arguments, "item"), _answer(arguments)
        self._demand_left(token)
        await self._end_item(token, answer)
        return {"item": token, "found": answer.found.value}

    async def _answer_carrier(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A carrier that stands nowhere: what it bore is here, or gone with it."""
        carrier, answer = _number(arguments, "carrier"), _answer(arguments)
        items = await self._write(lambda ledger: items_missing_on(ledger, carrier))
        if not items:
            raise ChannelRefused(
                "unknown_carrier", f"carrier {carrier} bears no open item", f"载具 {carrier} 上没有未结束的封装件"
            )
        for token in items:
            self._demand_left(token)
        for token in items:
            await self._end_item(token, answer)
        return {"carrier": carrier, "items": items, "found": answer.found.value}

    async def _answer_bag(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A frozen bag was counted: with the right count it may leave; with the same wrong one twice all is recalled.

        How many it must hold is never told: whoever counts must not know.
        """
        bag, parcels = _number(arguments, "bag"), _number(arguments, "parcels", least=0)
        by, why = _by(arguments), _why(arguments)

        line = self._line.config.line.id
        counted, recalled = await self._write(lambda ledger: _count(ledger, bag, parcels, by, why, line))
        self._told()
        if counted is Count.RIGHT:
            for frozen in (AlarmKind.BAG_FROZEN, AlarmKind.STRAY_PARCEL):
                self._line.alarms.clear(frozen, str(bag))
            return {"bag": bag, "parcels": parcels, "state": "closed"}
        if counted is Count.DIFFERS:
            raise ChannelRefused(
                "count_differs",
                f"mail bag {bag} does not hold {parcels} parcels: it stays frozen, count it once more; should it be"
                f" {parcels} again, the whole bag is recalled",
                f"{bag} 号邮袋的件数不是 {parcels}：仍然冻结，请再清点一次；若还是 {parcels}，整袋召回",
            )
        return {"bag": bag, "parcels": parcels, "state": "frozen", "recalled": recalled}

    async def _send_event_again(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """An event that dispatch refused goes out once more: what was wrong is settled there."""
        sequence, by, why = _number(arguments, "sequence"), _by(arguments), _why(arguments)
        await self._write(lambda ledger: send_parked_again(ledger, sequence, by, why))
        self._line.alarms.clear(AlarmKind.EVENT_REFUSED, str(sequence))
        self._told()
        return {"sequence": sequence}

    async def _end_item(self, token: int, answer: Answer) -> None:
        config = self._line.config
        item = await self._write(lambda ledger: answer_item(ledger, token, answer, config.recipes, config.line.id))
        if not await self._write(lambda ledger: items_missing_on(ledger, item.carrier)):
            self._line.tracking.missing.discard(item.carrier)
            self._line.alarms.clear(AlarmKind.CARRIER_MISSING, str(item.carrier))
        self._told()

    def _told(self) -> None:
        self._line.dispatch.kick()
        self._line.tally.touch()

    def _demand_left(self, token: int) -> None:
        """Only for an item that the line itself no longer leads: it would answer for it too."""
        if self._line.session.carries(token):
            raise ChannelRefused(
                "still_carried",
                f"item {token} is still led by the line: let it end, or stop the line first",
                f"封装件 {token} 仍由产线处理：等它结束，或先停止产线",
            )
        if self._line.unit.state in _LOOKING:
            state = self._line.unit.state.name.title()
            raise ChannelRefused(
                "line_is_looking",
                f"the line is {state} and looks for its items itself: wait a moment",
                f"产线正在查找封装件（{state}），请稍候",
            )

    async def _write(self, change: Callable[[Ledger], T]) -> T:
        try:
            return await self._line.journal.write(change)
        except (AnswerRefused, BagRefused) as refused:
            allowed = [each.value for each in refused.allowed] if isinstance(refused, AnswerRefused) else []
            raise ChannelRefused(refused.code, refused.text.en, refused.text.zh, allowed) from refused
        except NotParked as error:
            raise ChannelRefused("not_parked", str(error), f"只有被拒绝的事件才能重发：{error}") from error
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error


def _count(ledger: Ledger, bag: int, parcels: int, by: str, why: str, line_id: str) -> tuple[Count, list[int]]:
    demand_settled(ledger, bag)
    counted = count_bag(ledger, bag, parcels, by, why)
    if counted is not Count.DIFFERS_AGAIN:
        return counted, []
    return counted, recall(ledger, packed_in(ledger, bag), SlipKind.COUNT.value, line_id)


def _answer(arguments: dict[str, Any]) -> Answer:
    asked = str(arguments.get("found", ""))
    try:
        found = Found(asked)
    except ValueError:
        names = [each.value for each in Found]
        raise ChannelRefused(
            "answer_refused", f"found is {asked!r}, allowed: {names}", f"found 为 {asked!r}，可用：{names}", names
        ) from None
    return Answer(found, _by(arguments), _why(arguments))


def _why(arguments: dict[str, Any]) -> str:
    why = str(arguments.get("why") or "").strip()
    if not why or len(why) > LONGEST_WHY:
        raise ChannelRefused(
            "why_missing",
            f"an answer needs its why, 1 to {LONGEST_WHY} characters, found {len(why)}",
            f"必须填写依据，1–{LONGEST_WHY} 个字符，现为 {len(why)} 个",
        )
    return why


def _by(arguments: dict[str, Any]) -> str:
    return str(arguments.get("by") or "unnamed")[:40]


def _number(arguments: dict[str, Any], name: str, least: int = 1) -> int:
    given = arguments.get(name)
    if type(given) is not int or given < least:
        raise ChannelRefused(
            "bad_request",
            f"{name} is {given!r}, must be a whole number from {least}",
            f"{name} 为 {given!r}，须为不小于 {least} 的整数",
        )
    return given
