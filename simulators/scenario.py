"""One run of the plant as a plan: orders, what lies in each order's tray, and the trouble that waits in it.

A scenario is pure data and can be stored as JSON; the same seed and number of orders give the same one. It says
what must come out (`Scenario.expected`), so that a run can be compared with its plan.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from pydantic import BaseModel, ConfigDict

from simulators.faults import Fault, FaultKind
from simulators.matter import Part, PartKind
from simulators.numbers import NumberMint
from simulators.orders import Order, make_orders, make_parts
from simulators.products import PRODUCTS

SPARE_MAIL_NUMBERS = 40
ORDERS_A_SET = 40
"""One more of each trouble for each further so many orders."""


class Ending(StrEnum):
    """How an order ends for good."""

    PACKED = "packed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of one order.

    :ivar attempts: how many items it takes; each but the last is rejected.
    :ivar reasons: codes of which each reject of it bears one; empty when nothing of it is rejected.
    :ivar trouble: the planned fault, None for an order that simply works.
    """

    ending: Ending
    attempts: int = 1
    reasons: tuple[str, ...] = ()
    trouble: FaultKind | None = None


REASONS: dict[FaultKind, tuple[str, ...]] = {
    FaultKind.WRONG_PLATE: ("plate_mismatch",),
    FaultKind.MISSING_CERTIFICATE: ("missing_part",),
    FaultKind.SWAPPED_CERTIFICATES: ("wrong_part",),
    FaultKind.UNREADABLE_CODE: ("code_unreadable", "missing_part"),
    FaultKind.LABEL_NOT_APPLIED: ("waybill_not_applied",),
    FaultKind.LABEL_ON_OTHER: ("waybill_not_applied",),
    FaultKind.SEAL_TOO_COLD: ("seal_out_of_limits",),
}
"""Reject codes that show that a trouble was caught for what it is. A scratched code and a part that isn't there can
look the same to a scanner."""
OTHER_REASONS = ("foreign_waybill", "waybill_mismatch")
"""For the parcel that got the label of another on top of its own."""
MENDED = (FaultKind.MISSING_CERTIFICATE, FaultKind.SWAPPED_CERTIFICATES)
"""Troubles that the rework person puts right."""


