"""What a person presses while a page still begins: it is done as soon as the page can, and nothing is lost."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from controller.web.texts import CATALOGUES, Language
from tests.browser.conftest import kept_back
from tests.web.floor import FakeLine, until
from tests.web.history import acceptance

pytestmark = pytest.mark.browser
WORDS = "**/texts/*.json"
"""No module of a page runs before they are there."""
zh = CATALOGUES[Language.ZH]
HELD = [("command", {"command": "hold", "by": "wang"})]
UNDER_WAY = zh["answer.under_way"].format(what=zh["command.hold"])


async def begin(page: Page, address: str) -> None:
    """Open a page that can't run yet; it is there to be pressed, but not to be waited for."""
    await page.goto(address, wait_until="commit")
    await expect(page.locator("main")).to_be_visible()


async def test_hold_is_sent_at_once_and_only_once_and_told_when_the_words_are_there(
    page: Page, web: str, line: FakeLine
) -> None:
    async with kept_back(page.context, WORDS):
        await begin(page, web)
        await page.locator("#hold").click()
        await until(lambda: line.calls == HELD)
    await expect(page.get_by_role("alert")).to_have_text(UNDER_WAY)
    assert line.calls == HELD


async def test_hold_is_sent_though_the_words_and_the_modules_never_come(page: Page, web: str, line: FakeLine) -> None:
    await page.context.route(WORDS, lambda route: route.abort())
    await page.context.route("**/static/frame.js", lambda route: route.abort())
    await begin(page, web)
    await page.locator("#hold").click()
    await until(lambda: line.calls == HELD)


async def test_an_early_hold_that_was_lost_on_its_way_is_sent_as_the_page_starts(
    page: Page, web: str, line: FakeLine
) -> None:
    await page.context.route("**/api/commands/hold", lambda route: route.abort(), times=1)
    async with kept_back(page.context, WORDS):
        await begin(page, web)
        async with page.expect_event("requestfailed", lambda request: request.url.endswith("/hold")):
            await page.locator("#hold").click()
        assert line.calls == []
    await expect(page.get_by_role("alert")).to_have_text(UNDER_WAY)
    assert line.calls == HELD


async def test_the_tab_that_was_pressed_last_is_shown(page: Page, web: str) -> None:
    async with kept_back(page.context, WORDS):
        await begin(page, f"{web}alarms")
        for tab in ("history", "standing", "history"):
            await page.locator(f"#tab-{tab}").click()
    await expect(page.locator("#past tr")).to_have_count(4)
    await expect(page.locator("#standing")).to_be_hidden()


async def test_a_code_that_was_scanned_is_looked_up_and_never_stands_in_the_address(page: Page, web: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    async with kept_back(page.context, WORDS):
        await begin(page, f"{web}rejects")
        await page.locator("#code").fill("PM0000000003")
        await page.keyboard.press("Enter")
    scanned = page.locator("#scanned")
    await expect(scanned.get_by_role("button", name=zh["spoil.title"], exact=True)).to_be_visible()
    assert [url for url in asked if "rejects?" in url and "/api/" not in url] == []


async def test_an_earlier_code_that_is_answered_late_does_not_offer_its_part(page: Page, web: str) -> None:
    """Its buttons would rework or spoil another part than the one in the hand."""
    await page.goto(f"{web}rejects")
    scanned, code = page.locator("#scanned"), page.locator("#code")
    await expect(page.locator("#rejects .reject")).to_have_count(6)
    first = "**/owner?code=PM0000000003"
    async with page.expect_response(first), kept_back(page.context, first):
        await code.fill("PM0000000003")
        await page.keyboard.press("Enter")
        await code.fill("PM0000000004")
        await page.keyboard.press("Enter")
        await expect(scanned).to_contain_text(acceptance(4))
    await page.wait_for_timeout(200)
    await expect(scanned).to_contain_text(acceptance(4))


async def test_a_rework_that_is_taken_late_leaves_the_code_that_was_scanned_meanwhile(page: Page, web: str) -> None:
    await page.goto(f"{web}rejects")
    scanned, code = page.locator("#scanned"), page.locator("#code")
    await code.fill("PM0000000003")
    await page.keyboard.press("Enter")
    rework = f"**/orders/{acceptance(3)}/rework"
    async with kept_back(page.context, rework):
        await scanned.get_by_role("button", name=zh["reject.rework"], exact=True).click()
        await code.fill("PM0000000004")
        await page.keyboard.press("Enter")
        await expect(scanned).to_contain_text(acceptance(4))
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(scanned).to_contain_text(acceptance(4))
    await expect(code).to_have_value("PM0000000004")
