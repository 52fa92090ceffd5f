"""The technician's page as a person uses it: moving by hand with its reasons, and the faults of a simulated plant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from controller.plan.config import LineConfig, SimulationSection
from controller.snapshot import AlarmView
from controller.web.texts import CATALOGUES, Language
from simulators.plant import Plant, PlantWiring
from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import AXE, LOOK
from tests.web.floor import BEGUN, FakeLine, config_in, until
from tests.web.shown import running

pytestmark = pytest.mark.browser
Say = Callable[..., str]
LEAST_PX = 48
SMALL = """(least) => [...document.querySelectorAll('button, input, select, a[href]')]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < least)
  .map((each) => each.outerHTML.slice(0, 120))"""
GUARD = {"code": "guard_open", "en": "cannot move: guard open", "zh": "防护门打开，不能移动"}


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    async with Plant(PlantWiring(directory=tmp_path / "plant")) as plant:
        yield plant


@pytest.fixture
def config(tmp_path: Path, plant: Plant) -> LineConfig:
    control = SimulationSection(control=f"tcp://{plant.wires['control'].address}")
    return config_in(tmp_path).model_copy(update={"simulation": control})


@pytest.fixture(params=list(Language), ids=str)
async def say(request: pytest.FixtureRequest, page: Page, web: str) -> Say:
    """The technician's page in one language, the technician Li signed in; gives its texts by their key."""
    await sign_in(page.context, web, "li")
    await page.goto(f"{web}language/{request.param}?to=/technician")

    def text(key: str, /, **values: object) -> str:
        return CATALOGUES[request.param][key].format(**values)

    return text


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def test_when_a_device_answered_last_is_told_in_the_pages_language(page: Page, line: FakeLine, say: Say) -> None:
    """A device that answered just now had "0 s" on the Chinese page."""
    await expect(page.locator("#links tr", has_text="conveyor")).to_contain_text(say("time.seconds", s="0.1"))


async def test_a_technician_moves_by_hand_and_a_disabled_button_says_why(page: Page, line: FakeLine, say: Say) -> None:
    await page.get_by_role("tab", name=say("technician.manual")).click()
    await expect(page.locator("#manual-mode")).to_have_text(say("manual.production"))
    jaw = page.locator('[data-motion="jaw-seal_1"]')
    await expect(jaw).to_be_disabled()
    line.shown = running(line.config, state="Stopped", commands=("reset", "abort"))
    await button(page, say("manual.enter")).click()
    await button(page.get_by_role("dialog"), say("manual.enter")).click()
    await expect(page.locator("#message")).to_contain_text(say("message.manual"))
    await expect(page.locator("#state")).to_contain_text(say("mode.Manual"))
    await jaw.click()
    await expect(page.locator("#manual-results")).to_contain_text(say("manual.jaw"))
    assert ("move_by_hand", {"motion": "jaw-seal_1", "by": "li"}) in line.calls
    line.blocked["jaw-seal_1"] = [GUARD]
    await expect(page.locator("#why-jaw-seal_1")).to_have_text(GUARD["zh" if "手动" in say("mode.Manual") else "en"])
    await expect(jaw).to_be_disabled()
    await expect(page.locator('[data-motion="jaw-seal_2"]')).to_be_enabled()
    await page.locator('nav [data-page="overview"]').click()
    await expect(page.locator("#message")).to_contain_text(say("message.manual"))
    await expect(page.locator("#commands")).not_to_contain_text(say("command.reset"))
    await page.locator("#message .go").click()
    await page.get_by_role("tab", name=say("technician.manual")).click()
    await button(page, say("manual.leave")).click()
    await button(page.get_by_role("dialog"), say("manual.leave")).click()
    await until(lambda: line.calls[-1] == ("turn_mode", {"mode": "production", "by": "li"}))


async def test_an_operator_sees_why_nothing_may_be_moved(page: Page, line: FakeLine, web: str) -> None:
    line.shown = running(line.config, mode="Manual", state="Stopped", commands=("stop", "hold", "abort"))
    await page.goto(f"{web}technician#show-manual")
    await expect(page.locator("#manual-common")).to_contain_text(CATALOGUES[Language.ZH]["manual.sign_in"])
    await expect(page.locator('[data-motion="jaw-seal_1"]')).to_be_disabled()
    await expect(page.locator("#manual-turn")).to_be_disabled()


