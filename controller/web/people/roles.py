"""Roles and what each may do. One table; an endpoint names its action and nothing else.

There is no action that seals, that proves contents or that opens the gate: nobody can be given what is not there.
Hold is no action of a role either: whoever stands at the line may hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


class Role(StrEnum):
    """What a person is at the line; of a program, what its token is for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"
    MACHINE = "machine"
    """The line's own token: programs of the line's user on this machine."""
    PLATFORM = "platform"
    """A token that a supervisor has given to an order platform."""


PERSONS = (Role.VIEWER, Role.OPERATOR, Role.TECHNICIAN, Role.SUPERVISOR)
PASSWORD_ROLES = (Role.TECHNICIAN, Role.SUPERVISOR)
"""They sign in with a password; the others with a PIN or their badge alone."""


class Action(StrEnum):
    """What an endpoint does, as a role is allowed it."""

    HOLD = "hold"
    """Holding the line: for everybody, signed in or not."""
    ENTER = "enter"
    """Signing in and out, and what one may know of oneself."""
    WATCH = "watch"
    FOLLOW = "follow"
    """Asking how far an order is."""
    TRACE = "trace"
    """Looking up one parcel, part or person's change; each look-up is journalled."""
    PICK = "pick"
    """Seeing part numbers in clear, as hands need to fetch them."""
    OPERATE = "operate"
    """Commands but Hold, acknowledgement, rework, restart after suspects, bags and batches."""
    SERVICE = "service"
    """Devices, cameras, manual mode, and the faults of a simulated plant."""
    HAND_IN = "hand_in"
    VOID = "void"
    """Voiding a mail number; its reprint is a new one."""
    PLAN = "plan"
    """Priority and order of work, closing what is open."""
    PROPOSE = "propose"
    """Proposing a change of recipe or limits."""
    APPROVE = "approve"
    """Approving what another has proposed."""
    PEOPLE = "people"


_VIEWER = frozenset({Action.HOLD, Action.ENTER, Action.WATCH, Action.FOLLOW})
_OPERATOR = _VIEWER | {Action.TRACE, Action.PICK, Action.OPERATE}
MAY: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.TECHNICIAN: _OPERATOR | {Action.SERVICE, Action.APPROVE},
    Role.SUPERVISOR: _OPERATOR
    | {Action.SERVICE, Action.HAND_IN, Action.VOID, Action.PLAN, Action.PROPOSE, Action.APPROVE, Action.PEOPLE},
    Role.MACHINE: (_OPERATOR | {Action.HAND_IN}) - {Action.ENTER},
    Role.PLATFORM: frozenset({Action.HOLD, Action.FOLLOW, Action.HAND_IN}),
}
"""Technicians put machines right and the second name under a limit; they give no accounts and void no number."""

UNSIGNED = _VIEWER
"""What a browser may that was let in by the link and in which nobody is signed in."""
NOBODY = frozenset({Action.HOLD})
"""What anybody at this machine may."""


def needs(action: Action) -> Callable[[F], F]:
    """Say of an endpoint what must be allowed to whom asks for it."""

    def mark(endpoint: F) -> F:
        endpoint.__dict__["sealline_action"] = action
        return endpoint

    return mark


def action_of(endpoint: object, method: str) -> Action:
    """What an endpoint needs. One that does not say: looking is watching, anything else is operating."""
    said = getattr(endpoint, "sealline_action", None)
    if isinstance(said, Action):
        return said
    return Action.WATCH if method in ("GET", "HEAD") else Action.OPERATE
