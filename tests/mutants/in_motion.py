"""Mistakes in what may move, and in what the gate did."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

IN_MOTION = (
    Mutant(
        "the gate opens dispatch for every outcome",
        "controller/exits.py",
        "return Chute.DISPATCH if self.packed else Chute.REJECT",
        "return Chute.DISPATCH",
        "a reject falls into the dispatch chute",
    ),
    Mutant(
        "the asked chute is believed, not the confirmed one",
        "controller/stations/divert.py",
        "        chute = confirmed_chute(result)\n        if chute is Chute.NONE:",
        "        chute = outcome.chute\n        if chute is Chute.NONE:",
        "dispatch is told of a parcel that lies in the reject chute",
        items=20,
        seed=2,
    ),
    Mutant(
        "a chute that no sensor confirmed is taken for the asked one",
        "controller/stations/divert.py",
        "        chute = confirmed_chute(result)\n        if chute is Chute.NONE:",
        "        chute = confirmed_chute(result) or outcome.chute\n        if chute is Chute.NONE:",
        "dispatch is told of a parcel that still lies on its carrier",
        only="gate_stuck",
    ),
    Mutant(
        "an interrupted push counts as made",
        "controller/stations/divert.py",
        "    if result is None or result.code not in (ResultCode.OK, ResultCode.WRONG_CHUTE):\n"
        "        return Chute.NONE\n",
        "    if result is None:\n        return Chute.NONE\n"
        "    if result.code is ResultCode.INTERRUPTED:\n        return Chute.REJECT\n",
        "a parcel that nobody pushed counts as rejected",
        only="emergency_stop,dispatch_twice,fsync_slow,clock_jumped",
        at="chute",
        items=40,
    ),
    Mutant(
        "a suspect parcel may fall into dispatch",
        "controller/stations/divert.py",
        "        if broken:\n            raise Nonconformance(Reason.SUSPECT, cause=broken)\n\n    async def _retained",
        "\n    async def _retained",
        "a parcel for which nobody vouches any more is sent",
        only="tracking_lost,plc_restarted",
        items=40,
    ),
    # Not "a divert that was taken is taken for one that was not": a gate whose echo says ACCEPTED keeps its result
    # until the line has journalled it, and what loses the result loses the echo; no such mistake could show.
    Mutant(
        "a gate that still moves is not waited for",
        "controller/stations/divert.py",
        "        while (image := self._gate.image) is None or image.blocks[0].state is BlockState.BUSY:\n",
        "        while (image := self._gate.image) is None:\n",
        "a parcel that falls late ends as one of which nobody knows the chute",
        only="gate_late",
        at="divert",
        items=20,
    ),
    Mutant(
        "what stuck in the gate is pushed no more",
        "controller/stations/divert.py",
        "            await self._sweep(item)\n        self._tracking.dismiss(item)\n",
        "            return\n        self._tracking.dismiss(item)\n",
        "the line stands for ever before a carrier with a parcel on it",
        only="gate_stuck",
    ),
    Mutant(
        "a parcel that is not there is asked for again and again",
        "controller/flow/permits.py",
        "        if astray or answer is Answer.OUT_OF_BOUNDS:\n",
        "        if astray:\n",
        "a label for a parcel that was carried away stops the line for ever",
        only="parcel_walked",
        items=40,
    ),
    Mutant(
        "motion is permitted in any state",
        "controller/flow/permits.py",
        "        return self._unit.executing\n",
        "        return True\n",
        "something moves while the line is held",
        only="operator_holds,tracking_lost,fsync_error",
    ),
    Mutant(
        "Held is said while something still moves",
        "controller/flow/permits.py",
        "        await self._ended.until(lambda: not self._under_way)\n",
        "        return\n",
        "a person reaches into a line that says that it stands",
        only="operator_holds",
    ),
    Mutant(
        "an unknown outcome is tried again",
        "controller/flow/permits.py",
        "            except (CommandRefused, NotTaken) as refused:",
        "            except (CommandRefused, NotTaken, __import__('devices.errors').errors.UnknownOutcome) as refused:",
        "the jaw closes twice on one parcel",
        only="sealer_stuck,gate_late",
        items=20,
    ),
    Mutant(
        "no unit state stops an item that is on its way",
        "controller/flow/permits.py",
        "            if self.given:\n                return\n",
        "            if self.given or item.stage != 'called':\n                return\n",
        "a line that was stopped goes on sealing",
        only="operator_holds,operator_stops,fsync_error",
        seed=2,
    ),
    Mutant(
        "an item is dismissed before its carrier has left",
        "controller/stations/divert.py",
        "            try:\n                await self._tracking.return_carrier(item)\n",
        "            try:\n                self._tracking.dismiss(item)\n"
        "                await self._tracking.return_carrier(item)\n",
        "the next carrier is sent to where one still stands",
        items=20,
        seed=2,
    ),
    Mutant(
        "a zone is free before its carrier has left",
        "controller/flow/tracking.py",
        "        return next((zone for zone in zones if zone not in self._held_by), None)\n"
        "\n        if free() is None:",
        "        return zones[0]\n\n        if free() is None:",
        "two items hold one zone",
        seed=2,
        items=20,
    ),
)
