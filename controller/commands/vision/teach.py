"""`sealline vision teach`: learn from sample pictures where a product's parts lie and how its documents look."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from controller.commands.vision.pictures_in import JsonOption, column, print_json, show
from controller.commands.vision.teach_samples import LEAST, read_samples, take_samples
from controller.commands.way_in import DEFAULT_CONFIG, REFUSED, ConfigOption, fail, load
from controller.plan.config import LineConfig
from controller.plan.machines import Camera
from controller.plan.places import Station, StationKind
from controller.plan.recipes import PartKind
from controller.plan.taught import TaughtError, read_taught, together, write_taught
from vision.contents import PLACE_MM, SIZE_MM
from vision.form_ground import LEAST_SAMPLES, known
from vision.golden import measure, sample_of
from vision.layouts import MIN_LEAD, lead_over
from vision.pictures import Picture
from vision.plate.city import MIN_LEAD as MIN_CITY_LEAD
from vision.printed import ACCEPT_MARGIN
from vision.teach import LEAST_COPIES, REACH_MM, TaughtPart, Wanted, lacking
from vision.teach import SIZE_MM as SIDE_MM
from vision.teach import teach as teach_parts
from vision.verdict import Box, DocumentLayout

MOST = 50
"""Samples."""
_DEFAULT_FILE = Path("taught.toml")


def teach(
    product: Annotated[str, typer.Argument(help="Product, as the recipe is called.")],
    samples: Annotated[Path | None, typer.Argument(help="Folder of sample pictures; none: from the camera.")] = None,
    camera: Annotated[str, typer.Option(help="Camera, as line.toml calls it; by default that of verify.")] = "",
    count: Annotated[int, typer.Option(min=LEAST, max=MOST, help="Pictures to take from the camera.")] = 8,
    golden: Annotated[bool, typer.Option(help="Keep the pictures' carrier as the camera's golden sample.")] = False,
    swapped_before: Annotated[
        bool, typer.Option("--swapped-before", help="Documents that look swapped were so when taught before.")
    ] = False,
    write: Annotated[bool, typer.Option(help="Write what was found; --no-write only shows it.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Lay a good product into a carrier, several times anew, and let its place, its size and its looks be learned.

    From the camera it takes one picture each time that Enter is pressed: lay the product anew before.
    Shows each threshold with the margin that the samples leave. Exit code 1: a part is missing or has no margin;
    2: a sample can't be used, or two documents may be swapped. Nothing is written then.
    """
    line = load(config)
    name = camera or _camera_for(line, product)
    wanted, view = _wanted(line, product, name), _view_of(line, name)
    if not wanted and not golden:
        other = "choose another --camera, or --golden to teach the camera alone"
        fail(f"{product} has no part that {name} looks for: {other}")
    if samples:
        pictures = read_samples(samples, name, view)
    else:
        pocket = _pocket(line, name)
        pictures = take_samples(
            *(line, name, count),
            lay_anew=product if wanted else "",
            lacks=lambda picture: [_not_found(part, "it") for part in lacking(picture, view.view, pocket, wanted)],
        )
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
    if not swapped_before and (swapped := _swapped(found, line)):
        fail("\n".join([*swapped, "nothing was written"]))
    if write:
        sample = _golden_of(line, product, name, pictures) if golden else None
        _keep(line, config, product, found, {name: sample} if sample else {})
        if sample:
            _tell_golden(line, name, sample)
        _tell_untaught(line, product, name)


def _wrong(
    wanted: tuple[Wanted, ...], found: list[TaughtPart], missing: list[Wanted], rows: list[Row], files: list[str]
) -> list[str]:
    """What keeps this from being written, with what was looked for and what to do; nothing: it is good."""
    unseen = {each.role: [files[number] for number in each.unseen] for each in found if each.unseen}
    unseen |= {part.role: ["any sample"] for part in missing}
    wrong = []
    for part in wanted:
        if part.role in unseen:
            where = ", ".join(unseen[part.role])
            wrong.append(f"{_not_found(part, where)}. Lay this product, wholly in view, in every sample")
    bare = [row for row in rows if row[-1] == "none" and row[1] != _SEEN_IN]
    wrong += [
        f"{role}: {what} {value}, which leaves no margin to {limit}. "
        "Take sharp, evenly lit samples, the product laid anew for each"
        for role, what, value, limit, _ in bare
    ]
    return wrong


