"""Trace, orders, shift report and settings as people use them, in both languages, over a real journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from controller.clock import SystemClock
from controller.desk.dossiers import DossierForm, state_dossier
from controller.desk.planning import Planning
from controller.desk.settings_calls import SettingsCalls
from controller.desk.signing import load_or_make_key, public_half, sign
from controller.dispatch.bags import open_bag
from controller.journal import Journal, Ledger
from controller.plan.config import LineConfig
from controller.plan.settings_book import begin_version
from controller.pulse import Pulse
from controller.web.papers.signed_file import verify
from controller.web.texts import CATALOGUES, Language
from tests.browser.conftest import kept_back, sign_in
from tests.web import test_planning, test_trace
from tests.web.floor import FakeLine

pytestmark = pytest.mark.browser


@pytest.fixture
async def journal(config: LineConfig, line: FakeLine) -> AsyncIterator[Journal]:
    """Orders of two routes, two parcels in a bag, one of them with its whole story; the line's own desk answers."""
    async with Journal(config.store.journal, SystemClock()) as journal:
        await journal.write(lambda ledger: _fill(ledger, config))
        stub: Any = SimpleNamespace(journal=journal, orders_changed=Pulse(), tally=SimpleNamespace(touch=lambda: None))
        stub.plant_recipes = config.recipes
        stub.use_settings = test_planning.clearance

        async def sign_dossier(arguments: dict[str, Any]) -> dict[str, Any]:
            form = DossierForm.model_validate(arguments)
            key = load_or_make_key(config.store.signing_key)
            statement = await journal.write(lambda ledger: state_dossier(ledger, form, config.line.id))
            return {"statement": statement, "public": public_half(key), "signature": sign(key, statement)}

        calls = {**Planning(stub).handlers, **SettingsCalls(stub).handlers, "sign_dossier": sign_dossier}
        line.server._handlers = {**line.server._handlers, **calls}
        yield journal


def _fill(ledger: Ledger, config: LineConfig) -> None:
    test_planning.fill(ledger, config)
    assert open_bag(ledger) == 1
    ledger.enter("unit_state", before="STARTING", after="EXECUTE", cause="complete", by="line")
    for acceptance in ("GZ001", "GZ002"):
        test_planning.pack(ledger, acceptance)
    at = {"item": 1, "acceptance": "GZ001"}
    ledger.enter("sealing", **at, zone="seal_1", sealer="sealer_1", setpoints=[1400, 600, 300, 300])
    ledger.enter("sealed", **at, zone="seal_1", result="OK", measured=test_trace.MEASURED)
    ledger.enter("packed", **at, reason="", facts={})
    ledger.enter("print_trend_begun", camera="waybill_camera", by="li", first_item=1)


async def open_page(context: BrowserContext, web: str, name: str, path: str, language: str) -> Page:
    await sign_in(context, web, name)
    page = await context.new_page()
    await page.goto(f"{web}language/{language}?to=/{path}")
    return page


LOOK_UP = {
    "zh": ("查找", "已封装", "钳口温度", "打印档案 (PDF)", "没有找到"),
    "en": ("Look up", "packed", "jaw temperature", "Dossier (PDF)", "nothing found"),
}


@pytest.mark.parametrize("language", LOOK_UP)
async def test_a_plate_leads_to_its_parcel_and_to_a_dossier_that_verifies(
    context: BrowserContext, web: str, journal: Journal, language: str
) -> None:
    look, packed, jaw, dossier, nothing = LOOK_UP[language]
    page = await open_page(context, web, "wang", "trace", language)
    field = page.locator("#look input")
    await field.fill("粤B99999")
    await page.get_by_role("button", name=look).click()
    await expect(page.get_by_role("alert")).to_contain_text(nothing)
    await field.fill("粤B·12341")
    await page.keyboard.press("Enter")
    await expect(page.locator("#summary")).to_contain_text(packed)
    await expect(page.locator("#cycles")).to_contain_text(jaw)
    await expect(page.locator("#cycles")).to_contain_text("139.9–140.7 (128–152) °C")
    assert "粤B12341" not in await page.locator("#story").inner_text()
    async with page.expect_download() as download:
        await page.get_by_role("link", name=dossier).click()
    file = await (await download.value).path()
    assert verify(file.read_bytes()).statement["by"] == "wang"


