"""What the plant's workshop makes and how the hands lay it: per product its parts, sizes, places and seal window.

The same facts as in the demo's `line.toml`, written a second time on purpose: the physical side must not learn them
from the controller. `tests/demo/test_products.py` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.matter import PartKind


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part of a product.

    :ivar style: how it looks, as in `matter.Part.style`; :ivar grammar: which generator makes its number.
    :ivar place_mm: upper left corner in the open mailer, on the carrier's plane.
    :ivar code: shape of its bar code: `PM` or `EB` before ten digits, or `core` for a 证芯编号.
    """

    role: str
    kind: PartKind
    style: str
    code: str
    place_mm: tuple[float, float]
    size_mm: tuple[float, float]
    weight_g: float
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """One product. :ivar seal_c: lowest and highest jaw temperature in °C at which its seal holds."""

    name: str
    parts: tuple[PartPlan, ...]
    seal_c: tuple[float, float]

    def part(self, role: str) -> PartPlan:
        """Return the part of that role."""
        return next(part for part in self.parts if part.role == role)


def _pair(style: str, grammar: str, x: float, width: float, weight_g: float) -> tuple[PartPlan, ...]:
    return tuple(
        PartPlan(role, PartKind.PLATE, style, "PM", (x, y), (width, 140), weight_g, grammar)
        for role, y in (("front", 20.0), ("rear", 170.0))
    )


def _licence(role: str, x: float) -> PartPlan:
    return PartPlan(role, PartKind.DOCUMENT, role, "core", (x, 350), (88, 60), 6)


PRODUCTS: dict[str, Product] = {
    product.name: product
    for product in (
        Product("small_car_plates", _pair("blue", "small", 30, 440, 180), (128, 152)),
        Product("nev_plates", _pair("green", "nev", 20, 480, 195), (128, 152)),
        Product(
            "motorcycle_plate",
            (PartPlan("rear", PartKind.PLATE, "yellow", "PM", (30, 20), (220, 140), 90, "small"),),
            (128, 152),
        ),
        Product(
            "ebike_plate",
            (
                PartPlan("plate", PartKind.PLATE, "ebike", "PM", (30, 20), (180, 95), 60, "ebike"),
                PartPlan("certificate", PartKind.DOCUMENT, "ebike_certificate", "EB", (15, 350), (88, 60), 6),
            ),
            (123, 147),
        ),
        Product("licences", (_licence("vehicle_licence", 15), _licence("driving_licence", 118)), (123, 147)),
    )
}
