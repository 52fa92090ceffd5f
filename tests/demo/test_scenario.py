"""The plan of a run: the same from the same seed, all kinds of trouble in it, and what must come of each order."""

from __future__ import annotations

from collections import Counter

import pytest

from simulators.faults import FaultKind
from simulators.matter import PartKind
from simulators.scenario import MENDED, Ending, Scenario, make_scenario

ALL_KINDS = {
    FaultKind.WRONG_PLATE,
    FaultKind.MISSING_CERTIFICATE,
    FaultKind.SWAPPED_CERTIFICATES,
    FaultKind.UNREADABLE_CODE,
    FaultKind.LABEL_NOT_APPLIED,
    FaultKind.LABEL_ON_OTHER,
    FaultKind.SEAL_TOO_COLD,
}


def test_a_seed_is_a_run() -> None:
    assert make_scenario(4, 40) == make_scenario(4, 40)
    assert make_scenario(4, 40) != make_scenario(5, 40)


def test_it_survives_its_file() -> None:
    scenario = make_scenario(1, 40)
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario


@pytest.mark.parametrize("count", [18, 20, 40])
def test_every_kind_of_trouble_is_planned(count: int) -> None:
    for seed in range(40):
        assert {fault.kind for fault in make_scenario(seed, count).faults} == ALL_KINDS


def test_a_long_run_has_more_trouble() -> None:
    assert Counter(fault.kind for fault in make_scenario(1, 200).faults) == dict.fromkeys(ALL_KINDS, 5)


@pytest.mark.parametrize("count", range(1, 18))
def test_a_short_run_leaves_half_in_peace(count: int) -> None:
    scenario = make_scenario(2, count)
    troubled = [each for each in scenario.expected().values() if each.trouble]
    assert len(scenario.orders) == count
    assert len(troubled) <= count / 2


def test_no_order_is_struck_twice() -> None:
    for seed in range(20):
        struck = [kit for fault in make_scenario(seed, 80).faults for kit in (fault.kit, fault.other) if kit]
        assert len(struck) == len(set(struck))


def test_what_must_come_of_each_order() -> None:
    scenario = make_scenario(1, 40)
    expected = scenario.expected()
    for fault in scenario.faults:
        for kit in {fault.kit, fault.other} - {""}:
            mended = fault.kind in MENDED
            assert expected[kit].ending == (Ending.PACKED if mended else Ending.REJECTED)
            assert expected[kit].attempts == (2 if mended else 1)
            assert (kit in scenario.mended) == mended
    assert Counter(each.ending for each in expected.values()) == {Ending.PACKED: 34, Ending.REJECTED: 6}


def test_the_wrong_plate_is_one_character_off_and_nobody_owns_it() -> None:
    for seed in range(20):
        scenario = make_scenario(seed, 20)
        kit = next(fault.kit for fault in scenario.faults if fault.kind is FaultKind.WRONG_PLATE)
        order = next(order for order in scenario.orders if order.acceptance == kit)
        (wrong,) = [lying for lying in scenario.trays[kit] if not lying.part.owner]
        wanted = next(part for part in order.parts if part.role == wrong.role)
        assert wrong.part.code == wanted.code
        assert sum(one != two for one, two in zip(wrong.part.text, wanted.number, strict=True)) == 1
        assert wrong.part.text not in {part.number for each in scenario.orders for part in each.parts}


def test_swapped_certificates_lie_in_each_others_tray() -> None:
    scenario = make_scenario(3, 20)
    fault = next(fault for fault in scenario.faults if fault.kind is FaultKind.SWAPPED_CERTIFICATES)
    for kit, other in ((fault.kit, fault.other), (fault.other, fault.kit)):
        foreign = [lying.part for lying in scenario.trays[kit] if lying.part.owner != kit]
        assert [(part.owner, part.kind) for part in foreign] == [(other, PartKind.DOCUMENT)]


def test_the_missing_certificate_exists_but_lies_elsewhere() -> None:
    scenario = make_scenario(3, 20)
    kit = next(fault.kit for fault in scenario.faults if fault.kind is FaultKind.MISSING_CERTIFICATE)
    assert [part.owner for part in scenario.mislaid] == [kit]


def test_a_label_goes_onto_a_later_order_without_trouble_of_its_own() -> None:
    for seed in range(20):
        scenario = make_scenario(seed, 20)
        position = {order.acceptance: index for index, order in enumerate(scenario.orders)}
        fault = next(fault for fault in scenario.faults if fault.kind is FaultKind.LABEL_ON_OTHER)
        assert position[fault.kit] < position[fault.other]


def test_the_pool_outlasts_the_run() -> None:
    scenario = make_scenario(1, 40)
    assert len(set(scenario.mail_numbers)) == len(scenario.mail_numbers) >= 2 * 40


def test_a_run_without_trouble_can_be_had() -> None:
    scenario = make_scenario(1, 40, troubled=False)
    assert not scenario.faults
    assert {each.ending for each in scenario.expected().values()} == {Ending.PACKED}


@pytest.mark.parametrize("count", [0, -1, 100_001])
def test_bounds_are_named(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} asked for, allowed 1..100000"):
        make_scenario(1, count)
