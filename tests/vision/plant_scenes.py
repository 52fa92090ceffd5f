"""Carriers as the plant would bring them, and the questions that the line would ask of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random

from controller.plan.config import load_config
from simulators.camera import CAMERAS
from simulators.render import jpeg, render
from simulators.world import Carrier, Label, Mailer, Part, PartKind, PlacedLabel, PlacedPart
from vision.pictures import decode
from vision.teach import Wanted, teach
from vision.verdict import (
    Box,
    ContentsTask,
    DocumentLayout,
    ExpectedDocument,
    ExpectedPlate,
    PlateColour,
    Symbology,
    Verdict,
    WaybillTask,
)

SETUPS = {setup.name: setup for setup in CAMERAS}
PLATES = Box(10, 10, 500, 310)
DOCUMENTS = Box(10, 330, 205, 100)
PERMIT_ZONE = Box(2, 41.5, 83, 5)
WAYBILL = Box(585, 30, 100, 150)
MAIL_NUMBER = "1100000001460"
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
PRODUCTS = ("small_car", "nev", "motorcycle", "ebike", "licences")
_COLOURS = {
    "blue": PlateColour.BLUE,
    "green": PlateColour.GREEN,
    "yellow": PlateColour.YELLOW,
    "yellow_green": PlateColour.YELLOW_GREEN,
    "white": PlateColour.WHITE,
    "black": PlateColour.BLACK,
    "ebike": PlateColour.WHITE,
}


def plate(style: str, text: str, size: tuple[float, float], code: str = "PM0000000001") -> Part:
    return Part(f"{style} {text} {code}", "order", PartKind.PLATE, style, text, code, size, 180.0)


def document(style: str, code: str, readable: bool = True, text: str = "") -> Part:
    return Part(code or style, "order", PartKind.DOCUMENT, style, text, code, (88.0, 60.0), 6.0, readable)


def number_of(product: str, chance: Random) -> str:
    tail = "".join(
        chance.choice(DIGITS + LETTERS) if chance.random() < 0.25 else chance.choice(DIGITS) for _ in "12345"
    )
    if product == "ebike":
        return chance.choice(DIGITS) + tail
    head = chance.choice(PROVINCES) + chance.choice(LETTERS)
    return head + ("D" + "".join(chance.choice(DIGITS) for _ in "12345") if product == "nev" else tail)


def contents_of(product: str, number: str = "粤B12345", code: str = "4470012345678") -> list[PlacedPart]:
    if product == "small_car":
        return [PlacedPart(plate("blue", number, (440, 140), f"PM{y:010d}"), 30, y) for y in (20, 170)]
    if product == "nev":
        return [PlacedPart(plate("green", number, (480, 140), f"PM{y:010d}"), 20, y) for y in (20, 170)]
    if product == "motorcycle":
        return [PlacedPart(plate("yellow", number, (220, 140)), 30, 20)]
    if product == "ebike":
        return [
            PlacedPart(plate("ebike", number, (180, 95)), 30, 20),
            PlacedPart(document("ebike_certificate", code), 15, 350),
        ]
    return [
        PlacedPart(document("vehicle_licence", code), 15, 350),
        PlacedPart(document("driving_licence", code[::-1]), 118, 350),
    ]


def laid_by_hand(contents: list[PlacedPart], chance: Random) -> list[PlacedPart]:
    """As exactly as people lay: within 2 mm and half a degree."""
    return [
        replace(
            placed,
            x=placed.x + chance.uniform(-2, 2),
            y=placed.y + chance.uniform(-2, 2),
            turn=chance.uniform(-0.5, 0.5),
        )
        for placed in contents
    ]


def tasks_for(contents: list[PlacedPart], carrier_code: str = "C017") -> dict[str, ContentsTask]:
    """What the line asks of the wide and of the close-up camera when these parts are ordered."""
    plates = tuple(
        ExpectedPlate(f"plate_{place}", each.part.text, _COLOURS[each.part.style], box_of(each))
        for place, each in enumerate(contents)
        if each.part.kind is PartKind.PLATE
    )
    documents = tuple(
        ExpectedDocument(each.part.style, each.part.code, Symbology.CODE128, box_of(each))
        for each in contents
        if each.part.kind is PartKind.DOCUMENT
    )
    return {
        "wide": ContentsTask(carrier_code, SETUPS["wide"].view, PLATES, plates=plates),
        "close_up": ContentsTask(carrier_code, SETUPS["close_up"].view, DOCUMENTS, documents=documents),
    }


def box_of(placed: PlacedPart) -> Box:
    return Box(placed.x, placed.y, *placed.part.size_mm)


def waybill_task(carrier_code: str = "C017", mail_number: str = MAIL_NUMBER, sealed: bool = False) -> WaybillTask:
    return WaybillTask(carrier_code, SETUPS["waybill"].view, mail_number, WAYBILL, sealed)


def label(mail_number: str = MAIL_NUMBER, dx: float = 0.0, dy: float = 0.0, turn: float = 0.0) -> PlacedLabel:
    return PlacedLabel(Label(mail_number, mail_number), dx, dy, turn)


def carrier(
    contents: list[PlacedPart] | None = None,
    labels: list[PlacedLabel] | None = None,
    sealed: bool = False,
    number: int = 17,
) -> Carrier:
    mailer = Mailer(contents=contents or [], labels=labels or [], seal_temperature_dc=1400 if sealed else None)
    return Carrier(number, mailer)


def picture(setup: str, what: Carrier | None, seed: int = 1) -> bytes:
    return jpeg(render(what, SETUPS[setup].view, SETUPS[setup].size_px, seed=seed))


@lru_cache(maxsize=1)
def layouts() -> tuple[DocumentLayout, ...]:
    """The document kinds of the example line, as `line.example.toml` has them, and two taught here."""
    example = load_config(Path(__file__).parents[2] / "controller" / "line.example.toml")
    zone = taught_layout("travel_permit", zone=PERMIT_ZONE)
    identity = taught_layout("identity_card", number=Box(14, 49, 70, 8), identity=True)
    return (*(layout.named(name) for name, layout in example.layouts.items()), zone, identity)


def taught_layout(
    style: str, *, zone: Box | None = None, number: Box | None = None, identity: bool = False
) -> DocumentLayout:
    """A layout learned from five rendered samples of a style whose codes no other test has."""
    placed = PlacedPart(document(style, ""), 15, 350)
    wanted = (Wanted(style, box_of(placed), True, Symbology.CODE128),)
    pictures = [
        decode(picture("close_up", carrier(laid_by_hand([placed], Random(seed))), 8000 + seed)) for seed in range(5)
    ]
    (taught,) = teach(pictures, SETUPS["close_up"].view, DOCUMENTS, wanted)
    assert taught.layout is not None
    return replace(taught.layout, zone=zone, number=number, identity=identity)


def documents_task(*documents: ExpectedDocument, key: str = "") -> ContentsTask:
    """What the line asks of the close-up camera when it knows how each kind of document looks."""
    view = SETUPS["close_up"].view
    return ContentsTask("C017", view, DOCUMENTS, documents=documents, layouts=layouts(), digest_key=key)


def expected(placed: PlacedPart, **changes: str) -> ExpectedDocument:
    """An expected document of its kind, where it lies."""
    part = placed.part
    plain = ExpectedDocument(part.style, part.code, Symbology.CODE128, box_of(placed), kind=part.style)
    return replace(plain, **changes)


@lru_cache(maxsize=1)
def good_waybill_picture() -> bytes:
    return picture("waybill", carrier(labels=[label()]))


def outcomes(verdict: Verdict) -> dict[str, str]:
    """The worst outcome of each check that was not accepted, for a short assertion."""
    return {f"{check.name} {check.subject}".strip(): check.outcome.value for check in verdict.failed}
