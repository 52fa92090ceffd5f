"""Mistakes in what the stations prove."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

HANDS = "parcels_swapped,parts_swapped,part_removed"
_NO_INTEGRITY = (
    "controller/flow/integrity.py",
    "        before = {name: (boot, count) for name, boot, count in mark}\n",
    "        return ''\n        before = {name: (boot, count) for name, boot, count in mark}\n",
)
_NO_GUARD_WATCH = (
    "controller/flow/watch.py",
    "        if not self._guards.note(plc.name, image.safety):\n",
    "        return\n        if not self._guards.note(plc.name, image.safety):\n",
)
_NO_WEIGHT = (
    "controller/stations/inspect.py",
    "        if abs(grams - recipe.weight_g) > recipe.weight_tolerance_g:\n",
    "        if abs(grams - recipe.weight_g) > 1000 * recipe.weight_tolerance_g:\n",
)

AT_STATIONS = (
    Mutant(
        "verdicts are not asked for",
        "controller/stations/proving.py",
        "    if look.verdict.outcome is Outcome.ACCEPT:\n        return\n    if look.repeated",
        "    if look.verdict.outcome is not Outcome.UNSURE:\n        return\n    if look.repeated",
        "a plate that is another citizen's goes through",
    ),
    Mutant(
        "the plates' picture is not acted on",
        "controller/stations/verify.py",
        "        demand_accept(wide, self._wide)\n",
        "",
        "plates that hands changed after their scan are sealed",
        only="parts_swapped",
        seed=4,
        items=40,
    ),
    Mutant(
        "neither the certificates' picture nor the weight is acted on",
        "controller/stations/verify.py",
        "        demand_accept(close_up, self._close_up)\n",
        "",
        "a certificate that hands took out after its scan is missing",
        only="part_removed",
        at="collate",
        items=24,
        also=(_NO_WEIGHT,),
    ),
    Mutant(
        "any code is taken at the scanner, and pictures prove nothing",
        "controller/stations/feeding.py",
        "            part = missing.pop(reading, None)\n",
        "            part = missing.pop(next(iter(missing)))\n",
        "another citizen's certificate is sealed in",
        also=(
            ("controller/stations/verify.py", "        demand_accept(wide, self._wide)\n", ""),
            ("controller/stations/verify.py", "        demand_accept(close_up, self._close_up)\n", ""),
        ),
    ),
    Mutant(
        "a waybill counts without being read",
        "controller/stations/label.py",
        "    missing = [check for check in look.verdict.failed if",
        "    return\n    missing = [check for check in look.verdict.failed if",
        "a parcel without its waybill is sent",
    ),
    Mutant(
        "a second waybill on a parcel is not minded",
        "controller/stations/label.py",
        "    missing = [check for check in look.verdict.failed if",
        "    if {check.name for check in look.verdict.failed} == {'waybill_count'}:\n        return\n"
        "    missing = [check for check in look.verdict.failed if",
        "a parcel bears two live numbers",
        items=40,
        seed=2,
    ),
    Mutant(
        "a doubtful print is tried again",
        "controller/stations/label.py",
        "            except DeviceError as error:\n"
        "                raise StationFault(self._printer.name, str(error)) from error\n"
        "        await self._memory.remember(lambda ledger: _note(",
        "            except DeviceError as error:\n"
        "                self._holding.hold(AlarmKind.PRINTER, self._printer.name, cause=str(error))\n"
        "        await self._memory.remember(lambda ledger: _note(",
        "two labels with one number are about",
        only="printer_silent,printer_late,link_dropped",
        items=40,
    ),
    Mutant(
        "the seal's limits are not held",
        "controller/stations/seal.py",
        "if abs(measured[name] - target) > tolerance:",
        "if abs(measured[name] - target) > 100 * tolerance:",
        "a seal that is too cold is sent",
        seed=2,
    ),
    Mutant(
        "only the highest temperature of a seal is looked at",
        "controller/stations/seal.py",
        '        ("temperature_min_dc", seal.temperature_c * 10, tolerance_dc),\n'
        '        ("temperature_max_dc", seal.temperature_c * 10, tolerance_dc),\n',
        '        ("temperature_max_dc", min(seal.temperature_c * 10, measured["temperature_max_dc"]), tolerance_dc),\n',
        "a jaw that is too cold closes for good",
        seed=2,
    ),
    Mutant(
        "the proof's age is not asked",
        "controller/stations/seal.py",
        "        if age_s > item.recipe.proof_life_s:\n",
        "        if age_s > 100 * item.recipe.proof_life_s:\n",
        "the jaw closes on what was seen minutes ago",
        only="operator_away",
        items=40,
    ),
    Mutant(
        "the jaw does not ask for the proof",
        "controller/stations/seal.py",
        "        if item.suspect:\n            raise Nonconformance(Reason.SUSPECT, cause=item.suspect)\n"
        "        if item.proof is None:\n",
        "        return\n        if item.suspect:\n"
        "            raise Nonconformance(Reason.SUSPECT, cause=item.suspect)\n"
        "        if item.proof is None:\n",
        "the jaw closes on a parcel for which nobody vouches any more",
        only="tracking_lost,plc_restarted,operator_away",
        items=40,
    ),
    Mutant(
        "nobody minds what hands do",
        *_NO_INTEGRITY,
        "a parcel that hands swapped after its inspection is sent as another",
        only=HANDS,
        also=(_NO_GUARD_WATCH,),
    ),
    Mutant(
        "the weight is not asked, and nobody minds what hands do",
        *_NO_WEIGHT,
        "a part that was taken out after its proof is missing in the parcel",
        only="part_removed",
        also=(_NO_INTEGRITY, _NO_GUARD_WATCH),
    ),
    Mutant(
        "a nonconformance counts as packed",
        "controller/pack_item.py",
        "        outcome = Outcome.rejected(nonconformance)\n",
        "        outcome = Outcome.accepted()\n",
        "what failed its check is sent",
    ),
)
