"""A full disk: the line holds, says so, and goes on where it stood once there is room. Nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.line.floor import floor
from tests.line.plans import quick

DISK = "6m"


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A floor's folder whose `var` is a disk of its own, of 6 MB."""
    folder = Path("/tmp") / f"disk-{os.getpid()}"  # a socket's path must be short
    (folder / "var").mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "sealline", folder / "var"], check=False)
    if mounted.returncode != 0:
        pytest.skip("no disk may be mounted here: run as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder / "var"], check=True)
        shutil.rmtree(folder)


async def test_the_line_holds_while_the_disk_is_full_and_loses_nothing(small_disk: Path) -> None:
    async with floor(quick(4), folder=small_disk) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("sealed")
        ballast = small_disk / "var" / "ballast"
        with ballast.open("wb") as file:
            _fill(file.fileno())
        view = await here.alarm("journal_unavailable")
        await here.state("Held")
        assert "disk" in view.hold_text
        taken = here.commands_taken()
        await here.call("command", command="unhold", by="test")
        await here.state("Held")
        assert here.commands_taken() == taken
        ballast.unlink()
        await here.command("unhold", "Execute")
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert not any(result.reasons.values()), f"a full disk makes no parcel suspect: {here.details()}"


def _fill(descriptor: int) -> None:
    """Write until nothing more fits, the last bytes singly."""
    for size in (65536, 4096, 1):
        try:
            while os.write(descriptor, b"\0" * size) == size:
                pass
        except OSError:
            continue
