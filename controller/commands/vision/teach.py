"""`sealline vision teach`: learn from sample pictures where a product's parts lie and how its documents look."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from controller.commands.vision.pictures_in import JsonOption, column, pictures_in, print_json, show
from controller.commands.way_in import DEFAULT_CONFIG, REFUSED, ConfigOption, fail, load
from controller.equipment import build_equipment
from controller.plan.config import LineConfig
from controller.plan.machines import Camera
from controller.plan.places import StationKind
from controller.plan.recipes import PartKind
from controller.plan.taught import TaughtError, read_taught, together, write_taught
from devices.errors import DeviceError
from vision.contents import PLACE_MM, SIZE_MM
from vision.form_ground import LEAST_SAMPLES, known
from vision.golden import measure, sample_of
from vision.layouts import MIN_LEAD, lead_over
from vision.pictures import Picture, UnreadablePictureError, decode
from vision.plate.city import MIN_LEAD as MIN_CITY_LEAD
from vision.printed import ACCEPT_MARGIN
from vision.teach import LEAST_COPIES, TaughtPart, Wanted
from vision.teach import teach as teach_parts
from vision.verdict import Box, DocumentLayout

_MOST_SAMPLES = 50
_DEFAULT_FILE = Path("taught.toml")


def teach(
    product: Annotated[str, typer.Argument(help="Product, as the recipe is called.")],
    samples: Annotated[Path | None, typer.Argument(help="Folder of sample pictures; none: from the camera.")] = None,
    camera: Annotated[str, typer.Option(help="Camera, as line.toml calls it; by default that of verify.")] = "",
    count: Annotated[int, typer.Option(min=2, max=_MOST_SAMPLES, help="Pictures to take from the camera.")] = 8,
    golden: Annotated[bool, typer.Option(help="Keep the pictures' carrier as the camera's golden sample.")] = False,
    write: Annotated[bool, typer.Option(help="Write what was found; --no-write only shows it.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Lay a good product into a carrier, several times anew, and let its place, its size and its looks be learned.

    Shows each threshold with the margin that the samples leave. Exit code 1: a part is missing or has no margin.
    """
    line = load(config)
    name = camera or _camera_for(line, product)
    pictures = _decoded(
        [path.read_bytes() for path in pictures_in([samples])] if samples else _taken(line, name, count)
    )
    found = teach_parts(pictures, _view_of(line, name).view, _pocket(line, name), _wanted(line, product, name))
    missing = sorted({part.role for part in _wanted(line, product, name)} - {part.role for part in found})
    rows = [row for part in found for row in _rows(part, found, line, len(pictures))]
    if as_json:
        print_json({"product": product, "camera": name, "missing": missing, "parts": [asdict(part) for part in found]})
    else:
        show(_table(rows, f"{product} by {name}, {len(pictures)} pictures"))
    for part in found:
        if part.layout is not None and not known(part.layout):
            typer.echo(
                f"{part.role}: what stays bare was not learned, so the line will not look whether something lies on it "
                f"(no check document_clear): needs {LEAST_SAMPLES} samples of {LEAST_COPIES} different copies",
                err=True,
            )
    good = not missing and all(row[-1] != "none" for row in rows)
    if write and found:
        _keep(line, config, product, found, _golden_of(line, name, pictures) if golden else {})
    if not good:
        fail_text = f"not found in any sample: {', '.join(missing)}" if missing else "a threshold has no margin left"
        typer.echo(fail_text, err=True)
        raise typer.Exit(REFUSED)


def _camera_for(line: LineConfig, product: str) -> str:
    """The close-up camera of verify for a product with documents alone, else the wide one."""
    if product not in line.recipes:
        fail(f"product {product!r} is unknown; line.toml has {', '.join(sorted(line.recipes))}")
    verify = next(station for station in line.stations if station.kind is StationKind.VERIFY)
    plates = any(part.kind is PartKind.PLATE for part in line.recipes[product].parts)
    return verify.devices["wide" if plates else "close_up"]


def _view_of(line: LineConfig, name: str) -> Camera:
    device = line.devices.get(name)
    if not isinstance(device, Camera):
        cameras = sorted(each for each, found in line.devices.items() if isinstance(found, Camera))
        fail(f"{name!r} is no camera of this line; it has {', '.join(cameras)}")
    return device


def _sees_documents(line: LineConfig, name: str) -> bool:
    verify = next(station for station in line.stations if station.kind is StationKind.VERIFY)
    return name == verify.devices["close_up"]


def _pocket(line: LineConfig, name: str) -> Box:
    return Box(*(line.pocket.documents if _sees_documents(line, name) else line.pocket.plates))


def _wanted(line: LineConfig, product: str, name: str) -> tuple[Wanted, ...]:
    kind = PartKind.DOCUMENT if _sees_documents(line, name) else PartKind.PLATE
    recipe = line.recipes.get(product)
    if recipe is None:
        fail(f"product {product!r} is unknown; line.toml has {', '.join(sorted(line.recipes))}")
    return tuple(
        Wanted(part.role, part.box, kind is PartKind.DOCUMENT, part.symbology, part.city)
        for part in recipe.parts
        if part.kind is kind
    )


