"""Mistakes that a line must never make, each planted in a copy of the product, and the trouble in which it shows.

`old` must stand in the file exactly once: a mutant that no longer fits is a failure of its own, to be rewritten with
the code. Single layers that others stand behind are planted together with these: a line must not fall with one check.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted mistake.

    :ivar breaks: what it lets happen, in plain words; :ivar only: the kinds of trouble in which it shows.
    :ivar seed: the first to try: one that catches it. :ivar also: further places, where another layer would hide it.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    only: str = ""
    seed: int = 1
    items: int = 12
    also: tuple[tuple[str, str, str], ...] = ()

    @property
    def edits(self) -> tuple[tuple[str, str, str], ...]:
        """Every place: file, old text, new text."""
        return ((self.file, self.old, self.new), *self.also)


HANDS = "parcels_swapped,parts_swapped,part_removed"
KILLS = "line_killed,line_killed_before_commit,line_killed_after_commit"

MUTANTS = (
    Mutant(
        "verdicts are not asked for",
        "controller/stations/proving.py",
        "    if look.verdict.outcome is Outcome.ACCEPT:\n        return\n    failed",
        "    if look.verdict.outcome is not Outcome.UNSURE:\n        return\n    failed",
        "a plate that is another citizen's goes through",
    ),
    Mutant(
        "a waybill counts without being read",
        "controller/stations/label.py",
        "    missing = [check for check in look.verdict.failed if",
        "    return\n    missing = [check for check in look.verdict.failed if",
        "a parcel without its waybill is sent",
    ),
    Mutant(
        "the seal's limits are not held",
        "controller/stations/seal.py",
        "if abs(measured[name] - target) > tolerance:",
        "if abs(measured[name] - target) > 100 * tolerance:",
        "a seal that is too cold is sent",
    ),
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
    ),
    Mutant(
        "nobody minds what hands do",
        "controller/flow/integrity.py",
        "        before = {name: (boot, count) for name, boot, count in mark}\n",
        "        return ''\n        before = {name: (boot, count) for name, boot, count in mark}\n",
        "a parcel that hands swapped after its inspection is sent as another",
        only=HANDS,
        items=16,
        also=(
            (
                "controller/flow/watch.py",
                "        if image.safety & _GUARDED != _GUARDED:\n",
                "        return\n        if image.safety & _GUARDED != _GUARDED:\n",
            ),
        ),
    ),
    Mutant(
        "an event ends when it has been sent",
        "controller/dispatch/outbox.py",
        "    return [Letter(*row) for row in rows]\n",
        "    letters = [Letter(*row) for row in rows]\n"
        "    ledger.connection.executemany(\n"
        "        \"UPDATE outbox SET state = 'acknowledged' WHERE seq = ?\", [(each.sequence,) for each in letters]\n"
        "    )\n    return letters\n",
        "an event that dispatch never got is lost",
        only="dispatch_deaf,broker_empty",
    ),
    Mutant(
        "any receipt ends the oldest event",
        "controller/dispatch/outbox.py",
        "\"SELECT seq, item FROM outbox WHERE id = ? AND state = 'pending'\", (receipt.id,)",
        "\"SELECT seq, item FROM outbox WHERE ? <> '' AND state = 'pending' ORDER BY seq\", (receipt.id,)",
        "a receipt for something else ends an event that dispatch never got",
        only="dispatch_deaf,dispatch_astray,dispatch_twice",
    ),
    Mutant(
        "an unanswered event is not sent again",
        "controller/dispatch/publisher.py",
        "                self._begin_again()\n\n    def _due",
        "                self._patience = 1\n                self._sent_at.clear()\n\n    def _due",
        "an event that got lost waits for ever",
        only="dispatch_deaf,broker_empty",
    ),
    Mutant(
        "a reject keeps its mail number",
        "controller/flow/ending.py",
        "        void(ledger, item.mail_number, str(outcome.reason))\n",
        "        pass\n",
        "a label lies in the reject chute and dispatch does not know that it is void",
    ),
    Mutant(
        "a mail number is given out twice",
        "controller/orders/mail_numbers.py",
        "WHERE state = 'free' ORDER BY position LIMIT 1",
        "WHERE state <> 'voided' ORDER BY position LIMIT 1",
        "two parcels bear one mail number",
        seed=1,
    ),
    Mutant(
        "the gate is acknowledged before the journal",
        "controller/stations/divert.py",
        "        chute = confirmed_chute(result)\n        if chute is Chute.NONE:",
        "        if result is not None:\n"
        "            await self._gate.acknowledge(0, result)\n"
        "        chute = confirmed_chute(result)\n        if chute is Chute.NONE:",
        "a line that dies between the two no longer knows where the parcel fell",
        only=KILLS,
        items=20,
    ),
    Mutant(
        "a restart does not look at what the gate has kept",
        "controller/recovery.py",
        "result = kept if kept is not None and kept.token == item.token else None",
        "result = None",
        "a confirmed divert is not finished after a crash",
        only=KILLS,
        items=20,
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
        "an unknown outcome is tried again",
        "controller/flow/permits.py",
        "            except (CommandRefused, NotTaken) as refused:",
        "            except (CommandRefused, NotTaken, __import__('devices.errors').errors.UnknownOutcome) as refused:",
        "the jaw closes twice on one parcel",
        only="plc_restarted,plc_forgot",
        items=20,
    ),
    Mutant(
        "the disk's refusal is not heard",
        "controller/journal/store.py",
        "                change.error = _unavailable(self.path, error)",
        "                change.error = None",
        "the line acts on what no disk remembers",
        only="disk_full,fsync_error",
    ),
    Mutant(
        "every start has the same epoch",
        "controller/journal/epochs.py",
        "if known is not None else 0) + 1",
        "if known is not None else 1)",
        "a permit of an earlier life can't be told from a new one",
        only=KILLS,
    ),
    Mutant(
        "a sealed event is told twice",
        "controller/flow/ending.py",
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n",
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n"
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n",
        "dispatch hears twice of one parcel",
    ),
)
