"""What is left out of a seed's plan, so that a failing one becomes a short story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.faults import Fault
from simulators.scenario import Scenario
from simulators.virtual.troubles import Trouble


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left out. :ivar troubles: places in the plan; :ivar faults: orders whose motions do not fail."""

    troubles: frozenset[str] = frozenset()
    faults: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()

    def of_orders(self, scenario: Scenario) -> Scenario:
        """A scenario without these orders, their parts and their faults."""
        if not self.orders:
            return scenario
        return scenario.model_copy(
            update={
                "orders": tuple(each for each in scenario.orders if each.acceptance not in self.orders),
                "trays": {kit: tray for kit, tray in scenario.trays.items() if kit not in self.orders},
                "mislaid": tuple(part for part in scenario.mislaid if part.owner not in self.orders),
                "faults": tuple(fault for fault in scenario.faults if fault.kit not in self.orders),
            }
        )

    def of_faults(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """What is left of the faults of motions."""
        return tuple(each for each in faults if each.kit not in self.faults | self.orders)

    def of_troubles(self, troubles: Sequence[Trouble]) -> tuple[Trouble, ...]:
        """What is left of the troubles."""
        kept = (each for place, each in enumerate(troubles) if str(place) not in self.troubles)
        return tuple(each for each in kept if each.kit not in self.orders)


WHOLE = Cut()
