"""A page that has followed the line for long holds no more than one that has just begun."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.web.floor import FakeLine
from tests.web.shown import in_trouble, running

pytestmark = pytest.mark.browser
SAID = 300
"""Snapshots, a minute of the fastest feed; what grows with each shows by then."""
GROWTH_BYTES = 1_000
"""A snapshot that is kept, or its drawing, is many times that."""
HAND_FED = """() => {
  window.heard = [];
  window.underWay = 0;
  const answers = new Map();
  const ask = window.fetch;
  const askOnce = async (path, how) => {
    const answer = await ask(path, how);
    return [await answer.text(), { status: answer.status }];
  };
  window.fetch = async (path, how) => {
    window.underWay += 1;
    try {
      if (!answers.has(path)) answers.set(path, askOnce(path, how));
      return new Response(...(await answers.get(path)));
    } finally {
      window.underWay -= 1;
    }
  };
  window.EventSource = class extends EventTarget {
    constructor() { super(); window.heard.push(this); }
  };
}"""
"""Snapshots come by hand, and the server answers each question once: hundreds of questions that wait for it are held
by the page, a kilobyte each, until they are answered, which is no growth."""
SAY = """([calm, trouble, from, until]) => {
  for (let number = from; number < until; number += 1) {
    const snapshot = structuredClone(number % 2 ? calm : trouble);
    snapshot.counters.packed = number;
    for (const each of snapshot.stations) each.carrier = (number % 15) + 1;
    for (const alarm of snapshot.alarms) alarm.alarm = number;
    for (const reject of snapshot.rejects) reject.item += number;
    window.heard[0].dispatchEvent(new MessageEvent("snapshot", {data: JSON.stringify(snapshot)}));
  }
}"""


@pytest.mark.parametrize("path", ["", "alarms", "rejects", "recovery"])
async def test_a_page_does_not_grow_with_what_it_has_heard(page: Page, line: FakeLine, web: str, path: str) -> None:
    calm, trouble = (each.model_dump(mode="json") for each in (running(line.config), in_trouble(line.config, ())))
    await page.add_init_script(f"({HAND_FED})()")
    await page.goto(f"{web}{path}")
    session = await page.context.new_cdp_session(page)

    async def held(start: int) -> tuple[int, int]:
        await page.evaluate(SAY, [calm, trouble, start, start + SAID])
        while await page.evaluate("window.underWay"):
            await page.wait_for_timeout(20)
        await page.wait_for_timeout(300)
        await session.send("HeapProfiler.collectGarbage")
        found: dict[str, Any] = await session.send("Runtime.getHeapUsage")
        return int(found["usedSize"]), int(await page.evaluate("document.querySelectorAll('*').length"))

    await held(0)
    heap, elements = await held(SAID)
    heap_later, elements_later = await held(2 * SAID)
    assert elements_later == elements
    assert heap_later - heap < SAID * GROWTH_BYTES
