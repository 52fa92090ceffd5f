"""Take the pictures of the documents from a running demo: `python -m tests.browser.pictures`.

Written anew into docs/images each time, 1280 × 800, few colours, so that none grows over 200 kB.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM, QUIET

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SEALLINE = (sys.executable, "-m", "controller.commands")
COLOURS = 160
SETTLE_MS = 2000


async def take_all() -> None:
    """Page at work in both languages, a reject opened, a parcel traced, the line aborted by an open guard."""
    IMAGES.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="sealline-pictures-", dir="/tmp"))
    async with demo(folder) as link, browser_page(link) as page:
        await rejects_with_pictures(link)
        await sign_in(page, link)
        await speak(page, link, "en")
        await calm(page)
        await take(page, "page")
        await speak(page, link, "zh")
        await calm(page)
        await take(page, "page-zh")
        await turn_to(page, "rejects")
        await take(page, "rejects-zh")
        await page.locator("#rejects li:has(img)").first.get_by_role("button").click()
        await take(page, "reject-zh")
        await page.keyboard.press("Escape")
        await show_a_parcel(page, link)
        await take(page, "trace-zh")
        await turn_to(page, "overview")
        await control(folder, {"do": "guards", "closed": False})
        await take(page, "aborted-zh")
        await turn_to(page, "alarms")
        await take(page, "alarms-zh")
        await turn_to(page, "recovery")
        await take(page, "recovery-zh")
        await speak(page, link, "en")
        await turn_to(page, "recovery")
        await take(page, "recovery")
        await control(folder, {"do": "guards", "closed": True})
        await at_the_technicians(page, link, "clear")


async def at_the_technicians(page: Page, link: str, standing: str) -> None:
    """What may be moved by hand and what may go wrong, as the first supervisor sees it.

    :param standing: the command that brings the line to Stopped.
    """
    ours = {"X-Sealline": "1"}
    base = link.partition("/?")[0]
    await speak(page, link, "en")
    await turn_to(page, "technician")
    await page.locator("#links tr").first.wait_for()
    await page.locator("#tab-faults").click()
    await take(page, "faults")
    for asked in (f"commands/{standing}", "manual/mode"):
        answer = await page.request.post(f"{base}/api/{asked}", data={"mode": "manual"}, headers=ours)
        assert answer.ok, await answer.text()
        await page.wait_for_timeout(SETTLE_MS)
    await page.locator("#tab-manual").click()
    await page.locator('[data-motion^="jaw"]:enabled, [data-motion="weigh-inspect"]').first.click()
    await page.wait_for_timeout(2 * SETTLE_MS)
    await take(page, "manual")


async def sign_in(page: Page, link: str) -> None:
    """As the first supervisor of a new line."""
    form = {"name": "zhao", "shown": "赵班长", "password": "a long password"}
    base = link.partition("?")[0]
    answer = await page.context.request.post(f"{base}api/people/first", data=form, headers={"X-Sealline": "1"})
    assert answer.ok, await answer.text()


async def show_a_parcel(page: Page, link: str) -> None:
    """A packed order's story, at its seal."""
    base = link.partition("?")[0]
    packed = await (await page.context.request.get(f"{base}api/orders?state=packed&limit=1")).json()
    await page.goto(f"{base}trace?order={packed['orders'][0]['acceptance']}")
    await page.locator("#cycles svg.cycle").scroll_into_view_if_needed()


async def calm(page: Page) -> None:
    """Until the line asks nothing of anybody: a busy machine lets links falter."""
    await page.wait_for_timeout(SETTLE_MS)
    await page.locator('#message[data-level="0"]').wait_for(timeout=60_000)


async def turn_to(page: Page, name: str) -> None:
    await page.locator(f'nav [data-page="{name}"]').click()


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """A demo under way; gives the page's link."""
    options = ("--orders", "60", "--speed", "3", "--seed", "4", "--folder", str(folder / "run"))
    process = await asyncio.create_subprocess_exec(*SEALLINE, "demo", *options, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    try:
        while not (line := (await process.stdout.readline()).decode()).startswith("page: "):
            assert line, "the demo ended before it had a page"
        yield line.removeprefix("page: ").strip()
    finally:
        process.terminate()
        await process.communicate()


@asynccontextmanager
async def browser_page(link: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
        await page.goto(link)
        yield page
        await browser.close()


async def rejects_with_pictures(link: str) -> None:
    """Until the last three rejects have pictures and the line is full."""
    base, _, token = link.partition("/?token=")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client, asyncio.timeout(180):
        while True:
            seen: dict[str, Any] = (await client.get(f"{base}/api/snapshot")).json()
            last = seen["rejects"][:3]
            if len(last) == 3 and all(each["pictures"] for each in last) and seen["counters"]["under_way"] >= 5:
                return
            await asyncio.sleep(0.2)


async def speak(page: Page, link: str, language: str) -> None:
    await page.goto(link.partition("?")[0] + f"language/{language}")


async def take(page: Page, name: str) -> None:
    await page.wait_for_timeout(SETTLE_MS)
    picture = Image.open(BytesIO(await page.screenshot()))
    picture.quantize(COLOURS).save(IMAGES / f"{name}.png", optimize=True)
    print(name)


async def control(folder: Path, request: dict[str, Any]) -> None:
    """Command the simulated plant."""
    said = (folder / "run" / "plant.log").read_text().splitlines()
    links: dict[str, str] = json.loads(next(line for line in said if line.startswith("{")))
    host, _, port = links["control"].removeprefix("tcp://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(json.dumps(request).encode() + b"\n")
    await reader.readline()
    writer.close()


if __name__ == "__main__":
    asyncio.run(take_all())
