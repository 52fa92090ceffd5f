"""Makes the tables of certificates in docs/vision.md, every picture rendered:
`python tests/vision/measure_documents.py pairs|permits|things|forms FIRST COUNT`.

`pairs`: two certificates in a picture, in calm and in harsh light, also asked for as another kind and with one digit of
the printed number changed; `permits`: one travel permit a picture, likewise, and wrong ones; `things`: strange things
wholly on a certificate and at random over the pocket, every other picture harsh; `forms`: each kind alone, also filled
in as real ones are (`lifelike.py`), its layout taught from eight copies: right, and each thing wholly on it, every
other picture harsh. Seeds from 300,000 to 399,999 and from 500,000 on are for measuring.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import cv2
from lifelike import FORMS, THINGS, drawn, kind_of
from measure_contents import wholly_on
from plant_scenes import (
    DOCUMENTS,
    PERMIT_ZONE,
    SETUPS,
    box_of,
    carrier,
    document,
    documents_task,
    expected,
    laid_by_hand,
    layouts,
    outcomes,
)

from simulators.matter import Stray, StrayKind
from simulators.numbers import core_number
from simulators.render import jpeg, render
from simulators.render.optics import CALM, HARSH
from simulators.render.strays import STRAY_SIZES_MM
from simulators.world import PlacedPart
from vision import documents
from vision.judge import judge
from vision.pictures import decode
from vision.print_reader import read_printed
from vision.printed import check_number, identity_character, identity_digest, printed_margin, zone_digit
from vision.teach import Wanted, teach
from vision.verdict import Box, Check, DocumentLayout, ExpectedDocument, Outcome, Symbology, Verdict

KINDS = ("vehicle_licence", "driving_licence", "ebike_certificate")
PLACES = ((15, 350), (118, 350))
KEY = "5a" * 16
DIGITS, SIGNS = "0123456789", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def seen_of(laid: list[PlacedPart], strays: list[Stray], seed: int, *, harsh: bool) -> bytes:
    """The close-up camera's picture."""
    standing, setup = carrier(laid), SETUPS["close_up"]
    assert standing.mailer is not None
    standing.mailer.strays = strays
    return jpeg(render(standing, setup.view, setup.size_px, seed=seed, optics=HARSH if harsh else CALM))


def code_for(kind: str, chance: Random) -> str:
    digits = "".join(chance.choice(DIGITS) for _ in range(10))
    return f"EB{digits}" if kind == "ebike_certificate" else core_number("44", digits)


def pair_of(chance: Random) -> list[PlacedPart]:
    kinds = chance.sample(KINDS, 2)
    return [
        PlacedPart(document(kind, code_for(kind, chance)), *place) for kind, place in zip(kinds, PLACES, strict=True)
    ]


def other_digit(number: str, chance: Random, places: list[int] | None = None) -> str:
    """With one digit changed."""
    at = chance.choice(places or [place for place, sign in enumerate(number) if sign.isdigit()])
    return number[:at] + chance.choice([each for each in DIGITS if each != number[at]]) + number[at + 1 :]


def pairs(first: int, count: int) -> None:
    lines: list[tuple[Any, str]] = []

    def noted(print_of: Any, name: str, role: str, number: str) -> Check:
        lines.append((print_of, number))
        return check_number(print_of, name, role, number)

    for harsh in (False, True):
        right, as_other, as_changed = Counter[str](), Counter[str](), Counter[str]()
        lines.clear()
        for seed in range(first, first + count):
            chance = Random(f"pair {seed}")
            ordered = pair_of(chance)
            seen = seen_of(laid_by_hand(ordered, chance), [], seed, harsh=harsh)
            asked = [expected(each) for each in ordered]
            documents.check_number = noted
            verdict = judge(seen, documents_task(*asked))
            documents.check_number = check_number
            right[verdict.outcome.value] += 1
            _tell_refused(verdict, f"pair {seed}")
            for place, each in enumerate(asked):
                other = replace(each, kind=chance.choice([kind for kind in KINDS if kind != each.kind]))
                changed = replace(each, number=other_digit(each.code, chance))
                as_other[_asked(seen, asked, place, other).outcome.value] += 1
                as_changed[_asked(seen, asked, place, changed).outcome.value] += 1
        print("harsh" if harsh else "calm", "right:", dict(right))
        print("  as another kind:", dict(as_other), "with one digit changed:", dict(as_changed))
        _margins(lines)


