"""People lay in what the pick list says, show an empty hand when nothing is left, and put right what can be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest

from devices.plc.contract import Chute
from simulators.faults import Faults
from simulators.hands import PLACEMENT_MM, Hands, Pick
from simulators.matter import PartKind
from simulators.products import PRODUCTS
from simulators.scenario import Scenario, make_scenario
from simulators.world import World

SPEED = 1000.0
DEADLINE_S = 5.0


class Reader:
    """A reader whose every outcome a test can wait for."""

    def __init__(self) -> None:
        self.triggered = asyncio.Event()
        self.shown: asyncio.Queue[str | None] = asyncio.Queue()
        self.beeped: Callable[[], object] = lambda: None

    async def present(self, code: str | None) -> bool:
        await asyncio.sleep(0)
        self.beeped()
        read = code is not None and self.triggered.is_set()
        self.triggered.clear()
        self.shown.put_nowait(code)
        return read

    async def ask(self) -> str | None:
        """Switch the light on and return what is shown."""
        self.triggered.set()
        async with asyncio.timeout(DEADLINE_S):
            return await self.shown.get()


class Screen:
    """A pick list that a test fills; the line refuses a rework at first, as while it still writes."""

    def __init__(self) -> None:
        self.lines: list[Pick] = []
        self.reworked: asyncio.Queue[str] = asyncio.Queue()
        self.refusals = 1

    async def picks(self) -> list[Pick]:
        return self.lines

    async def rework(self, acceptance: str) -> bool:
        if self.refusals:
            self.refusals -= 1
            return False
        self.reworked.put_nowait(acceptance)
        return True


class Floor:
    """A world with hands at it, and a line played by the test."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.world = World(4)
        self.readers = {"infeed": Reader(), "collate": Reader()}
        self.screen = Screen()
        self.faults = Faults(scenario.faults)
        self.hands = Hands(self.world, self.readers, scenario, self.faults, self.screen, SPEED)
        self._items = 0

    def call(self, acceptance: str, attempt: int = 1) -> None:
        """Bring a carrier to infeed and show on the screen for which order it is."""
        self._items += 1
        carrier = self.world.feed_load()
        assert carrier is not None
        self.screen.lines = [Pick(self._items, carrier.number, acceptance, attempt)]
        self.move("load", "infeed")

    def move(self, source: str, target: str) -> None:
        self.world.depart(source, target)
        self.world.arrive(source, target)

    async def lay_all(self, acceptance: str, attempt: int = 1) -> list[str | None]:
        """Play the line's part for one order up to collate; return what was shown to the readers."""
        product = next(order.product for order in self.scenario.orders if order.acceptance == acceptance)
        self.call(acceptance, attempt)
        shown = []
        for zone, kind in (("infeed", PartKind.PLATE), ("collate", PartKind.DOCUMENT)):
            parts = [part for part in PRODUCTS[product].parts if part.kind is kind]
            shown += [await self.readers[zone].ask() for _ in parts]
            if zone == "infeed":
                self.move("infeed", "collate")
        return shown

    def reject(self) -> None:
        """Send the carrier from collate through to the reject chute and away."""
        zones = ("collate", "verify", "label", "seal_1", "inspect", "divert")
        for source, target in pairwise(zones):
            self.move(source, target)
        self.world.push_parcel(Chute.REJECT)
        self.move("divert", "load")


@asynccontextmanager
async def working(floor: Floor) -> AsyncIterator[Floor]:
    async with asyncio.TaskGroup() as group:
        work = group.create_task(floor.hands.work())
        yield floor
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def order_of(scenario: Scenario, product: str) -> str:
    return next(order.acceptance for order in scenario.orders if order.product == product)


def codes(scenario: Scenario, acceptance: str) -> list[str]:
    return [part.code for order in scenario.orders if order.acceptance == acceptance for part in order.parts]


@pytest.mark.parametrize("product", PRODUCTS)
async def test_a_kit_is_laid_where_the_recipe_wants_it(product: str) -> None:
    scenario = make_scenario(1, 5, troubled=False)
    kit = order_of(scenario, product)
    async with working(Floor(scenario)) as floor:
        assert await floor.lay_all(kit) == codes(scenario, kit)
        mailer = floor.world.mailer_at("collate")
        assert (mailer.kit, mailer.attempt) == (kit, 1)
        for placed, plan in zip(mailer.contents, PRODUCTS[product].parts, strict=True):
            assert placed.x == pytest.approx(plan.place_mm[0], abs=PLACEMENT_MM)
            assert placed.y == pytest.approx(plan.place_mm[1], abs=PLACEMENT_MM)
        laid = {placed.part.part_id for placed in mailer.contents}
        assert laid | set(floor.hands.at_hand) == {part.part_id for part in scenario.parts}
        assert not laid & set(floor.hands.at_hand)