def _taken(line: LineConfig, name: str, count: int) -> list[bytes]:
    """Pictures from the camera itself."""
    _view_of(line, name)
    try:
        return asyncio.run(_snapshots(line, name, count))
    except DeviceError as error:
        fail(str(error))


async def _snapshots(line: LineConfig, name: str, count: int) -> list[bytes]:
    camera = build_equipment(line).cameras[name]
    async with asyncio.TaskGroup() as group:
        link = group.create_task(camera.serve())
        try:
            return [(await camera.snapshot(line.timing.picture_s)).jpeg for _ in range(count)]
        finally:
            link.cancel()


def _decoded(pictures: list[bytes]) -> list[Picture]:
    try:
        return [decode(each) for each in pictures]
    except UnreadablePictureError as error:
        fail(f"a sample picture can't be used: {error}")


Row = tuple[str, str, str, str, str]
"""Part, what, found, threshold, margin (`none` when nothing is left)."""


def _rows(part: TaughtPart, all_parts: list[TaughtPart], line: LineConfig, pictures: int) -> list[Row]:
    rows = [
        _seen_in(part, pictures),
        _row(part.role, "furthest from its place", part.place_mm, PLACE_MM, part.place_mm < PLACE_MM / 2, "mm"),
        _row(part.role, "size differs by", part.size_mm, SIZE_MM, part.size_mm < SIZE_MM / 2, "mm"),
    ]
    if part.number_margin is not None:
        sure = part.number_margin >= ACCEPT_MARGIN
        rows.append(_row(part.role, "printed number's margin", part.number_margin, ACCEPT_MARGIN, sure, ""))
    if part.city_lead is not None:
        sure = part.city_lead >= MIN_CITY_LEAD
        rows.append(_row(part.role, "city's name differs from others", part.city_lead, MIN_CITY_LEAD, sure, ""))
    if part.layout is not None:
        others = [each.layout for each in all_parts if each.layout is not None and each is not part]
        anew = {each.role for each in all_parts}
        others += [layout.named(name) for name, layout in line.layouts.items() if name not in anew]
        for other in others:
            lead = lead_over(part.layout, other)
            rows.append(_row(part.role, f"heading differs from {other.name}", lead, MIN_LEAD, lead >= MIN_LEAD, ""))
    return rows


def _seen_in(part: TaughtPart, pictures: int) -> Row:
    """In how many samples a part was found: in all, or its place is not to be believed."""
    margin = "all" if part.samples >= pictures else "none"
    return part.role, "seen in", f"{part.samples} pictures", str(pictures), margin


def _row(role: str, what: str, found: float, threshold: float, good: bool, unit: str) -> Row:
    margin = f"{abs(threshold - found):.2f}" if good else "none"
    return role, what, f"{found:.2f} {unit}".strip(), f"{threshold:g}", margin


def _table(rows: list[Row], title: str) -> Table:
    table = Table(*map(column, ("part", "what", "found", "threshold", "margin")), title=title)
    for row in rows:
        table.add_row(*row, style="red" if row[-1] == "none" else "")
    return table


def _golden_of(line: LineConfig, name: str, pictures: list[Picture]) -> dict[str, Any]:
    measured = [found for picture in pictures if (found := measure(picture, _view_of(line, name).view)) is not None]
    if len(measured) < len(pictures) or len({each.code for each in measured}) != 1:
        fail(f"golden sample: {len(measured)} of {len(pictures)} pictures show a carrier; all must show the same one")
    return {name: {key: _plain(value) for key, value in asdict(sample_of(measured)).items()}}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _keep(line: LineConfig, config: Path, product: str, found: list[TaughtPart], golden: dict[str, Any]) -> None:
    """Lay what was found over what the file holds."""
    path = config.parent / (line.vision.taught or _DEFAULT_FILE)
    layouts = {part.layout.name: _layout(part.layout) for part in found if part.layout is not None}
    new = {"parts": {product: {part.role: _place(part) for part in found}}, "layouts": layouts, "golden": golden}
    try:
        write_taught(path, together(read_taught(path), {key: value for key, value in new.items() if value}))
    except (TaughtError, OSError) as error:
        fail(str(error))
    typer.echo(f"written to {path}")
    if line.vision.taught is None:
        typer.echo(f'add `taught = "{_DEFAULT_FILE}"` under [vision] in {config}, so that the line uses it')


def _place(part: TaughtPart) -> dict[str, Any]:
    box = part.box
    place = {"x_mm": box.x, "y_mm": box.y, "width_mm": box.width, "height_mm": box.height}
    looks = {"layout": part.layout.name} if part.layout is not None else {}
    return place | looks | ({"city_print": part.city_print} if part.city_print else {})


def _layout(layout: DocumentLayout) -> dict[str, Any]:
    boxes = {"heading": layout.heading, "number": layout.number}
    written = {key: [box.x, box.y, box.width, box.height] for key, box in boxes.items() if box is not None}
    flags = {"blank": layout.blank, "plain": layout.plain, "inked": layout.inked}
    return {**written, "fingerprint": layout.fingerprint, **{key: list(rows) for key, rows in flags.items() if rows}}
