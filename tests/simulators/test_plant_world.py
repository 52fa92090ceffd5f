"""Matter refuses what matter can't do."""

from __future__ import annotations

import pytest
from plc_bench import part, world_with_carrier

from devices.plc.contract import Chute
from simulators.history import JawClosed, ParcelFell
from simulators.world import ImpossibleError, Label, World


def test_return_belt_brings_carriers_in_turn_with_fresh_mailers() -> None:
    world = World(carriers=2)
    first = world.feed_load()
    assert first is not None
    assert first.number == 1
    assert first.mailer is not None
    assert world.feed_load() is None  # load is taken
    world.depart("load", "infeed")
    assert world.is_free("load")
    assert not world.is_free("infeed")  # awaited
    second = world.feed_load()
    assert second is not None
    assert second.number == 2


def test_two_carriers_never_stand_in_one_zone() -> None:
    world = World(carriers=2)
    world.feed_load()
    world.depart("load", "infeed")
    world.feed_load()
    with pytest.raises(ImpossibleError, match="infeed is taken"):
        world.depart("load", "infeed")
    world.arrive("load", "infeed")
    with pytest.raises(ImpossibleError, match="infeed is taken"):
        world.depart("load", "infeed")


def test_a_carrier_goes_only_where_a_belt_is() -> None:
    world = world_with_carrier("collate")
    with pytest.raises(ImpossibleError, match="only to"):
        world.depart("collate", "label")
    with pytest.raises(ImpossibleError, match="no carrier stands"):
        world.depart("verify", "label")


def test_a_part_lies_in_one_mailer_only() -> None:
    world = world_with_carrier("infeed")
    world.lay_part("infeed", part("P1"), 10.0, 10.0)
    with pytest.raises(ImpossibleError, match="already"):
        world.lay_part("infeed", part("P1"), 10.0, 10.0)
    assert world.take_out("infeed", "P1").part_id == "P1"
    world.lay_part("infeed", part("P1"), 10.0, 10.0)
    with pytest.raises(ImpossibleError, match="not on the carrier"):
        world.lay_part("infeed", part("P2"), 900.0, 10.0)


def test_nothing_goes_into_a_sealed_mailer_and_the_jaw_tells_what_was_in_it() -> None:
    world = world_with_carrier("seal_1")
    world.lay_part("seal_1", part("P1"), 10.0, 10.0)
    world.apply_label("seal_1", Label("LN1", "LN1"))
    world.close_jaw("seal_1", 1502)
    with pytest.raises(ImpossibleError, match="sealed"):
        world.lay_part("seal_1", part("P2"), 10.0, 10.0)
    with pytest.raises(ImpossibleError, match="sealed"):
        world.take_out("seal_1", "P1")
    closed = world.history[-1]
    assert isinstance(closed, JawClosed)
    assert (closed.part_ids, closed.mail_numbers, closed.temperature_dc, closed.again) == (
        ("P1",),
        ("LN1",),
        1502,
        False,
    )


def test_a_mailer_falls_once_and_only_rejects_are_opened() -> None:
    world = world_with_carrier("divert")
    world.lay_part("divert", part("P1"), 10.0, 10.0)
    with pytest.raises(ImpossibleError, match="mailer is still on it"):
        world.depart("divert", "load")
    world.push_parcel(Chute.REJECT)
    with pytest.raises(ImpossibleError, match="bears no mailer"):
        world.push_parcel(Chute.REJECT)
    fell = world.history[-1]
    assert isinstance(fell, ParcelFell)
    (fallen,) = world.chutes[Chute.REJECT]
    assert fallen.at_sequence == fell.at
    assert [each.part_id for each in world.cut_open(fallen)] == ["P1"]
    with pytest.raises(ImpossibleError, match="opened already"):
        world.cut_open(fallen)


def test_a_dispatched_parcel_stays_closed() -> None:
    world = world_with_carrier("divert")
    world.push_parcel(Chute.DISPATCH)
    with pytest.raises(ImpossibleError, match="only rejects"):
        world.cut_open(world.chutes[Chute.DISPATCH][0])


def test_one_label_at_the_peel_edge() -> None:
    world = World()
    world.print_label(Label("LN1", "LN1"))
    with pytest.raises(ImpossibleError, match="LN1 waits"):
        world.print_label(Label("LN2", "LN2"))
    assert world.peel_off().mail_number == "LN1"
    with pytest.raises(ImpossibleError, match="no label"):
        world.peel_off()


def test_no_hand_sets_a_carrier_where_another_may_roll_back_to() -> None:
    world = world_with_carrier("inspect")
    world.feed_load()
    world.depart("inspect", "divert")
    with pytest.raises(ImpossibleError, match="can't be set down in 'inspect'"):
        world.move_by_hand("load", "inspect")
    world.arrive("inspect", "divert", back=True)
    assert {zone: carrier.number for zone, carrier in world.zones.items()} == {"inspect": 1, "load": 2}


def test_a_carrier_that_is_taken_off_is_emptied_and_comes_again() -> None:
    world = world_with_carrier("verify")
    plate = part("P1")
    world.lay_part("verify", plate, 30, 20)
    assert world.take_off("verify") == (plate,)
    assert world.zones == {}
    world.feed_load()
    world.lay_part("load", plate, 30, 20)
    assert world.returning[-1].number == 1
    with pytest.raises(ImpossibleError, match="no carrier stands in 'verify'"):
        world.take_off("verify")


def test_a_clamped_carrier_stays() -> None:
    world = world_with_carrier("seal_1")
    world.clamped.add("seal_1")
    with pytest.raises(ImpossibleError, match="clamped"):
        world.depart("seal_1", "inspect")
    with pytest.raises(ImpossibleError, match="clamped"):
        world.move_by_hand("seal_1", "inspect")
