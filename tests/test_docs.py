"""The documents hold what they promise: links, commands, alarms, reasons, and what dispatch is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from pydantic import TypeAdapter
from typer.main import get_command

from controller.commands.table import command_line
from controller.dispatch.events import CloudEvent, EventData, EventType, PartMention
from controller.dispatch.outbox import Receipt
from controller.exits import Reason
from controller.orders.order_files import read_order_file
from controller.orders.order_form import OrderRow
from controller.web.texts import CATALOGUES
from controller.words.alarm_texts import AlarmKind
from devices.links.address import FORMS
from simulators.control import Request
from simulators.faults import FaultKind

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
NEVER_WRITTEN_BY_HAND = {"plc-contract.md"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(there), f"{page.name}: {target}"


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        links = (target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)))
        waiting += [(page.parent / link).resolve() for link in links if link and "://" not in link]
    assert set(PAGES) <= reached


def fences(page: Path) -> list[tuple[str, str]]:
    """Every fenced block with its language."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


def code_in(page: Path) -> Iterator[str]:
    """Each line of a shell block and each piece of inline code."""
    for language, block in fences(page):
        if language in ("", "sh", "bash"):
            yield from block.splitlines()
    yield from re.findall(
        r"`([^`\n]+)`", re.sub(r"^```\w*\n.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    )


def sealline_calls() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for code in code_in(page):
            found += [(page.name, call) for call in re.findall(r"(?:^|&& |bin/)sealline ([a-z][^|&#]*)", code)]
    return found


@pytest.mark.parametrize(("page", "call"), sorted(set(sealline_calls())))
def test_every_command_and_option_that_is_named_exists(page: str, call: str) -> None:
    command: Any = get_command(command_line)
    words = call.split()
    while words and hasattr(command, "get_command"):
        name = words.pop(0).strip("…")
        found = command.get_command(None, name)
        assert found is not None, f"{page}: sealline {call}: there is no {name!r}"
        command = found
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("-") and word.strip("-"):
            assert word.partition("=")[0] in known | {"--help"}, f"{page}: sealline {call}: there is no {word}"


def test_operators_find_every_alarm_and_every_reason_in_both_languages() -> None:
    chinese, english = text_of(DOCS / "operators.md").split("\n---\n")
    for code in (*AlarmKind, *Reason):
        assert f"`{code}`" in chinese, f"{code} in Chinese"
        assert f"`{code}`" in english, f"{code} in English"


def test_operators_find_every_button_and_state_of_the_page() -> None:
    texts = {language.value: catalogue for language, catalogue in CATALOGUES.items()}
    chinese, english = text_of(DOCS / "operators.md").split("\n---\n")
    for key in ("Stopped", "Idle", "Execute", "Held", "Suspended", "Aborted", "Complete"):
        assert f"| {texts['zh'][f'state.{key}']} `{key}` |" in chinese
        assert f"| {texts['en'][f'state.{key}']} " in english
    for key in ("start", "hold", "unhold", "stop", "abort", "clear", "reset", "unsuspend"):
        assert texts["zh"][f"command.{key}"] in chinese
        assert texts["en"][f"command.{key}"] in english
    assert texts["zh"]["reject.rework"] in chinese
    assert texts["en"]["reject.rework"] in english


def test_technicians_find_every_fault_command_and_every_form_of_link() -> None:
    text = text_of(DOCS / "technicians.md")
    requests = re.findall(r'`(\{"do": [^`]+\})`', text)
    adapter: TypeAdapter[Request] = TypeAdapter(Request)
    done = {adapter.validate_json(request).do for request in requests}
    offered = {
        name
        for model in Request.__origin__.__args__  # type: ignore[attr-defined]
        for name in TypeAdapter(model).json_schema()["properties"]["do"].get("enum", [])
        or [TypeAdapter(model).json_schema()["properties"]["do"]["const"]]
    }
    assert done | {"resume"} == offered
    assert all(f"`{kind}`" in text for kind in FaultKind)
    assert all(f"`{form}`" in text for form in FORMS)


def examples(page: str, language: str) -> list[str]:
    return [block for found, block in fences(DOCS / page) if found == language]


def test_the_examples_of_dispatch_are_an_event_and_its_receipt() -> None:
    event, receipt = examples("dispatch.md", "json")
    read = CloudEvent.model_validate_json(event)
    assert Receipt.model_validate_json(receipt) == Receipt(id=read.id, accepted=True)
    text = text_of(DOCS / "dispatch.md")
    assert all(f"`{kind}`" in text for kind in EventType)


def test_the_examples_of_orders_are_orders() -> None:
    (listed,) = examples("orders.md", "json")
    table = next(block for block in examples("orders.md", "") if block.startswith("acceptance,"))
    for example in (listed, table):
        rows = read_order_file(example.encode())
        assert rows
        assert all(isinstance(row, OrderRow) for row in rows)
        assert rows[0].data["acceptance"] == "GA000001"


def asyncapi() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text_of(DOCS / "asyncapi.yaml"))
    return read


def test_the_asyncapi_document_says_what_the_events_are() -> None:
    schemas = asyncapi()["components"]["schemas"]
    for name, model in (("event", CloudEvent), ("data", EventData), ("part", PartMention), ("receipt", Receipt)):
        written, made = schemas[name], model.model_json_schema()
        assert set(written["properties"]) == set(made["properties"]), name
        assert set(written["required"]) == required(model), name
    assert schemas["event"]["properties"]["type"]["enum"] == [kind.value for kind in EventType]
    assert schemas["event"]["properties"]["sequence"]["pattern"] == pattern(CloudEvent, "sequence")
    assert schemas["part"]["properties"]["code"]["pattern"] == pattern(PartMention, "code")


def required(model: Any) -> set[str]:
    """What always stands in the JSON: what has no default, and every default but None, which is left out."""
    fields = model.model_fields.items()
    optional = {"reason"} if model is Receipt else set()
    return {name for name, field in fields if field.is_required() or field.default is not None} - optional


def pattern(model: Any, field: str) -> str:
    found: str = model.model_json_schema()["properties"][field]["pattern"]
    return found


def test_the_asyncapi_document_is_whole_and_its_topics_are_those_of_the_link() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    for reference in references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    addresses = {channel["address"] for channel in document["channels"].values()}
    line, dispatch = "{topic}/{line}", "{topic}/dispatch"
    assert addresses == {f"{line}/events", f"{line}/receipts", f"{line}/state", f"{dispatch}/state"}
    code = (ROOT / "controller/dispatch/publisher.py").read_text("utf-8")
    for end in ("{line_id}/events", "{line_id}/receipts", "dispatch/state", "_line_id}/state"):
        assert end in code


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_pictures_are_small_and_of_one_size() -> None:
    pictures = sorted((DOCS / "images").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 200_000, picture.name
        with Image.open(picture) as image:
            assert image.size == (1280, 800), picture.name


def test_documents_do_not_repeat_one_another() -> None:
    """A long sentence or table row stands in one document only."""
    seen: dict[str, str] = {}
    for page in PAGES:
        if page.name in NEVER_WRITTEN_BY_HAND:
            continue
        for line in {line.strip() for line in text_of(page).splitlines() if len(line.strip()) > 60}:
            assert seen.setdefault(line, page.name) == page.name, f"in {seen[line]} and {page.name}: {line}"
