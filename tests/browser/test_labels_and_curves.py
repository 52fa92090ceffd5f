"""Voiding a mail number, destroying its label, and a cycle's curve, as people use them, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from controller.clock import SystemClock
from controller.desk.label_calls import LabelCalls
from controller.journal import Journal, Ledger
from controller.journal.store import open_reading
from controller.orders.mail_numbers import MailNumberState, advance, reserve, void
from controller.plan.config import LineConfig
from controller.web.texts import CATALOGUES, Language
from tests.browser.conftest import kept_back, sign_in
from tests.web import test_planning, test_trace
from tests.web.floor import FakeLine, until
from tests.web.shown import in_trouble

pytestmark = pytest.mark.browser
LIVE, VOID = test_planning.NUMBERS
Say = Callable[..., str]


@pytest.fixture
async def journal(config: LineConfig, line: FakeLine) -> AsyncIterator[Journal]:
    """Item 1 under way with a printed label, item 2 rejected with one; item 1 was sealed with a curve."""
    async with Journal(config.store.journal, SystemClock()) as journal:
        await journal.write(lambda ledger: _fill(ledger, config))
        stub: Any = SimpleNamespace(journal=journal, tally=SimpleNamespace(touch=lambda: None))
        stub.tracking = SimpleNamespace(items={})
        line.server._handlers = {**line.server._handlers, **LabelCalls(stub).handlers}
        yield journal


def _fill(ledger: Ledger, config: LineConfig) -> None:
    test_planning.fill(ledger, config)
    for item, (acceptance, number) in enumerate((("GZ001", LIVE), ("GZ002", VOID)), start=1):
        test_planning.pack(ledger, acceptance, ended=False)
        assert reserve(ledger, item, acceptance) == number
        advance(ledger, number, MailNumberState.PRINTED)
    void(ledger, VOID, "waybill_mismatch")
    ledger.connection.execute(
        "UPDATE items SET outcome = 'rejected', reason = 'waybill_mismatch', ended_at = ? WHERE item = 2", (ledger.at,)
    )
    ledger.connection.execute("UPDATE orders SET state = 'rejected' WHERE acceptance = 'GZ002'")
    at = {"item": 1, "acceptance": "GZ001"}
    for zone, kept in (("seal_1", {"curve": test_trace.CURVE}), ("seal_2", {"curve": "", "no_curve": "not read"})):
        ledger.enter("sealing", **at, zone=zone, sealer=f"sealer_{zone[-1]}", setpoints=[1400, 600, 300, 300])
        ledger.enter("sealed", **at, zone=zone, result="OK", measured=test_trace.MEASURED, **kept)


@pytest.fixture(params=list(Language), ids=str)
def say(request: pytest.FixtureRequest) -> Say:
    """Texts by their key, in one language."""
    language: Language = request.param

    def text(key: str, /, **values: object) -> str:
        return language.value if key == "language" else CATALOGUES[language][key].format(**values)

    return text


async def open_page(context: BrowserContext, web: str, name: str, path: str, say: Say) -> Page:
    await sign_in(context, web, name)
    page = await context.new_page()
    await page.goto(f"{web}language/{say('language')}?to=/{path}")
    return page


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def scan(page: Page, code: str) -> None:
    """As a scanner types it: the code, then Enter."""
    await page.locator("#code").fill(code)
    await page.keyboard.press("Enter")


async def test_a_void_label_is_torn_up_scanned_and_told_destroyed(
    context: BrowserContext, web: str, journal: Journal, say: Say
) -> None:
    page = await open_page(context, web, "wang", "rejects", say)
    await expect(page.locator("#labels li")).to_contain_text([VOID])
    await scan(page, VOID)
    await expect(page.locator("#scanned")).to_contain_text(say("label.is_voided"))
    await button(page, say("label.destroyed")).click()
    await expect(page.locator("#labels")).to_have_text(say("labels.none"))
    await scan(page, VOID)
    await expect(page.locator("#scanned")).to_contain_text(say("label.is_destroyed"))
    await expect(button(page, say("label.destroyed"))).to_have_count(0)


async def test_a_label_told_destroyed_late_leaves_the_code_that_was_scanned_meanwhile(
    context: BrowserContext, web: str, journal: Journal, say: Say
) -> None:
    """The buttons below it would rework or spoil what is not in the hand."""
    page = await open_page(context, web, "wang", "rejects", say)
    await scan(page, VOID)
    async with kept_back(context, "**/api/labels/destroyed"):
        await button(page, say("label.destroyed")).click()
        await scan(page, LIVE)
        await expect(page.locator("#scanned")).to_contain_text(say("label.is_live"))
    await expect(page.locator("#labels")).to_have_text(say("labels.none"))
    await expect(page.locator("#scanned")).to_contain_text(say("label.is_live"))


async def test_only_a_supervisor_is_offered_to_void_a_live_number_and_says_why(
    context: BrowserContext, web: str, journal: Journal, say: Say
) -> None:
    page = await open_page(context, web, "wang", "rejects", say)
    await scan(page, LIVE)
    await expect(page.locator("#scanned")).to_contain_text(say("label.is_live"))
    await expect(button(page, say("void.title"))).to_have_count(0)
    await page.close()
    page = await open_page(context, web, "zhao", "rejects", say)
    await scan(page, LIVE)
    await button(page, say("void.title")).click()
    dialog = page.get_by_role("dialog", name=say("void.title"))
    await button(dialog, say("void.yes")).click()
    await expect(dialog.get_by_role("alert")).to_have_text(say("void.why_missing"))
    await dialog.locator("[name=why]").fill(say("label.destroyed"))
    await dialog.locator("[name=label]").fill(VOID)
    await button(dialog, say("void.yes")).click()
    await expect(dialog.get_by_role("alert")).to_have_text(say("void.other_label"))
    await dialog.locator("[name=label]").fill(LIVE)
    await button(dialog, say("void.yes")).click()
    await expect(dialog).to_be_hidden()
    await until(lambda: _entered(journal, "label_destroyed") == 1)
    assert _entered(journal, "void_asked") == 1
    await scan(page, LIVE)
    await expect(page.locator("#scanned")).to_contain_text(say("label.is_destroyed"))


async def test_the_trace_page_draws_each_curve_before_its_limits_and_says_where_there_is_none(
    context: BrowserContext, web: str, journal: Journal, say: Say
) -> None:
    page = await open_page(context, web, "zhao", "trace", say)
    await page.goto(f"{web}trace?order=GZ001")
    first, second = page.locator("#cycles figure").first, page.locator("#cycles figure").last
    curve = first.get_by_role("img", name=say("trace.curve", hottest="140.7", force="303"))
    await expect(curve.locator("polyline")).to_have_count(2)
    await expect(curve.locator(".band")).to_have_count(2)
    await expect(second).to_contain_text(say("trace.no_curve"))
    await expect(page.locator("#entries")).not_to_contain_text(test_trace.CURVE[:12])
    await expect(page.locator("#numbers")).to_contain_text(say("mail_state.printed"))
    await button(page, say("void.title")).click()
    await expect(page.get_by_role("dialog", name=say("void.title"))).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name=say("void.title"))).to_be_hidden()


async def test_a_supervisor_may_void_a_number_that_was_shown_before_the_page_knew_who_looks(
    context: BrowserContext, web: str, journal: Journal, say: Say
) -> None:
    page = await open_page(context, web, "zhao", "people", say)
    async with kept_back(context, "**/api/me"):
        await page.goto(f"{web}trace?order=GZ001")
        await expect(page.locator("#numbers")).to_contain_text(say("mail_state.printed"))
    await expect(button(page, say("void.title"))).to_be_visible()
    async with kept_back(context, "**/api/me"):
        await page.goto(f"{web}rejects")
        await scan(page, LIVE)
        await expect(page.locator("#scanned")).to_contain_text(say("label.is_live"))
    await expect(button(page, say("void.title"))).to_be_visible()


async def test_an_alarm_shows_its_drawing_and_the_rates_their_limits(
    context: BrowserContext, web: str, line: FakeLine, journal: Journal, say: Say
) -> None:
    line.shown = in_trouble(line.config, ())
    page = await open_page(context, web, "wang", "alarms", say)
    drawing = page.locator("#alarms .alarm").first.get_by_role("img", name=say("drawing.jam"))
    await until_loaded(drawing)
    await expect(page.locator("#rate-chart")).to_contain_text(say("alarms.flood_at", count=10))
    await expect(page.locator("#rate-standing")).to_have_text("0")


async def until_loaded(image: Locator) -> None:
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("complete", True)
    assert await image.evaluate("image => image.naturalWidth") > 0


def _entered(journal: Journal, kind: str) -> int:
    with closing(open_reading(journal.path)) as reading:
        found: int = reading.execute("SELECT COUNT(*) FROM history WHERE kind = ?", (kind,)).fetchone()[0]
    return found
