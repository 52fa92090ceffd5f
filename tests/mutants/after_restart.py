"""Mistakes in what a start makes of what it finds."""

from __future__ import annotations

from tests.mutants.in_the_books import KILLS
from tests.mutants.mutant import Mutant

AFTER_RESTART = (
    Mutant(
        "the gate is acknowledged before the journal",
        "controller/stations/divert.py",
        "        chute = confirmed_chute(result)\n        if chute is Chute.NONE:",
        "        if result is not None:\n"
        "            await self._gate.acknowledge(0, result)\n"
        "        chute = confirmed_chute(result)\n        if chute is Chute.NONE:",
        "a line that dies between the two no longer knows where the parcel fell",
        only=KILLS,
        at="divert",
        items=20,
    ),
    Mutant(
        "the gate's permit goes out before it stands in the journal",
        "controller/stations/divert.py",
        "            await self._memory.remember("
        "lambda ledger, asked=asked: record_divert_permitted(ledger, item, asked))  # type: ignore[misc]\n",
        "",
        "a line that dies while the gate moves takes the parcel for one that still stands there",
        only=KILLS,
        at="divert",
        items=20,
    ),
    Mutant(
        "a restart does not look at what the gate has kept",
        "controller/recovery.py",
        "result = kept if kept is not None and kept.token == item.token else None",
        "result = None",
        "a confirmed divert is not finished after a crash",
        only=KILLS,
        at="divert",
        items=20,
    ),
    # Not "another item's result finishes a divert": an item's push waits for the acknowledgement of the one before,
    # so a start never finds one item diverting and another's result kept; that mistake is none that could show.
    Mutant(
        "a start answers for items that never came before the gate",
        "controller/recovery.py",
        "for item in [item for item in items.values() if item.stage is Stage.DIVERTING]:",
        "for item in list(items.values()):",
        "a parcel that still stands on the line ends as one of which nobody knows the chute",
        only=KILLS,
        items=40,
    ),
    Mutant(
        "a gate that did nothing is taken for one that did",
        "controller/stations/divert.py",
        "        if echo.token == item.token:\n            return echo.answer is not Answer.ACCEPTED\n"
        "        return echo.sequence != 0 and self._tracking.carrier_at(DIVERT) == item.carrier\n",
        "        return False\n",
        "an order stays open as unknown although its parcel has never moved",
        only=KILLS,
        at="divert",
        items=40,
        seed=2,
    ),
    Mutant(
        "a restart vouches for what it finds",
        "controller/recovery.py",
        '        item.suspect = item.suspect or "restart"\n',
        '        item.suspect = ""\n',
        "an open parcel that was on the line when it stopped is sent",
        only=KILLS + ",operator_stops",
        also=(
            (
                "controller/pack_item.py",
                "line.divert.end(item, Outcome.suspect(cause))",
                "line.divert.end(item, Outcome.accepted())",
            ),
            (
                "controller/stations/divert.py",
                '("no proof" if item.proof is None else',
                '("" if item.proof is None else',
            ),
        ),
    ),
    Mutant(
        "a restart forgets the items on the line",
        "controller/recovery.py",
        "        for item in reversed(items.values()):\n            self._place(item, plan)\n",
        "",
        "carriers with open parcels stand on the line, and nobody knows of them",
        only=KILLS + ",operator_stops",
        also=(
            (
                "controller/recovery.py",
                "            if zone != DIVERT or last is None or last.stage is not Stage.ENDED:\n"
                "                strangers[zone] = carrier\n",
                "            if last is None or zone != DIVERT:\n                continue\n",
            ),
        ),
    ),
    Mutant(
        "a label at the peel edge is not looked for and taken for the next parcel's",
        "controller/recovery.py",
        "        if not await self._label.edge_taken():\n",
        "        if True:\n",
        "a dead attempt's label is pressed on the next parcel",
        only=KILLS + ",operator_stops,guard_opened",
        items=40,
        also=(
            (
                "controller/stations/label.py",
                "            if item.zone != _ZONE or item.mail_number is None or not await self.edge_taken():\n",
                "            if item:\n",
            ),
            (
                "devices/printer/driver.py",
                "            await self.ready()\n            await self._send(zpl)\n",
                "            if (await self._status()).label_waiting:\n                return\n"
                "            await self.ready()\n            await self._send(zpl)\n",
            ),
        ),
    ),
    Mutant(
        "an escaped reject is not recalled",
        "controller/flow/ending.py",
        "    put_event(ledger, line_id, EventType.RECALLED, item.token, data)\n    if item.challenge is None:",
        "    assert data\n    if item.challenge is None:",
        "a reject lies in the dispatch chute and dispatch never hears of it",
        only="sealer_hot,camera_black,tracking_lost",
        items=40,
    ),
)
