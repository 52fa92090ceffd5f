"""From any number to the story of a parcel, and a dossier that verifies without the line."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from controller.clock import SystemClock
from controller.commands.dossier import dossier as dossier_command
from controller.desk.dossiers import DossierForm, state_dossier
from controller.desk.signing import KeyUnusable, load_or_make_key, public_half, sign
from controller.journal import Journal, Ledger
from controller.journal.store import open_reading
from controller.journal.tracing import find, trace
from controller.orders.work_orders import OrderRow, accept_orders, begin_attempt
from controller.plan.config import LineConfig
from controller.web.papers.signed_file import NotProven, verify
from controller.web.storytelling import Storyteller
from controller.web.texts import Language
from tests.web.floor import FakeLine, put_picture, until
from tests.web.staff import hire, signed_in
from tests.web.test_people import code

ACCEPTANCE, NUMBER, PLATE, PART = "GZ2611300001", "1141336199860", "粤B12345", "PM0000000001"
MEASURED = {
    "carrier": 4, "cooling_ms": 300, "cycles": 17, "dwell_ms": 600, "force_n": 303,
    "temperature_max_dc": 1407, "temperature_min_dc": 1399,
}  # fmt: skip

CURVE = "ADIFeAV4BXcFegV/BXgFeQV5BWgFWAVJAAAAAAAAASEBLwEvAS8BLwEvAS8AFA=="
"""Eleven samples each 50 ms: 140.0 °C falling in the cooling, up to 303 N."""


@pytest.fixture
async def journal(config: LineConfig, line: FakeLine) -> AsyncIterator[Journal]:
    """One order, sealed and packed, with a picture; the line signs as the real one does."""
    hire(config)
    async with Journal(config.store.journal, SystemClock()) as journal:
        await journal.write(lambda ledger: _fill(ledger, config))

        async def sign_dossier(arguments: dict[str, Any]) -> dict[str, Any]:
            form = DossierForm.model_validate(arguments)
            key = load_or_make_key(config.store.signing_key)
            statement = await journal.write(lambda ledger: state_dossier(ledger, form, config.line.id))
            return {"statement": statement, "public": public_half(key), "signature": sign(key, statement)}

        line.server._handlers = {**line.server._handlers, "sign_dossier": sign_dossier}
        yield journal


def _fill(ledger: Ledger, config: LineConfig) -> None:
    for place in (1, 2):
        part = {"role": "rear", "code": f"PM000000000{place}", "number": f"粤B1234{place + 4}"}
        order = {
            "acceptance": f"GZ261130000{place}", "product": "motorcycle_plate", "due": "2026-11-30T17:00:00+08:00",
            "parts": [part],
        }  # fmt: skip
        assert not accept_orders(ledger, [OrderRow(place, order)], config.recipes).refused
    begin_attempt(ledger, ACCEPTANCE)
    ledger.connection.execute(
        "INSERT INTO items (acceptance, attempt, product, carrier, zone, stage, outcome, mail_number, called_at)"
        " VALUES (?, 1, 'motorcycle_plate', 4, 'divert', 'ended', 'packed', ?, ?)",
        (ACCEPTANCE, NUMBER, ledger.at),
    )
    ledger.connection.execute("INSERT INTO mail_numbers VALUES (?, 1, 'dispatched', 1, ?)", (NUMBER, ACCEPTANCE))
    at = {"item": 1, "acceptance": ACCEPTANCE}
    ledger.enter("sealing", **at, zone="seal_1", sealer="sealer_1", setpoints=[1400, 600, 300, 300])
    ledger.enter("sealed", **at, zone="seal_1", result="OK", measured=MEASURED, curve=CURVE)
    ledger.enter("packed", **at, reason="", facts={})
    digest = put_picture(config.store.evidence, "B-12345")
    ledger.connection.execute(
        "INSERT INTO evidence (item, station, camera, picture, outcome, checks, taken_at, expires_at)"
        " VALUES (1, 'verify', 'wide_camera', ?, 'accept', '[]', ?, ?)",
        (digest, ledger.at, ledger.at),
    )


@pytest.mark.parametrize(
    ("key", "by"),
    [(NUMBER, "mail_number"), (ACCEPTANCE, "acceptance"), (PART, "part"), (PLATE, "plate"), ("粤b·12345", "plate"),
     ("1", "item")],
)  # fmt: skip
async def test_every_number_leads_to_the_parcel(journal: Journal, config: LineConfig, key: str, by: str) -> None:
    with closing(open_reading(config.store.journal)) as reading:
        assert [(each.acceptance, each.by) for each in find(reading, key)] == [(ACCEPTANCE, by)]


async def test_a_story_shows_no_code_and_no_number_in_clear(journal: Journal, config: LineConfig) -> None:
    with closing(open_reading(config.store.journal)) as reading:
        story = trace(reading, ACCEPTANCE)
    assert story is not None
    assert PART not in str(story)
    assert PLATE not in str(story)
    assert story.cycles[0].measured["dwell_ms"] == 600


async def test_a_story_has_the_curve_of_each_cycle_that_has_one(journal: Journal, config: LineConfig) -> None:
    at = {"item": 1, "acceptance": ACCEPTANCE}
    await journal.write(
        lambda ledger: ledger.enter("sealed", **at, result="OK", measured=MEASURED, curve="", no_curve="late")
    )
    with closing(open_reading(config.store.journal)) as reading:
        story = trace(reading, ACCEPTANCE)
    assert story is not None
    kept, none = story.cycles
    assert kept.curve is not None
    assert (kept.curve.step_ms, max(kept.curve.temperature_dc), max(kept.curve.force_n)) == (50, 1407, 303)
    assert kept.curve.pressed_ms == 150
    assert (none.curve, none.no_curve) == (None, "late")
    assert not any("curve" in entry.data for entry in story.entries), "a time line is no place for its bytes"


@pytest.mark.parametrize("language", Language)
def test_a_story_is_told_in_words_and_not_in_names_of_fields(config: LineConfig, language: Language) -> None:
    teller = Storyteller(config, language)
    told = [
        teller.tell("moved", {"before": "load", "carrier": 4, "result": "OK", "zone": "infeed"}),
        teller.tell(
            "judged",
            {"camera": "wide_camera", "failed": ["plate_characters"], "outcome": "reject", "station": "verify"},
        ),
        teller.tell("sealing", {"sealer": "s", "setpoints": [1350, 500, 300, 300], "zone": "seal_1"}),
        teller.tell("sealed", {"result": "OK", "measured": MEASURED, "zone": "seal_1", "no_curve": ""}),
        teller.tell("suspect", {"cause": "wide_camera: no picture within 5.0 s", "zone": "verify"}),
        teller.tell("parts_moved", {"codes": ["PM***1"], "to": "on_line"}),
        teller.tell(
            "mail_number_voided", {"number": "11", "was": "printed", "reason": "waybill_mismatch", "by": "zhao"}
        ),
        teller.tell("event_made", {"sequence": 1, "type": "cn.sealline.item.sealed.v1"}),
        teller.tell("challenge_called", {"challenge": "wrong_plate", "carrier": 1}),
        teller.tell("diverting", {"chute": "dispatch", "reason": "", "zone": "divert"}),
    ]
    assert not [words for words in told if "_" in words or "[" in words or "{" in words]
    expected = {"zh": "从上载 · 载具 4 · 正常 · 到入件：号牌", "en": "from Load · carrier 4 · done · to Infeed: plates"}
    assert told[0] == expected[language]
    assert "139.9–140.7 °C, 600 ms, 303 N" in told[3]


async def test_a_look_up_is_masked_and_journalled_without_what_was_typed(
    web: str, journal: Journal, line: FakeLine
) -> None:
    async with signed_in(web, "wang") as asking:
        found = await asking.post("/api/trace", json={"key": PLATE})
        assert found.json() == [{"acceptance": ACCEPTANCE, "by": "plate"}]
        story = (await asking.get(f"/api/trace/{ACCEPTANCE}")).json()
        assert [gauge["unit"] for gauge in story["cycles"][0]["gauges"]] == ["°C", "ms", "N"]
        assert code(await asking.post("/api/trace", json={"key": "nothing"})) == "nothing_found"
    async with signed_in(web, "sun") as viewer:
        assert code(await viewer.post("/api/trace", json={"key": PLATE})) == "role_may_not"
    await until(lambda: any(note["what"] == "looked_up" for note in line.notes))
    told = next(note for note in line.notes if note["what"] == "looked_up")
    assert (told["by"], told["facts"]["acceptance"]) == ("wang", ACCEPTANCE)
    assert PLATE not in str(line.notes)


@pytest.fixture
async def printed(web: str, journal: Journal) -> bytes:
    async with signed_in(web, "wang") as asking:
        return await print_it(asking, "zh")


async def print_it(asking: httpx.AsyncClient, language: str) -> bytes:
    answer = await asking.get(f"/api/trace/{ACCEPTANCE}/dossier.pdf", params={"language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


async def test_a_dossier_verifies_far_from_the_line(printed: bytes, config: LineConfig, tmp_path: Path) -> None:
    proven = verify(printed)
    assert proven.statement["acceptance"] == ACCEPTANCE
    assert [entry.kind for entry in proven.entries][-3:] == ["sealing", "sealed", "packed"]
    file = tmp_path / "dossier.pdf"
    file.write_bytes(printed)
    public = public_half(load_or_make_key(config.store.signing_key))
    shutil.rmtree(config.store.evidence)
    config.store.journal.unlink()
    right = CliRunner().invoke(dossier_command, ["verify", str(file), "--key", public])
    assert right.exit_code == 0, right.output
    assert "proven" in right.output
    assert CliRunner().invoke(dossier_command, ["verify", str(file), "--key", "0" * 64]).exit_code == 2


async def test_every_changed_byte_is_found(printed: bytes) -> None:
    step = max(1, len(printed) // 400)
    for place in [*range(0, len(printed) - 1, step), *range(len(printed) - 300, len(printed) - 1)]:
        changed = bytearray(printed)
        changed[place] ^= 0x01
        with pytest.raises(NotProven):
            verify(bytes(changed))
    for wrong in (printed[:-1], printed + b"x", printed + printed, b"", printed.replace(b"%sealline-signature ", b"%")):
        with pytest.raises(NotProven):
            verify(wrong)


async def test_a_forger_with_a_key_of_his_own_is_told_by_its_public_half(
    printed: bytes, tmp_path: Path, config: LineConfig
) -> None:
    place = printed.rindex(b"%sealline-signature ") + len(b"%sealline-signature ")
    tail, _, end = printed[place:].partition(b"\n")
    signed = json.loads(base64.b64decode(tail))
    forged_key = load_or_make_key(tmp_path / "forger.key")
    signed |= {"public": public_half(forged_key), "signature": sign(forged_key, signed["statement"])}
    file = tmp_path / "forged.pdf"
    file.write_bytes(printed[:place] + base64.b64encode(json.dumps(signed).encode()) + b"\n" + end)
    public = public_half(load_or_make_key(config.store.signing_key))
    told = CliRunner().invoke(dossier_command, ["verify", str(file), "--key", public])
    assert told.exit_code == 2
    assert "another key" in told.output


async def test_the_journal_knows_each_dossier(printed: bytes, config: LineConfig) -> None:
    with closing(open_reading(config.store.journal)) as reading:
        data = reading.execute("SELECT data FROM history WHERE kind = 'dossier_signed'").fetchone()[0]
    assert json.loads(data) == {"by": "wang", "file": verify(printed).statement["file"]}


async def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "line.key"
    public = public_half(load_or_make_key(path))
    assert public_half(load_or_make_key(path)) == public
    path.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        load_or_make_key(path)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(KeyUnusable, match="Ed25519"):
        load_or_make_key(path)
