"""Good copies of a product, laid by hand under a camera: what a technician teaches cameras with, without a line.

Each is a copy of its own, with numbers that no order has, laid about as exactly as people do.
"""

from __future__ import annotations

from random import Random

from simulators.hands import PLACEMENT_DEG, PLACEMENT_MM
from simulators.matter import Mailer, Part, PartKind
from simulators.numbers import NumberMint
from simulators.products import PRODUCTS, PartPlan
from simulators.world import World

SAMPLE = "sample"
"""Begins the part id of each sample; no order owns one."""


def lay_sample(world: World, zone: str, product: str) -> int:
    """Lay a new copy of a product into the zone's mailer, what lay there before put away; return the carrier's number.

    Where no carrier stands the next empty one of the return belt is set down first.

    :param product: empty: nothing is laid in.
    :raises LookupError: the product is unknown. :raises ImpossibleError: the mailer is sealed or an order's, or there
        is no zone or no carrier.
    """
    if product and product not in PRODUCTS:
        raise LookupError(f"product {product!r} is unknown here, allowed: {sorted(PRODUCTS)}, or empty for no part")
    if zone not in world.zones:
        world.put_on(zone)
    carrier = world.carrier_at(zone)
    carrier.mailer = carrier.mailer or Mailer()
    mailer = world.open_mailer_at(zone, for_kit="")
    for placed in list(mailer.contents):
        world.throw_away(world.take_out(zone, placed.part.part_id), "sample")
    copy = sum(part_id.startswith(SAMPLE) for part_id in world.parts)
    chance = Random(f"{SAMPLE} {product} {copy}")
    mint = NumberMint(chance)
    plans = PRODUCTS[product].parts if product else ()
    # As an order's: both plates of a pair bear the same number.
    numbers = {grammar: mint.plate(grammar) for grammar in sorted({plan.grammar for plan in plans} - {""})}
    for plan in plans:
        x, y = (at + chance.uniform(-PLACEMENT_MM, PLACEMENT_MM) for at in plan.place_mm)
        part = _copy(plan, f"{SAMPLE} {copy}/{plan.role}", mint, numbers)
        world.lay_part(zone, part, x, y, chance.uniform(-PLACEMENT_DEG, PLACEMENT_DEG))
    return carrier.number


def _copy(plan: PartPlan, part_id: str, mint: NumberMint, numbers: dict[str, str]) -> Part:
    code = mint.code(plan.code)
    text = numbers[plan.grammar] if plan.kind is PartKind.PLATE else code
    return Part(part_id, "", plan.kind, plan.style, text, code, plan.size_mm, plan.weight_g)
