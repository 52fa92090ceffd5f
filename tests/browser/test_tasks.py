"""Each task of a shift as a person does it at the page, in both languages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from controller.snapshot import MatterView, Snapshot, SuspectView
from controller.web.texts import CATALOGUES, Language
from tests.browser.conftest import sign_in
from tests.web.floor import FakeLine, until
from tests.web.history import acceptance
from tests.web.shown import in_trouble, running, suspects
from tests.web.staff import secret_of

pytestmark = pytest.mark.browser
Say = Callable[..., str]


@pytest.fixture(params=list(Language), ids=str)
async def say(request: pytest.FixtureRequest, page: Page, web: str) -> Say:
    """The page in one language; gives its texts by their key."""
    await page.goto(f"{web}language/{request.param}")

    def text(key: str, /, **values: object) -> str:
        return CATALOGUES[request.param][key].format(**values)

    return text


async def go(page: Page, say: Say, name: str) -> None:
    await page.locator(f'nav [data-page="{name}"]').click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(say(f"nav.{name}"))


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def asked(line: FakeLine, name: str) -> list[dict[str, Any]]:
    return [arguments for called, arguments in line.calls if called == name]


def stopped(line: FakeLine, **changes: Any) -> Snapshot:
    """The line after a stop: order 1 stands on carrier 11 at verify, order 2 on carrier 12 at seal 1."""
    left = (
        SuspectView(
            item=1, acceptance=acceptance(1), product="motorcycle_plate", carrier=11, zone="verify", why="stopped"
        ),
        SuspectView(
            item=2, acceptance=acceptance(2), product="motorcycle_plate", carrier=12, zone="seal_1", why="stopped"
        ),
    )
    idle = {"state": "Idle", "commands": ("start", "stop", "abort"), "suspects": left}
    return running(line.config, **(idle | changes))


async def test_the_overview_leads_to_what_has_to_be_answered_first(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = in_trouble(line.config, ())
    await expect(page.locator("#commands")).to_contain_text(say("command.answer_first", count=1))
    await expect(button(page, say("command.unhold"))).to_have_count(0)
    await page.locator("#message .go").click()
    await expect(page.locator("#guide")).to_contain_text(title(line, 7, "seal_1", say))
    answered = tuple(each.model_copy(update={"answered": True}) for each in suspects())
    line.shown = line.shown.model_copy(update={"suspects": answered})
    await button(page, say("command.unhold")).click()
    await until(lambda: asked(line, "command") == [{"command": "unhold", "by": "wang"}])


async def test_carriers_travel_on_the_floor(page: Page, line: FakeLine, say: Say) -> None:
    carrier = page.locator('#floor .carrier:has(text:text-is("5"))')
    await expect(carrier).to_have_attribute("data-state", "item")
    before = await carrier.get_attribute("transform")
    gone = [each.model_copy(update={"carrier": 0, "item": None}) for each in line.shown.stations]
    gone[-1] = gone[-1].model_copy(update={"carrier": 5, "item": 41, "acceptance": "GZ2611300041"})
    line.shown = line.shown.model_copy(update={"stations": tuple(gone)})
    await expect(page.locator("#floor .carrier")).to_have_count(1)
    assert await carrier.get_attribute("transform") != before
    await expect(page.locator("#station-divert .cycle")).to_have_text(say("station.cycle", s="6.2"))


async def test_late_orders_stand_out(page: Page, line: FakeLine, say: Say) -> None:
    late = page.locator('[data-name="late"]')
    await expect(late).to_have_attribute("data-abnormal", "false")
    counters = line.shown.counters.model_copy(update={"late": 3})
    line.shown = line.shown.model_copy(update={"counters": counters})
    await expect(late).to_have_text(f"{say('counter.late')}3")
    await expect(late).to_have_attribute("data-abnormal", "true")


async def test_an_alarm_is_acknowledged_and_tells_the_steps(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = in_trouble(line.config, ())
    await go(page, say, "alarms")
    first = page.locator("#alarms .alarm").first
    await expect(first.locator(".badge")).to_contain_text(f"1{say('alarm.priority_1')}")
    steps = say("remedy.station_fault").split("\n")
    await expect(first.locator(".remedy li")).to_have_text(steps)
    await button(first, say("alarm.acknowledge")).click()
    await until(lambda: asked(line, "acknowledge_alarm") == [{"alarm": 17, "by": "wang"}])
    await expect(button(first, say("alarm.shelve"))).to_have_count(0)  # the highest priority


async def test_an_alarm_is_shelved_with_a_reason_and_an_end_and_taken_back(
    page: Page, line: FakeLine, say: Say
) -> None:
    line.shown = in_trouble(line.config, ())
    await go(page, say, "alarms")
    away = page.locator("#alarms .alarm", has_text="112")
    await button(away, say("alarm.shelve")).click()
    dialog = page.get_by_role("dialog", name=say("shelve.title"))
    await dialog.get_by_text(say("shelve.for_hours", hours=2)).click()
    await button(dialog, say("shelve.yes")).click()
    await expect(dialog).to_be_visible()  # a reason is missing
    await button(dialog, say("shelve.reason_1")).click()
    await button(dialog, say("shelve.yes")).click()
    wanted = {"alarm": 15, "minutes": 120, "reason": say("shelve.reason_1"), "by": "wang"}
    await until(lambda: asked(line, "shelve_alarm") == [wanted])
    shelved = page.locator('#alarms .alarm[data-shelved="true"]')
    await expect(shelved).to_contain_text("come at noon")
    await button(shelved, say("alarm.unshelve")).click()
    await until(lambda: asked(line, "unshelve_alarm") == [{"alarm": 12, "by": "wang"}])


async def test_past_alarms_are_searched_filtered_and_exported(
    page: Page, line: FakeLine, say: Say, tmp_path: Path
) -> None:
    await go(page, say, "alarms")
    await page.get_by_role("tab", name=say("alarms.history")).click()
    rows = page.locator("#past tr")
    await expect(rows).to_have_count(4)
    await page.get_by_label(say("alarms.words")).fill("scale")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text(named(line, "scale", say))
    await page.get_by_label(say("alarms.words")).fill("")
    await page.get_by_label(say("alarms.priority"), exact=True).select_option("2")
    await expect(rows).to_have_count(2)
    await page.get_by_label(say("alarms.kind")).select_option("pool_low")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("at noon")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name=say("alarms.export")).click()
    file = tmp_path / "alarms.csv"
    await (await coming.value).save_as(file)
    head, *lines = file.read_text("utf-8-sig").splitlines()
    assert head.startswith("alarm,kind,source,priority,")
    assert [line.split(",")[1] for line in lines] == ["pool_low"]


async def test_an_answer_that_comes_late_does_not_replace_a_newer_one(page: Page, say: Say) -> None:
    answered = asyncio.Event()

    async def late(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await go(page, say, "alarms")
    await page.get_by_role("tab", name=say("alarms.history")).click()
    rows = page.locator("#past tr")
    await expect(rows).to_have_count(4)
    await page.route(re.compile("words=scale"), late)
    await page.get_by_label(say("alarms.words")).fill("scale")
    await page.keyboard.press("Enter")
    await page.get_by_label(say("alarms.words")).fill("")
    await page.get_by_label(say("alarms.priority"), exact=True).select_option("2")
    await expect(rows).to_have_count(2)
    async with page.expect_response(re.compile("words=scale")):
        answered.set()
    await page.wait_for_timeout(200)
    await expect(rows).to_have_count(2)


async def test_the_alarm_rate_is_shown(page: Page, say: Say) -> None:
    await go(page, say, "alarms")
    await expect(page.locator("#rate-last")).to_have_text("4")
    await expect(page.locator("#flood")).to_have_text(say("alarms.no_flood"))
    await expect(page.locator("#rate-top li").first).to_contain_text("1")


@pytest.mark.smoke
async def test_each_suspect_is_answered_by_the_number_that_is_read(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = stopped(line)
    await go(page, say, "recovery")
    await expect(page.locator("#progress")).to_have_text(say("recovery.progress", answered=0, count=2))
    await expect(page.locator("#commands .blocked")).to_be_visible()
    await expect(button(page, say("command.start"))).to_have_count(0)
    await expect(page.locator('#floor .zone.here[data-zone="verify"]')).to_have_count(1)
    await button(page.locator("#guide"), say("station.carrier", carrier=11)).click()
    await until(lambda: asked(line, "answer_suspect") == [{"item": 1, "carrier": 11, "by": "wang"}])
    first, second = line.shown.suspects
    line.shown = stopped(line, suspects=(first.model_copy(update={"answered": True}), second))
    await expect(page.locator("#guide h2")).to_have_text(title(line, 12, "seal_1", say))
    both = tuple(each.model_copy(update={"answered": True}) for each in line.shown.suspects)
    line.shown = stopped(line, suspects=both)
    await expect(page.locator("#progress")).to_have_text(say("recovery.all_answered", count=2))
    await button(page, say("command.start")).click()
    await until(lambda: asked(line, "command") == [{"command": "start", "by": "wang"}])


async def test_a_suspect_is_taken_out_scanned_and_packed_again(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = stopped(line)
    await go(page, say, "recovery")
    await button(page.locator("#guide"), say("guide.take_out")).click()
    await expect(page.locator("#guide .rule")).to_have_text(say("guide.never"))
    field = page.get_by_label(say("guide.scan"))
    await field.fill("PM0000000002")
    await page.keyboard.press("Enter")
    wrong = say("guide.wrong_scan", acceptance=acceptance(2), wanted=acceptance(1))
    await expect(page.get_by_role("alert")).to_have_text(wrong)
    assert asked(line, "answer_item") == []
    await field.fill("PM0000000001")
    await page.keyboard.press("Enter")
    await until(lambda: len(asked(line, "answer_item")) == 1)
    (given,) = asked(line, "answer_item")
    assert (given["item"], given["found"]) == (1, "on_line")
    await button(page, say("guide.rework")).click()
    await until(lambda: asked(line, "rework") == [{"acceptance": acceptance(1), "by": "wang"}])


async def test_an_item_that_the_line_still_leads_is_not_taken_out_before_a_stop(
    page: Page, line: FakeLine, say: Say
) -> None:
    line.shown = in_trouble(line.config, ())
    await go(page, say, "recovery")
    await button(page.locator("#guide"), say("guide.take_out")).click()
    await expect(page.get_by_role("dialog")).to_contain_text(say("guide.stop_first"))
    await button(page.get_by_role("dialog"), say("confirm.stop_yes")).click()
    await until(lambda: asked(line, "command") == [{"command": "stop", "by": "wang"}])


async def test_the_server_too_refuses_to_start_over_open_suspects(page: Page, line: FakeLine, say: Say) -> None:
    line.shown = stopped(line)
    await expect(page.locator("#commands")).to_contain_text(say("command.answer_first", count=2))
    status = await page.evaluate(
        "fetch('/api/commands/start', {method: 'POST', headers: {'X-Sealline': '1'}}).then((answer) => answer.status)"
    )
    assert status == 409
    assert line.calls == []


async def test_a_lost_parcel_is_answered_for(page: Page, line: FakeLine, say: Say) -> None:
    matter = MatterView(
        kind="item", number=5, state="unknown", since="2026-11-30T06:00:00+00:00", acceptance=acceptance(5)
    )
    line.shown = running(line.config, matters=(matter,))
    await go(page, say, "recovery")
    await page.locator("#matters button").click()
    dialog = page.get_by_role("dialog", name=say("matter.item_unknown", number=5))
    await dialog.get_by_text(say("matter.found_reject")).click()
    await button(dialog, say("matter.yes")).click()
    await expect(dialog).to_be_visible()  # how one knows is missing
    await dialog.get_by_label(say("matter.why")).fill("waybill read")
    await button(dialog, say("matter.yes")).click()
    wanted = {"item": 5, "found": "reject", "why": "waybill read", "by": "wang"}
    await until(lambda: asked(line, "answer_item") == [wanted])


async def test_a_reject_is_reworked_by_scanning_its_part(page: Page, line: FakeLine, say: Say) -> None:
    await go(page, say, "rejects")
    await expect(page.locator("#rejects .reject")).to_have_count(6)
    await page.get_by_label(say("scan.label")).fill("PM0000000003")
    await page.keyboard.press("Enter")
    await expect(page.locator("#scanned")).to_contain_text(say("scan.order_rejected", carrier=13))
    await button(page.locator("#scanned"), say("reject.rework")).click()
    await until(lambda: asked(line, "rework") == [{"acceptance": acceptance(3), "by": "wang"}])
    await page.get_by_label(say("scan.label")).fill(acceptance(7))
    await page.keyboard.press("Enter")
    await expect(page.locator("#scanned")).to_contain_text(say("scan.order_packed"))
    await expect(page.locator("#scanned button")).to_have_count(0)


async def test_a_part_is_spoiled_with_a_reason_before_a_witness(page: Page, line: FakeLine, say: Say) -> None:
    await go(page, say, "rejects")
    await page.get_by_label(say("scan.label")).fill("PM0000000003")
    await page.keyboard.press("Enter")
    await button(page.locator("#scanned"), say("spoil.title")).click()
    dialog = page.get_by_role("dialog", name=say("spoil.title"))
    await dialog.get_by_text(say("spoil.reason_bent"), exact=True).click()
    await dialog.get_by_text(say("spoil.destroyed_yes")).click()
    await button(dialog, say("spoil.yes")).click()
    await expect(dialog).to_be_visible()  # nobody has seen it
    await dialog.get_by_label(say("spoil.witness")).fill("li")
    await dialog.get_by_label(say("spoil.witness_secret")).fill(secret_of("li"))
    await button(dialog, say("spoil.yes")).click()
    wanted = {"code": "PM0000000003", "reason": "bent", "witness": "li", "by": "wang"}
    await until(lambda: asked(line, "spoil_part") == [wanted])
    await expect(page.locator("#remakes")).to_contain_text(f"PM0000000008 · {say('spoil.reason_scratched')}")


async def test_the_pareto_filters_the_rejects(page: Page, say: Say) -> None:
    await go(page, say, "rejects")
    bar = page.locator("#pareto button").first
    await expect(bar).to_contain_text(f"{say('reason.plate_mismatch')}3Σ 50 %")
    await bar.click()
    await expect(page.locator("#rejects .reject")).to_have_count(3)
    await page.locator("#rejects .reject").first.click()
    dialog = page.locator("#reject")
    await expect(dialog.locator(".failed li")).to_contain_text(say("check.plate_characters"))
    await expect(dialog.locator(".failed li")).to_contain_text("******6")


async def test_a_technician_sees_links_registers_and_pictures(page: Page, web: str, line: FakeLine, say: Say) -> None:
    await sign_in(page.context, web, "li")
    line.shown = in_trouble(line.config, ())
    await go(page, say, "technician")
    await expect(page.locator("#links tr").first).to_contain_text(say("health.failure"))
    await page.get_by_role("tab", name=say("technician.registers")).click()
    await button(page, named(line, "sealer_1", say)).click()
    await expect(page.locator("#rows tr", has_text="temperature_min")).to_contain_text("138.8°C")
    await page.get_by_role("tab", name=say("technician.cameras")).click()
    await button(page, say("camera.look")).click()
    await expect(page.locator("#live")).to_be_visible()
    await expect(page.locator("#live")).not_to_have_js_property("naturalWidth", 0)
    await expect(page.locator("#judged-checks")).to_contain_text(say("check.plate_characters"))


@pytest.mark.smoke
async def test_hold_stays_in_reach_while_a_question_is_open(page: Page, line: FakeLine, say: Say) -> None:
    await button(page, say("command.stop")).click()
    await expect(page.get_by_role("dialog", name=say("confirm.stop"))).to_be_visible()
    await button(page, say("command.hold")).click()
    await until(lambda: asked(line, "command") == [{"command": "hold", "by": "wang"}])
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(line.calls) == 1


def named(line: FakeLine, device: str, say: Say) -> str:
    name = line.config.names().known[device]
    return name.zh if say("page.language") == "English" else name.en


def title(line: FakeLine, carrier: int, zone: str, say: Say) -> str:
    station = next(each for each in line.config.stations if each.zone == zone)
    place = station.title_zh if say("page.language") == "English" else station.title
    return say("guide.title", carrier=carrier, place=place)
