"""The box of test kits beside the line: what hands lay in when the screen names a challenge instead of an order.

Each kit is wrong in its one way. Of a wrong waybill and a cold seal the parts are good: there the line itself prints or
seals wrongly on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.matter import Part, PartKind
from simulators.numbers import lookalikes
from simulators.products import PRODUCTS
from simulators.scenario import TrayPart

LIGHTER_G = 60.0
NOTHING_IN = "missing_part"
_WRONG_PLATE, _LIGHT = "wrong_plate", "light_weight"


@dataclass(frozen=True, slots=True)
class KitPart:
    """A part as the screen names it. :ivar number: what the line expects on it."""

    role: str
    code: str
    number: str


@dataclass(frozen=True, slots=True)
class TestKit:
    """What the screen asks for. :ivar kind: in which way it is wrong."""

    __test__ = False  # no test, whatever its name says

    kind: str
    product: str
    parts: tuple[KitPart, ...]

    def lay_ready(self, item: int) -> list[TrayPart]:
        """Take the kit out of its box. :param item: makes its parts' identities its own."""
        return [TrayPart(role=each.role, part=self._part(each, item)) for each in self.parts]

    def _part(self, wanted: KitPart, item: int) -> Part:
        plan = PRODUCTS[self.product].part(wanted.role)
        is_plate = plan.kind is PartKind.PLATE
        text = wanted.number or wanted.code
        return Part(
            part_id=f"test kit {item}/{wanted.role}",
            owner="",
            kind=plan.kind,
            style=plan.style,
            text=lookalikes(text, plan.grammar)[0] if is_plate and self.kind == _WRONG_PLATE else text,
            code=wanted.code,
            size_mm=plan.size_mm,
            weight_g=plan.weight_g - LIGHTER_G if is_plate and self.kind == _LIGHT else plan.weight_g,
        )
