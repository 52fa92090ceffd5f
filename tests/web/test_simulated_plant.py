"""The fault panel's API against a simulated plant on its own wires, and its absence where none is simulated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from controller.plan.config import LineConfig
from controller.plan.sections import SimulationSection
from controller.web.texts import CATALOGUES, Language
from simulators.faults import FaultKind
from simulators.offers import offers_of
from simulators.plant import Plant, PlantWiring
from tests.web.floor import FakeLine, config_in, line_up, web_up
from tests.web.staff import browser, hire, signed_in


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    async with Plant(PlantWiring(directory=tmp_path / "plant")) as plant:
        yield plant


@pytest.fixture
def config(tmp_path: Path, plant: Plant) -> LineConfig:
    control = SimulationSection(control=f"tcp://{plant.wires['control'].address}")
    config = config_in(tmp_path).model_copy(update={"simulation": control})
    hire(config)
    return config


@pytest.fixture
async def technician(web: str) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(web, "li") as asking:
        yield asking


async def test_every_offer_is_told_taken_up_and_taken_back(technician: httpx.AsyncClient, plant: Plant) -> None:
    plant.world.feed_load()
    plant.world.returning.clear()  # no other carrier comes, however slow the test
    plant.world.move_by_hand("load", "verify")
    told = (await technician.get("/api/simulation")).json()
    assert len(told["offers"]) == len(offers_of(plant)) > 40
    for offer in told["offers"]:
        for on in (True, False) if offer["on"] is not None else (True,):
            asked = {"name": offer["name"], "place": offer["place"], "on": on}
            taken = await technician.post("/api/simulation/offers", json=asked)
            if offer["name"] == "parcels_swapped":
                assert taken.json()["error"]["code"] == "plant_refused"
                continue
            assert taken.status_code == 200, (asked, taken.text)
            standing = {(each.name, each.place): each.stands for each in offers_of(plant)}
            stands = standing.get((offer["name"], offer["place"]))
            assert stands is None or stands() is on, asked
    for each in Language:
        assert {f"fault.{offer['name']}" for offer in told["offers"]} <= set(CATALOGUES[each])
        assert {f"fault.{kind}" for kind in FaultKind} <= set(CATALOGUES[each])


async def test_a_planned_fault_is_pending_until_it_strikes(technician: httpx.AsyncClient, plant: Plant) -> None:
    form = {"kind": "label_not_applied", "kit": "GA000001"}
    assert (await technician.post("/api/simulation/faults", json=form)).status_code == 200
    (planned,) = (await technician.get("/api/simulation")).json()["planned"]
    assert (planned["kit"], planned["struck"]) == ("GA000001", False)
    assert plant.faults.strikes(FaultKind.LABEL_NOT_APPLIED, "GA000001", 1)
    (planned,) = (await technician.get("/api/simulation")).json()["planned"]
    assert planned["struck"] is True
    for wrong in ({"kind": "swapped_certificates", "kit": "GA000001"}, {"kind": "earthquake", "kit": "GA000001"}):
        refused = await technician.post("/api/simulation/faults", json=wrong)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "plant_refused")


@pytest.mark.parametrize("name", ["wang", "sun", ""])
async def test_nobody_but_technician_and_supervisor_breaks_anything(web: str, plant: Plant, name: str) -> None:
    async with signed_in(web, name) if name else browser(web) as asking:
        assert (await asking.get("/api/simulation")).status_code in (401, 403)
        opened = await asking.post("/api/simulation/offers", json={"name": "guard_open", "place": "line"})
        assert opened.status_code in (401, 403)
    assert plant.world.guards_closed


async def test_a_plant_that_is_away_is_told_so(technician: httpx.AsyncClient, plant: Plant) -> None:
    plant.wires["control"].pause()
    silent = await technician.get("/api/simulation")
    assert (silent.status_code, silent.json()["error"]["code"]) == (503, "plant_silent")


async def test_a_real_plant_has_no_panel(tmp_path: Path) -> None:
    real = config_in(tmp_path).model_copy(update={"simulation": None})
    hire(real)
    async with line_up(FakeLine(real)), web_up(real) as base, signed_in(base, "li") as asking:
        assert (await asking.get("/api/simulation")).json()["error"]["code"] == "not_simulated"
        assert "tab-faults" not in (await asking.get("/technician", headers={"accept": "text/html"})).text
