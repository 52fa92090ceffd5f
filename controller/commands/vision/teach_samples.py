"""Sample pictures to teach from: a folder's, or the camera's own, with the product laid anew before each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from controller.commands.exits import fail
from controller.commands.vision.pictures_in import bytes_of, pictures_in
from controller.equipment import build_equipment
from controller.plan.config import LineConfig
from controller.plan.machines import Camera
from devices.errors import DeviceError
from vision.golden import measure
from vision.pictures import Picture, UnreadablePictureError, decode
from vision.sharpness import Tile

LEAST = 3
_MOST_BLUR_PX = 2.0
"""Of a sample's edges: what is learned from a blurred picture is learned wrong."""


class _UnfitError(Exception):
    """The sample teaches nothing, or something wrong; the message says why and what to do."""


def read_samples(folder: Path, name: str, camera: Camera) -> dict[str, Picture]:
    """The pixels of a folder's samples by their files. Ends the command where one can't be used, or they are few."""
    files = pictures_in([folder])
    if len(files) < LEAST:
        fail(
            f"{len(files)} sample picture(s), at least {LEAST} are needed and eight are enough: "
            "lay the product anew for each"
        )
    try:
        return {str(file): _sharp(str(file), _bytes_of(file), name, camera) for file in files}
    except _UnfitError as error:
        fail(f"{error}. Take it out of the folder, or take it anew")


def _bytes_of(file: Path) -> bytes:
    try:
        return bytes_of(file)
    except UnreadablePictureError as error:
        raise _UnfitError(f"{file} can't be used: {error}") from error


def take_samples(
    line: LineConfig, name: str, count: int, *, lay_anew: str, lacks: Callable[[Picture], list[str]]
) -> dict[str, Picture]:
    """Samples from the camera itself. Ends the command where it gives none.

    :param lay_anew: the product that a person lays anew before each; they press Enter, and one that can't be used is
        told and asked for again. Empty: nothing is laid, the pictures are taken at once.
    :param lacks: which parts a picture does not show, in words.
    """
    camera = line.devices[name]
    assert isinstance(camera, Camera)
    samples: dict[str, Picture] = {}
    while len(samples) < count:
        file = f"picture {len(samples) + 1} of {count}"
        if lay_anew:
            _wait_for_enter(f"{file}: lay {lay_anew} anew, another copy if you have one; hands out; then Enter ")
        try:
            picture = _sharp(file, _snapshot(line, name), name, camera)
            if lay_anew and (missing := lacks(picture)):
                raise _UnfitError(f"{file}: {'; '.join(missing)}")
            samples[file] = picture
        except _UnfitError as error:
            if not lay_anew:
                fail(str(error))
            typer.echo(f"{error}. Not taken", err=True)
    return samples


def _wait_for_enter(asking: str) -> None:
    typer.echo(asking, nl=False, err=True)
    if not sys.stdin.readline():
        fail(
            "\nnobody pressed Enter (standard input has ended): the product must be laid anew for each picture. "
            "Run this in a terminal, or name a folder of pictures"
        )


def _snapshot(line: LineConfig, name: str) -> bytes:
    try:
        return asyncio.run(_taken(line, name))
    except DeviceError as error:
        fail(str(error))


async def _taken(line: LineConfig, name: str) -> bytes:
    camera = build_equipment(line).cameras[name]
    async with asyncio.TaskGroup() as group:
        link = group.create_task(camera.serve())
        try:
            return (await camera.snapshot(line.timing.picture_s)).jpeg
        finally:
            link.cancel()


def _sharp(file: str, data: bytes, name: str, camera: Camera) -> Picture:
    """The sample's pixels. :raises _UnfitError: no picture of this camera in focus with a carrier under it."""
    try:
        picture = decode(data)
    except UnreadablePictureError as error:
        raise _UnfitError(f"{file} can't be used: {error}") from error
    seen = measure(picture, camera.view)
    if seen is None:
        raise _UnfitError(
            f"{file}: no carrier's code is read where {name} should see one, "
            f"in {picture.shape[1]} x {picture.shape[0]} px at {camera.view.px_per_mm:g} px/mm. "
            "Use whole pictures of this very camera, in focus, with a carrier under it"
        )
    blur = Tile(seen.sharpness, seen.white, seen.contrast).blur_px
    if blur > _MOST_BLUR_PX:
        raise _UnfitError(
            f"{file}: edges are blurred by {blur:.1f} px; allowed: up to {_MOST_BLUR_PX:g}. Focus and clean {name}"
        )
    return picture
