"""Mistakes in the journal, the orders and the mail numbers."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

KILLS = "line_killed,line_killed_before_commit,line_killed_after_commit"

IN_THE_BOOKS = (
    Mutant(
        "the disk's refusal is not heard",
        "controller/journal/store.py",
        "                change.error = _unavailable(self.path, error)",
        "                change.error = None",
        "the line acts on what no disk remembers",
        only="disk_full,fsync_error",
    ),
    Mutant(
        "a refused group leaves its mark on the chain",
        "controller/journal/store.py",
        "        except Exception as error:\n            ledger.head = head\n",
        "        except Exception as error:\n",
        "the history's hash chain is broken",
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
        "the PLCs are not told the epoch",
        "controller/equipment.py",
        "            plc.epoch = epoch\n",
        "            plc.epoch = 1\n",
        "a permit of an earlier life can't be told from a new one",
        only=KILLS,
    ),
    Mutant(
        "a reject keeps its mail number",
        "controller/flow/ending.py",
        "    void_held(ledger, item, str(outcome.reason))\n    _end_attempt(ledger, item)\n    _end(",
        "    _end_attempt(ledger, item)\n    _end(",
        "a label lies in the reject chute and dispatch does not know that it is void",
    ),
    Mutant(
        "dispatch is not told of a void number",
        "controller/orders/mail_numbers.py",
        "    if found in _HELD and acceptance is not None:\n",
        "    if found is MailNumberState.PRINTED and acceptance is not None:\n",
        "a label that was applied and rejected stays alive for dispatch",
        seed=2,
    ),
    Mutant(
        "a void number goes back to the pool",
        "controller/orders/mail_numbers.py",
        "        raise IllegalMailNumberMove(number, found, MailNumberState.VOIDED)\n"
        '    _set(ledger, number, MailNumberState.VOIDED)\n    ledger.enter("mail_number_voided", item=',
        "        raise IllegalMailNumberMove(number, found, MailNumberState.VOIDED)\n"
        '    _set(ledger, number, MailNumberState.FREE)\n    ledger.enter("mail_number_voided", item=',
        "two labels bear one number",
    ),
    Mutant(
        "a mail number is given out twice",
        "controller/orders/mail_numbers.py",
        "WHERE state = 'free' ORDER BY position LIMIT 1",
        "WHERE state <> 'voided' ORDER BY position LIMIT 1",
        "two parcels bear one mail number",
    ),
    Mutant(
        "a rejected order counts as packed",
        "controller/orders/work_orders.py",
        "    to = OrderState.PACKED if packed else OrderState.REJECTED\n",
        "    to = OrderState.PACKED\n",
        "an order that nobody packed is closed",
    ),
    Mutant(
        "an order is called while its attempt lives",
        "controller/orders/work_orders.py",
        "WHERE state = 'waiting'{within} AND",
        "WHERE state <> 'packed' AND attempt < 2{within} AND",
        "two carriers wait for one order's parts",
        also=(
            (
                "controller/orders/work_orders.py",
                "    _step(ledger, acceptance, OrderState.WAITING, OrderState.UNDER_WAY)\n",
                '    ledger.connection.execute("UPDATE orders SET state = ? WHERE acceptance = ?", '
                "(OrderState.UNDER_WAY, acceptance))\n",
            ),
        ),
    ),
)