def _not_found(part: Wanted, where: str) -> str:
    box = part.box
    return (
        f"{part.role}: not found in {where}; looked for {box.width:g} x {box.height:g} mm (up to {SIDE_MM:g} mm off) "
        f"within {REACH_MM:g} mm of its place in line.toml, ({box.x:g}, {box.y:g})"
    )


def _camera_for(line: LineConfig, product: str) -> str:
    """The close-up camera of verify for a product with documents alone, else the wide one."""
    if product not in line.recipes:
        fail(f"product {product!r} is unknown; line.toml has {', '.join(sorted(line.recipes))}")
    plates = any(part.kind is PartKind.PLATE for part in line.recipes[product].parts)
    return _verify(line).devices["wide" if plates else "close_up"]


def _view_of(line: LineConfig, name: str) -> Camera:
    device = line.devices.get(name)
    if not isinstance(device, Camera):
        cameras = sorted(each for each, found in line.devices.items() if isinstance(found, Camera))
        fail(f"{name!r} is no camera of this line; it has {', '.join(cameras)}")
    return device


def _sees_documents(line: LineConfig, name: str) -> bool:
    return name == _verify(line).devices["close_up"]


def _verify(line: LineConfig) -> Station:
    return next(station for station in line.stations if station.kind is StationKind.VERIFY)


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


def _golden_of(line: LineConfig, product: str, name: str, pictures: dict[str, Picture]) -> dict[str, Any]:
    view = _view_of(line, name).view
    measured = [found for picture in pictures.values() if (found := measure(picture, view)) is not None]
    carriers = sorted({each.code for each in measured})
    if len(carriers) != 1:
        fail(f"golden sample: the pictures show carriers {', '.join(carriers)}; all must show the same one")
    laid = product if name in _verify(line).devices.values() else ""
    return {"product": laid} | {key: _plain(value) for key, value in asdict(sample_of(measured)).items()}


def _tell_golden(line: LineConfig, name: str, sample: dict[str, Any]) -> None:
    """Say what a Reset will ask for, and where it asks for what no carrier can show."""
    carrier, laid = sample["code"], sample["product"]
    typer.echo(
        f"golden sample of {name}: carrier {carrier} with {laid or 'an empty mailer'}. "
        "Keep it: the line asks for it at the first Reset of each shift, once it was started anew"
    )
    for other in _verify(line).devices.values() if laid else ():
        taught = line.golden.get(other)
        if other != name and taught and taught.code == carrier and taught.product not in ("", laid):
            typer.echo(
                f"{other} was taught with carrier {carrier} too, but with {taught.product} in it: no Reset can show "
                f"both. Leave this carrier as it lies and teach that one anew: "
                f"sealline vision teach {laid} --camera {other} --golden",
                err=True,
            )


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
    typer.echo(f"written to {path}; the line uses it from its next start")
    if line.vision.taught is None:
        typer.echo(f'add `taught = "{_DEFAULT_FILE}"` under [vision] in {config}, so that the line uses it')


def _swapped(found: list[TaughtPart], line: LineConfig) -> list[str]:
    """What looks as another part of the product did before, and what to do: nothing else tells swapped documents."""
    swapped = []
    for part in found:
        for other in found:
            before = line.layouts.get(other.layout.name) if other.layout is not None and other is not part else None
            if part.layout is not None and before and lead_over(part.layout, before.named(other.role)) < MIN_LEAD:
                swapped.append(
                    f"{part.role} looks as {other.role} did when it was taught before. If the two are swapped in the "
                    "carrier, lay them right and teach again; if they were swapped before, add --swapped-before"
                )
    return swapped


def _tell_untaught(line: LineConfig, product: str, name: str) -> None:
    """Name the documents that another camera sees and of which nothing is known yet but their code."""
    for part in line.recipes[product].parts if product in line.recipes else ():
        if part.kind is PartKind.DOCUMENT and not part.layout and not _sees_documents(line, name):
            other = next(each for each in line.devices if _sees_documents(line, each))
            typer.echo(
                f"{part.role}: {name} does not look for it, and how it looks is not taught yet: "
                f"sealline vision teach {product} --camera {other}"
            )


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
