"""People at the page: the first start, signing in by name and badge, accounts, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect

from controller.plan.config import LineConfig
from tests.browser.conftest import sign_in
from tests.web.floor import FakeLine, until
from tests.web.staff import PASSWORD, PIN

pytestmark = pytest.mark.browser


@pytest.fixture
async def visitor(context: BrowserContext, web: str) -> Page:
    """The page in which nobody is signed in."""
    page = await context.new_page()
    await page.goto(web)
    return page


async def test_a_newcomer_watches_holds_and_makes_the_first_supervisor(
    context: BrowserContext, web: str, line: FakeLine, config: LineConfig
) -> None:
    config.store.people.unlink()
    visitor = await context.new_page()
    await visitor.goto(web)
    await expect(visitor.locator("#state")).to_contain_text("运行")
    await visitor.locator("#hold").click()
    await until(lambda: line.calls == [("command", {"command": "hold", "by": "unsigned"})])
    await visitor.get_by_role("link", name="设置首位班长").click()
    first = visitor.locator("#first")
    await first.get_by_label("账号名").fill("zhao")
    await first.get_by_label("显示姓名").fill("赵班长")
    await first.get_by_label("密码", exact=True).fill("kurz")
    await first.get_by_role("button", name="设置首位班长").click()
    await expect(visitor.locator("#own")).to_be_hidden()
    await first.get_by_label("密码", exact=True).fill(PASSWORD)
    await first.get_by_role("button", name="设置首位班长").click()
    await expect(visitor.locator("#me")).to_contain_text("赵班长 · 班长")
    await expect(visitor.locator("#staff")).to_be_visible()


async def test_an_operator_signs_in_works_and_signs_out(visitor: Page, line: FakeLine) -> None:
    await visitor.get_by_role("button", name="停止", exact=True).click()
    await expect(visitor.get_by_role("alert")).to_contain_text("请先登录")  # and is not asked whether it is meant
    await visitor.locator("#me").click()
    await visitor.get_by_label("胸卡或账号名").fill("wang")
    await visitor.get_by_label("PIN 或密码").fill("000001")
    await visitor.keyboard.press("Enter")
    await expect(visitor.get_by_role("alert")).to_contain_text("不符")
    await visitor.get_by_label("PIN 或密码").fill(PIN)
    await visitor.keyboard.press("Enter")
    await expect(visitor.locator("#me")).to_contain_text("王小明 · 操作员")
    await expect(visitor.locator("#staff")).to_be_hidden()
    await visitor.get_by_role("link", name="总览").click()
    await visitor.get_by_role("button", name="停止", exact=True).click()
    await visitor.get_by_role("button", name="是，停止").click()
    await until(lambda: line.calls == [("command", {"command": "stop", "by": "wang"})])
    await visitor.locator("#me").click()
    await visitor.get_by_role("button", name="退出登录").click()
    await expect(visitor.locator("#me")).to_contain_text("登录")


async def test_a_supervisor_adds_somebody_and_gives_a_badge_that_signs_in(context: BrowserContext, web: str) -> None:
    await sign_in(context, web, "zhao")
    page = await context.new_page()
    await page.goto(f"{web}language/en?to=/people")
    form = page.locator("#add")
    await form.get_by_label("Account name").fill("wu")
    await form.get_by_label("Name as shown").fill("Wu")
    await form.get_by_label("First password or PIN").fill("905173")
    await form.get_by_label("Why").fill("new colleague")
    await form.get_by_role("button", name="Add a person").click()
    await expect(page.locator("#staff tbody")).to_contain_text("waits for an own secret")
    await page.get_by_role("button", name="Change 王小明").click()
    dialog = page.locator("#account")
    await dialog.get_by_label("Why").fill("first badge")
    await dialog.get_by_role("button", name="Make a new badge").click()
    await expect(dialog.locator("#code")).to_be_visible()
    badge = await dialog.locator("#code").inner_text()
    await dialog.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#sign-in")).to_be_visible()
    await page.keyboard.type(badge)  # the field has the focus: a scanner types and presses Enter
    await page.keyboard.press("Enter")
    await expect(page.locator("#me")).to_contain_text("王小明 · operator")