WORN = AlarmView(
    alarm=21, kind="print_head_worn", source="waybill_camera", priority=2, text="Print head worn: 87 % to 70 %.",
    text_zh="打印质量下降：87 % 至 70 %。", raised_at="2026-11-30T06:04:51+00:00",
)  # fmt: skip


async def begin_anew(page: Page, say: Say, row: Locator) -> None:
    """Press, go back once, then confirm."""
    for answer in ("page.cancel", "print_trend.yes"):
        await button(row, say("print_trend.begin")).click()
        dialog = page.get_by_role("dialog", name=say("print_trend.title"))
        await expect(dialog).to_contain_text(say("print_trend.text"))
        await button(dialog, say(answer)).click()


@pytest.mark.parametrize("device", ["printer", "waybill_camera"])
async def test_the_print_trend_begins_anew_at_the_printer(page: Page, line: FakeLine, say: Say, device: str) -> None:
    row = page.locator(f'#links tr[data-key="{device}"]')
    await expect(row).to_contain_text(BEGUN["by"])
    await begin_anew(page, say, row)
    await until(lambda: bool(line.calls))
    assert line.calls == [("begin_print_trend", {"camera": "waybill_camera", "by": "li"})]
    await expect(button(page, say("print_trend.begin"))).to_have_count(2)


async def test_the_print_trend_begins_anew_at_its_alarm(page: Page, line: FakeLine, say: Say) -> None:
    other = WORN.model_copy(update={"alarm": 20, "kind": "camera_drifts"})
    over = WORN.model_copy(update={"alarm": 19, "cleared": True})
    line.shown = running(line.config, alarms=(WORN, other, over))
    await page.locator('nav [data-page="alarms"]').click()
    row = page.locator('#alarms [data-key="21"]')
    await expect(row.locator(".remedy")).to_contain_text(say("print_trend.begin"))
    await expect(button(page, say("print_trend.begin"))).to_have_count(1)
    await page.evaluate(AXE.read_text("utf-8"))
    assert await page.evaluate(SMALL, LEAST_PX) == []
    assert await page.evaluate(LOOK) == []
    await begin_anew(page, say, row)
    await until(lambda: bool(line.calls))
    assert line.calls == [("begin_print_trend", {"camera": "waybill_camera", "by": "li"})]


async def test_an_operator_may_not_begin_the_print_trend_anew(page: Page, line: FakeLine, web: str) -> None:
    words = CATALOGUES[Language.ZH]
    line.shown = running(line.config, alarms=(WORN,))
    await page.goto(f"{web}technician")
    row = page.locator('#links tr[data-key="printer"]')
    await expect(button(row, words["print_trend.begin"])).to_be_disabled()
    await expect(row).to_contain_text(words["manual.sign_in"])
    await page.goto(f"{web}alarms")
    await expect(page.locator('#alarms [data-key="21"] .remedy')).to_be_visible()
    await expect(button(page, words["print_trend.begin"])).to_have_count(0)


async def test_faults_of_a_simulated_plant_are_tried_and_put_right(page: Page, plant: Plant, say: Say) -> None:
    await page.get_by_role("tab", name=say("technician.faults")).click()
    guard = page.locator('[data-offer="guard_open line"]')
    await guard.click()
    await expect(guard).to_have_attribute("aria-pressed", "true")
    assert not plant.world.guards_closed
    await guard.click()
    await until(lambda: plant.world.guards_closed)
    await page.locator('#planned [name="kind"]').select_option("double_print")
    await page.locator('#planned [name="kit"]').fill("GA000001")
    await button(page, say("fault.plan")).click()
    await expect(page.locator("#planned li")).to_contain_text(say("fault.pending"))


async def test_all_can_be_reached_by_a_finger_and_axe_finds_nothing(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = running(line.config, mode="Manual", state="Stopped", commands=("stop", "hold", "abort"))
    line.blocked["jaw-seal_1"] = [GUARD]
    await page.evaluate(AXE.read_text("utf-8"))
    for tab in await page.get_by_role("tab").all():
        await tab.click()
        await page.wait_for_timeout(300)
        assert await page.evaluate(SMALL, LEAST_PX) == []
        assert await page.evaluate(LOOK) == []
