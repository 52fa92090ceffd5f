"""What axe finds wrong with each page: nothing. `axe/` holds axe-core 4.10.3 (MPL 2.0), used by these tests alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from controller.web.frame import Page as ShownPage
from controller.web.pages import PAGES
from tests.web.floor import FakeLine
from tests.web.shown import in_trouble

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "axe" / "axe.min.js"
LOOK = """async () => {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, {runOnly: rules});
  return found.violations.map((each) => each.id + ': ' + each.nodes.map((node) => node.html.slice(0, 160)).join(' | '));
}"""


@pytest.mark.parametrize("shown", PAGES, ids=[each.name for each in PAGES])
async def test_axe_finds_nothing(page: Page, line: FakeLine, web: str, shown: ShownPage) -> None:
    line.shown = in_trouble(line.config, ())
    await page.goto(f"{web}{shown.path.lstrip('/')}")
    await page.evaluate(AXE.read_text("utf-8"))
    await expect(page.locator("#message")).to_have_attribute("data-level", "1")
    tabs = await page.get_by_role("tab").all()
    assert await page.evaluate(LOOK) == []
    for tab in tabs[1:]:
        await tab.click()
        assert await page.evaluate(LOOK) == []


async def test_axe_finds_nothing_in_an_open_question(page: Page, line: FakeLine) -> None:
    await page.evaluate(AXE.read_text("utf-8"))
    await page.get_by_role("button", name="停止", exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await page.evaluate(LOOK) == []
