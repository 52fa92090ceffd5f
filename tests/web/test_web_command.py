"""`sealline web` as it is started from a terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import httpx

from tests.web.floor import EXAMPLE

SEALLINE = [sys.executable, "-c", "from controller.commands import main; main()"]


async def start(folder: Path, port: int) -> asyncio.subprocess.Process:
    shutil.copy(EXAMPLE, folder / "line.toml")
    return await asyncio.create_subprocess_exec(
        *SEALLINE,
        *("web", "--config", str(folder / "line.toml")),
        env={**os.environ, "SEALLINE_WEB_PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_prints_the_link_serves_it_and_ends_with_a_page_open(tmp_path: Path) -> None:
    process = await start(tmp_path, 0)
    assert process.stdout
    async with asyncio.timeout(30):
        link = (await process.stdout.readline()).decode().removeprefix("page: ").strip()
        async with httpx.AsyncClient(follow_redirects=True, base_url=link.split("?")[0]) as browser:
            page = await browser.get(link)
            assert "GZ01-L1" in page.text
            assert "token=" not in str(page.url)
            async with browser.stream("GET", "/api/events") as events:
                assert "away" in await anext(row async for row in events.aiter_lines() if row.startswith("event"))
                process.send_signal(signal.SIGTERM)
                _, errors = await process.communicate()
    assert errors == b""


async def test_a_taken_port_ends_it_with_what_to_do(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    async with taken, asyncio.timeout(30):
        port = taken.sockets[0].getsockname()[1]
        process = await start(tmp_path, port)
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert f"web.port = {port} on 127.0.0.1 is taken" in errors.decode()
