"""What the endpoints work with: the configuration, the line's channel, the live feed and the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from controller.desk.channel import ChannelClient
from controller.plan.config import LineConfig
from controller.web.feed import LiveFeed
from controller.web.people.courier import Courier
from controller.web.people.reception import Reception
from controller.web.people.visitor import Visitor
from controller.web.records import Records


@dataclass(frozen=True, slots=True)
class Plant:
    """Made once at the start; the same for every request."""

    config: LineConfig
    token: str
    line: ChannelClient
    feed: LiveFeed
    records: Records
    reception: Reception
    courier: Courier


def _plant(request: Request) -> Plant:
    return cast(Plant, request.app.state.plant)


def _visitor(request: Request) -> Visitor:
    return cast(Visitor, request.state.visitor)


def _asker(request: Request) -> str:
    return str(request.state.by)


ThePlant = Annotated[Plant, Depends(_plant)]
TheVisitor = Annotated[Visitor, Depends(_visitor)]
"""Who asks, with role and what that one may."""
Asker = Annotated[str, Depends(_asker)]
"""Who asks, as the journal names it: an account, `api`, `token:<name>`, or `unsigned`; empty for nobody."""
