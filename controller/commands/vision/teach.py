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
from vision.sharpness import Tile
from vision.teach import LEAST_COPIES, REACH_MM, TaughtPart, Wanted
from vision.teach import SIZE_MM as SIDE_MM
from vision.teach import teach as teach_parts
from vision.verdict import Box, DocumentLayout

LEAST, MOST = 3, 50
"""Samples."""
_MOST_BLUR_PX = 2.0
"""Of a sample's edges: what is learned from a blurred picture is learned wrong."""
_DEFAULT_FILE = Path("taught.toml")


def teach(
    product: Annotated[str, typer.Argument(help="Product, as the recipe is called.")],
    samples: Annotated[Path | None, typer.Argument(help="Folder of sample pictures; none: from the camera.")] = None,
    camera: Annotated[str, typer.Option(help="Camera, as line.toml calls it; by default that of verify.")] = "",
    count: Annotated[int, typer.Option(min=LEAST, max=MOST, help="Pictures to take from the camera.")] = 8,
    golden: Annotated[bool, typer.Option(help="Keep the pictures' carrier as the camera's golden sample.")] = False,
    write: Annotated[bool, typer.Option(help="Write what was found; --no-write only shows it.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Lay a good product into a carrier, several times anew, and let its place, its size and its looks be learned.

    Shows each threshold with the margin that the samples leave. Exit code 1: a part is missing or has no margin, and
    nothing is written; 2: a sample can't be used.
    """
    line = load(config)
    name = camera or _camera_for(line, product)
    wanted, view = _wanted(line, product, name), _view_of(line, name)
    if not wanted and not golden:
        other = "choose another --camera, or --golden to teach the camera alone"
        fail(f"{product} has no part that {name} looks for: {other}")
    pictures = _usable(_read(samples) if samples else _taken(line, name, count), name, view)
    found = teach_parts(list(pictures.values()), view.view, _pocket(line, name), wanted)
    missing = [part for part in wanted if part.role not in {each.role for each in found}]
    rows = [row for part in found for row in _rows(part, found, line, len(pictures))]
    if as_json:
        roles = sorted(part.role for part in missing)
        print_json({"product": product, "camera": name, "missing": roles, "parts": [asdict(part) for part in found]})
    else:
        show(_table(rows, f"{product} by {name}, {len(pictures)} pictures"))
    for part in found:
        if part.layout is not None and not known(part.layout):
            typer.echo(
                f"{part.role}: what stays bare was not learned, so the line will not look whether something lies on it "
                f"(no check document_clear): needs {LEAST_SAMPLES} samples of {LEAST_COPIES} different copies",
                err=True,
            )
    wrong = _wrong(wanted, found, missing, rows, list(pictures))
    if wrong:
        typer.echo("\n".join([*wrong, "nothing was written"]), err=True)
        raise typer.Exit(REFUSED)
    if write:
        _keep(line, config, product, found, _golden_of(view, name, pictures) if golden else {})


def _wrong(
    wanted: tuple[Wanted, ...], found: list[TaughtPart], missing: list[Wanted], rows: list[Row], files: list[str]
) -> list[str]:
    """What keeps this from being written, with what was looked for and what to do; nothing: it is good."""
    unseen = {each.role: [files[number] for number in each.unseen] for each in found if each.unseen}
    unseen |= {part.role: ["any sample"] for part in missing}
    wrong = []
    for part in wanted:
        if part.role in unseen:
            box = part.box
            wrong.append(
                f"{part.role}: not found in {', '.join(unseen[part.role])}; "
                f"looked for {box.width:g} x {box.height:g} mm (up to {SIDE_MM:g} mm off) within {REACH_MM:g} mm "
                f"of its place in line.toml, ({box.x:g}, {box.y:g}). Lay this product, wholly in view, in every sample"
            )
    bare = [row for row in rows if row[-1] == "none" and row[1] != _SEEN_IN]
    wrong += [
        f"{role}: {what} {value}, which leaves no margin to {limit}. "
        "Take sharp, evenly lit samples, the product laid anew for each"
        for role, what, value, limit, _ in bare
    ]
    return wrong


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


def _read(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in pictures_in([folder])}


def _taken(line: LineConfig, name: str, count: int) -> dict[str, bytes]:
    """Pictures from the camera itself."""
    try:
        taken = asyncio.run(_snapshots(line, name, count))
    except DeviceError as error:
        fail(str(error))
    return {f"picture {number} of {count}": jpeg for number, jpeg in enumerate(taken, start=1)}


async def _snapshots(line: LineConfig, name: str, count: int) -> list[bytes]:
    camera = build_equipment(line).cameras[name]
    async with asyncio.TaskGroup() as group:
        link = group.create_task(camera.serve())
        try:
            return [(await camera.snapshot(line.timing.picture_s)).jpeg for _ in range(count)]
        finally:
            link.cancel()


def _usable(samples: dict[str, bytes], name: str, camera: Camera) -> dict[str, Picture]:
    """The samples' pixels by their names. Ends the command where they teach nothing, or something wrong."""
    if len(samples) < LEAST:
        fail(
            f"{len(samples)} sample picture(s), at least {LEAST} are needed and eight are enough: "
            "lay the product anew for each"
        )
    return {file: _sharp(file, data, name, camera) for file, data in samples.items()}


def _sharp(file: str, data: bytes, name: str, camera: Camera) -> Picture:
    try:
        picture = decode(data)
    except UnreadablePictureError as error:
        fail(f"{file} can't be used: {error}. Take it out of the folder, or take it anew")
    seen = measure(picture, camera.view)
    if seen is None:
        fail(
            f"{file}: no carrier's code is read where {name} should see one, "
            f"in {picture.shape[1]} x {picture.shape[0]} px at {camera.view.px_per_mm:g} px/mm. "
            "Use whole pictures of this very camera, in focus, with a carrier under it"
        )
    blur = Tile(seen.sharpness, seen.white, seen.contrast).blur_px
    if blur > _MOST_BLUR_PX:
        fail(f"{file}: edges are blurred by {blur:.1f} px; allowed: up to {_MOST_BLUR_PX:g}. Focus and clean {name}")
    return picture


Row = tuple[str, str, str, str, str]
"""Part, what, found, threshold, margin (`none` when nothing is left)."""
_SEEN_IN = "seen in"


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
    return part.role, _SEEN_IN, f"{part.samples} pictures", str(pictures), margin


def _row(role: str, what: str, found: float, threshold: float, good: bool, unit: str) -> Row:
    margin = f"{abs(threshold - found):.2f}" if good else "none"
    return role, what, f"{found:.2f} {unit}".strip(), f"{threshold:g}", margin


def _table(rows: list[Row], title: str) -> Table:
    table = Table(*map(column, ("part", "what", "found", "threshold", "margin")), title=title)
    for row in rows:
        table.add_row(*row, style="red" if row[-1] == "none" else "")
    return table


def _golden_of(camera: Camera, name: str, pictures: dict[str, Picture]) -> dict[str, Any]:
    measured = [found for picture in pictures.values() if (found := measure(picture, camera.view)) is not None]
    carriers = sorted({each.code for each in measured})
    if len(carriers) != 1:
        fail(f"golden sample: the pictures show carriers {', '.join(carriers)}; all must show the same one")
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
