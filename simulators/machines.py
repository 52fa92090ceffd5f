"""The physics of the conveyor, the sealers, the applicator and the gate, in plant time, behind their PLCs.

Pure and stepped: no wire, no clock, no sleep. What a motion does to matter it does through the `World`, at the
moment of the motion at which it would happen. All durations are plant seconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator

from devices.plc.contract import SETPOINT_BOUNDS, SETPOINTS, Answer, Chute, Command, DeviceKind, Permit, ResultCode
from simulators.cycles import CycleEnd, Ended, Interruption, Machine, Script
from simulators.faults import FaultKind, Faults
from simulators.jaw_curve import JAW_S, SAMPLE_S, JawRecord
from simulators.matter import Label, Mailer
from simulators.world import ROUTES, ZONES, World

MOVE_S = 0.5
"""A carrier from one zone to the next."""
FEED_S = 0.1
"""How long zone load stays free before the return belt has the next carrier there."""
REACH_S, PRESS_S, WITHDRAW_S = 0.15, 0.2, 0.15
"""The applicator: to the peel edge, onto the mailer, back."""
SET_S, PUSH_S, RETURN_S = 0.15, 0.2, 0.15
"""The gate: from reject to its chute, the pusher's stroke, back to reject."""
READINGS_S = 0.1
"""How far apart a jaw's temperature is followed at least while it works."""

AMBIENT_C = 22.0
WARM_C = 150.0
"""The jaw's temperature when the plant starts: it has been switched on long before."""
HEATER_TIME_S = 0.4
"""Time constant of the jaw."""
HEATER_BAND_C = 1.0
"""The jaw closes once it is this near to the set-point."""
HEATING_LIMIT_S = 30.0
"""After this long outside the band the cycle ends as HEATER_FAULT."""
NOISE_C = 0.3
TOO_COLD_C = 25.0


class ConveyorMachine(Machine):
    """The belts between the zones; several move at once. The return belt feeds zone load by itself."""

    kind = DeviceKind.CONVEYOR
    command = Command.MOVE
    clamps = False

    def __init__(self, world: World) -> None:
        super().__init__(world, ZONES)
        self._load_free_s = 0.0

    def refuses(self, zone: str, permit: Permit) -> Answer | None:
        """Refuse a clamped carrier, a target that is taken, awaited or without a belt, a mailer that would return."""
        if zone in self.world.clamped:
            return Answer.BUSY
        if permit.target >= len(ZONES):
            return Answer.OUT_OF_BOUNDS
        target = ZONES[permit.target]
        if zone != "divert" and not self.world.is_free(target):
            return Answer.TARGET_OCCUPIED
        loaded = zone == "divert" and self.world.bears_mailer(zone)
        return Answer.OUT_OF_BOUNDS if loaded or target not in ROUTES[zone] else None

    def script(self, zone: str, permit: Permit) -> Script:
        """Move one carrier. Cut off in the first half it rolls back, in the second it rolls on to its target."""
        target = ZONES[permit.target]
        code, back = ResultCode.OK, False
        if zone not in self.world.zones:
            return (yield from _empty_belt())
        self.world.depart(zone, target)
        try:
            yield MOVE_S
        except Interruption as cut:
            code, back = ResultCode.INTERRUPTED, cut.left > MOVE_S / 2
        self.world.arrive(zone, target, back=back)
        return CycleEnd(code)

    def step(self, seconds: float) -> Ended:
        """Let plant time pass, on the return belt as well unless the plant is stopped."""
        ended = super().step(seconds)
        if self.world.stands_safe:
            self._load_free_s = self._load_free_s + seconds if self.world.is_free("load") else 0.0
            if self._load_free_s >= FEED_S:
                self.world.feed_load()
        return ended

    def next_s(self) -> float | None:
        """As of every machine, with the return belt."""
        moving = super().next_s()
        feeds = self.world.stands_safe and self.world.returning and self.world.is_free("load")
        return min(FEED_S, FEED_S if moving is None else moving) if feeds else moving


