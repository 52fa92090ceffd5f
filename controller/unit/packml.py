"""PackML states, modes and commands (ANSI/ISA-TR88.00.02), and the one table of what leads where.

Ids are those of the PackTags `StateCurrent`, `CntrlCmd` and `UnitModeCurrent`. Pure data: `unit_machine` runs it.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """State of the unit."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    HOLDING = 10
    HELD = 11
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETE = 17


class Command(IntEnum):
    """What an operator or the line itself may ask of the unit."""

    RESET = 1
    START = 2
    STOP = 3
    HOLD = 4
    UNHOLD = 5
    SUSPEND = 6
    UNSUSPEND = 7
    ABORT = 8
    CLEAR = 9
    COMPLETE = 10


class Mode(IntEnum):
    """Unit mode. Outside PRODUCTION the unit never executes, and nothing may reach the dispatch chute."""

    PRODUCTION = 1
    MAINTENANCE = 2
    MANUAL = 3


_HOLDABLE = (State.EXECUTE, State.STARTING, State.SUSPENDING, State.SUSPENDED, State.UNSUSPENDING, State.UNHOLDING)
_NOT_STOPPABLE = (State.STOPPED, State.STOPPING, State.ABORTING, State.ABORTED, State.CLEARING)

TRANSITIONS: dict[tuple[State, Command], State] = {
    (State.STOPPED, Command.RESET): State.RESETTING,
    (State.COMPLETE, Command.RESET): State.RESETTING,
    (State.IDLE, Command.START): State.STARTING,
    (State.HELD, Command.UNHOLD): State.UNHOLDING,
    (State.EXECUTE, Command.SUSPEND): State.SUSPENDING,
    (State.SUSPENDED, Command.UNSUSPEND): State.UNSUSPENDING,
    (State.EXECUTE, Command.COMPLETE): State.COMPLETING,
    (State.ABORTED, Command.CLEAR): State.CLEARING,
    **{(state, Command.HOLD): State.HOLDING for state in _HOLDABLE},
    **{(state, Command.STOP): State.STOPPING for state in State if state not in _NOT_STOPPABLE},
    **{(state, Command.ABORT): State.ABORTING for state in State if state not in (State.ABORTING, State.ABORTED)},
}
"""Acting state that a command leads to in PRODUCTION. A pair that does not stand here is illegal."""

_MOVES_NOT = (State.ABORTING, State.ABORTED)
_BY_HAND: dict[tuple[State, Command], State] = {
    (State.ABORTED, Command.CLEAR): State.CLEARING,
    (State.IDLE, Command.STOP): State.STOPPING,
    (State.STOPPED, Command.STOP): State.ABORTING,
    **{(state, Command.HOLD): State.ABORTING for state in State if state not in _MOVES_NOT},
    **{(state, Command.ABORT): State.ABORTING for state in State if state not in _MOVES_NOT},
}
"""Whoever holds or stops a line that is moved by hand aborts it: nothing moves until it is cleared."""

TABLES: dict[Mode, dict[tuple[State, Command], State]] = {
    Mode.PRODUCTION: TRANSITIONS,
    Mode.MAINTENANCE: _BY_HAND,
    Mode.MANUAL: _BY_HAND,
}
"""The table of each mode."""

COMPLETIONS: dict[State, State] = {
    State.RESETTING: State.IDLE,
    State.STARTING: State.EXECUTE,
    State.SUSPENDING: State.SUSPENDED,
    State.UNSUSPENDING: State.EXECUTE,
    State.HOLDING: State.HELD,
    State.UNHOLDING: State.EXECUTE,
    State.COMPLETING: State.COMPLETE,
    State.STOPPING: State.STOPPED,
    State.ABORTING: State.ABORTED,
    State.CLEARING: State.STOPPED,
}
"""Where an acting state leads when what it does is done. EXECUTE is ended by a command alone."""

MODE_CHANGES_IN = (State.STOPPED, State.IDLE, State.ABORTED)
"""The wait states in which the mode may change."""


def allowed_commands(state: State, mode: Mode = Mode.PRODUCTION) -> tuple[Command, ...]:
    """The commands that are legal now, in the order of their ids."""
    return tuple(command for command in Command if (state, command) in TABLES[mode])
