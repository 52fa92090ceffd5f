"""A line, its page and a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from controller.plan.config import LineConfig
from tests.web.floor import TOKEN, FakeLine, config_in, line_up, web_up
from tests.web.staff import hire, secret_of

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def config(tmp_path: Path) -> LineConfig:
    return config_in(tmp_path)


@pytest.fixture
async def line(config: LineConfig) -> AsyncIterator[FakeLine]:
    async with line_up(FakeLine(config)) as up:
        yield up


@pytest.fixture
async def web(config: LineConfig, line: FakeLine) -> AsyncIterator[str]:
    async with web_up(config) as base:
        yield base


@pytest.fixture
async def page(context: BrowserContext, web: str) -> Page:
    """The operator's page, in which the operator Wang is signed in."""
    await sign_in(context, web, "wang")
    page = await context.new_page()
    await page.goto(web)
    return page


async def sign_in(context: BrowserContext, web: str, name: str) -> None:
    """Sign somebody in as the page does it."""
    form = {"who": name, "secret": secret_of(name)}
    answer = await context.request.post(f"{web}api/sign-in", data=form, headers={"X-Sealline": "1"})
    assert answer.ok, await answer.text()


@pytest.fixture
async def context(web: str, config: LineConfig) -> AsyncIterator[BrowserContext]:
    """A browser that was let in by the link; a script error or a breach of its policy fails the test."""
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
        hire(config)
        await context.request.get(f"{web}?token={TOKEN}")
        yield context
        await browser.close()
    assert wrong == []