class TrayPart(BaseModel):
    """A part as it lies ready at an order's place, and the role for which the hands will take it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str
    part: Part


class Scenario(BaseModel):
    """The plan of one run.

    :ivar orders: in call order; :ivar mail_numbers: the pool, in the order in which the carrier gave them.
    :ivar trays: acceptance number → what the hands find ready for attempt 1.
    :ivar mislaid: parts that exist but turn up only when somebody looks for them.
    :ivar faults: planned trouble, at most one an order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    orders: tuple[Order, ...]
    mail_numbers: tuple[str, ...]
    trays: dict[str, tuple[TrayPart, ...]]
    mislaid: tuple[Part, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every physical part of the run."""
        return tuple(lying.part for tray in self.trays.values() for lying in tray) + self.mislaid

    @property
    def mended(self) -> dict[str, frozenset[str]]:
        """Acceptance number → the orders whose rejected parcels must all lie there before it can be put right."""
        groups = [frozenset({fault.kit, fault.other} - {""}) for fault in self.faults if fault.kind in MENDED]
        return {acceptance: group for group in groups for acceptance in group}

    def expected(self) -> dict[str, Expected]:
        """Acceptance number → what must come of it."""
        expected = {order.acceptance: Expected(Ending.PACKED) for order in self.orders}
        for fault in self.faults:
            mended = fault.kind in MENDED
            ending, attempts = (Ending.PACKED, 2) if mended else (Ending.REJECTED, 1)
            expected[fault.kit] = Expected(ending, attempts, REASONS[fault.kind], fault.kind)
            if fault.other:
                reasons = REASONS[fault.kind] if mended else OTHER_REASONS
                expected[fault.other] = Expected(ending, attempts, reasons, fault.kind)
        return expected


def make_scenario(seed: int, count: int, *, troubled: bool = True) -> Scenario:
    """Plan a run of `count` orders, 1..100 000.

    From 18 orders on every kind of trouble is in it; with fewer, as many as leave half of the orders in peace.

    :raises ValueError: a count outside the bounds.
    """
    if not 1 <= count <= 100_000:
        raise ValueError(f"orders: {count} asked for, allowed 1..100000")
    chance = Random(f"scenario {seed}")
    mint = NumberMint(chance)
    orders = make_orders(chance, mint, count)
    plan = _Planning(orders, chance, mint)
    if troubled:
        plan.trouble()
    return Scenario(
        seed=seed,
        orders=orders,
        mail_numbers=tuple(mint.mail_numbers(2 * count + SPARE_MAIL_NUMBERS)),
        trays={
            acceptance: tuple(TrayPart(role=role, part=part) for role, part in tray.items())
            for acceptance, tray in plan.trays.items()
        },
        mislaid=tuple(plan.mislaid),
        faults=tuple(plan.faults),
    )


class _Planning:
    """Works trouble into orders: picks whom each kind strikes and changes the trays accordingly."""

    def __init__(self, orders: tuple[Order, ...], chance: Random, mint: NumberMint) -> None:
        self.trays = {order.acceptance: make_parts(order) for order in orders}
        self.mislaid: list[Part] = []
        self.faults: list[Fault] = []
        self._orders = orders
        self._chance = chance
        self._mint = mint
        self._struck: set[int] = set()

    def trouble(self) -> None:
        """Plan one set of every kind, and another for each further `ORDERS_A_SET` orders."""
        budget = len(self._orders) // 2
        chosen = []
        for orders, plan in _KINDS * max(1, len(self._orders) // ORDERS_A_SET):
            if orders <= budget:
                budget -= orders
                chosen.append(plan)
        # Those that need two orders of a kind choose while there is a choice.
        for plan in sorted(chosen, key=_CHOOSY_FIRST.index):
            plan(self)

    def _label_not_applied(self) -> None:
        self._machine_fault(FaultKind.LABEL_NOT_APPLIED)

    def _seal_too_cold(self) -> None:
        self._machine_fault(FaultKind.SEAL_TOO_COLD)

    def _wrong_plate(self) -> None:
        """A plate of another citizen, one confusable character off, that bears this order's code."""

        def wrong_numbers(order: Order) -> list[str]:
            plates = [part for part in order.parts if part.number]
            return self._mint.lookalikes(plates[0].number, _grammar(order, plates[0].role)) if plates else []

        order = self._strike(lambda order: bool(wrong_numbers(order)))
        if order is None:
            return
        self._plan(FaultKind.WRONG_PLATE, order)
        role = self._chance.choice([part.role for part in order.parts if part.number])
        text = self._mint.give(self._chance.choice(wrong_numbers(order)))
        right = self.trays[order.acceptance][role]
        wrong = replace(right, part_id=f"{right.part_id}/wrong", owner="", text=text)
        self.trays[order.acceptance][role] = wrong

    def _missing_certificate(self) -> None:
        order = self._strike(lambda order: bool(_documents(order)))
        if order is not None:
            self._plan(FaultKind.MISSING_CERTIFICATE, order)
            role = self._chance.choice(_documents(order))
            self.mislaid.append(self.trays[order.acceptance].pop(role))

    def _swapped_certificates(self) -> None:
        """Two orders of one product, so that the swapped certificates look alike."""
        calm = [order.product for position, order in enumerate(self._orders) if position not in self._struck]
        one = self._strike(lambda order: bool(_documents(order)) and calm.count(order.product) > 1)
        two = one and self._strike(lambda order: order.product == one.product)
        if one is None or two is None:
            return
        role = self._chance.choice(_documents(one))
        tray, other = self.trays[one.acceptance], self.trays[two.acceptance]
        tray[role], other[role] = other[role], tray[role]
        self._plan(FaultKind.SWAPPED_CERTIFICATES, one, two)

    def _label_on_other(self) -> None:
        """The other comes later in call order and has no fault of its own, so the label waits for it on the pad."""
        calm = [position for position in range(len(self._orders)) if position not in self._struck]
        pairs = list(itertools.pairwise(calm))
        near = [(one, other) for one, other in pairs if other - one <= 3]
        if pairs:
            one, other = self._chance.choice(near or pairs)
            self._struck |= {one, other}
            self._plan(FaultKind.LABEL_ON_OTHER, self._orders[one], self._orders[other])

    def _unreadable_code(self) -> None:
        order = self._strike(lambda _: True)
        if order is not None:
            self._plan(FaultKind.UNREADABLE_CODE, order)
            tray = self.trays[order.acceptance]
            role = self._chance.choice(list(tray))
            tray[role] = replace(tray[role], code_readable=False)

    def _machine_fault(self, kind: FaultKind) -> None:
        order = self._strike(lambda _: True)
        if order is not None:
            self._plan(kind, order)

    def _plan(self, kind: FaultKind, order: Order, other: Order | None = None) -> None:
        self.faults.append(Fault(kind, order.acceptance, other=other.acceptance if other else ""))

    def _strike(self, fits: Callable[[Order], bool]) -> Order | None:
        """Choose an order for trouble; nothing else will strike it."""
        position = self._pick(fits)
        if position is None:
            return None
        self._struck.add(position)
        return self._orders[position]

    def _pick(self, fits: Callable[[Order], bool]) -> int | None:
        """A position without trouble, by choice one without troubled neighbours."""
        crowded: int | None = None
        for position in self._any_position():
            if position in self._struck or not fits(self._orders[position]):
                continue
            if not {position - 1, position + 1} & self._struck:
                return position
            crowded = position
        return crowded

    def _any_position(self) -> Iterator[int]:
        """Every position in a random order; the first few cheaply, because most picks need no more."""
        everywhere = range(len(self._orders))
        tried = [self._chance.choice(everywhere) for _ in range(20)]
        yield from tried
        yield from self._chance.sample(everywhere, len(everywhere))


_KINDS: list[tuple[int, Callable[[_Planning], None]]] = [
    (1, _Planning._wrong_plate),
    (1, _Planning._missing_certificate),
    (1, _Planning._label_not_applied),
    (1, _Planning._seal_too_cold),
    (2, _Planning._swapped_certificates),
    (2, _Planning._label_on_other),
    (1, _Planning._unreadable_code),
]
"""How many orders each kind strikes; a short run takes them from the top."""
_CHOOSY_FIRST = [plan for _, plan in sorted(_KINDS, key=lambda kind: -kind[0])]


def _documents(order: Order) -> list[str]:
    return [part.role for part in PRODUCTS[order.product].parts if part.kind is PartKind.DOCUMENT]


def _grammar(order: Order, role: str) -> str:
    return PRODUCTS[order.product].part(role).grammar
