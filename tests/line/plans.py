"""Small plans for a test's floor: a few orders of chosen products, and faults bound to chosen ones."""

from __future__ import annotations

from dataclasses import replace

from simulators.faults import Fault, FaultKind
from simulators.numbers import lookalikes
from simulators.orders import Order
from simulators.products import PRODUCTS
from simulators.scenario import TrayPart, make_scenario
from tests.line.people import Mendable

SMALL_CAR, MOTORCYCLE, EBIKE, LICENCES = "small_car_plates", "motorcycle_plate", "ebike_plate", "licences"


def calm(*products: str, seed: int = 1) -> Mendable:
    """Orders of these products, in the order in which the line calls them, without any trouble."""
    source = make_scenario(seed, 5 * len(products), troubled=False)
    wanted = list(products)
    orders = []
    for order in source.orders:
        if order.product in wanted:
            wanted.remove(order.product)
            orders.append(order)
    kept = {order.acceptance: source.trays[order.acceptance] for order in orders}
    return Mendable(seed=seed, orders=tuple(orders), mail_numbers=source.mail_numbers, trays=kept)


def quick(count: int, seed: int = 1) -> Mendable:
    """`count` orders of products with one or two parts."""
    return calm(*[(MOTORCYCLE, EBIKE)[place % 2] for place in range(count)], seed=seed)


def of_product(plan: Mendable, product: str, place: int = 0) -> Order:
    """The plan's order of a product; `place` counts them from 0."""
    return [order for order in plan.orders if order.product == product][place]


def struck(plan: Mendable, kind: FaultKind, order: Order, other: Order | None = None, attempt: int = 1) -> Mendable:
    """The plan with one more fault, and what it means for the parts in the trays."""
    fault = Fault(kind, order.acceptance, attempt, other.acceptance if other else "")
    trays = {acceptance: list(tray) for acceptance, tray in plan.trays.items()}
    tray, mislaid = trays[order.acceptance], list(plan.mislaid)
    match kind:
        case FaultKind.WRONG_PLATE:
            tray[0] = _of_another_citizen(tray[0], order)
        case FaultKind.UNREADABLE_CODE:
            tray[0] = _with(tray[0], code_readable=False)
        case FaultKind.MISSING_CERTIFICATE:
            mislaid.append(tray.pop().part)
        case FaultKind.SWAPPED_CERTIFICATES:
            assert other is not None
            tray[-1], trays[other.acceptance][-1] = trays[other.acceptance][-1], tray[-1]
    return plan.model_copy(
        update={
            "faults": (*plan.faults, fault),
            "mislaid": tuple(mislaid),
            "trays": {acceptance: tuple(tray) for acceptance, tray in trays.items()},
        }
    )


def with_code_of(plan: Mendable, order: Order, other: Order) -> Mendable:
    """The plan with an order whose first part bears the bar code of another order's: a wrong plate, past mending."""
    lying = plan.trays[order.acceptance][0]
    tray = (_with(lying, code=plan.trays[other.acceptance][0].part.code), *plan.trays[order.acceptance][1:])
    faults = (*plan.faults, Fault(FaultKind.WRONG_PLATE, order.acceptance))
    return plan.model_copy(update={"trays": {**plan.trays, order.acceptance: tray}, "faults": faults})


def _of_another_citizen(lying: TrayPart, order: Order) -> TrayPart:
    """A plate one confusable character off that bears this order's code."""
    grammar = PRODUCTS[order.product].part(lying.role).grammar
    number = lookalikes(lying.part.text, grammar)[0]
    return _with(lying, part_id=f"{lying.part.part_id}/wrong", owner="", text=number)


def _with(lying: TrayPart, **changes: object) -> TrayPart:
    return TrayPart(role=lying.role, part=replace(lying.part, **changes))
