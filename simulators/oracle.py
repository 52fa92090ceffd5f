"""The oracle: what became of every part, parcel and event, judged from physical truth and dispatch's own ledger.

Written apart from the line and from whatever it believes. It sees where things lie (`Stock`), whose they are and
what should be on them (the scenario's orders), and what dispatch was told (its ledger). It is asked once, at the
end of a run.

A parcel that dispatch was told to recall is taken out of its bag: it counts as put aside, not as sent. That is no
excuse for its order: sent again beside a parcel that nobody has taken back, it is doubled.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from devices.plc.contract import Chute
from simulators.orders import Order
from simulators.products import PRODUCTS
from simulators.scenario import Scenario
from simulators.stock import Parcel, Stock

_LEDGER = "SELECT sequence, type, body, state, reason FROM events ORDER BY source, sequence"
_KINDS = ("sealed", "voided", "recalled")


@dataclass(frozen=True, slots=True)
class Told:
    """One event as dispatch has it in its ledger.

    :ivar kind: the word in its type that says it: one of `_KINDS`, else the whole type.
    :ivar refused: why dispatch did not apply it; '' when it did.
    """

    sequence: int
    kind: str
    acceptance: str
    mail_number: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Findings in plain words, one sentence each; empty is good.

    :ivar wrong_contents: parcels sent that don't hold exactly one order's right parts.
    :ivar badly_sealed: parcels sent open, or closed too cold or too hot to hold.
    :ivar wrong_waybill: parcels sent without exactly the waybill that dispatch was told.
    :ivar lost: parcels, parts, orders or events without what must go with them.
    :ivar doubled: the same order or mail number sent or told twice.
    """

    wrong_contents: tuple[str, ...] = ()
    badly_sealed: tuple[str, ...] = ()
    wrong_waybill: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.findings.values())

    @property
    def findings(self) -> dict[str, tuple[str, ...]]:
        """Category → findings."""
        return {name: getattr(self, name) for name in self.__slots__}


