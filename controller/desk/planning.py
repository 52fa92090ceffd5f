"""What a supervisor plans over the channel: priority, batches with line clearance, mail bags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.dispatch.bags import BagRefused
from controller.dispatch.manifests import close_open_bag
from controller.journal import JournalUnavailable, Ledger
from controller.line import Line
from controller.orders.batches import BatchRefused, Choice, close_batch, open_batch
from controller.orders.work_orders import OrderRefused, set_priority
from controller.unit.machine import NotReady

T = TypeVar("T")
F = TypeVar("F", bound=BaseModel)
By = Annotated[str, Field(min_length=1, max_length=40)]
Why = Annotated[str, Field(min_length=3, max_length=200)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Priority(_Form):
    acceptance: Annotated[str, Field(max_length=40)]
    priority: Annotated[int, Field(ge=0, le=9)]
    by: By
    why: Why


class _Batch(_Form):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    product: Annotated[str, Field(max_length=40)] = ""
    route: Annotated[str, Field(max_length=40)] = ""
    due_before: Annotated[str, Field(max_length=40)] = ""
    by: By


class _Closing(_Form):
    by: By
    why: Why


class _Bag(_Form):
    by: By


class Planning:
    """Takes a supervisor's plans for one line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {
            "set_priority": self._set_priority,
            "open_batch": self._open_batch,
            "close_batch": self._close_batch,
            "close_bag": self._close_bag,
        }

    async def _set_priority(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Priority, arguments)
        await self._write(lambda ledger: set_priority(ledger, form.acceptance, form.priority, form.by, form.why))
        return {"acceptance": form.acceptance, "priority": form.priority}

    async def _open_batch(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Batch, arguments)
        choice = Choice(form.product, form.route, form.due_before)
        batch = await self._write(lambda ledger: open_batch(ledger, form.name, choice, form.by))
        await self._clear()
        return {"batch": batch}

    async def _close_batch(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Closing, arguments)
        closed = await self._write(lambda ledger: close_batch(ledger, form.by, form.why))
        await self._clear()
        return asdict(closed)

    async def _close_bag(self, arguments: dict[str, Any]) -> dict[str, Any]:
        form = read_form(_Bag, arguments)
        return {"bag": await self._write(lambda ledger: close_open_bag(ledger, form.by))}

    async def _clear(self) -> None:
        """Line clearance: approved settings take effect."""
        try:
            await self._line.use_settings()
        except NotReady as error:
            raise ChannelRefused("settings_unfit", error.text.en, error.text.zh) from error

    async def _write(self, change: Callable[[Ledger], T]) -> T:
        """Make a plan durable and have the line look at its orders anew."""
        try:
            made = await self._line.journal.write(change)
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error
        except (BatchRefused, BagRefused) as refused:
            raise ChannelRefused(refused.code, refused.text.en, refused.text.zh) from refused
        except OrderRefused as refused:
            raise ChannelRefused("order_refused", refused.text.en, refused.text.zh) from refused
        self._line.orders_changed.beat()
        self._line.tally.touch()
        return made


def read_form(form: type[F], arguments: dict[str, Any]) -> F:
    """The arguments of a call in their form. :raises ChannelRefused: they don't fit; says where."""
    try:
        return form.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{where}: {first['msg']}"
        raise ChannelRefused("bad_arguments", f"not to be taken: {what}", f"参数不符：{what}") from error
