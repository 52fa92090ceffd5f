"""What is judged of a run beside what the oracle sees."""

from __future__ import annotations

from collections import Counter

import pytest

from simulators.scenario import Scenario
from simulators.stock import Stock
from simulators.virtual.floor import Ended
from simulators.virtual.judging import judged


@pytest.mark.parametrize(("calm_gate", "lost"), [(True, 1), (False, 0)])
def test_a_bag_is_frozen_for_nothing_where_the_gate_kept_its_result(calm_gate: bool, lost: int) -> None:
    nobody = frozenset[str]()
    found = judged(
        Ended(
            stock=Stock(parcels=()),
            scenario=Scenario(seed=1, orders=(), mail_numbers=(), trays={}),
            ledger=[],
            open_orders=nobody,
            open_numbers=nobody,
            escaped=nobody,
            states={},
            findings=[],
            calm_gate=calm_gate,
            rare=Counter({"entry unknown": 1}),
        )
    )
    assert found["lost"] == ["1 items ended as unknown although the gate kept each result"] * lost
