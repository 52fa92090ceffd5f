"""What people say of a label: its number is to end, or it has been destroyed.

A number that nobody holds ends at once. One that an item under way holds ends with that item, which is suspect from
then on and goes to the reject chute: no other label is printed for it, and the order's next attempt takes another
number. The label itself is destroyed and scanned; only a number that has ended can be told destroyed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.desk.planning import By, Why, read_form
from controller.flow.calling import note_suspect
from controller.flow.items import Activity, Item
from controller.journal import JournalUnavailable, Ledger
from controller.line import Line
from controller.orders.mail_numbers import MailNumberRefused, ask_void, confirm_destroyed

T = TypeVar("T")
VOIDED_CAUSE = "its waybill was voided by hand"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Void(_Form):
    number: Annotated[str, Field(max_length=40)]
    by: By
    why: Why


class _Destroyed(_Form):
    number: Annotated[str, Field(max_length=40)]
    by: By


class LabelCalls:
    """Takes what is said of labels for one line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {"void_mail_number": self._void, "label_destroyed": self._destroyed}

    async def _void(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Void, arguments)
        touched = self._take_out(form.number)

        def change(ledger: Ledger) -> int | None:
            item = ask_void(ledger, form.number, form.by, form.why)
            note_suspect(ledger, touched)
            return item

        item = await self._write(change)
        await self._take_out_late(item)
        return {"number": form.number, "item": item}

    def _take_out(self, number: str) -> list[Item]:
        """Make the item that holds the number suspect, before anything else is permitted for it."""
        tracking = self._line.tracking
        holder = next((item for item in tracking.items.values() if item.mail_number == number), None)
        if holder is None:
            return []
        if holder.activity is Activity.DIVERTING:
            raise ChannelRefused(
                "at_the_gate",
                f"its parcel is at the gate on carrier {holder.carrier}: wait until it has fallen, then look again",
                f"该件在载具 {holder.carrier} 上，正在分拣：等它落下后再看",
            )
        if holder.challenge is not None:
            raise ChannelRefused("test_number", "a test kit's number is not voided", "测试件的号码不作废")
        return tracking.suspect(VOIDED_CAUSE, [holder])

    async def _take_out_late(self, token: int | None) -> None:
        """The item whose number had just been reserved: the journal knew of it before the item itself did."""
        item = self._line.tracking.items.get(token or 0)
        if item is not None and not item.suspect:
            touched = self._line.tracking.suspect(VOIDED_CAUSE, [item])
            await self._write(lambda ledger: note_suspect(ledger, touched))

    async def _destroyed(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Destroyed, arguments)
        await self._write(lambda ledger: confirm_destroyed(ledger, form.number, form.by))
        return {"number": form.number}

    async def _write(self, change: Callable[[Ledger], T]) -> T:
        try:
            made = await self._line.journal.write(change)
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error
        except MailNumberRefused as refused:
            raise ChannelRefused(refused.code, refused.text.en, refused.text.zh) from refused
        self._line.tally.touch()
        return made
