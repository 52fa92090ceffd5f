"""No process of a run outlives it: not after its end, a child's death, or the demo's own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from simulators.demo.broker import start_broker
from simulators.demo.processes import ChildDied, ChildSilent, crew, first_line

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
)
PARENT = (
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True); time.sleep(60)",
)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that its new parent has not reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while alive(pid):  # noqa: ASYNC110 -- the kernel tells nobody else
            await asyncio.sleep(0.02)


async def test_children_end_with_the_block(tmp_path: Path) -> None:
    async with crew(tmp_path) as processes:
        children = [await processes.start(name, *SLEEP) for name in ("one", "two")]
        for child in children:
            assert await first_line(child, 10) == "up"
        assert all(alive(child.process.pid) for child in children)
    assert not any(alive(child.process.pid) for child in children)


async def test_what_a_child_started_ends_as_well(tmp_path: Path) -> None:
    async with crew(tmp_path) as processes:
        grandchild = int(await first_line(await processes.start("parent", *PARENT), 10))
        assert alive(grandchild)
    await gone(grandchild)


async def test_a_child_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.demo.processes.END_S", 0.2)
    async with crew(tmp_path) as processes:
        child = await processes.start("stubborn", *STUBBORN)
        await first_line(child, 10)
    assert child.process.returncode == -signal.SIGKILL


async def test_a_childs_death_ends_the_run_and_gives_its_last_words(tmp_path: Path) -> None:
    other = None
    with pytest.raises(ChildDied, match=r"(?s)line ended with 3.*the disk is full"):
        async with crew(tmp_path) as processes:
            other = await processes.start("other", *SLEEP)
            await processes.start("line", sys.executable, "-c", "print('the disk is full'); raise SystemExit(3)")
            await asyncio.sleep(30)
    assert other is not None
    assert other.ended


async def test_a_killed_child_is_named_with_its_signal(tmp_path: Path) -> None:
    with pytest.raises(ChildDied, match="one was ended by SIGKILL"):
        async with crew(tmp_path) as processes:
            (await processes.start("one", *SLEEP)).process.kill()
            await asyncio.sleep(30)


async def test_a_child_that_says_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChildSilent, match=r"plant said nothing in 0\.3 s"):
        async with crew(tmp_path) as processes:
            await first_line(await processes.start("plant", *SLEEP), 0.3, start="{")


async def test_children_end_when_the_demo_is_killed(tmp_path: Path) -> None:
    """kill -9 of the demo itself: the kernel tells the children."""
    demo = textwrap.dedent(
        f"""
        import asyncio, pathlib
        from simulators.demo.processes import crew, first_line
        async def main():
            async with crew(pathlib.Path({str(tmp_path)!r})) as processes:
                child = await processes.start("one", *{SLEEP!r})
                await first_line(child, 10)
                print(child.process.pid, flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", demo, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        child = int(await process.stdout.readline())
        assert alive(child)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    await gone(child)


async def test_the_broker_wants_its_password(tmp_path: Path) -> None:
    async with crew(tmp_path) as processes:
        broker = await start_broker(processes, tmp_path)
        assert broker.password_file.stat().st_mode & 0o077 == 0
        assert broker.password_file.read_text().strip() not in (tmp_path / "mqtt-users").read_text()
        assert await answer_to(broker.port, "line", "wrong") != 0
        assert await answer_to(broker.port, "line", broker.password_file.read_text().strip()) == 0


async def answer_to(port: int, user: str, password: str) -> int:
    """Connect by MQTT 3.1.1, byte by byte, and return the broker's return code."""
    fields = b"".join(len(text).to_bytes(2, "big") + text for text in (b"test", user.encode(), password.encode()))
    variable = b"\x00\x04MQTT\x04\xc2\x00\x0a" + fields
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(bytes([0x10, len(variable)]) + variable)
    async with asyncio.timeout(5):
        answer = await reader.readexactly(4)
    writer.close()
    await writer.wait_closed()
    return answer[3]