def _empty_belt() -> Script:
    """Run a belt on which nothing stands: its reader saw what is not there."""
    try:
        yield MOVE_S
    except Interruption:
        return CycleEnd(ResultCode.INTERRUPTED)
    return CycleEnd(ResultCode.NOT_CONFIRMED)


class Heater:
    """The jaw's heater: it approaches its set-point with one time constant. Temperatures in °C.

    :ivar powered: False is a burnt-out element: it cools to ambient.
    :ivar off_c: how much hotter the jaw is than its controller believes; its own probe in the jaw tells it truly.
    """

    def __init__(self, seed: str) -> None:
        self.powered = True
        self.off_c = 0.0
        self.setpoint = WARM_C
        self._temperature = WARM_C
        self._chance = random.Random(seed)

    @property
    def ready(self) -> bool:
        """Whether the jaw is within the band around its set-point."""
        return abs(self._temperature - self.setpoint) <= HEATER_BAND_C

    def advance(self, seconds: float) -> None:
        """Let plant time pass."""
        goal = self.setpoint if self.powered else AMBIENT_C
        self._temperature = goal + (self._temperature - goal) * math.exp(-seconds / HEATER_TIME_S)

    def seconds_to_ready(self) -> float:
        """Return how long it takes into the band; `HEATING_LIMIT_S` if it won't get there."""
        if self.ready:
            return 0.0
        if not self.powered:
            return HEATING_LIMIT_S
        away = abs(self._temperature - self.setpoint)
        return min(HEATER_TIME_S * math.log(away / HEATER_BAND_C) + SAMPLE_S, HEATING_LIMIT_S)

    @property
    def steady_dc(self) -> int:
        """The jaw's temperature without a reading's noise, 0.1 °C."""
        return round((self._temperature + self.off_c) * 10)

    def reading_dc(self, sag_c: float = 0.0) -> int:
        """Return one reading in 0.1 °C, with noise, `sag_c` below the jaw's temperature."""
        return round((self._temperature + self.off_c - sag_c + self._chance.uniform(-NOISE_C, NOISE_C)) * 10)