def read_ledger(path: Path) -> list[Told]:
    """Read dispatch's ledger, its table `events`, in the order of the line's sequences."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute(_LEDGER).fetchall()
    return [_told(*row) for row in rows]


def _told(sequence: int, kind: str, body: str, state: str, reason: str) -> Told:
    data = json.loads(body)["data"]
    return Told(
        sequence=sequence,
        kind=next((word for word in kind.split(".") if word in _KINDS), kind),
        acceptance=data.get("acceptance", ""),
        mail_number=data.get("mail_number", ""),
        refused="" if state == "applied" else reason or state,
    )


def judge(stock: Stock, scenario: Scenario, ledger: Iterable[Told]) -> Judgement:
    """Say what is wrong at the end of a run; every order must have ended by then."""
    case = _Case(stock, scenario, list(ledger))
    return Judgement(
        wrong_contents=tuple(case.find_wrong_contents()),
        badly_sealed=tuple(case.find_badly_sealed()),
        wrong_waybill=tuple(case.find_wrong_waybills()),
        lost=(
            *case.find_lost_events(),
            *case.find_unmatched_events(),
            *case.find_lost_parts(),
            *case.find_lost_orders(),
        ),
        doubled=tuple(case.find_doubles()),
    )


def taken_out(stock: Stock, scenario: Scenario, ledger: Iterable[Told]) -> list[Parcel]:
    """The parcels of the dispatch chute that do not leave, because dispatch was told to recall them."""
    return _Case(stock, scenario, list(ledger)).aside


class _Case:
    """The evidence of one run, turned so that questions are easy."""

    def __init__(self, stock: Stock, scenario: Scenario, ledger: list[Told]) -> None:
        self._stock = stock
        self._scenario = scenario
        self._orders = {order.acceptance: order for order in scenario.orders}
        self._ledger = ledger
        ledger = [event for event in ledger if not event.refused]
        self._recalls = [event for event in ledger if event.kind == "recalled"]
        recalled = {event.mail_number for event in self._recalls}
        self._voided = {event.mail_number for event in ledger if event.kind == "voided"}
        self._sealed = [event for event in ledger if event.kind == "sealed"]
        self._standing = [event for event in self._sealed if event.mail_number not in recalled]
        self._told: dict[str, list[str]] = defaultdict(list)
        for event in self._standing:
            self._told[event.acceptance].append(event.mail_number)
        fallen = [parcel for parcel in stock.parcels if parcel.chute is Chute.DISPATCH]
        self.aside = [parcel for parcel in fallen if self._is_recalled(parcel)]
        self.aside += self._found_by_search([parcel for parcel in fallen if parcel not in self.aside])
        self._sent = [parcel for parcel in fallen if parcel not in self.aside]

    def find_wrong_contents(self) -> list[str]:
        """Every parcel sent must hold exactly the right parts of one order."""
        return [f"{_name(parcel)} holds {wrong}" for parcel in self._sent if (wrong := self._wrong_in(parcel))]

    def find_badly_sealed(self) -> list[str]:
        """Every parcel sent must be closed, by a jaw inside its product's window."""
        found = []
        for parcel in self._sent:
            order = self._order_of(parcel)
            low, high = PRODUCTS[order.product].seal_c if order else (0.0, 0.0)
            if parcel.seal_temperature_dc is None:
                found.append(f"{_name(parcel)} was sent open")
            elif order and not low <= parcel.seal_temperature_dc / 10 <= high:
                at = parcel.seal_temperature_dc / 10
                found.append(f"{_name(parcel)} was sealed at {at:.1f} °C, it holds at {low:g} to {high:g} °C")
        return found

    def find_wrong_waybills(self) -> list[str]:
        """Every parcel sent must bear one waybill: the one that dispatch was told for the order inside."""
        found = []
        for parcel in self._sent:
            told = self._told.get(self._acceptance_of(parcel), [])
            borne = [mail_number for mail_number, _ in parcel.labels]
            if len(borne) != 1:
                found.append(f"{_name(parcel)} bears {len(borne)} waybills {borne}, must bear one")
            elif borne[0] in self._voided:
                found.append(f"{_name(parcel)} bears waybill {borne[0]}, dispatch was told that it is void")
            elif told and borne[0] not in told:
                found.append(f"{_name(parcel)} bears waybill {borne[0]}, dispatch was told {told}")
            elif borne[0] not in parcel.labels[0][1].replace(" ", ""):
                found.append(f"{_name(parcel)}: bars say {borne[0]}, the print under them {parcel.labels[0][1]!r}")
        return found

    def find_unmatched_events(self) -> list[str]:
        """Parcels and events must pair off."""
        sent = {self._acceptance_of(parcel) for parcel in self._sent}
        parcels = [
            f"{_name(parcel)} was sent and dispatch was never told"
            for parcel in self._sent
            if self._acceptance_of(parcel) not in self._told
        ]
        events = [
            f"dispatch was told that order {event.acceptance or '?'} is sealed as {event.mail_number or '?'} "
            f"(event {event.sequence}), no such parcel lies in its chute"
            for event in self._standing
            if event.acceptance not in sent
        ]
        return parcels + events

    def find_lost_events(self) -> list[str]:
        """Every event that the line made must have been applied."""
        sequences = {event.sequence for event in self._ledger}
        gaps = [sequence for sequence in range(1, max(sequences, default=0)) if sequence not in sequences]
        return [f"dispatch never got event {sequence}" for sequence in gaps] + [
            f"dispatch refused event {event.sequence} ({event.kind} of order {event.acceptance}): {event.refused}"
            for event in self._ledger
            if event.refused
        ]

    def find_lost_parts(self) -> list[str]:
        """Every part of the run must be in exactly one place."""
        stock = self._stock
        places = Counter([*stock.on_line, *stock.binned, *stock.at_hand])
        places.update(part.part_id for parcel in stock.parcels if not parcel.opened for part in parcel.parts)
        return [
            f"part {part.part_id} of {part.owner or 'nobody'} is in {places[part.part_id]} places, must be in one"
            for part in self._scenario.parts
            if places[part.part_id] != 1
        ]

    def find_lost_orders(self) -> list[str]:
        """Every order must have left the line: a parcel of it in a chute, and nothing of it on a carrier."""
        out = [*self._sent, *self.aside]
        left = {parcel.kit for parcel in self._stock.parcels} | {self._acceptance_of(parcel) for parcel in out}
        stuck = set(self._stock.on_line)
        found = [
            f"order {acceptance} neither packed nor rejected" for acceptance in self._orders if acceptance not in left
        ]
        found += [
            f"part {part.part_id} is still on a carrier" for part in self._scenario.parts if part.part_id in stuck
        ]
        return found

    def find_doubles(self) -> list[str]:
        """No order and no mail number may be sent twice or told twice."""
        waybills = (mail_number for parcel in self._sent for mail_number, _ in parcel.labels)
        return [
            *_twice("order {} lies in the dispatch chute {} times", map(self._acceptance_of, self._sent)),
            *(
                f"order {order} was sent again while its recalled parcel lies in dispatch"
                for order in sorted({self._acceptance_of(each) for each in self.aside} & set(self._told))
            ),
            *_twice("waybill {} is on {} parcels sent", waybills),
            *_twice("dispatch was told {1} times that order {0} is sealed", (e.acceptance for e in self._standing)),
            *_twice("dispatch was told {1} times of mail number {0}", (e.mail_number for e in self._sealed)),
        ]

    def _is_recalled(self, parcel: Parcel) -> bool:
        """Whether dispatch can find it by what it was told: by its waybill, without a valid one by its order."""
        borne = {mail_number for mail_number, _ in parcel.labels}
        if borne & {event.mail_number for event in self._recalls}:
            return True
        orders = {parcel.kit, self._acceptance_of(parcel)} & {event.acceptance for event in self._recalls}
        return bool(orders) and not borne & {event.mail_number for event in self._standing}

    def _found_by_search(self, parcels: list[Parcel]) -> list[Parcel]:
        """A recall whose number lies in no bag has its bag looked through: that finds what bears no valid waybill.

        It may name none, or that of a parcel that hands had changed for another. No more parcels are found than there
        are such recalls, else one of them is nobody's.
        """
        valid = {event.mail_number for event in self._standing}
        strange = [parcel for parcel in parcels if not valid & {mail_number for mail_number, _ in parcel.labels}]
        borne = {mail_number for parcel in self.aside for mail_number, _ in parcel.labels}
        unfound = [event for event in self._recalls if event.mail_number not in borne]
        return strange if len(strange) <= len(unfound) else []

    def _wrong_in(self, parcel: Parcel) -> str:
        """What is wrong inside, '' when nothing is."""
        order = self._order_of(parcel)
        if order is None:
            return f"nothing that belongs to an order of this run: {[part.part_id for part in parcel.parts]}"
        missing = [wanted.role for wanted in order.parts if not _held(parcel, order, wanted.role)]
        foreign = [part.part_id for part in parcel.parts if part.owner != order.acceptance]
        faults = [f"no right {role} of order {order.acceptance}" for role in missing]
        faults += [f"part {part_id} that isn't that order's" for part_id in foreign]
        if not faults and len(parcel.parts) != len(order.parts):
            faults = [f"{len(parcel.parts)} parts, order {order.acceptance} has {len(order.parts)}"]
        return ", ".join(faults)

    def _order_of(self, parcel: Parcel) -> Order | None:
        return self._orders.get(self._acceptance_of(parcel))

    def _acceptance_of(self, parcel: Parcel) -> str:
        """Whose parcel it is by what lies in it; the hands' kit only where the contents say nothing."""
        owners = Counter(part.owner for part in parcel.parts if part.owner)
        return owners.most_common(1)[0][0] if owners else parcel.kit


def _held(parcel: Parcel, order: Order, role: str) -> bool:
    """Whether the parcel holds the order's part of that role: its own, with the right code and the right text on it."""
    wanted = next(part for part in order.parts if part.role == role)
    return any(
        part.owner == order.acceptance and part.code == wanted.code and part.text == (wanted.number or wanted.code)
        for part in parcel.parts
    )


def _twice(sentence: str, names: Iterable[str]) -> list[str]:
    return [sentence.format(name, count) for name, count in Counter(names).items() if count > 1]


def _name(parcel: Parcel) -> str:
    return f"parcel {parcel.fell_at} (filled for {parcel.kit or 'nobody'}, attempt {parcel.attempt})"
