"""Seal: two jaws side by side, each closing only on what has just been proven and only within its limits."""

from __future__ import annotations

import asyncio
from base64 import b64encode

from controller.exits import Nonconformance, Reason
from controller.flow.acknowledging import Acknowledgements
from controller.flow.integrity import Integrity
from controller.flow.items import Activity, Item, Stage, cycle_values
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.tracking import Tracking, record_stage
from controller.journal import Ledger
from controller.plan.challenges import ChallengeKind
from controller.plan.places import SEAL_ZONES
from controller.plan.recipes import SealSettings
from controller.plan.sections import TimingSection
from controller.stations.verify import carrier_code
from devices.errors import DeviceError
from devices.plc.contract import Command, Result, ResultCode
from devices.plc.driver import PlcStation


class Sealer:
    """One jaw."""

    def __init__(
        self,
        plc: PlcStation,
        integrity: Integrity,
        permits: Permits,
        acknowledgements: Acknowledgements,
        tracking: Tracking,
        memory: Memory,
        timing: TimingSection,
    ) -> None:
        self._plc = plc
        self._integrity = integrity
        self._permits = permits
        self._acknowledgements = acknowledgements
        self._tracking = tracking
        self._memory = memory
        self._timing = timing

    async def seal(self, item: Item) -> None:
        """Run one cycle and hold the measured values against the recipe.

        :raises Nonconformance: the proof is stale or broken, or the cycle ran outside its limits.
        :raises StationFault: nobody knows whether the jaw closed. It is never closed twice.
        """
        await self._integrity.fresh()
        self._demand_proof(item)
        setpoints = set_points(item.recipe.seal, short=item.challenge is ChallengeKind.COLD_SEAL)
        await self._memory.remember(
            lambda ledger: record_stage(ledger, item, Stage.SEALING, sealer=self._plc.name, setpoints=setpoints)
        )
        self._tracking.note(item, Activity.SEALING)
        completion = await self._permits.perform(
            item,
            self._plc,
            0,
            Command.SEAL,
            setpoints=setpoints,
            deadline_s=self._timing.seal_s,
            fresh=self._integrity.fresh,
            still=lambda: self._demand_proof(item),
        )
        result = completion.result
        item.measured = cycle_values(result.measured)
        curve = await self._curve(result)
        await self._memory.remember(lambda ledger: _record_seal(ledger, item, result, curve))
        self._acknowledgements.release(self._plc, 0, result)
        demand_cycle(item, result)
        item.accepted = Stage.SEALED

    async def _curve(self, result: Result) -> dict[str, str]:
        """The cycle's curve as the journal keeps it, or why there is none: it is no proof, and asked for once."""
        try:
            curve = await self._plc.curve(0, result)
        except DeviceError as error:
            return {"curve": "", "no_curve": error.message}
        return {"curve": b64encode(curve.pack()).decode()}

    def _demand_proof(self, item: Item) -> None:
        """The last look before the jaw: proof there, young enough, nothing disturbed since, this carrier."""
        if item.suspect:
            raise Nonconformance(Reason.SUSPECT, cause=item.suspect)
        if item.proof is None:
            raise Nonconformance(Reason.CONTENTS_NOT_PROVEN, cause="no proof")
        broken = self._integrity.broken_since(item.proof.mark)
        if broken:
            raise Nonconformance(Reason.SUSPECT, cause=broken)
        age_s = asyncio.get_running_loop().time() - item.proof.at
        if age_s > item.recipe.proof_life_s:
            raise Nonconformance(
                Reason.PROOF_EXPIRED, expected=f"≤ {item.recipe.proof_life_s:g} s", found=f"{age_s:.1f} s"
            )
        image = self._plc.image
        found = image.blocks[0].carrier if image is not None else 0
        # 0: the jaw's own reader is a scan behind the conveyor's; the PLC compares again before it closes.
        if found not in (item.carrier, 0):
            cause = f"jaw reads carrier {found}, proven is {item.carrier}"
            raise Nonconformance(Reason.SUSPECT, strange=(carrier_code(found),), cause=cause)


class Sealers:
    """The jaws side by side."""

    def __init__(self, jaws: dict[str, Sealer], tracking: Tracking) -> None:
        self._jaws = jaws
        self._tracking = tracking

    async def receive(self, item: Item) -> Sealer:
        """Bring an item to whichever jaw is free first and return that one."""
        return self._jaws[await self._tracking.advance(item, *SEAL_ZONES)]


def set_points(seal: SealSettings, *, short: bool = False) -> tuple[int, ...]:
    """The recipe's set-points in the order and units of the PLC contract.

    :param short: dwell too shortly, out of the recipe's limits: what a challenge asks for.
    """
    dwell_ms = seal.dwell_ms - 2 * seal.dwell_tolerance_ms if short else seal.dwell_ms
    return (round(seal.temperature_c * 10), dwell_ms, seal.force_n, seal.cooling_ms)


def demand_cycle(item: Item, result: Result) -> None:
    """Hold a cycle's measured values against the recipe.

    :raises Nonconformance: interrupted, another carrier, or a value outside its limits.
    """
    measured, seal = result.measured, item.recipe.seal
    if result.code is not ResultCode.OK:
        raise Nonconformance(Reason.SEAL_INTERRUPTED, expected=ResultCode.OK.name, found=result.code.name)
    if measured["carrier"] != item.carrier:
        cause = f"sealed carrier {measured['carrier']}, proven is {item.carrier}"
        raise Nonconformance(Reason.SUSPECT, strange=(carrier_code(measured["carrier"]),), cause=cause)
    tolerance_dc = seal.temperature_tolerance_c * 10
    for name, target, tolerance in (
        ("temperature_min_dc", seal.temperature_c * 10, tolerance_dc),
        ("temperature_max_dc", seal.temperature_c * 10, tolerance_dc),
        ("dwell_ms", seal.dwell_ms, seal.dwell_tolerance_ms),
        ("force_n", seal.force_n, seal.force_tolerance_n),
    ):
        if abs(measured[name] - target) > tolerance:
            raise Nonconformance(
                Reason.SEAL_OUT_OF_LIMITS,
                expected=f"{name} {target - tolerance:g}–{target + tolerance:g}",
                found=f"{measured[name]}",
            )


def _record_seal(ledger: Ledger, item: Item, result: Result, curve: dict[str, str]) -> None:
    record_stage(ledger, item, Stage.SEALED, result=result.code.name, measured=result.measured, **curve)
