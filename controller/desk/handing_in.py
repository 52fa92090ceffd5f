"""Handing long lists in to the line over its channel, and the report of what became of each row.

They go in batches, so that the line's loop never reads much at once. When the line goes away in the middle, the rows
that it did not answer for are told as such. Handing the same list in again is safe: nothing known is taken twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from controller.desk.channel import ChannelClient, LineUnreachable
from controller.orders.mail_numbers import PoolFill
from controller.orders.work_orders import Intake, OrderRow
from controller.words.text import Text

ORDERS_A_BATCH = 100
NUMBERS_A_BATCH = 1000
_NO_OBJECT = Text(zh="不是 JSON 对象：一行一个工单", en="is no JSON object: one order a row")
_NOT_ANSWERED = Text(
    zh="产线在导入途中失去连接，未确认是否收到：请重新提交，已收到的不会重复",
    en="the line went away before it answered for this row: hand it in again, what is known is not taken twice",
)


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RefusedRow(_Report):
    """An order that was not taken. :ivar line: its line in the file, or its place in the request, from 1."""

    line: int
    acceptance: str
    en: str
    zh: str


class OrdersReport(_Report):
    """Answer of `import_orders`: acceptance numbers taken and known already, and the refused rows."""

    accepted: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    refused: tuple[RefusedRow, ...] = ()

    @classmethod
    def of(cls, intake: Intake) -> Self:
        """The report of what the line did."""
        refused = tuple(refused_row(each.line, each.acceptance, each.text) for each in intake.refused)
        return cls(accepted=tuple(intake.accepted), already=tuple(intake.already), refused=refused)

    def plus(self, other: OrdersReport) -> OrdersReport:
        """Both together, refusals by line."""
        refused = sorted(self.refused + other.refused, key=lambda row: row.line)
        return OrdersReport(
            accepted=self.accepted + other.accepted, already=self.already + other.already, refused=tuple(refused)
        )


class RefusedNumber(_Report):
    """A mail number that was not taken into the pool."""

    number: str
    en: str
    zh: str


class NumbersReport(_Report):
    """Answer of `import_mail_numbers`: how many are new, how many were known, and the refused ones."""

    added: int = 0
    already: int = 0
    refused: tuple[RefusedNumber, ...] = ()

    @classmethod
    def of(cls, fill: PoolFill) -> Self:
        """The report of what the line did."""
        refused = tuple(RefusedNumber(number=number, en=text.en, zh=text.zh) for number, text in fill.refused)
        return cls(added=fill.added, already=fill.already, refused=refused)

    def plus(self, other: NumbersReport) -> NumbersReport:
        """Both together."""
        return NumbersReport(
            added=self.added + other.added, already=self.already + other.already, refused=self.refused + other.refused
        )


def refused_row(line: int, acceptance: str, text: Text) -> RefusedRow:
    """One refusal of a report."""
    return RefusedRow(line=line, acceptance=acceptance, en=text.en, zh=text.zh)


def rows_of(orders: Sequence[Any]) -> tuple[list[OrderRow], OrdersReport]:
    """Number the orders of a request from 1; what is no object is refused here."""
    numbered = list(enumerate(orders, start=1))
    rows = [OrderRow(line, data) for line, data in numbered if isinstance(data, dict)]
    refused = tuple(refused_row(line, "", _NO_OBJECT) for line, data in numbered if not isinstance(data, dict))
    return rows, OrdersReport(refused=refused)


async def hand_in_orders(line: ChannelClient, rows: Sequence[OrderRow]) -> OrdersReport:
    """Hand orders in and tell what became of them.

    :raises LineUnreachable: no row was answered for.
    """
    report = OrdersReport()
    for start in _starts(len(rows), ORDERS_A_BATCH):
        batch = [{"line": row.line, "data": row.data} for row in rows[start : start + ORDERS_A_BATCH]]
        try:
            answer = await line.call("import_orders", rows=batch)
        except LineUnreachable:
            if start == 0:
                raise
            left = tuple(
                refused_row(r.line, str(r.data.get("acceptance", ""))[:40], _NOT_ANSWERED) for r in rows[start:]
            )
            return report.plus(OrdersReport(refused=left))
        report = report.plus(OrdersReport.model_validate(answer))
    return report


async def hand_in_numbers(line: ChannelClient, numbers: Sequence[str]) -> NumbersReport:
    """Hand mail numbers in and tell what became of them.

    :raises LineUnreachable: none was answered for.
    """
    report = NumbersReport()
    for start in _starts(len(numbers), NUMBERS_A_BATCH):
        try:
            answer = await line.call("import_mail_numbers", numbers=list(numbers[start : start + NUMBERS_A_BATCH]))
        except LineUnreachable:
            if start == 0:
                raise
            left = tuple(RefusedNumber(number=n, en=_NOT_ANSWERED.en, zh=_NOT_ANSWERED.zh) for n in numbers[start:])
            return report.plus(NumbersReport(refused=left))
        report = report.plus(NumbersReport.model_validate(answer))
    return report


def _starts(length: int, size: int) -> Iterator[int]:
    return iter(range(0, length, size))
