"""What an unforgiving operator tripped over at the live page, so that nobody does again."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect

from controller.flow.strays import STRAY
from controller.snapshot import AlarmView, MatterView, Snapshot
from tests.browser.conftest import sign_in
from tests.browser.test_operator_page import _broken
from tests.browser.test_tasks import Say, asked, button, go, named, say, stopped, title
from tests.web.floor import FakeLine, until
from tests.web.history import acceptance
from tests.web.shown import devices, in_trouble, running

pytestmark = pytest.mark.browser
__all__ = ["say"]  # the page in each language
SINCE = "2026-11-30T06:00:00+00:00"


async def test_where_a_parcel_is_must_be_chosen_by_a_person(page: Page, line: FakeLine, say: Say) -> None:
    """An answer that is chosen already is given without a look, and the wrong one sends an item twice."""
    matter = MatterView(
        kind="item", number=5, state="unknown", since=SINCE, acceptance=acceptance(5), cause="slip_part"
    )
    line.shown = running(line.config, matters=(matter,))
    await go(page, say, "recovery")
    await expect(page.locator("#matters")).to_contain_text(say("reason.slip_part"))
    await page.locator("#matters button").click()
    dialog = page.get_by_role("dialog", name=say("matter.item_unknown", number=5))
    await dialog.get_by_label(say("matter.why")).fill("waybill read")
    await button(dialog, say("matter.yes")).click()
    await expect(dialog).to_be_visible()
    assert asked(line, "answer_item") == []
    await button(dialog, say("page.cancel")).click()
    await expect(dialog).to_be_hidden()


async def test_a_bag_that_nobody_counted_is_not_told_as_empty(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = running(line.config, matters=(MatterView(kind="bag", number=3, state="frozen", since=SINCE),))
    await go(page, say, "recovery")
    await page.locator("#matters button").click()
    dialog = page.get_by_role("dialog", name=say("matter.bag_frozen", number=3))
    await expect(dialog).to_contain_text(say("matter.bag_todo"))
    await expect(dialog.get_by_role("link", name=say("matter.bag_list"))).to_be_hidden()
    await dialog.get_by_label(say("matter.why")).fill("Wang and Li")
    await button(dialog, say("matter.yes")).click()
    await expect(dialog).to_be_visible()
    await dialog.get_by_label(say("matter.parcels")).fill("39")
    await button(dialog, say("matter.yes")).click()
    await until(lambda: asked(line, "answer_bag") == [{"bag": 3, "parcels": 39, "why": "Wang and Li", "by": "wang"}])
    done = say("answer.taken", what=say("matter.noted_bag", number=3))
    await expect(page.get_by_role("alert")).to_have_text(done)


async def test_a_bag_with_a_stray_says_that_it_must_be_looked_through(page: Page, line: FakeLine, say: Say) -> None:
    """A count alone would let a stray leave in the place of a parcel that is missing."""
    matter = MatterView(kind="bag", number=3, state="frozen", since=SINCE, cause=STRAY)
    line.shown = running(line.config, matters=(matter,))
    await go(page, say, "recovery")
    await expect(page.locator("#matters")).to_contain_text(say("bag_reason.stray"))
    await page.locator("#matters button").click()
    dialog = page.get_by_role("dialog", name=say("matter.bag_frozen", number=3))
    await expect(dialog).to_contain_text(say("matter.bag_stray_todo"))
    link = dialog.get_by_role("link", name=say("matter.bag_list"))
    assert "/api/bags/3/manifest.pdf?language=" in str(await link.get_attribute("href"))
    await button(dialog, say("page.cancel")).click()


async def test_another_number_than_expected_tells_what_to_do(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = stopped(line)
    await go(page, say, "recovery")
    await button(page.locator("#guide"), say("station.carrier", carrier=12)).click()
    await expect(page.get_by_role("alert")).to_have_text(say("guide.differs", read=12, wanted=11))
    assert asked(line, "answer_suspect") == []


async def test_the_walk_goes_on_though_the_line_tells_late_that_it_has_the_answer(
    page: Page, line: FakeLine, say: Say
) -> None:
    line.shown = stopped(line)
    await go(page, say, "recovery")
    await button(page.locator("#guide"), say("station.carrier", carrier=11)).click()
    await until(lambda: len(asked(line, "answer_suspect")) == 1)
    line.shown = stopped(line, at=SINCE)  # told once more before the answer is in it
    await expect(page.locator("#guide h2")).to_have_text(title(line, 11, "verify", say))
    first, second = line.shown.suspects
    line.shown = stopped(line, suspects=(first.model_copy(update={"answered": True}), second))
    await expect(page.locator("#guide h2")).to_have_text(title(line, 12, "seal_1", say))


async def test_nobody_is_sent_to_a_running_machine(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = running(line.config, suspects=stopped(line).suspects)
    await go(page, say, "recovery")
    await expect(page.locator("#guide h2")).to_have_text(say("guide.by_itself"))
    await expect(page.locator("#guide button")).to_have_count(0)
    await expect(page.locator("#suspects")).to_contain_text(say("recovery.leaving"))
    await expect(page.locator('nav [data-page="recovery"] .count')).to_be_hidden()


async def test_what_becomes_of_the_parts_is_asked_before_the_next_carrier(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = stopped(line)
    await go(page, say, "recovery")
    await button(page.locator("#guide"), say("guide.take_out")).click()
    await page.get_by_label(say("guide.scan")).fill("PM0000000001")
    await page.keyboard.press("Enter")
    await until(lambda: len(asked(line, "answer_item")) == 1)
    line.shown = stopped(line, suspects=line.shown.suspects[1:])
    await expect(button(page, say("guide.rework"))).to_be_in_viewport()
    await expect(page.locator("#guide h2")).to_be_hidden()
    await button(page, say("guide.later")).click()
    await expect(page.locator("#guide h2")).to_have_text(title(line, 12, "seal_1", say))


async def test_the_message_forgets_a_cause_that_is_gone(page: Page, line: FakeLine, say: Say) -> None:
    trouble = in_trouble(line.config, ())
    gone = trouble.alarms[0].model_copy(update={"cleared": True})
    line.shown = _held(line, alarms=(trouble.alarms[0],))
    await expect(page.locator("#message")).to_contain_text(say("message.matters", count=1))
    await expect(page.locator("#message")).to_contain_text("140 ± 12")
    line.shown = _held(line, alarms=(gone,), matters=())
    await expect(page.locator("#message")).not_to_contain_text("140 ± 12")
    await expect(page.locator("#message")).to_contain_text(say("todo.Held"))


async def test_what_a_reset_was_refused_for_comes_first(page: Page, line: FakeLine, say: Say) -> None:
    about = {"kind": "not_ready", "source": "", "priority": 2, "raised_at": SINCE}
    refused = AlarmView(alarm=9, text="Carrier 4 at load", text_zh="载具 4 在上载位", **about)
    fault = in_trouble(line.config, ()).alarms[0]
    line.shown = running(line.config, state="Stopped", commands=("reset",), alarms=(fault, refused))
    await expect(page.locator("#message b")).to_have_text(refused.text if _english(say) else refused.text_zh)


async def test_a_device_that_is_away_goes_by_its_name_before_reset_is_pressed(
    page: Page, line: FakeLine, say: Say
) -> None:
    away = devices(line.config, wide_camera="offline")
    line.shown = running(line.config, state="Stopped", commands=("reset",), devices=away)
    name = named(line, "wide_camera", say)
    await expect(page.locator("#message b")).to_have_text(say("message.device", devices=name))
    await expect(page.locator("#station-verify .trouble")).to_contain_text(name)


def _held(line: FakeLine, **changes: object) -> Snapshot:
    trouble = in_trouble(line.config, ())
    open_matter = MatterView(kind="bag", number=3, state="frozen", since=SINCE)
    return trouble.model_copy(update={"suspects": (), "matters": (open_matter,), "stations": (), **changes})


def _english(say: Say) -> bool:
    return say("page.language") != "English"


async def test_who_is_not_signed_in_may_look_at_rejects_in_peace(
    context: BrowserContext, web: str, shift: None
) -> None:
    page = await context.new_page()
    await page.goto(f"{web}language/en?to=/rejects")
    await expect(page.locator("#labels")).to_have_text("Sign in to see them.")
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_hold_that_does_not_reach_the_line_says_what_to_do(page: Page, line: FakeLine, say: Say) -> None:
    await expect(page.locator("#state")).to_contain_text(say("state.Execute"))
    line.server._snapshot = _broken
    await page.route("**/api/commands/hold", lambda route: route.abort())
    await expect(page.locator("body")).to_have_class("old", timeout=8000)
    await button(page, say("command.hold")).click()
    await expect(page.get_by_role("alert")).to_have_text(say("answer.by_hand"))


async def test_hold_stays_in_reach_while_an_account_is_open(context: BrowserContext, web: str, line: FakeLine) -> None:
    await sign_in(context, web, "zhao")
    page = await context.new_page()
    await page.goto(f"{web}language/en?to=/people")
    await page.get_by_role("button", name="Change 王小明").click()
    await expect(page.locator("#account")).to_be_visible()
    await page.locator("#hold").click()
    await until(lambda: line.calls == [("command", {"command": "hold", "by": "zhao"})])
    await page.keyboard.press("Escape")
    await expect(page.locator("#account")).to_be_hidden()


async def test_a_frozen_bag_is_counted_blind(page: Page, say: Say) -> None:
    bag = {"bag": 3, "state": "frozen", "parcels": 39, "closed_at": SINCE}
    await page.route("**/api/bags", lambda route: route.fulfill(json=[bag]))
    await go(page, say, "orders")
    await expect(page.locator("#bags")).to_contain_text(say("orders.to_count"))
    await expect(page.locator("#bags")).not_to_contain_text("39")
    await expect(page.locator("#bags a")).to_have_count(0)