def _asked(seen: bytes, asked: list[ExpectedDocument], place: int, instead: ExpectedDocument) -> Verdict:
    return judge(seen, documents_task(*(instead if at == place else each for at, each in enumerate(asked))))


def _margins(lines: list[tuple[Any, str]]) -> None:
    """Of the printed numbers' own margin the least, and the best of any that differs in one character: a digit for a
    digit, and any sign for any but those that look alike."""
    least, digit, sign, tried = float("inf"), float("-inf"), float("-inf"), 0
    for print_of, number in lines:
        line = read_printed(print_of, len(number))
        if line is None:
            continue
        least = min(least, printed_margin(line, number)[0])
        for at, own in enumerate(number):
            for other in (each for each in SIGNS if each != own and {each, own} not in ({"0", "O"}, {"1", "I"})):
                margin, tried = printed_margin(line, number[:at] + other + number[at + 1 :])[0], tried + 1
                sign = max(sign, margin)
                digit = max(digit, margin) if other.isdigit() and own.isdigit() else digit
    print(f"  {len(lines)} lines: least margin {least:.1f}; best of {tried} changed {sign:.1f}, of digits {digit:.1f}")


def zone_of(number: str) -> str:
    """First line of a permit's zone, its check digits right."""
    fields = (f"CS{number}", "301019", "900101")
    return fields[0] + zone_digit(number) + "<" + "".join(f"{each}{zone_digit(each)}<" for each in fields[1:]) + "0"


def permit_number(chance: Random) -> str:
    return chance.choice("CHW") + "".join(chance.choice(DIGITS) for _ in range(8))


def permit(line: str) -> PlacedPart:
    text = "\n".join((line, "ABCDEFGHIJKL<ZHANG<<SAN<<<<<<<", "<" * 30))
    return PlacedPart(document("travel_permit", "", text=text), *PLACES[0])


def permits(first: int, count: int) -> None:
    for harsh in (False, True):
        said: dict[str, Counter[str]] = {
            each: Counter() for each in ("right", "another", "a character altered", "dates or check digits altered")
        }
        for seed in range(first, first + count):
            chance = Random(f"permit {seed}")
            number = permit_number(chance)
            line = zone_of(number)
            lying = {
                "right": line,
                "another": zone_of(other_digit(number, chance)),
                "a character altered": other_digit(line, chance, list(range(3, 11))),
                "dates or check digits altered": other_digit(line, chance, [11, *range(13, 20), *range(21, 28)]),
            }
            for name, shown in lying.items():
                placed = permit(shown)
                seen = seen_of(laid_by_hand([placed], chance), [], seed, harsh=harsh)
                verdict = judge(seen, documents_task(expected(placed, number=number)))
                said[name][verdict.outcome.value] += 1
                if name == "right":
                    _tell_refused(verdict, f"permit {seed}")
        print("harsh" if harsh else "calm", {name: dict(counts) for name, counts in said.items()})


def things(first: int, count: int) -> None:
    for kind in (StrayKind.SCREW, StrayKind.PAPER):
        for where in ("on one", "at random"):
            said = Counter[str]()
            for seed in range(first, first + count):
                chance = Random(f"{where} {kind.value} {seed}")
                ordered = pair_of(chance)
                laid = laid_by_hand(ordered, chance)
                stray = wholly_on(chance.choice(laid), kind, chance) if where == "on one" else _anywhere(kind, chance)
                seen = seen_of(laid, [stray], seed, harsh=bool(seed % 2))
                verdict = judge(seen, documents_task(*(expected(each) for each in ordered)))
                said[verdict.outcome.value] += 1
                if verdict.outcome is Outcome.ACCEPT:
                    print("accepted:", kind.value, where, seed, [each.part.style for each in ordered], stray)
            print(f"{kind.value} {where}:", dict(said))


