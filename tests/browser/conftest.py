"""A line, its page and a real browser: one Chromium a test process, a context of its own for each test."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright

from controller.clock import SystemClock
from controller.journal import Journal
from controller.plan.config import LineConfig
from tests.web.conftest import config, line, web
from tests.web.floor import TOKEN
from tests.web.history import fill_shift
from tests.web.staff import hire, secret_of

__all__ = ["config", "line", "web"]

CHROMIUM = "/usr/bin/chromium"
START_S = 60
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chromium that all tests share; gives the address by which it is driven."""
    folder = tmp_path_factory.mktemp("chromium")
    options = [*QUIET, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen([CHROMIUM, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{_port(folder / 'DevToolsActivePort', process)}"
    finally:
        process.terminate()
        process.wait(START_S)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that the browser writes down once it listens there."""
    give_up_at = time.monotonic() + START_S
    while time.monotonic() < give_up_at:
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
            return int(file.read_text().splitlines()[0])
        assert process.poll() is None, "chromium ended at its start"
        time.sleep(0.05)
    raise AssertionError(f"chromium did not listen within {START_S} s")


@pytest.fixture
async def shift(config: LineConfig) -> None:
    """A journal with a shift in it."""
    async with Journal(config.store.journal, SystemClock()) as journal:
        await journal.write(lambda ledger: fill_shift(ledger, config))


@pytest.fixture
async def page(context: BrowserContext, web: str, shift: None) -> Page:
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


@contextlib.asynccontextmanager
async def kept_back(context: BrowserContext, path: str) -> AsyncIterator[None]:
    """Let the browser wait for what `path` (a glob) brings until the block is left."""
    go_on = asyncio.Event()

    async def later(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await context.route(path, later)
    try:
        yield
    finally:
        go_on.set()


@pytest.fixture
async def context(web: str, config: LineConfig, chromium: str) -> AsyncIterator[BrowserContext]:
    """A browser that was let in by the link; a script error or a breach of its policy fails the test."""
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
        hire(config)
        await context.request.get(f"{web}?token={TOKEN}")
        yield context
        await context.close()
        await browser.close()
    assert wrong == []
