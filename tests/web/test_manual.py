"""Manual mode over the API: who may, in whose name, and what a refusal says."""

from __future__ import annotations

import httpx
import pytest

from controller.desk.registers import registers_of
from controller.flow.motions import MotionKind
from controller.plan.config import LineConfig
from controller.web.texts import CATALOGUES, Language
from devices.plc.contract import ALL_SAFE, Block, DeviceKind, StatusImage
from tests.web.floor import FakeLine, client
from tests.web.staff import browser, hire, signed_in

MOTION = "/api/manual/motions/jaw-seal_1"


@pytest.fixture(autouse=True)
def staff(config: LineConfig) -> None:
    hire(config)


@pytest.mark.parametrize("name", ["li", "zhao"])
async def test_a_technician_or_supervisor_moves_the_line_in_the_own_name(web: str, line: FakeLine, name: str) -> None:
    async with signed_in(web, name) as asking:
        told = (await asking.get("/api/manual")).json()
        assert {each["code"] for motion in told["motions"] for each in motion["blocked"]} == {"not_manual"}
        assert (await asking.post("/api/manual/mode", json={"mode": "manual"})).status_code == 200
        ended = await asking.post(MOTION)
        assert (ended.status_code, ended.json()["good"]) == (200, True)
        assert [each["by"] for each in (await asking.get("/api/manual")).json()["results"]] == [name]
        line.blocked["jaw-seal_1"] = [{"code": "guard_open", "en": "", "zh": ""}]
        refused = await asking.post(MOTION)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "interlocked")
        assert "防护门" in refused.json()["error"]["zh"]
    assert line.calls[:2] == [
        ("turn_mode", {"mode": "manual", "by": name}),
        ("move_by_hand", {"motion": "jaw-seal_1", "by": name}),
    ]


@pytest.mark.parametrize("name", ["wang", "sun", ""])
async def test_nobody_else_turns_the_mode_or_moves_anything(web: str, line: FakeLine, name: str) -> None:
    async with signed_in(web, name) if name else browser(web) as asking:
        assert (await asking.get("/api/manual")).status_code == 200
        for path, body in (("/api/manual/mode", {"mode": "manual"}), (MOTION, None)):
            assert (await asking.post(path, json=body)).status_code in (401, 403)
    assert line.calls == []


async def test_neither_a_program_nor_a_foreign_page_moves_anything(web: str, line: FakeLine) -> None:
    async with client(web) as program:
        assert (await program.post(MOTION)).status_code == 403
    async with signed_in(web, "li") as asking:
        del asking.headers["X-Sealline"]
        assert (await asking.post(MOTION)).status_code == 403
        foreign = {"X-Sealline": "1", "Origin": "https://elsewhere.example"}
        assert (await asking.post(MOTION, headers=foreign)).status_code == 403
    assert line.calls == []


async def test_only_the_two_modes_and_well_formed_names_are_passed_on(web: str, line: FakeLine) -> None:
    async with signed_in(web, "li") as asking:
        wrong: list[httpx.Response] = [
            await asking.post("/api/manual/mode", json={"mode": "maintenance"}),
            await asking.post("/api/manual/mode", json={"mode": "manual", "by": "boss"}),
            await asking.post("/api/manual/motions/Push Divert"),
        ]
    assert [each.status_code for each in wrong] == [422, 422, 422]
    assert line.calls == []


def test_every_kind_of_motion_has_its_words() -> None:
    for language in Language:
        for kind in MotionKind:
            assert CATALOGUES[language][f"manual.{kind}"]


def test_every_register_has_its_words() -> None:
    names = {
        row.name for kind in DeviceKind for row in registers_of(StatusImage(1, 1, 1, ALL_SAFE, 0, (Block(),)), kind)
    }
    for language in Language:
        assert {f"reg.{name}" for name in names} <= set(CATALOGUES[language])