async def test_the_same_seed_lays_the_same_way() -> None:
    scenario = make_scenario(1, 5, troubled=False)
    kit = order_of(scenario, "small_car_plates")
    laid = []
    for _ in range(2):
        async with working(Floor(scenario)) as floor:
            await floor.lay_all(kit)
            laid.append([(each.x, each.y, each.turn) for each in floor.world.mailer_at("collate").contents])
    assert laid[0] == laid[1]


async def test_nothing_is_laid_before_the_screen_says_for_whom() -> None:
    scenario = make_scenario(1, 5, troubled=False)
    kit = order_of(scenario, "motorcycle_plate")
    async with working(Floor(scenario)) as floor:
        floor.call(kit)
        lines, floor.screen.lines = floor.screen.lines, []
        floor.readers["infeed"].triggered.set()
        await asyncio.sleep(0.1)
        assert not floor.world.mailer_at("infeed").contents
        floor.screen.lines = lines
        assert await floor.readers["infeed"].ask() == codes(scenario, kit)[0]


async def test_nothing_is_laid_where_the_mailer_was_carried_off_in_the_moment_of_the_beep() -> None:
    scenario = make_scenario(1, 5, troubled=False)
    kit = order_of(scenario, "small_car_plates")
    async with working(Floor(scenario)) as floor:
        floor.call(kit)
        floor.readers["infeed"].beeped = lambda: setattr(floor.world.carrier_at("infeed"), "mailer", None)
        assert await floor.readers["infeed"].ask() == codes(scenario, kit)[0]
        await asyncio.sleep(0.01)
        assert len(floor.hands.at_hand) == len(scenario.parts), "every part still lies with the people"


async def test_a_reader_that_asks_for_more_is_shown_an_empty_hand() -> None:
    scenario = make_scenario(1, 5, troubled=False)
    async with working(Floor(scenario)) as floor:
        await floor.lay_all(order_of(scenario, "ebike_plate"))
        assert await floor.readers["collate"].ask() is None


async def test_an_unreadable_part_is_shown_and_laid_all_the_same() -> None:
    scenario = make_scenario(1, 40)
    kit = next(fault.kit for fault in scenario.faults if fault.kind == "unreadable_code")
    async with working(Floor(scenario)) as floor:
        shown = await floor.lay_all(kit)
        assert shown.count(None) == 1
        assert len(floor.world.mailer_at("collate").contents) == len(codes(scenario, kit))
        assert [fault.kind for fault in floor.faults.fired] == ["unreadable_code"]


async def test_a_missing_certificate_is_found_and_the_order_goes_round_again() -> None:
    scenario = make_scenario(1, 40)
    kit = next(fault.kit for fault in scenario.faults if fault.kind == "missing_certificate")
    async with working(Floor(scenario)) as floor:
        assert (await floor.lay_all(kit)).count(None) == 1
        floor.reject()
        async with asyncio.timeout(DEADLINE_S):
            assert await floor.screen.reworked.get() == kit
        assert sorted(filter(None, await floor.lay_all(kit, attempt=2))) == sorted(codes(scenario, kit))
        owners = {placed.part.owner for placed in floor.world.mailer_at("collate").contents}
        assert owners == {kit}


async def test_swapped_certificates_wait_for_each_other() -> None:
    scenario = make_scenario(1, 40)
    fault = next(fault for fault in scenario.faults if fault.kind == "swapped_certificates")
    pair = (fault.kit, fault.other)
    async with working(Floor(scenario)) as floor:
        for kit in pair:
            assert floor.screen.reworked.empty()
            shown = await floor.lay_all(kit)
            assert set(shown) != set(codes(scenario, kit))
            floor.reject()
            await asyncio.sleep(0.1)
        async with asyncio.timeout(DEADLINE_S):
            assert {await floor.screen.reworked.get() for _ in pair} == set(pair)
        for kit in pair:
            assert sorted(filter(None, await floor.lay_all(kit, attempt=2))) == sorted(codes(scenario, kit))
            floor.reject()


async def test_other_rejects_stay_where_they_are() -> None:
    scenario = make_scenario(1, 5, troubled=False)
    async with working(Floor(scenario)) as floor:
        await floor.lay_all(order_of(scenario, "licences"))
        floor.reject()
        await asyncio.sleep(0.2)
        assert floor.screen.reworked.empty()
        assert len(floor.world.chutes[Chute.REJECT][0].mailer.contents) == 2
