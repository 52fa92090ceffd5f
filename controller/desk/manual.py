"""Manual mode: a technician moves the machines one motion at a time, and nothing that was on the line goes on as good.

Entering it and leaving it make every open item suspect, durably: the next Start takes them to reject. Each motion is
looked at by the interlocks, journalled with who asked for it, permitted once (`Permits.single`), and its result is
journalled before it is acknowledged. A motion ends by itself: it needs nobody's page, session or connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from controller.desk.channel_wire import ChannelRefused
from controller.desk.motion_ends import Told, ended, not_done, pushed
from controller.desk.trials import Trials
from controller.dispatch.bags import freeze_bag
from controller.exits import Outcome
from controller.flow.calling import last_item_on, note_suspect, open_items
from controller.flow.ending import record_divert_permitted, record_swept
from controller.flow.interlocks import Interlock, Standing, interlocks
from controller.flow.items import Item
from controller.flow.motions import Motion, MotionKind, motions_of, place
from controller.journal import JournalUnavailable, Ledger
from controller.line import Line
from controller.stations.divert import ESCAPED, confirmed_chute
from controller.stations.seal import set_points
from controller.unit.machine import IllegalCommand
from controller.unit.packml import MODE_CHANGES_IN, Mode
from controller.words.alarm_texts import AlarmKind
from controller.words.text import Text
from devices.errors import DeviceError
from devices.plc.contract import Chute, Command, Result, ResultCode
from devices.plc.driver import PlcStation

T = TypeVar("T")
CAUSE = "manual"
"""Why what was on the line is suspect."""
_REMEMBERED = 12


class Interlocked(Exception):
    """A motion that may not be made now. :ivar why: the interlocks."""

    def __init__(self, why: tuple[Interlock, ...]) -> None:
        self.why = why
        super().__init__("; ".join(each.text.en for each in why))


class ManualMode:
    """Manual mode of one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._motions = {motion.name: motion for motion in motions_of(line.config)}
        self._trials = Trials(line.equipment, line.config.timing)
        self._running = ""
        self._settled = False
        self._by = self._since = ""
        self._borne: dict[int, int] = {}
        self._told: deque[Told] = deque(maxlen=_REMEMBERED)

    # The mode.

    async def enter(self, by: str) -> None:
        """Turn to Manual. From this moment on no production command is taken; motions wait for the journal.

        :raises ChannelRefused: the state does not allow it, or the journal can't be written: nothing has changed.
        """
        unit = self._line.unit
        if unit.mode is Mode.MANUAL:
            return
        self._settled = False
        self._turn(Mode.MANUAL)
        try:
            await self._doubt_all("manual_entered", by)
        except ChannelRefused:
            unit.mode = Mode.PRODUCTION
            unit.changed.beat()
            raise
        self._line.tracking.forget_all()
        self._by, self._since = by, self._now()
        self._settled = True

    async def leave(self, by: str) -> None:
        """Turn back to Production, once all that is on the line is durably suspect. No motion may be under way."""
        unit = self._line.unit
        if unit.mode is not Mode.MANUAL:
            return
        if self._running:
            raise ChannelRefused("interlocked", "a motion is under way: wait for its end", "动作正在进行，请等它结束")
        if unit.state not in MODE_CHANGES_IN:
            self._turn(Mode.PRODUCTION)
        self._settled = False
        try:
            await self._doubt_all("manual_left", by)
            self._turn(Mode.PRODUCTION)
        except ChannelRefused:
            self._settled = unit.mode is Mode.MANUAL
            raise
        self._by = self._since = ""

    def _turn(self, mode: Mode) -> None:
        try:
            self._line.unit.change_mode(mode)
        except IllegalCommand as illegal:
            zh = "只有在已停止、待机或已中止时才能切换模式"
            raise ChannelRefused("illegal_mode", illegal.text.en, zh, illegal.allowed) from illegal

    async def _doubt_all(self, entry: str, by: str) -> None:
        """Journal the change of mode and that nobody vouches for anything that is on the line."""

        def change(ledger: Ledger) -> dict[int, int]:
            items = open_items(ledger, self._line.config.recipes)
            ledger.enter(entry, by=by, items=[item.token for item in items])
            fresh = [item for item in items if not item.suspect]
            for item in fresh:
                item.suspect = CAUSE
            note_suspect(ledger, fresh)
            return _borne(ledger)

        self._borne = await self._write(change)
        self._line.tally.touch()

    # Looking.

    async def ask_printers(self) -> None:
        """Let every printer say whether it can print, in Manual while nothing is under way."""
        if self._line.unit.mode is Mode.MANUAL and not self._running:
            await self._trials.ask_printers()

    def look(self) -> dict[str, Any]:
        """The mode, every motion with what forbids it now, and how the last ones ended."""
        standing = replace(self._standing(self._borne), said=self._trials.said)
        return {
            "mode": self._line.unit.mode.name.title(),
            "by": self._by,
            "since": self._since,
            "running": self._running,
            "motions": [self._view(motion, standing) for motion in self._motions.values()],
            "results": [told.view() for told in reversed(self._told)],
        }

    def _view(self, motion: Motion, standing: Standing) -> dict[str, Any]:
        carrier = standing.carrier_at(motion.zone)
        named = self._line.names.told
        found = [(each.code, named(each.text)) for each in interlocks(motion, standing)]
        blocked = [{"code": code, "en": text.en, "zh": text.zh} for code, text in found]
        about = {"name": motion.name, "kind": motion.kind.value, "zone": motion.zone, "target": motion.target}
        return {**about, "device": motion.device, "carrier": carrier, "blocked": blocked}

    async def _look_what_is_borne(self) -> None:
        """Read which open item each carrier bears; the newest of a carrier counts."""
        self._borne = await self._write(_borne)

    def _standing(self, borne: Mapping[int, int], running: str | None = None) -> Standing:
        told = self._running if running is None else running
        return Standing(self._line.unit, self._line.equipment, borne, told, self._settled)

    # Moving.

    async def run(self, name: str, by: str) -> dict[str, Any]:
        """Make one motion and tell how it ended.

        :raises ChannelRefused: it may not be made now, or was not made; says why.
        """
        motion = self._motions.get(name)
        if motion is None:
            raise ChannelRefused("unknown_motion", f"no motion {name!r}", f"没有动作 {name!r}", tuple(self._motions))
        if self._running:
            raise _refusal(interlocks(motion, self._standing(self._borne)))
        self._running = name
        try:
            await self._look_what_is_borne()
            self._allow(motion, self._borne)
            code, good, text, measured = await self._make(motion, by)
            await self._look_what_is_borne()
        except Interlocked as interlocked:
            raise _refusal(interlocked.why) from interlocked
        except DeviceError as error:
            raise await self._not_done(motion, by, error) from error
        finally:
            self._running = ""
        told = Told(name, self._now(), by, code, good, text, measured)
        self._told.append(told)
        return told.view()

    async def _not_done(self, motion: Motion, by: str, error: DeviceError) -> ChannelRefused:
        """A device did not do it, or nobody knows whether it did: journalled and told to whoever looks."""
        code, text = type(error).__name__, self._line.names.told(not_done(error))
        self._told.append(Told(motion.name, self._now(), by, code, good=False, text=text, measured={}))
        await self._write(lambda ledger: _tried(ledger, motion, by, code, text.en))
        return ChannelRefused("not_done", text.en, text.zh)

    async def _make(self, motion: Motion, by: str) -> tuple[str, bool, Text, Mapping[str, int]]:
        if motion.command is not None:
            result, text = await self._move(motion, motion.command, by)
            return result.code.name, result.code is ResultCode.OK, text, result.measured
        begun = await self._write(lambda ledger: _begun(ledger, motion, by))
        text = await self._trials.make(motion, begun)
        await self._write(lambda ledger: _tried(ledger, motion, by, ResultCode.OK.name, text.en))
        return ResultCode.OK.name, True, text, {}

    async def _move(self, motion: Motion, command: Command, by: str) -> tuple[Result, Text]:
        """Permit a motion once and journal how it ended, then let the PLC forget it."""
        plc = self._line.equipment.plcs[motion.device]
        await self._free(plc, motion)
        carrier = self._standing({}).carrier_at(motion.zone)
        item = await self._write(lambda ledger: self._announce(ledger, motion, carrier, by))
        borne = {item.carrier: item.token} if item is not None else {}
        completion = await self._line.permits.single(
            plc,
            motion.block,
            command,
            token=item.token if item is not None else 0,
            carrier=carrier,
            target=motion.permit_target,
            setpoints=self._setpoints(motion),
            deadline_s=self._deadline_s(motion),
            still=lambda: self._demand(motion, carrier, borne),
        )
        result = completion.result
        return result, await self._conclude(motion, carrier, item, result, by)

    async def _free(self, plc: PlcStation, motion: Motion) -> None:
        """Journal what the PLC still keeps of before: the gate's result is the answer for a parcel that fell."""
        if plc.retained(motion.block) is None:
            return
        if motion.kind is MotionKind.PUSH:
            await self._line.recovery.conclude_diverts()
            await self._line.acknowledgements.settled(plc, motion.block)
        await self._line.acknowledgements.take_over(plc, motion.block)

    def _announce(self, ledger: Ledger, motion: Motion, carrier: int, by: str) -> Item | None:
        """Journal what is about to be permitted; returns the open item on that carrier."""
        items = [each for each in open_items(ledger, self._line.config.recipes) if each.carrier == carrier]
        item = items[-1] if items and carrier else None
        _begun(ledger, motion, by, carrier, item)
        if item is not None and motion.kind is MotionKind.PUSH:
            record_divert_permitted(ledger, item, Outcome.suspect(item.suspect or CAUSE))
        return item

    def _demand(self, motion: Motion, carrier: int, borne: Mapping[int, int]) -> None:
        """The last look before the permit, also at what the journal says is on the carrier."""
        self._allow(motion, borne)
        if self._standing(borne).carrier_at(motion.zone) != carrier:
            text = Text("载具变了，请再看一次", "the carrier has changed: look again")
            raise Interlocked((Interlock("carrier_changed", text),))

    def _allow(self, motion: Motion, borne: Mapping[int, int]) -> None:
        """:raises Interlocked: what forbids this motion, beside that it is itself under way."""
        if why := interlocks(motion, self._standing(borne, running="")):
            raise Interlocked(why)

    async def _conclude(self, motion: Motion, carrier: int, item: Item | None, result: Result, by: str) -> Text:
        """Journal how a permitted motion ended, with what follows from it; only then may its PLC forget the result."""
        line, plc = self._line, self._line.equipment.plcs[motion.device]
        await self._write(lambda ledger: _record_end(ledger, motion, carrier, item, result, by))
        if motion.kind is MotionKind.PUSH and item is not None:
            await line.stations.divert.conclude(item, Outcome.suspect(item.suspect or CAUSE), result)
            return pushed(result)
        if motion.kind is MotionKind.PUSH:
            await self._swept(carrier, result)
        line.acknowledgements.release(plc, motion.block, result)
        line.tally.touch()
        return ended(motion, carrier, result, place(line.config, motion.target or motion.zone))

    async def _swept(self, carrier: int, result: Result) -> None:
        """A carrier without an open item was pushed. What fell into dispatch all the same freezes the bag."""
        line, chute = self._line, confirmed_chute(result)

        def change(ledger: Ledger) -> tuple[int | None, int]:
            last = last_item_on(ledger, carrier, line.config.recipes)
            bag = record_swept(ledger, last, chute, line.config.line.id) if last is not None else None
            if bag is None and chute is Chute.DISPATCH:
                bag = freeze_bag(ledger, "manual_push")
            return bag, last.token if last is not None else 0

        bag, item = await self._write(change)
        if bag is not None:
            line.holding.hold(AlarmKind.BAG_FROZEN, str(bag), item=item, cause=ESCAPED)
            line.dispatch.kick()

    def _setpoints(self, motion: Motion) -> tuple[int, ...]:
        if motion.kind is not MotionKind.JAW:
            return ()
        return set_points(next(iter(self._line.config.recipes.values())).seal)

    def _deadline_s(self, motion: Motion) -> float:
        timing = self._line.config.timing
        seconds = {
            MotionKind.MOVE: timing.move_s,
            MotionKind.JAW: timing.seal_s,
            MotionKind.PRESS: timing.apply_s,
            MotionKind.PUSH: timing.divert_s,
        }
        return seconds[motion.kind]

    def _now(self) -> str:
        return self._line.clock.now().isoformat(timespec="milliseconds")

    async def _write(self, change: Callable[[Ledger], T]) -> T:
        try:
            return await self._line.journal.write(change)
        except JournalUnavailable as error:
            raise ChannelRefused("journal_unavailable", str(error), f"日志无法写入：{error}") from error


