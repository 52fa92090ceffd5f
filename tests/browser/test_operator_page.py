"""The operator's page in a real Chromium, as a person at the line uses it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from controller.plan.config import LineConfig
from controller.snapshot import Snapshot
from controller.web.frame import Page as ShownPage
from controller.web.pages import PAGES
from tests.web.floor import FakeLine, put_picture, until
from tests.web.shown import in_trouble, rejects, running, station

pytestmark = pytest.mark.browser


def move(line: FakeLine, zone: str, **now: object) -> None:
    """Let one station show something else."""
    stations = tuple(station(line.config, zone, **now) if each.zone == zone else each for each in line.shown.stations)
    line.shown = line.shown.model_copy(update={"stations": stations})


@pytest.mark.smoke
async def test_the_line_is_shown_and_moves_live(page: Page, line: FakeLine) -> None:
    await expect(page.locator("#state")).to_contain_text("运行")
    await expect(page.locator("#message")).to_contain_text("产线运行正常")
    await expect(page.locator("#station-verify")).to_contain_text("载具 9")
    await expect(page.locator("#station-verify")).to_contain_text("判定中")
    await expect(page.locator("#station-divert")).to_contain_text("空闲")
    move(line, "verify")
    move(line, "divert", carrier=9, item=45, acceptance="GZ2611300045", product="nev_plates", activity="diverting")
    await expect(page.locator("#station-verify")).to_contain_text("空闲")
    await expect(page.locator("#station-divert")).to_contain_text("载具 9")
    await expect(page.locator("#station-divert")).to_contain_text("分拣中")
    assert await page.locator(".station").count() == 9


async def test_the_seconds_run_on_between_two_snapshots(page: Page, line: FakeLine) -> None:
    line.shown = line.shown.model_copy(update={"rejects": ()})
    waited = page.locator("#station-label .since")
    await expect(waited).to_have_text("7 秒")
    await expect(waited).to_have_text("8 秒")


async def test_the_language_is_switched_and_kept(page: Page) -> None:
    await expect(page.locator("#escape")).to_have_text("错装漏检低于 1/5,962（95% 置信度）")
    await page.get_by_role("link", name="Switch to English").click()
    await expect(page.locator("#state")).to_contain_text("Running")
    await expect(page.locator("#escape")).to_have_text("mis-insert escapes below 1 in 5,962 at 95 % confidence")
    await expect(page.get_by_role("button", name="Hold")).to_be_visible()
    await page.reload()
    await expect(page.locator("#station-seal_1")).to_contain_text("Sealing")
    await page.get_by_role("link", name="切换到中文").click()
    await expect(page.get_by_role("button", name="保持")).to_be_visible()


@pytest.mark.smoke
async def test_hold_is_one_tap_and_unhold_is_offered(page: Page, line: FakeLine) -> None:
    await page.get_by_role("button", name="保持").click()
    await expect(page.locator("#state")).to_contain_text("保持")
    await expect(page.locator("#message")).to_contain_text("由页面保持")
    await expect(page.get_by_role("button", name="恢复")).to_be_visible()
    await expect(page.get_by_role("button", name="暂停")).to_have_count(0)
    assert line.calls == [("command", {"command": "hold", "by": "wang"})]
    await expect(page.get_by_role("button", name="保持")).to_be_visible()
    await page.get_by_role("button", name="保持").click()
    await expect(page.get_by_role("alert")).to_contain_text("未执行")
    await expect(page.get_by_role("alert")).to_contain_text("恢复")


async def test_stop_is_asked_twice_and_works_by_keyboard(page: Page, line: FakeLine) -> None:
    await page.get_by_role("button", name="停止", exact=True).focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="停止产线？")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Enter")  # the way back has the focus
    await expect(dialog).to_be_hidden()
    assert line.calls == []
    await page.get_by_role("button", name="停止", exact=True).click()
    await page.keyboard.press("Escape")
    assert line.calls == []
    await page.get_by_role("button", name="停止", exact=True).click()
    await dialog.get_by_role("button", name="是，停止").click()
    await until(lambda: line.calls == [("command", {"command": "stop", "by": "wang"})])


async def test_trouble_is_shown_with_its_remedy_and_acknowledged(page: Page, line: FakeLine) -> None:
    line.shown = in_trouble(line.config, ())
    await expect(page.locator("#message")).to_have_attribute("data-level", "1")
    await expect(page.locator("#message")).to_contain_text("排除后按“恢复”")
    await expect(page.locator("#station-inspect")).to_contain_text("电子秤 离线")
    await expect(page.locator("#station-seal_1")).to_contain_text("存疑")
    await expect(page.locator("#dispatch")).to_contain_text("离线 · 未确认 112 · 被拒 1")
    await expect(page.locator("#devices .device").first).to_contain_text("离线")
    await page.locator("#alarms .alarm").first.get_by_role("button", name="确认").click()
    await until(lambda: line.calls == [("acknowledge_alarm", {"alarm": 17, "by": "wang"})])


async def test_a_reject_shows_its_picture_and_can_be_reworked(page: Page, line: FakeLine, config: LineConfig) -> None:
    pictures = (put_picture(config.store.evidence, "B-12346"), put_picture(config.store.evidence, "B-99999"))
    line.shown = running(config, rejects=rejects(tuple(f"{digest}.jpg" for digest in pictures)))
    first = page.locator("#rejects li").first
    await expect(first).to_contain_text("号牌号码不符")
    await expect(first).to_contain_text("粤B***46")
    await until_loaded(page, "#rejects li img")
    await expect(page.locator("#rejects li").last).to_contain_text("没有图片，或已到期删除")
    await first.get_by_role("button").click()
    dialog = page.locator("#reject")
    await expect(dialog).to_contain_text("封装件 39")
    failed = dialog.locator(".failed li")
    await expect(failed).to_have_count(1)
    await expect(failed).to_contain_text("1号牌字符 · rear应为 ******5实际 ******6得分 -4.20，界限 2")
    await dialog.get_by_role("button", name="2").click()
    await expect(dialog).to_contain_text("图片 2/2")
    await until_loaded(page, "#reject img")
    await dialog.get_by_role("button", name="返工").click()
    await until(lambda: line.calls == [("rework", {"acceptance": "GZ2611300039", "by": "wang"})])


async def until_loaded(page: Page, selector: str) -> None:
    image = await page.locator(selector).first.element_handle()
    await page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image)


async def test_a_button_keeps_its_focus_while_the_line_goes_on(page: Page, line: FakeLine) -> None:
    line.shown = in_trouble(line.config, ())
    button = page.locator("#alarms .alarm").first.get_by_role("button")
    await button.focus()
    alarms = (
        line.shown.alarms[0].model_copy(update={"raised_at": "2026-11-30T07:00:00+00:00"}),
        *line.shown.alarms[1:],
    )
    line.shown = line.shown.model_copy(update={"alarms": alarms})
    await expect(page.locator("#alarms .alarm").first).not_to_contain_text("06:04:51")
    await expect(button).to_be_focused()


@pytest.mark.smoke
async def test_a_lost_line_is_told_and_what_is_shown_looks_old(page: Page, line: FakeLine) -> None:
    await expect(page.locator("#state")).to_contain_text("运行")
    line.server._snapshot = _broken
    await expect(page.locator("body")).to_have_class("old", timeout=8000)
    await expect(page.locator("#message")).to_contain_text("产线没有应答")
    await expect(page.locator("#message")).to_contain_text("重连")
    assert await page.get_by_role("button", name="保持").is_enabled()
    line.server._snapshot = lambda: line.shown
    await expect(page.locator("body")).not_to_have_class("old", timeout=8000)
    await expect(page.locator("#message")).to_contain_text("产线运行正常")


def _broken() -> Snapshot:
    raise RuntimeError("the line fell silent")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("shown", PAGES, ids=[each.name for each in PAGES])
async def test_every_page_fits_and_can_be_touched(
    page: Page, line: FakeLine, web: str, language: str, shown: ShownPage
) -> None:
    line.shown = in_trouble(line.config, ())
    await page.goto(f"{web}language/{language}?to={shown.path}")
    await expect(page.locator("#message")).to_have_attribute("data-level", "1")
    for width, height in ((1280, 800), (1920, 1080)):
        await page.set_viewport_size({"width": width, "height": height})
        await fits(page, (width, height))


async def fits(page: Page, size: tuple[int, int]) -> None:
    over = await page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert max(over) <= 0, f"{over} px beyond {size}"
    # All at one moment: a page that is still being drawn may take a button away again.
    least = """found => found.map(each => {
        const box = each.getBoundingClientRect();
        return [Math.min(box.width, box.height), each.innerText];
    })"""
    buttons = await page.locator("button:visible, a:visible").evaluate_all(least)
    assert buttons
    for side, text in buttons:
        assert side >= 48, text


@pytest.mark.parametrize("shown", PAGES, ids=[each.name for each in PAGES])
async def test_hold_is_one_touch_away_on_every_page(page: Page, line: FakeLine, web: str, shown: ShownPage) -> None:
    await page.goto(f"{web}{shown.path.lstrip('/')}")
    await page.get_by_role("button", name="保持").click()
    await expect(page.locator("#message")).to_contain_text("由页面保持")
    assert line.calls == [("command", {"command": "hold", "by": "wang"})]


async def test_an_inner_page_asks_at_the_door_who_has_no_key(page: Page, web: str) -> None:
    await page.context.clear_cookies()
    await page.goto(f"{web}alarms")
    await expect(page.get_by_role("heading", name="需要令牌")).to_be_visible()


async def test_two_pages_see_the_same(page: Page, line: FakeLine, web: str) -> None:
    other = await page.context.new_page()
    await other.goto(web)
    line.shown = line.shown.model_copy(update={"state": "Suspended"})
    await expect(page.locator("#state")).to_contain_text("已暂停")
    await expect(other.locator("#state")).to_contain_text("已暂停")
