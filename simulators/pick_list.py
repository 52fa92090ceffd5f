"""What the line's page shows people, over its HTTP API: the pick list at the infeed, the recalled parcels at dispatch.

A screen that gets no answer stays dark and tries again; it never ends the plant.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import httpx
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from simulators.bag_search import Recalled
from simulators.hands import Pick
from simulators.test_kit import KitPart, TestKit

ANSWER_S = 5.0
_log = structlog.get_logger()


class _PickPart(BaseModel):
    role: str
    code: str
    number: str


class PickLine(BaseModel):
    """One line as the line's own screens show it. :ivar challenge: which test kit to take; empty for an order."""

    item: int
    carrier: int
    acceptance: str
    attempt: int
    product: str = ""
    parts: tuple[_PickPart, ...] = ()
    challenge: str = ""

    def pick(self) -> Pick:
        """The same as hands read it."""
        parts = tuple(KitPart(part.role, part.code, part.number) for part in self.parts)
        kit = TestKit(self.challenge, self.product, parts) if self.challenge else None
        return Pick(self.item, self.carrier, self.acceptance, self.attempt, kit)


class _Matter(BaseModel):
    kind: str
    state: str
    number: int
    acceptance: str = ""


class _Matters(BaseModel):
    matters: tuple[_Matter, ...] = ()


_PICK_LIST = TypeAdapter(list[PickLine])


class HttpPickList:
    """Asks `api`, as `http://127.0.0.1:8080`, with the bearer token in `token_file`, which may appear later."""

    def __init__(self, client: httpx.AsyncClient, api: str, token_file: Path) -> None:
        self._client = client
        self._api = api.rstrip("/")
        self._token_file = token_file
        self._told: dict[object, str] = {}

    async def picks(self) -> list[Pick]:
        """Return what the line has called to its carriers; nothing while it can't be asked."""
        answer = await self._ask("GET", "/api/pick-list")
        if answer is None or answer.status_code != HTTPStatus.OK:
            return []
        try:
            lines = _PICK_LIST.validate_json(answer.content)
        except ValidationError as error:
            self._tell("pick_list_unreadable", cause=str(error))
            return []
        return [line.pick() for line in lines]

    async def rework(self, acceptance: str) -> bool:
        """Ask for the next attempt at a rejected order; return whether the line took it."""
        answer = await self._ask("POST", f"/api/orders/{acceptance}/rework")
        return answer is not None and answer.is_success

    async def recalled(self) -> list[Recalled]:
        """Return the recalled parcels that are not back yet; none while the line can't be asked."""
        answer = await self._ask("GET", "/api/snapshot")
        if answer is None or answer.status_code != HTTPStatus.OK:
            return []
        matters = _Matters.model_validate_json(answer.content).matters
        return [
            Recalled(each.number, each.acceptance)
            for each in matters
            if (each.kind, each.state) == ("item", "recalled")
        ]

    async def taken_back(self, item: int) -> bool:
        """Say that a recalled parcel lies with the rejects; return whether the line took it."""
        body = {"found": "reject", "why": "taken out of the mail bag"}
        answer = await self._ask("POST", f"/api/items/{item}/answer", body)
        return answer is not None and answer.is_success

    async def _ask(self, method: str, path: str, body: object = None) -> httpx.Response | None:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
            headers = {"Authorization": f"Bearer {token}"}
            answer = await self._client.request(method, self._api + path, headers=headers, timeout=ANSWER_S, json=body)
        except (OSError, httpx.HTTPError) as error:
            self._tell("line_not_asked", path=path, cause=repr(error))
            return None
        if not answer.is_success:
            self._tell("line_refused", path=path, status=answer.status_code, answer=answer.text[:300])
        return answer

    def _tell(self, event: str, **facts: object) -> None:
        """Log a trouble once, not at every glance."""
        about = facts.get("path")
        if self._told.get(about) != (told := f"{event} {facts}"):
            self._told[about] = told
            _log.warning(event, **facts)