def _borne(ledger: Ledger) -> dict[int, int]:
    rows = ledger.connection.execute("SELECT carrier, item FROM items WHERE ended_at IS NULL ORDER BY item")
    return {int(carrier): int(item) for carrier, item in rows}


def _refusal(why: tuple[Interlock, ...]) -> ChannelRefused:
    zh, en = "；".join(each.text.zh for each in why), "; ".join(each.text.en for each in why)
    return ChannelRefused("interlocked", en, zh)


def _begun(ledger: Ledger, motion: Motion, by: str, carrier: int = 0, item: Item | None = None) -> int:
    return ledger.enter(
        "manual_motion",
        item=item.token if item is not None else None,
        motion=motion.name,
        device=motion.device,
        carrier=carrier,
        by=by,
    )


def _tried(ledger: Ledger, motion: Motion, by: str, code: str, said: str) -> None:
    ledger.enter("manual_ended", motion=motion.name, device=motion.device, result=code, said=said, by=by)


def _record_end(ledger: Ledger, motion: Motion, carrier: int, item: Item | None, result: Result, by: str) -> None:
    moved = motion.kind is MotionKind.MOVE and result.code is ResultCode.OK
    if item is not None and moved:
        ledger.connection.execute("UPDATE items SET zone = ? WHERE item = ?", (motion.target, item.token))
    ledger.enter(
        "manual_ended",
        item=item.token if item is not None else None,
        motion=motion.name,
        device=motion.device,
        carrier=carrier,
        result=result.code.name,
        measured=result.measured,
        by=by,
    )
