"""Mistakes on the way to dispatch."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

TO_DISPATCH = (
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
        "the broker's acknowledgement ends an event",
        "controller/dispatch/publisher.py",
        "        self.published += 1\n",
        "        self.published += 1\n"
        "        done = Receipt(id=letter.id, accepted=True)\n"
        "        await self._journal.write(lambda ledger: settle(ledger, done))\n"
        "        self._sent_at.pop(letter.sequence, None)\n",
        "an event that the broker had and dispatch never got is lost",
        only="dispatch_deaf,broker_empty,dispatch_absent",
        items=40,
    ),
    Mutant(
        "any receipt ends the oldest event",
        "controller/dispatch/outbox.py",
        "\"SELECT seq, item FROM outbox WHERE id = ? AND state = 'pending'\", (receipt.id,)",
        "\"SELECT seq, item FROM outbox WHERE ? <> '' AND state = 'pending' ORDER BY seq\", (receipt.id,)",
        "a receipt for something else ends an event that dispatch never got",
        only="dispatch_deaf,dispatch_astray,dispatch_twice,dispatch_confused",
        items=40,
    ),
    Mutant(
        "an unanswered event is not sent again",
        "controller/dispatch/publisher.py",
        "                self._begin_again()\n\n    def _due",
        "                self._patience = 1\n                self._sent_at.clear()\n\n    def _due",
        "an event that got lost waits for ever",
        only="dispatch_deaf,broker_empty",
        seed=6,
    ),
    Mutant(
        "a new connection goes on where the last one ended",
        "controller/dispatch/publisher.py",
        "        await broker.follow(self._receipts_topic, self._dispatch_topic)\n        self._begin_again()\n",
        "        await broker.follow(self._receipts_topic, self._dispatch_topic)\n        self._sent_at.clear()\n",
        "what was under way when the broker was lost waits for ever",
        only="broker_empty,broker_slow",
        at="chute",
        items=20,
        seed=2,
        also=(
            (
                "controller/dispatch/publisher.py",
                "            self._after = 0  # a parked event that was released stands before the others\n",
                "            pass\n",
            ),
        ),
    ),
    Mutant(
        "a sealed event is told twice",
        "controller/flow/ending.py",
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n",
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n"
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n",
        "dispatch hears twice of one parcel",
    ),
    Mutant(
        "a sealed event is made again for each time that it is sent",
        "controller/dispatch/outbox.py",
        "    return [Letter(*row) for row in rows]\n",
        "    return [Letter(row[0], row[1] + '-again' if sequence else row[1], "
        "row[2].replace(row[1], row[1] + '-again') if sequence else row[2]) for row in rows]\n",
        "dispatch can't tell a repetition from a second parcel",
        only="dispatch_mute,dispatch_slow",
    ),
    Mutant(
        "a packed parcel makes no event",
        "controller/flow/ending.py",
        "    put_event(ledger, line_id, EventType.SEALED, item.token, data)\n",
        "    assert data\n",
        "a parcel lies in the dispatch chute without its event",
    ),
    Mutant(
        "a sequence is left out",
        "controller/dispatch/events.py",
        "COALESCE(MAX(seq), 0) + 1 FROM outbox",
        "COALESCE(MAX(seq), 0) + 2 FROM outbox",
        "dispatch waits for an event that never was",
    ),
)
