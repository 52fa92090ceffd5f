"""Seeded work orders and the physical parts that belong to them.

Orders come out in the order in which a line calls them: urgent ones first, then by due time, then by acceptance
number. What goes wrong with them is `simulators.scenario`'s.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random

from pydantic import BaseModel, ConfigDict

from simulators.matter import Part
from simulators.numbers import NumberMint
from simulators.products import PRODUCTS, Product

CHINA_TIME = timezone(timedelta(hours=8))
FIRST_DUE = datetime(2027, 1, 4, 9, 0, tzinfo=CHINA_TIME)
"""The calendar of a run is part of its seed, never today's."""
ROUTES = ("GZ-TIANHE", "GZ-PANYU", "SZ-NANSHAN", "FS-SHUNDE", "DG-NANCHENG")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderPart(_Record):
    """One part as the order names it. :ivar number: embossed number; '' for a document."""

    role: str
    code: str
    number: str = ""


class Order(_Record):
    """One work order, with the fields of the line's import file. :ivar priority: 0 is called first."""

    acceptance: str
    product: str
    due: str
    priority: int
    route: str
    parts: tuple[OrderPart, ...]


def make_orders(chance: Random, mint: NumberMint, count: int) -> tuple[Order, ...]:
    """`count` orders in call order; any five in a row that start at a multiple of five hold all five products."""
    products: list[Product] = []
    while len(products) < count:
        products += chance.sample(list(PRODUCTS.values()), len(PRODUCTS))
    urgent = count // 10
    first = chance.randrange(1000, 9000)
    return tuple(
        Order(
            acceptance=f"SL270104{first * 100 + position:06d}",
            product=product.name,
            due=(FIRST_DUE + timedelta(minutes=5 * position)).isoformat(),
            priority=1 if position < urgent else 5,
            route=chance.choice(ROUTES),
            parts=_order_parts(product, mint),
        )
        for position, product in enumerate(products[:count])
    )


def make_parts(order: Order) -> dict[str, Part]:
    """Role → the part that truly belongs to the order, as the workshop made it."""
    product = PRODUCTS[order.product]
    made = {}
    for part in order.parts:
        plan = product.part(part.role)
        made[part.role] = Part(
            part_id=f"{order.acceptance}/{part.role}",
            owner=order.acceptance,
            kind=plan.kind,
            style=plan.style,
            text=part.number or part.code,
            code=part.code,
            size_mm=plan.size_mm,
            weight_g=plan.weight_g,
        )
    return made


def _order_parts(product: Product, mint: NumberMint) -> tuple[OrderPart, ...]:
    """Front and rear of a pair bear the same number and codes of their own."""
    grammars = {plan.grammar for plan in product.parts if plan.grammar}
    numbers = {grammar: mint.plate(grammar) for grammar in sorted(grammars)}
    return tuple(
        OrderPart(role=plan.role, code=mint.code(plan.code), number=numbers.get(plan.grammar, ""))
        for plan in product.parts
    )