class SealerMachine(Machine):
    """One jaw: it heats to the permit's set-point, closes, dwells, cools and opens.

    :ivar stuck_s: how long it stays down after its cooling before it goes up.
    """

    kind = DeviceKind.SEALER
    command = Command.SEAL
    runs_empty = True

    def __init__(self, world: World, faults: Faults, zone: str, seed: int = 0) -> None:
        super().__init__(world, (zone,))
        self.heater = Heater(f"heater {zone} {seed}")
        self._faults = faults
        self._chance = random.Random(f"force {zone} {seed}")
        self.stuck_s = 0.0
        self._cycles = 0
        self._closed = False
        self._unseen_s = 0.0

    def refuses(self, zone: str, permit: Permit) -> Answer | None:
        """Refuse set-points outside the contract's bounds, and a carrier without a mailer; nothing at all is taken."""
        bounds = [SETPOINT_BOUNDS[name] for name in SETPOINTS[Command.SEAL]]
        inside = all(low <= value <= high for value, (low, high) in zip(permit.setpoints, bounds, strict=True))
        fits = permit.carrier == 0 or self.world.bears_mailer(zone)
        return None if inside and fits else Answer.OUT_OF_BOUNDS

    def step(self, seconds: float) -> Ended:
        """Let plant time pass, for the heater as well: while the jaw works a little at a time, for its readings."""
        ended: Ended = []
        while self._running and seconds > READINGS_S:
            seconds -= READINGS_S
            self.heater.advance(READINGS_S)
            ended += super().step(READINGS_S)
        self.heater.advance(seconds)
        return ended + super().step(seconds)

    def next_s(self) -> float | None:
        """As of every machine; what a closed jaw reads and counts nobody sees before it goes up."""
        step_s = super().next_s()
        return None if step_s is None else step_s + self._unseen_s

    def host_lost(self) -> Ended:
        """A jaw that has not closed yet goes up again; a closed one ends its dwell and opens."""
        return [] if self._closed else self.stop()

    def script(self, zone: str, permit: Permit) -> Script:
        """Run one cycle. What it measured is told as it was, also of a cycle that was cut off."""
        temperature_dc, dwell_ms, force_n, cooling_ms = permit.setpoints
        cycle = JawRecord(carrier=self.carrier(0))
        try:
            self.heater.setpoint = temperature_dc / 10
            yield self.heater.seconds_to_ready()
            if not self.heater.ready:
                return _end(cycle, ResultCode.HEATER_FAULT, self._cycles)
            yield JAW_S
            yield from self._press(zone, cycle, force_n, dwell_ms, cooling_ms)
            yield from self._cool(cycle, cooling_ms)
            yield self.stuck_s
            self._closed = False
            yield JAW_S
        except Interruption:
            return _end(cycle, ResultCode.INTERRUPTED, self._cycles)
        finally:
            self._closed, self._unseen_s = False, 0.0
        cycle.opened = True
        return _end(cycle, ResultCode.OK, self._cycles)

    def _press(
        self, zone: str, cycle: JawRecord, force_n: int, dwell_ms: int, cooling_ms: int
    ) -> Generator[float, None, None]:
        """Touch what lies there and keep the jaw on it, reading its temperature all the while."""
        mailer = self.world.mailer_at(zone) if self.world.bears_mailer(zone) else None
        cold = mailer is not None and self._faults.strikes_mailer(FaultKind.SEAL_TOO_COLD, mailer)
        sag_c = TOO_COLD_C if cold else 0.0
        self._closed = True
        self._cycles += 1
        cycle.before_dc = self.heater.steady_dc
        cycle.force_n = round(force_n * self._chance.uniform(0.99, 1.01))
        cycle.readings_dc.append(self.heater.reading_dc(sag_c))
        if mailer is not None:
            self.world.close_jaw(zone, cycle.readings_dc[0])
        while cycle.dwell_ms < dwell_ms:
            slice_ms = min(round(SAMPLE_S * 1000), dwell_ms - cycle.dwell_ms)
            self._unseen_s = (dwell_ms - cycle.dwell_ms - slice_ms + cooling_ms) / 1000
            yield slice_ms / 1000
            cycle.dwell_ms += slice_ms
            cycle.readings_dc.append(self.heater.reading_dc(sag_c))

    def _cool(self, cycle: JawRecord, cooling_ms: int) -> Generator[float, None, None]:
        """Cool under the jaw, counting in slices so that a cut-off cooling is told truly."""
        while cycle.cooling_ms < cooling_ms:
            slice_ms = min(round(SAMPLE_S * 1000), cooling_ms - cycle.cooling_ms)
            self._unseen_s = (cooling_ms - cycle.cooling_ms - slice_ms) / 1000
            yield slice_ms / 1000
            cycle.cooling_ms += slice_ms


def _end(cycle: JawRecord, code: ResultCode, cycles: int) -> CycleEnd:
    """Return the end of the cycle. Temperatures are 0 when the jaw never touched."""
    measured = {
        "carrier": cycle.carrier,
        "temperature_min_dc": min(cycle.readings_dc, default=0),
        "temperature_max_dc": max(cycle.readings_dc, default=0),
        "dwell_ms": cycle.dwell_ms,
        "force_n": cycle.force_n,
        "cooling_ms": cycle.cooling_ms,
        "cycles": cycles & 0xFFFF,
    }
    return CycleEnd(code, measured, cycle.curve())


