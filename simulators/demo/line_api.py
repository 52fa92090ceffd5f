"""The line as the demo asks it: over HTTP, with the token from its file, like any other client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from simulators.orders import Order

ANSWER_S = 30.0
BATCH = 500
GLANCE_S = 0.1


class LineRefused(Exception):
    """The line does not do what the demo asks; the message holds its answer."""


class LineAway(Exception):
    """The line does not get to where the demo waits for it."""


class Figures(BaseModel):
    """Latency in ms."""

    count: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Counters(BaseModel):
    """The line's own counters, those that the demo shows."""

    waiting: int = 0
    under_way: int = 0
    packed: int = 0
    rejected: int = 0
    reworked: int = 0
    rejected_by_reason: dict[str, int] = {}
    mail_numbers_voided: int = 0
    events_published: int = 0
    events_acknowledged: int = 0
    events_pending: int = 0
    events_parked: int = 0


class Station(BaseModel):
    """One zone as the line sees it."""

    zone: str
    title: str = ""
    carrier: int = 0
    item: int | None = None
    acceptance: str = ""
    product: str = ""
    activity: str = ""
    suspect: str = ""


class Reject(BaseModel):
    """A rejected item as the line tells it."""

    item: int
    acceptance: str
    attempt: int
    reason: str
    text: str = ""


class Alarm(BaseModel):
    """A standing alarm. :ivar text: what is wrong and what to do."""

    kind: str
    text: str = ""
    cleared: bool = False


class Escape(BaseModel):
    """What the line states of its mis-inserts. :ivar kits: kind of test kit → caught, let through."""

    one_in: int | None = None
    text: str = ""
    items: int = 0
    caught: int = 0
    challenges: int = 0
    challenges_missed: int = 0
    kits: dict[str, tuple[int, int]] = {}
    campaign_items: int = 0
    campaign_escapes: int = 0


class LineView(BaseModel):
    """What of the line's snapshot the demo shows and waits for."""

    state: str
    commands: tuple[str, ...] = ()
    hold_reason: str = ""
    hold_text: str = ""
    stations: tuple[Station, ...] = ()
    counters: Counters = Counters()
    rejects: tuple[Reject, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    escape: Escape = Escape()
    dispatch_online: bool = False
    decision_latency: Figures = Figures()


class OrderLine(BaseModel):
    """One order as the line lists it."""

    acceptance: str
    state: str
    attempt: int


class LineApi:
    """:param address: as `http://127.0.0.1:8080`; :param token_file: made by the line at its first start."""

    def __init__(self, client: httpx.AsyncClient, address: str, token_file: Path) -> None:
        self.address = address
        self._client = client
        self.token_file = token_file

    @property
    def page(self) -> str:
        """Address of the operator's page that lets a browser in."""
        return f"{self.address}/?token={self._token()}"

    async def heard(self, deadline_s: float) -> None:
        """Wait until the web process hears the line. :raises LineAway: not in time."""
        last = "no answer"
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    try:
                        answer = await self._client.get(f"{self.address}/health")
                        if answer.is_success and answer.json().get("line") == "heard":
                            return
                        last = answer.text
                    except httpx.HTTPError as error:
                        last = repr(error)
                    await asyncio.sleep(GLANCE_S)
        except TimeoutError as error:
            raise LineAway(f"{self.address}/health does not hear the line after {deadline_s:g} s: {last}") from error

    async def hand_in(self, orders: Sequence[Order], mail_numbers: Sequence[str]) -> None:
        """Fill the pool and hand the orders in. :raises LineRefused: any of them is refused."""
        for start in range(0, len(mail_numbers), 20 * BATCH):
            await self._ask("POST", "/api/mail-numbers", {"numbers": list(mail_numbers[start : start + 20 * BATCH])})
        for start in range(0, len(orders), BATCH):
            batch = [order.model_dump(mode="json") for order in orders[start : start + BATCH]]
            await self._ask("POST", "/api/orders", {"orders": batch})

    async def command(self, command: str, state: str, deadline_s: float) -> None:
        """Give a command and wait for the state that it leads to.

        :raises LineRefused: it isn't allowed now. :raises LineAway: the state does not come in time.
        """
        await self._ask("POST", f"/api/commands/{command}")
        view = await self.view()
        try:
            async with asyncio.timeout(deadline_s):
                while view.state != state:
                    await asyncio.sleep(GLANCE_S)
                    view = await self.view()
        except TimeoutError as error:
            standing = (alarm.text for alarm in view.alarms if not alarm.cleared)
            why = view.hold_text or "; ".join(standing) or "no reason given"
            raise LineAway(f"after {command!r} the line is in {view.state}, not in {state}: {why}") from error

    async def view(self) -> LineView:
        """The line at this moment."""
        return LineView.model_validate(await self._ask("GET", "/api/snapshot"))

    async def orders(self) -> list[OrderLine]:
        """Every order that the line knows."""
        found: list[OrderLine] = []
        after: str | None = ""
        while after is not None:
            page = await self._ask("GET", f"/api/orders?limit={BATCH}&after={after}")
            found += [OrderLine.model_validate(each) for each in page["orders"]]
            after = page["next"]
        return found

    async def reject_reasons(self, acceptance: str) -> list[str]:
        """Reason of each rejected attempt at an order, in their order."""
        story = await self._ask("GET", f"/api/orders/{acceptance}")
        return [each["reason"] for each in story["attempts"] if each["outcome"] == "rejected"]

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}"}
        answer = await self._client.request(method, self.address + path, json=body, headers=headers, timeout=ANSWER_S)
        if answer.status_code != HTTPStatus.OK:
            raise LineRefused(f"{method} {path}: {answer.status_code} {answer.text[:2000]}")
        return answer.json()

    def _token(self) -> str:
        return self.token_file.read_text(encoding="ascii").strip()
