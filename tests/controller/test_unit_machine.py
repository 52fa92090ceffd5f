"""The unit machine: the whole PackML table, what is refused and why, what pre-empts what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from controller.unit.machine import Action, Change, IllegalCommand, NotReady, UnitMachine
from controller.unit.packml import COMPLETIONS, MODE_CHANGES_IN, TRANSITIONS, Command, Mode, State, allowed_commands
from controller.words.text import Text

ACTING = set(COMPLETIONS)
# Typed from ANSI/ISA-TR88.00.02: who may ask what, apart from Stop and Abort.
SINGLE = {
    Command.RESET: {State.STOPPED: State.RESETTING, State.COMPLETE: State.RESETTING},
    Command.START: {State.IDLE: State.STARTING},
    Command.UNHOLD: {State.HELD: State.UNHOLDING},
    Command.SUSPEND: {State.EXECUTE: State.SUSPENDING},
    Command.UNSUSPEND: {State.SUSPENDED: State.UNSUSPENDING},
    Command.COMPLETE: {State.EXECUTE: State.COMPLETING},
    Command.CLEAR: {State.ABORTED: State.CLEARING},
    Command.HOLD: dict.fromkeys(
        (State.EXECUTE, State.STARTING, State.SUSPENDING, State.SUSPENDED, State.UNSUSPENDING, State.UNHOLDING),
        State.HOLDING,
    ),
}
STOPPED_BY_ABORT_ONLY = {State.STOPPED, State.STOPPING, State.CLEARING}
ABORTED = {State.ABORTING, State.ABORTED}


def _expected(state: State, command: Command) -> State | None:
    match command:
        case Command.ABORT:
            return None if state in ABORTED else State.ABORTING
        case Command.STOP:
            return None if state in ABORTED | STOPPED_BY_ABORT_ONLY else State.STOPPING
        case _:
            return SINGLE[command].get(state)


class Record:
    """What a machine reported."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.not_ready: list[str] = []
        self.may_report = asyncio.Event()
        self.may_report.set()

    async def changed(self, change: Change) -> None:
        await self.may_report.wait()
        self.changes.append(change)

    def refuse(self, text: Text) -> None:
        self.not_ready.append(text.en)

    @property
    def states(self) -> list[State]:
        return [change.after for change in self.changes]


@asynccontextmanager
async def running(
    actions: Mapping[State, Action] | None = None, state: State = State.STOPPED
) -> AsyncIterator[tuple[UnitMachine, Record]]:
    record = Record()
    machine = UnitMachine(actions or {}, record.changed, record.refuse)
    machine.state = state
    task = asyncio.create_task(machine.serve())
    try:
        yield machine, record
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def reaches(machine: UnitMachine, state: State) -> None:
    async with asyncio.timeout(2):
        await machine.changed.until(lambda: machine.state is state)


@pytest.mark.parametrize("state", State)
async def test_every_pair_of_the_table(state: State) -> None:
    for command in Command:
        machine = UnitMachine({}, Record().changed, lambda _: None)
        machine.state = state
        after = _expected(state, command)
        assert TRANSITIONS.get((state, command)) is after
        if after is not None:
            assert machine.command(command, "test") is after
            assert machine.state is after
            continue
        with pytest.raises(IllegalCommand) as refused:
            machine.command(command, "test")
        assert machine.state is state
        assert refused.value.allowed == tuple(each.name.lower() for each in allowed_commands(state))
        assert all(each in str(refused.value) for each in refused.value.allowed)
        assert state.name.title() in refused.value.text.zh


