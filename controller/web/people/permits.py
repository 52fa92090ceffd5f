"""Asks before each endpoint whether who asks may. It stands before the whole application: none can be forgotten."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request

from controller.web.admission import is_open
from controller.web.people.roles import MAY, PERSONS, Action, action_of
from controller.web.people.visitor import ANYBODY, Visitor
from controller.web.refusals import Refusal
from controller.web.texts import text
from controller.words.text import Text


def permitted(request: Request) -> None:
    """:raises Refusal: sign in first, choose an own secret first, or the role may not."""
    visitor: Visitor = getattr(request.state, "visitor", ANYBODY)
    action = action_of(request.scope["endpoint"], request.method)
    if action in visitor.may or (visitor is ANYBODY and is_open(request.url.path)):
        return
    if visitor.person is not None and not visitor.person.own and action in MAY[visitor.person.role]:
        raise Refusal(HTTPStatus.FORBIDDEN, "own_secret_first")
    if visitor.role is None:
        raise Refusal(HTTPStatus.UNAUTHORIZED, "sign_in_first", who=_who_may(action))
    raise Refusal(HTTPStatus.FORBIDDEN, "role_may_not", who=_who_may(action))


def _who_may(action: Action) -> Text:
    words = [text(f"role.{role}") for role in PERSONS if action in MAY[role]] or [text("role.nobody")]
    return Text(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))
