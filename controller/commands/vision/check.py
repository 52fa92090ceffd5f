"""`sealline vision check`: whether each camera still sees as it was taught; the line asks the same at its reset."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from controller.commands.vision.pictures_in import JsonOption, bytes_of, column, print_json, show
from controller.commands.way_in import DEFAULT_CONFIG, REFUSED, ConfigOption, fail, load
from controller.equipment import build_equipment
from controller.plan.config import LineConfig
from controller.plan.machines import Camera
from devices.errors import DeviceError
from vision.judge import judge
from vision.pictures import UnreadablePictureError
from vision.verdict import Check, GoldenTask, Outcome, Verdict


def check(
    picture: Annotated[Path | None, typer.Argument(help="A picture of one camera instead; needs --camera.")] = None,
    camera: Annotated[str, typer.Option(help="Only this camera, as line.toml calls it.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Compare each taught camera with its golden sample: focus, exposure, lighting, scale, place.

    Put the carrier that was taught under the camera first. Exit code 1: a camera has moved, is dirty or dark.
    """
    line = load(config)
    names = [camera] if camera else sorted(line.golden)
    unknown = [name for name in names if name not in line.golden]
    if unknown or not names:
        untaught = ", ".join(unknown) or "any camera"
        fail(f"no golden sample is taught for {untaught}: `sealline vision teach PRODUCT --golden`")
    if picture is not None and not camera:
        fail("a picture shows what one camera saw: name it with --camera")
    pictures = {camera: _given(picture)} if picture is not None else _taken(line, names)
    verdicts = {name: _judged(line, name, jpeg) for name, jpeg in pictures.items()}
    for name, verdict in verdicts.items():
        if as_json:
            checks = [{"name": each.name, "outcome": each.outcome, "score": each.score} for each in verdict.checks]
            print_json({"camera": name, "outcome": verdict.outcome, "checks": checks})
    if not as_json:
        show(_table(verdicts))
    if any(verdict.outcome is not Outcome.ACCEPT for verdict in verdicts.values()):
        raise typer.Exit(REFUSED)


def _given(picture: Path) -> bytes:
    try:
        return bytes_of(picture)
    except UnreadablePictureError as error:
        fail(f"{picture}: {error}")


def _taken(line: LineConfig, names: list[str]) -> dict[str, bytes]:
    try:
        return asyncio.run(_snapshots(line, names))
    except DeviceError as error:
        fail(str(error))


async def _snapshots(line: LineConfig, names: list[str]) -> dict[str, bytes]:
    cameras = build_equipment(line).cameras
    async with asyncio.TaskGroup() as group:
        links = [group.create_task(cameras[name].serve()) for name in names]
        try:
            return {name: (await cameras[name].snapshot(line.timing.picture_s)).jpeg for name in names}
        finally:
            for link in links:
                link.cancel()


def _judged(line: LineConfig, name: str, jpeg: bytes) -> Verdict:
    device = line.devices[name]
    assert isinstance(device, Camera)  # the configuration demands it
    return judge(jpeg, GoldenTask(device.view, line.golden[name].sample))


def _table(verdicts: dict[str, Verdict]) -> Table:
    table = Table(*map(column, ("camera", "check", "expected", "found", "outcome")), title="golden samples")
    for name, verdict in verdicts.items():
        for each in verdict.checks:
            table.add_row(name, each.name, each.expected, each.found, each.outcome.value, style=_style(each))
    return table


def _style(check: Check) -> str:
    return "" if check.outcome is Outcome.ACCEPT else "red"
