"""Recipes and settings: bounds of the model, two people, effective at line clearance, every version kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from controller.clock import SystemClock
from controller.desk.settings_calls import SettingsCalls
from controller.journal import Journal
from controller.journal.store import open_reading
from controller.plan.config import LineConfig
from controller.plan.settings import SettingsRefused, changed, settings_of, with_settings
from controller.plan.settings_book import approved, begin_version, overlay_in_use
from tests.web.floor import FakeLine
from tests.web.staff import hire, signed_in
from tests.web.test_people import code

PATH = "small_car_plates.seal.temperature_c"


@pytest.fixture
async def journal(config: LineConfig, line: FakeLine) -> AsyncIterator[Journal]:
    hire(config)
    async with Journal(config.store.journal, SystemClock()) as journal:
        stub: Any = SimpleNamespace(journal=journal, plant_recipes=config.recipes)
        line.server._handlers = {**line.server._handlers, **SettingsCalls(stub).handlers}
        yield journal


def proposal(value: float | None = 145.0, path: str = PATH) -> dict[str, Any]:
    return {"changes": {path: value}, "why": "new film"}


async def versions(asking: httpx.AsyncClient) -> list[tuple[int, str]]:
    return [(each["version"], each["state"]) for each in (await asking.get("/api/settings")).json()["versions"]]


async def test_one_proposes_another_approves_and_clearance_makes_it_effective(
    web: str, journal: Journal, config: LineConfig
) -> None:
    async with signed_in(web, "zhao") as boss, signed_in(web, "li") as technician:
        assert (await boss.post("/api/settings", json=proposal())).json() == {"version": 1}
        assert code(await boss.post("/api/settings/1/approve")) == "own_proposal"
        assert code(await boss.post("/api/settings", json=proposal(150))) == "settings_wait"
        assert (await technician.post("/api/settings/1/approve")).status_code == 200
        with closing(open_reading(config.store.journal)) as reading:
            assert overlay_in_use(reading) == (0, {})
            waiting = approved(reading)
            assert waiting is not None
        await journal.write(lambda ledger: begin_version(ledger, 1))
        assert code(await boss.post("/api/settings/1/withdraw", json={"why": "oh no"})) == "wrong_version_state"
        await boss.post("/api/settings", json=proposal(None))
        await technician.post("/api/settings/2/approve")
        await journal.write(lambda ledger: begin_version(ledger, 2))
        assert await versions(boss) == [(2, "effective"), (1, "replaced")]
    with closing(open_reading(config.store.journal)) as reading:
        assert overlay_in_use(reading) == (2, {})
        rows = reading.execute("SELECT kind, data FROM history WHERE kind LIKE 'settings%' AND seq < 4")
        told = dict(tuple(row) for row in rows)
    assert told["settings_proposed"] == (
        '{"by":"zhao","new":{"small_car_plates.seal.temperature_c":145.0},'
        '"old":{"small_car_plates.seal.temperature_c":null},"version":1,"why":"new film"}'
    )
    assert told["settings_approved"] == '{"by":"li","proposed_by":"zhao","version":1}'


@pytest.mark.parametrize("name", ["wang", "li", "sun"])
async def test_only_a_supervisor_proposes(web: str, journal: Journal, name: str) -> None:
    async with signed_in(web, name) as asking:
        assert code(await asking.post("/api/settings", json=proposal())) == "role_may_not"


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (PATH, 221, "setting_out_of_bounds"),
        (PATH, 49.9, "setting_out_of_bounds"),
        ("small_car_plates.seal.dwell_ms", 600.5, "setting_out_of_bounds"),
        ("small_car_plates.weight_tolerance_g", 0, "setting_out_of_bounds"),
        ("small_car_plates.parts", 1, "unknown_setting"),
        ("small_car_plates.seal.__class__", 1, "unknown_setting"),
        ("nothing.seal.temperature_c", 140, "unknown_setting"),
    ],
)
async def test_what_the_model_does_not_allow_is_refused(
    web: str, journal: Journal, path: str, value: float, why: str
) -> None:
    async with signed_in(web, "zhao") as boss:
        assert code(await boss.post("/api/settings", json=proposal(value, path))) == why
        assert await versions(boss) == []


async def test_a_withdrawn_version_never_takes_effect(web: str, journal: Journal, config: LineConfig) -> None:
    async with signed_in(web, "zhao") as boss, signed_in(web, "qian") as other:
        await boss.post("/api/settings", json=proposal())
        await other.post("/api/settings/1/approve")
        await boss.post("/api/settings/1/withdraw", json={"why": "film came back"})
        assert code(await other.post("/api/settings/1/approve")) == "wrong_version_state"
        assert code(await other.post("/api/settings/9/approve")) == "unknown_version"
    with closing(open_reading(config.store.journal)) as reading:
        assert approved(reading) is None


async def test_every_number_of_every_recipe_has_its_bounds_and_parts_are_none(config: LineConfig) -> None:
    found = settings_of(config.recipes)
    assert {setting.product for setting in found} == set(config.recipes)
    assert all(setting.least is not None and setting.most is not None for setting in found)
    overlay = {setting.path: setting.value for setting in found}
    assert with_settings(config.recipes, overlay) == config.recipes
    assert changed({"a": 1.0, "b": 2.0}, {"a": None, "c": 3.0}) == {"b": 2.0, "c": 3.0}
    with pytest.raises(SettingsRefused, match="there is no setting"):
        with_settings({}, overlay)