class ApplicatorMachine(Machine):
    """Takes the label from the printer's peel edge with its pad and presses it onto the mailer in zone label."""

    kind = DeviceKind.APPLICATOR
    command = Command.APPLY

    def __init__(self, world: World, faults: Faults, seed: int = 0) -> None:
        super().__init__(world, ("label",))
        self._faults = faults
        self._chance = random.Random(f"applicator {seed}")
        self._cycles = 0

    def refuses(self, zone: str, permit: Permit) -> Answer | None:
        """Refuse a target (it has none) and a carrier without a mailer; a missing label is found by reaching for it."""
        return None if permit.target == 0 and self.world.bears_mailer(zone) else Answer.OUT_OF_BOUNDS

    def script(self, zone: str, permit: Permit) -> Script:  # noqa: ARG002 -- this permit carries no set-point
        """Apply one label. Cut off between peel edge and mailer, the pad loses it into the bin."""
        measured = {"carrier": self.carrier(0), "cycles": self._cycles & 0xFFFF}
        label: Label | None = None
        try:
            yield REACH_S
            if self.world.peel is None:
                return CycleEnd(ResultCode.NO_LABEL, measured)
            label = self.world.peel_off()
            yield PRESS_S
            self._press(zone, label)
            label = None
            self._cycles += 1
            measured["cycles"] = self._cycles & 0xFFFF
            yield WITHDRAW_S
        except Interruption:
            if label is not None:
                self.world.throw_away(label, "the pad lost it when the applicator was stopped")
            return CycleEnd(ResultCode.INTERRUPTED, measured)
        return CycleEnd(ResultCode.OK, measured)

    def _press(self, zone: str, label: Label) -> None:
        mailer = self.world.mailer_at(zone)
        self._release_pad(zone, mailer)
        if self._faults.strikes_mailer(FaultKind.LABEL_NOT_APPLIED, mailer):
            self.world.throw_away(label, "it fell off the pad above the mailer")
        elif fault := self._faults.strikes_mailer(FaultKind.LABEL_ON_OTHER, mailer):
            self.world.pad.append((label, fault.other))
        else:
            self._place(zone, label)

    def _release_pad(self, zone: str, mailer: Mailer) -> None:
        """Labels that stuck to the pad come off on the mailer that they are meant for."""
        stuck, self.world.pad = self.world.pad, []
        for label, kit in stuck:
            if kit == mailer.kit:
                self._place(zone, label, skew_mm=12.0)
            else:
                self.world.pad.append((label, kit))

    def _place(self, zone: str, label: Label, skew_mm: float = 0.0) -> None:
        dx, dy, turn = (self._chance.uniform(-1.0, 1.0) for _ in range(3))
        self.world.apply_label(zone, label, dx + skew_mm, dy + skew_mm, turn)


class GateMachine(Machine):
    """The gate in zone divert: it rests at reject, sets itself to a chute, pushes, and returns to reject.

    :ivar stuck: it does not move; :ivar late_s: how much later than it should it does.
    """

    kind = DeviceKind.GATE
    command = Command.DIVERT

    def __init__(self, world: World, faults: Faults) -> None:
        super().__init__(world, ("divert",))
        self.stuck = False
        self.late_s = 0.0
        self._faults = faults
        self._cycles = 0

    def refuses(self, zone: str, permit: Permit) -> Answer | None:
        """Refuse a chute that there is not."""
        known = permit.target in (Chute.REJECT, Chute.DISPATCH)
        return None if known and zone in self.zones else Answer.OUT_OF_BOUNDS

    def script(self, zone: str, permit: Permit) -> Script:
        """Divert one parcel; `chute` is where the chutes' sensors saw it, NONE if they saw nothing."""
        measured = {"carrier": self.carrier(0), "chute": int(Chute.NONE), "cycles": self._cycles & 0xFFFF}
        code = ResultCode.NOT_CONFIRMED
        try:
            yield SET_S + self.late_s
            yield PUSH_S
            if self.stuck:
                return CycleEnd(code, measured)
            self._cycles += 1
            measured["cycles"] = self._cycles & 0xFFFF
            if self.world.bears_mailer(zone):
                measured["chute"] = self._push(Chute(permit.target))
                code = ResultCode.OK if measured["chute"] == permit.target else ResultCode.WRONG_CHUTE
            yield RETURN_S
        except Interruption:
            return CycleEnd(ResultCode.INTERRUPTED, measured)
        return CycleEnd(code, measured)

    def _push(self, wanted: Chute) -> Chute:
        mailer = self.world.mailer_at("divert")
        wrong = Chute.DISPATCH if wanted is Chute.REJECT else Chute.REJECT
        chute = wrong if self._faults.strikes_mailer(FaultKind.GATE_WRONG_CHUTE, mailer) else wanted
        self.world.push_parcel(chute)
        return chute
