"""The unit's PackML machine: takes commands, does what an acting state asks, and tells when motion is allowed.

It decides only whether the line may move. What moves, and whether an item may, is the flow's to decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from controller.pulse import Pulse
from controller.together import unless
from controller.unit.packml import COMPLETIONS, MODE_CHANGES_IN, TABLES, Command, Mode, State, allowed_commands
from controller.words.text import Text

Action = Callable[[], Awaitable[None]]


class IllegalCommand(Exception):
    """A command or mode change that the present state does not take; says what it takes."""

    def __init__(self, asked: str, state: State, mode: Mode = Mode.PRODUCTION) -> None:
        self.allowed = tuple(each.name.lower() for each in allowed_commands(state, mode))
        offered = ", ".join(self.allowed) or "none"
        self.text = Text(
            zh=f"当前状态 {state.name.title()} 不允许 {asked}；现在可用：{offered}",
            en=f"{asked} is not allowed in {state.name.title()}; allowed now: {offered}",
        )
        if mode is not Mode.PRODUCTION:
            self.text = Text(
                zh=f"产线处于手动模式，不能执行 {asked}：请技术员先退出手动模式；现在可用：{offered}",
                en=f"{asked} is not allowed in mode {mode.name.title()}: a technician has to leave it first; "
                f"allowed now: {offered}",
            )
        super().__init__(self.text.en)


class NotReady(Exception):
    """An acting state can't be completed; the text says what is missing. The unit stops."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state. :ivar cause: the command, or `complete`; :ivar by: who gave it."""

    before: State
    after: State
    cause: str
    by: str


class UnitMachine:
    """Runs the tables of `packml`.

    :param actions: what an acting state does before it is complete. A `NotReady` raised there stops the unit.
    :param on_change: awaited for every change, in order; before the unit executes, after any other turn.
    :param on_not_ready: told the text of a `NotReady`.
    """

    def __init__(
        self,
        actions: Mapping[State, Action],
        on_change: Callable[[Change], Awaitable[None]],
        on_not_ready: Callable[[Text], None],
    ) -> None:
        self._actions = actions
        self._on_change = on_change
        self._on_not_ready = on_not_ready
        self._unreported: list[Change] = []
        self.changed = Pulse()
        self.state = State.STOPPED
        self.mode = Mode.PRODUCTION

    @property
    def executing(self) -> bool:
        """Whether motion may be permitted; false from the moment at which a Hold, Stop or Abort is taken."""
        return self.state is State.EXECUTE

    def takes(self, command: Command) -> bool:
        """Whether the command is legal now."""
        return (self.state, command) in TABLES[self.mode]

    def command(self, command: Command, by: str) -> State:
        """Take a command and return the state that it led to, at once: no permit can slip in behind it.

        :raises IllegalCommand: the present state does not take it.
        """
        after = TABLES[self.mode].get((self.state, command))
        if after is None:
            raise IllegalCommand(command.name.title(), self.state, self.mode)
        self._turn(after, command.name.lower(), by)
        return after

    def change_mode(self, mode: Mode) -> None:
        """Change the mode.

        :raises IllegalCommand: the state is none of the wait states in which it may change.
        """
        if self.state not in MODE_CHANGES_IN:
            raise IllegalCommand(f"mode {mode.name.title()}", self.state)
        self.mode = mode
        self.changed.beat()

    async def serve(self) -> None:
        """Report changes and do what the acting states ask, until cancelled."""
        while True:
            await self._report()
            if self.state in COMPLETIONS:
                await self._act(self.state)
            elif not self._unreported:
                await self.changed.wait()

    async def _act(self, acting: State) -> None:
        """Do what `acting` asks; another command that comes meanwhile ends it."""
        if acting in self._actions:
            try:
                await self._finish(self._actions[acting](), acting)
            except NotReady as error:
                self._on_not_ready(error.text)
                if self.state is acting:
                    self._turn(State.STOPPING, "not_ready", "line")
                return
        if self.state is not acting:
            return
        after = COMPLETIONS[acting]
        if after is State.EXECUTE:
            # Cut off by a command that comes meanwhile: what can't be journalled must not keep the line from holding.
            await self._finish(self._on_change(Change(acting, after, "complete", "line")), acting)
            if self.state is acting:
                self._set(after)
        else:
            self._turn(after, "complete", "line")

    async def _finish(self, action: Awaitable[None], acting: State) -> None:
        await unless(self.changed.when(lambda: self.state is not acting), action)

    async def _report(self) -> None:
        while self._unreported:
            await self._on_change(self._unreported[0])
            del self._unreported[0]

    def _turn(self, after: State, cause: str, by: str) -> None:
        self._unreported.append(Change(self.state, after, cause, by))
        self._set(after)

    def _set(self, after: State) -> None:
        self.state = after
        self.changed.beat()