@pytest.mark.parametrize("state", State)
async def test_a_line_in_manual_takes_no_production_command_and_always_takes_what_stops_it(state: State) -> None:
    stops = {Command.HOLD, Command.STOP, Command.ABORT, Command.CLEAR}
    for command in Command:
        machine = UnitMachine({}, Record().changed, lambda _: None)
        machine.mode, machine.state = Mode.MANUAL, state
        if machine.takes(command):
            assert command in stops
            assert machine.command(command, "test") in (State.ABORTING, State.STOPPING, State.CLEARING)
            continue
        with pytest.raises(IllegalCommand, match="Manual") as refused:
            machine.command(command, "test")
        assert "手动模式" in refused.value.text.zh
        assert refused.value.allowed == tuple(each.name.lower() for each in allowed_commands(state, Mode.MANUAL))
    if state in MODE_CHANGES_IN and state is not State.ABORTED:
        assert {Command.HOLD, Command.STOP, Command.ABORT} <= set(allowed_commands(state, Mode.MANUAL))


@pytest.mark.parametrize("acting", sorted(ACTING))
async def test_an_acting_state_without_anything_to_do_completes_by_itself(acting: State) -> None:
    async with running(state=acting) as (machine, record):
        await reaches(machine, COMPLETIONS[acting])
    assert record.states[:1] in ([COMPLETIONS[acting]], [])


async def test_a_shift_from_reset_to_stop_is_reported_in_order() -> None:
    async with running() as (machine, record):
        for command, state in (
            (Command.RESET, State.IDLE),
            (Command.START, State.EXECUTE),
            (Command.HOLD, State.HELD),
            (Command.UNHOLD, State.EXECUTE),
            (Command.STOP, State.STOPPED),
        ):
            machine.command(command, "anna")
            await reaches(machine, state)
        await asyncio.sleep(0)
    assert [change.after for change in record.changes if change.cause == "complete"][:4] == [
        State.IDLE,
        State.EXECUTE,
        State.HELD,
        State.EXECUTE,
    ]
    assert all(change.by == "anna" for change in record.changes if change.cause != "complete")
    assert [a.after for a in record.changes][:-1] == [b.before for b in record.changes][1:]


async def test_a_hold_while_starting_ends_the_start_and_holds() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def start() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running({State.STARTING: start}, State.IDLE) as (machine, record):
        machine.command(Command.START, "anna")
        await begun.wait()
        machine.command(Command.HOLD, "anna")
        assert not machine.executing
        await reaches(machine, State.HELD)
    assert ended.is_set()
    assert State.EXECUTE not in record.states


async def test_a_hold_is_not_kept_waiting_by_a_journal_that_does_not_take_the_start() -> None:
    async with running(state=State.STARTING) as (machine, record):
        record.may_report.clear()
        await asyncio.sleep(0.01)
        assert not machine.executing
        machine.command(Command.HOLD, "line")
        await asyncio.sleep(0.01)
        record.may_report.set()
        await reaches(machine, State.HELD)
    assert State.EXECUTE not in record.states


async def test_executing_is_told_only_after_it_is_journalled_and_ends_at_once() -> None:
    async with running(state=State.IDLE) as (machine, record):
        machine.command(Command.START, "anna")
        await reaches(machine, State.EXECUTE)
        assert record.states[-1] is State.EXECUTE
        record.may_report.clear()
        machine.command(Command.HOLD, "anna")
        assert not machine.executing, "no permit may slip in behind a Hold"
        record.may_report.set()


async def test_what_is_not_ready_stops_the_unit_and_says_why() -> None:
    async def reset() -> None:
        raise NotReady(Text("秤未应答", "the scale does not answer"))

    async with running({State.RESETTING: reset}) as (machine, record):
        machine.command(Command.RESET, "anna")
        await reaches(machine, State.STOPPED)
    assert record.not_ready == ["the scale does not answer"]
    assert Change(State.RESETTING, State.STOPPING, "not_ready", "line") in record.changes


async def test_the_mode_changes_only_in_wait_states() -> None:
    for state in State:
        machine = UnitMachine({}, Record().changed, lambda _: None)
        machine.state = state
        if state in MODE_CHANGES_IN:
            machine.change_mode(Mode.MANUAL)
            assert machine.mode is Mode.MANUAL
        else:
            with pytest.raises(IllegalCommand, match="mode Manual"):
                machine.change_mode(Mode.MANUAL)
            assert machine.mode is Mode.PRODUCTION