async def test_a_plate_that_is_looked_up_before_the_page_runs_is_found_and_never_stands_in_the_address(
    context: BrowserContext, web: str, journal: Journal
) -> None:
    page = await open_page(context, web, "wang", "people", "en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    async with kept_back(context, "**/texts/*.json"):
        await page.goto(f"{web}trace", wait_until="commit")
        await page.locator("#look input").fill("粤B·12341")
        await page.keyboard.press("Enter")
    await expect(page.locator("#summary")).to_contain_text("packed")
    assert [url for url in asked if "key=" in url] == []


PLAN = {
    "zh": ("批次名", "清线并开批", "本批", "清线并关批", "原因（写入日志）", "封袋并挂新袋", "已封袋"),
    "en": ("Name of the batch", "Clear the line and open it", "batch", "Clear the line and close it",
           "Why (stands in the journal)", "Close it and hang the next", "closed"),
}  # fmt: skip


@pytest.mark.parametrize("language", PLAN)
async def test_a_supervisor_runs_a_batch_closes_a_bag_and_prefers_an_order(
    context: BrowserContext, web: str, journal: Journal, language: str
) -> None:
    name, opening, _, closing, why, bag, closed = PLAN[language]
    page = await open_page(context, web, "zhao", "orders", language)
    await page.get_by_label(name).fill("south-1")
    await page.locator("#open-batch [name=route]").fill("south")
    await page.get_by_role("button", name=opening).click()
    await expect(page.locator("#batches")).to_contain_text("2 = 0 + 0 + 2")
    await page.locator("#close-batch").get_by_label(why).fill("end of the day")
    await page.get_by_role("button", name=closing).click()
    await expect(page.locator("#open-batch")).to_be_visible()
    await page.get_by_role("button", name=bag).click()
    await page.get_by_role("dialog").get_by_role("button", name=bag).click()
    await expect(page.locator("#bags")).to_contain_text(closed)
    row = page.locator("#orders tr", has_text="GZ004")
    await row.get_by_role("button").click()
    await page.locator("#prefer [name=priority]").fill("0")
    await page.locator("#prefer [name=why]").fill("court date")
    await page.locator("#prefer button").first.click()
    await expect(row.locator("td").nth(3)).to_have_text("0")


async def test_who_is_not_signed_in_sees_orders_but_no_plate_and_no_button(
    context: BrowserContext, web: str, journal: Journal
) -> None:
    page = await context.new_page()
    await page.goto(f"{web}orders")
    await expect(page.locator("#orders")).to_contain_text("GZ003")
    await expect(page.locator("#picks")).to_contain_text("登录后显示")
    assert "粤B" not in await page.locator("main").inner_text()
    assert await page.locator("main form button:visible").count() == 0


@pytest.mark.parametrize(("language", "words"), [("zh", "设备综合效率"), ("en", "Availability")])
async def test_a_shift_is_read_and_carried_to_the_office(
    context: BrowserContext, web: str, journal: Journal, language: str, words: str
) -> None:
    page = await open_page(context, web, "sun", "report", language)
    await expect(page.locator("main")).to_contain_text(words)
    await expect(page.locator("#counts")).to_contain_text("1")
    await expect(page.locator("#escape")).to_contain_text("5,962")
    await expect(page.locator("#escape-basis")).to_contain_text("1000000")
    await expect(page.locator("#curves .break")).to_have_count(2)
    await expect(page.locator("#curves")).to_contain_text(CATALOGUES[Language(language)]["report.begun_anew"])
    for name, start in (("PDF", b"%PDF"), ("CSV", "\ufeffwhat".encode())):
        async with page.expect_download() as download:
            await page.get_by_role("link", name=name).click()
        assert (await (await download.value).path()).read_bytes().startswith(start)
    shift = await page.locator("#shift").inner_text()
    await page.locator("#older").click()
    await expect(page.locator("#shift")).not_to_have_text(shift)


CHANGE = {
    "zh": ("新值 封口温度 °C", "提出改动", "批准（第二人）", "已批准，待清线", "使用中"),
    "en": ("New value Seal temperature °C", "Propose", "Approve (second person)", "waits for line clearance", "in use"),
}


@pytest.mark.parametrize("language", CHANGE)
async def test_two_people_change_a_recipe_and_compare_it_side_by_side(
    context: BrowserContext, web: str, journal: Journal, language: str
) -> None:
    new, propose, approve, approved, used = CHANGE[language]
    page = await open_page(context, web, "zhao", "settings", language)
    await page.get_by_label(new).fill("145")
    await page.locator("#propose [name=why]").fill("new film")
    await page.get_by_role("button", name=propose, exact=True).click()
    await expect(page.locator("#waiting")).to_contain_text("new film")
    await expect(page.get_by_role("button", name=approve)).to_be_hidden()
    await sign_in(context, web, "li")
    await page.reload()
    await page.get_by_role("button", name=approve).click()
    await expect(page.locator("#waiting")).to_contain_text(approved)
    differing = page.locator("#rows tr[data-differs=true]")
    await expect(differing).to_have_count(1)
    await expect(differing).to_contain_text("145")
    await journal.write(lambda ledger: begin_version(ledger, 1))
    await page.reload()
    await expect(page.locator("#versions")).to_contain_text(used)


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["people", "trace?order=GZ001", "orders", "report", "settings"])
async def test_nothing_runs_out_of_the_page_and_all_can_be_touched(
    context: BrowserContext, web: str, journal: Journal, path: str, language: str, size: tuple[int, int]
) -> None:
    await context.request.get(f"{web}language/{language}")
    page = await open_page(context, web, "zhao", "", language)
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.goto(f"{web}{path}")
    await expect(page.locator("main section:visible").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for button in await page.locator("main :is(button, a, input, select):visible").all():
        box = await button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48, await button.evaluate("each => each.outerHTML")