def forms(first: int, count: int) -> None:
    for style in (*KINDS, "travel_permit", "identity_card", *FORMS):
        layout = _taught(style)
        # The filled in bear the same headings.
        known = (layout, *(each for each in layouts() if each.name != style and style not in FORMS))
        for thing in ("", *THINGS):
            said, clear = Counter[str](), 0
            for seed in range(first, first + count):
                chance = Random(f"{thing} on {style} {seed}")
                placed, asked = _of(style, chance)
                laid = laid_by_hand([placed], chance)
                with drawn(thing, style):
                    lying = [wholly_on(laid[0], kind_of(thing), chance)] if thing else []
                    seen = seen_of(laid, lying, seed, harsh=bool(seed % 2))
                verdict = judge(seen, replace(documents_task(asked, key=KEY), layouts=known))
                said[verdict.outcome.value] += 1
                clear += any(check.name == "document_clear" for check in verdict.failed)
                if (verdict.outcome is Outcome.ACCEPT) == bool(thing):
                    place = f"at {lying[0].x - laid[0].x:.0f}, {lying[0].y - laid[0].y:.0f}" if lying else ""
                    print("  ", style, thing, seed, place, [(each.name, each.found) for each in verdict.failed])
            print(f"{style}, {thing or 'right'}:", dict(said), f"not clear: {clear}", flush=True)


def _of(style: str, chance: Random) -> tuple[PlacedPart, ExpectedDocument]:
    if style == "travel_permit":
        number = permit_number(chance)
        placed = permit(zone_of(number))
        return placed, expected(placed, number=number)
    if style == "identity_card":
        digits = "44052419" + "".join(chance.choice(DIGITS) for _ in range(9))
        number = digits + identity_character(digits)
        placed = PlacedPart(document(style, "", text=number), *PLACES[0])
        return placed, expected(placed, digest=identity_digest(KEY, number))
    placed = PlacedPart(document(style, code_for(style, chance)), *PLACES[0])
    return placed, expected(placed)


def _taught(style: str) -> DocumentLayout:
    """As a technician teaches it: eight copies in calm light."""
    pictures = []
    with drawn():
        for seed in range(8):
            chance = Random(f"copy of {style} {seed}")
            placed, _ = _of(style, chance)
            pictures.append(decode(seen_of(laid_by_hand([placed], chance), [], 8000 + seed, harsh=False)))
    wanted = (Wanted(style, box_of(placed), True, Symbology.CODE128),)
    (taught,) = teach(pictures, SETUPS["close_up"].view, DOCUMENTS, wanted)
    assert taught.layout is not None
    if style == "travel_permit":
        return replace(taught.layout, zone=PERMIT_ZONE)
    return (
        replace(taught.layout, number=Box(14, 49, 70, 8), identity=True) if style == "identity_card" else taught.layout
    )


def _anywhere(kind: StrayKind, chance: Random) -> Stray:
    wide, high = STRAY_SIZES_MM[kind]
    x, y = chance.uniform(5, DOCUMENTS.width - 5), chance.uniform(5, DOCUMENTS.height - 5)
    return Stray(kind, DOCUMENTS.x + x - wide / 2, DOCUMENTS.y + y - high / 2, chance.uniform(0, 180))


def _tell_refused(verdict: Verdict, which: str) -> None:
    if verdict.outcome is not Outcome.ACCEPT:
        print("not accepted:", which, outcomes(verdict), [each.found for each in verdict.failed])


if __name__ == "__main__":
    cv2.setNumThreads(1)
    {"pairs": pairs, "permits": permits, "things": things, "forms": forms}[sys.argv[1]](
        int(sys.argv[2]), int(sys.argv[3])
    )
