"""The oracle's question to a virtual run: nothing wrong sent, nothing lost, nothing doubled, nothing moved when held.

A parcel whose bag is frozen has not left: it is judged as one that was put aside, as the oracle does with a recalled
one. That an order is visibly open counts only when the line itself says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from devices.plc.contract import Chute
from simulators.faults import FaultKind
from simulators.oracle import judge, taken_out
from simulators.stock import Parcel, Stock
from simulators.virtual.floor import Ended

TEST_NUMBERS = "00"
"""How the waybills of test kits begin: dispatch is told of none."""


def judged(ended: Ended) -> dict[str, list[str]]:
    """Category → findings, each a sentence; all empty is good."""
    recalled = {told.acceptance for told in ended.ledger if told.kind == "recalled"}
    stock = _put_aside(ended.stock, ended.open_orders - recalled)
    found = {name: list(findings) for name, findings in judge(stock, ended.scenario, ended.ledger).findings.items()}
    found["lost"] = [finding for finding in found["lost"] if not _rejected_empty(finding, ended)]
    found["lost"] += _unvoided(ended, stock) + _needlessly_open(ended) + _needlessly_recalled(ended)
    found["doubled"] += _printed_twice(ended)
    found["lost"] += _unrecalled(ended)
    found["misstated"] = _misstated(ended, stock)
    found["run"] = [*ended.findings, *ended.astray, *_out_of_step(ended)]
    return found


def _unvoided(ended: Ended, stock: Stock) -> list[str]:
    """Every label that was ever printed is on a parcel sent, or dispatch was told that its number is void."""
    sent = {number for parcel in stock.parcels if parcel.chute is Chute.DISPATCH for number, _ in parcel.labels}
    told = {each.mail_number for each in ended.ledger if each.kind in ("voided", "recalled")}
    open_ones = {
        number for parcel in ended.stock.parcels if parcel.kit in ended.open_orders for number, _ in parcel.labels
    }
    return [
        f"label {number} was printed and is on no parcel sent, dispatch was never told that it is void"
        for number in dict.fromkeys(ended.printed)
        if not number.startswith(TEST_NUMBERS) and number not in sent | told | open_ones | ended.open_numbers
    ]


def _misstated(ended: Ended, stock: Stock) -> list[str]:
    """What the line says of an order is where its parcel truly lies: packed in dispatch, rejected not there."""
    aside = taken_out(stock, ended.scenario, ended.ledger)
    fallen = (parcel for parcel in stock.parcels if parcel.chute is Chute.DISPATCH and parcel not in aside)
    sent = {part.owner for parcel in fallen for part in parcel.parts}
    found = []
    for order, state in ended.states.items():
        if order in ended.open_orders or (state == "packed") == (order in sent):
            continue
        where = "lies in the dispatch chute" if order in sent else "does not lie in the dispatch chute"
        found.append(f"order {order} is {state} for the line, and its parcel {where}")
    return found


def _unrecalled(ended: Ended) -> list[str]:
    """Of a reject that fell into the dispatch chute by the line's own word, dispatch must have been told."""
    recalled = {told.acceptance for told in ended.ledger if told.kind == "recalled"}
    return [
        f"order {order} fell into the dispatch chute as a reject, dispatch was never told to recall it"
        for order in sorted(ended.escaped - recalled)
    ]


def _needlessly_open(ended: Ended) -> list[str]:
    """Where nothing disturbed the gate it has kept every result: then the line must know where each parcel fell."""
    if not ended.calm_gate:
        return []
    recalled = {told.acceptance for told in ended.ledger if told.kind == "recalled"}
    still = [
        f"order {order} is open as unknown although the gate kept its result"
        for order in sorted(ended.open_orders - recalled)
    ]
    # Also where people have found the parcel since: its bag had been frozen for nothing.
    times = ended.rare["entry unknown"]
    return still or ([f"{times} items ended as unknown although the gate kept each result"] if times else [])


def _needlessly_recalled(ended: Ended) -> list[str]:
    """A parcel is called back only where the gate itself went wrong, or where something was moved by hand.

    On whose parcel it did the line can't know where hands had changed them about; how often, it can.
    """
    if not ended.calm_gate:
        return []
    struck = {fault.kit for fault in ended.stock.fired if fault.kind is FaultKind.GATE_WRONG_CHUTE}
    recalled = {told.acceptance for told in ended.ledger if told.kind == "recalled"}
    unexplained = sorted(recalled - struck)[len(struck - recalled) :]
    return [f"order {order} was recalled from the dispatch chute, and no gate had failed" for order in unexplained]


def _out_of_step(ended: Ended) -> list[str]:
    """Where nothing was disturbed the line knows which zone is taken, and asks for none that is."""
    refused = ended.rare["answer TARGET_OCCUPIED"] if ended.calm_gate else 0
    return [f"the line asked {refused} times for a zone in which a carrier stood"] if refused else []


def _printed_twice(ended: Ended) -> list[str]:
    """A number comes out twice only where the printer itself doubled it: two live labels bear one number."""
    doubled = sum(fault.kind is FaultKind.DOUBLE_PRINT for fault in ended.stock.fired)
    twice = [number for number, count in Counter(ended.printed).items() if count > 1]
    return [f"label {number} was printed twice, and the printer had not doubled it" for number in twice[doubled:]]


def _rejected_empty(finding: str, ended: Ended) -> bool:
    """Whether it only says that an order left nothing in a chute.

    Of one that the line rejected before anything was laid in, or of which it says itself that it does not know; its
    parts are counted for themselves.
    """
    known = {order for order, state in ended.states.items() if state == "rejected"} | ended.open_orders
    return any(finding == f"order {order} neither packed nor rejected" for order in known)


def _put_aside(stock: Stock, open_orders: frozenset[str]) -> Stock:
    """A frozen bag does not leave."""

    def aside(parcel: Parcel) -> bool:
        owners = {part.owner for part in parcel.parts} | {parcel.kit}
        return parcel.chute is Chute.DISPATCH and bool(owners & open_orders)

    parcels = (replace(parcel, chute=Chute.REJECT) if aside(parcel) else parcel for parcel in stock.parcels)
    return replace(stock, parcels=tuple(parcels))
