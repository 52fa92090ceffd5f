"""The HTTP API before a scripted line and a small real journal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from controller.clock import SystemClock
from controller.journal import Journal, Ledger
from controller.orders.work_orders import OrderRow, accept_orders, begin_attempt
from controller.plan.config import LineConfig
from controller.web import feed as feeds
from tests.web.floor import FakeLine, client, line_up, put_picture, web_up

ORDER: dict[str, Any] = {
    "acceptance": "GZ2611300001",
    "product": "motorcycle_plate",
    "due": "2026-11-30T17:00:00+08:00",
    "parts": [{"role": "rear", "code": "PM0000000001", "number": "粤B12345"}],
}


@pytest.fixture
async def api(web: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(web) as asked:
        yield asked


@pytest.fixture
async def journal(config: LineConfig) -> AsyncIterator[Journal]:
    """Three orders; the first one's attempt was rejected with a picture."""
    async with Journal(config.store.journal, SystemClock()) as journal:
        await journal.write(lambda ledger: _fill(ledger, config))
        yield journal


def _fill(ledger: Ledger, config: LineConfig) -> None:
    rows = []
    for number in (1, 2, 3):
        part = {"role": "rear", "code": f"PM000000000{number}", "number": f"粤B1234{number}"}
        rows.append(OrderRow(number, {**ORDER, "acceptance": f"GZ261130000{number}", "parts": [part]}))
    taken = accept_orders(ledger, rows, config.recipes)
    assert not taken.refused, taken.refused
    begin_attempt(ledger, "GZ2611300001")
    ledger.connection.execute(
        "INSERT INTO items (acceptance, attempt, product, carrier, zone, stage, outcome, reason, called_at, ended_at)"
        " VALUES ('GZ2611300001', 1, 'motorcycle_plate', 4, 'divert', 'ended', 'rejected', 'plate_mismatch', ?, ?)",
        (ledger.at, ledger.at),
    )
    digest = put_picture(config.store.evidence, "B-12346")
    ledger.connection.execute(
        "INSERT INTO evidence (item, station, camera, picture, outcome, checks, taken_at, expires_at)"
        " VALUES (1, 'verify', 'wide_camera', ?, 'reject', '[]', ?, ?)",
        (digest, ledger.at, ledger.at),
    )


def error(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()["error"]
    assert body["en"]
    assert body["zh"]
    return body


async def test_a_command_goes_to_the_line(api: httpx.AsyncClient, line: FakeLine) -> None:
    assert (await api.post("/api/commands/hold")).json() == {"state": "Held"}
    assert line.calls == [("command", {"command": "hold", "by": "api"})]


async def test_a_refused_command_names_what_is_allowed(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/commands/start")
    assert answer.status_code == 409
    assert error(answer)["code"] == "illegal_command"
    assert "stop" in error(answer)["allowed"]


async def test_an_unknown_command_names_the_known_ones(api: httpx.AsyncClient, line: FakeLine) -> None:
    answer = await api.post("/api/commands/open_gate")
    assert answer.status_code == 422
    assert "unhold" in str(error(answer)["allowed"])
    assert line.calls == []


@pytest.mark.parametrize("body", [[ORDER], {"orders": [ORDER]}])
async def test_orders_are_handed_to_the_line(api: httpx.AsyncClient, line: FakeLine, body: Any) -> None:
    line.answers["import_orders"] = {"accepted": ["GZ2611300001"], "already": [], "refused": []}
    answer = await api.post("/api/orders", json=body)
    assert answer.status_code == 200
    assert answer.json()["accepted"] == ["GZ2611300001"]
    assert line.calls == [("import_orders", {"rows": [{"line": 1, "data": ORDER}]})]


async def test_a_body_that_does_not_say_that_it_is_json_is_told_how_to(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/orders", content=b"[]", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    error = answer.json()["error"]
    assert "Content-Type: application/json" in error["en"]
    assert "text/plain" in error["zh"]


async def test_an_unknown_command_is_told_every_command_apart(api: httpx.AsyncClient) -> None:
    error = (await api.post("/api/commands/fly")).json()["error"]
    assert {"start", "hold", "reset"} <= set(error["allowed"])


async def test_refused_orders_are_told_with_line_and_reason(api: httpx.AsyncClient, line: FakeLine) -> None:
    refused = {"line": 3, "acceptance": "X", "en": "due is missing", "zh": "due 缺失"}
    line.answers["import_orders"] = {"accepted": ["A-1"], "already": ["A-2"], "refused": [refused]}
    answer = await api.post("/api/orders", json=[ORDER, "nothing", ORDER])
    assert answer.status_code == 207
    told = answer.json()
    assert [row["line"] for row in told["refused"]] == [2, 3]
    assert told["already"] == ["A-2"]
    assert [row["line"] for row in line.calls[0][1]["rows"]] == [1, 3]


async def test_long_lists_go_in_batches(api: httpx.AsyncClient, line: FakeLine) -> None:
    line.answers["import_orders"] = {"accepted": ["one"], "already": [], "refused": []}
    line.answers["import_mail_numbers"] = {"added": 5, "already": 1, "refused": []}
    assert len((await api.post("/api/orders", json=[ORDER] * 250)).json()["accepted"]) == 3
    assert (await api.post("/api/mail-numbers", json=["9" * 13] * 1500)).json()["added"] == 10
    assert [len(call[1].get("rows", [])) for call in line.calls[:3]] == [100, 100, 50]


async def test_a_line_lost_half_way_is_reported_row_by_row(
    api: httpx.AsyncClient, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def once(arguments: dict[str, Any]) -> dict[str, Any]:
        line.config.channel.socket.unlink()  # no further call finds it
        return {"accepted": ["one"], "already": [], "refused": []}

    line.server._handlers = {"import_orders": once}
    answer = await api.post("/api/orders", json=[ORDER] * 150)
    assert answer.status_code == 207
    left = answer.json()["refused"]
    assert [row["line"] for row in left] == list(range(101, 151))
    assert "hand it in again" in left[0]["en"]


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'{"orders": 1}', b"[" * 100_000, '{"order": []}'.encode("utf-16")])
async def test_a_body_that_is_no_list_is_refused(api: httpx.AsyncClient, line: FakeLine, body: bytes) -> None:
    answer = await api.post("/api/orders", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert error(answer)
    assert line.calls == []


async def test_orders_are_listed_a_page_at_a_time(api: httpx.AsyncClient, journal: Journal) -> None:
    first = (await api.get("/api/orders", params={"limit": 2})).json()
    assert [each["acceptance"] for each in first["orders"]] == ["GZ2611300001", "GZ2611300002"]
    rest = (await api.get("/api/orders", params={"limit": 2, "after": first["next"]})).json()
    assert [each["acceptance"] for each in rest["orders"]] == ["GZ2611300003"]
    assert rest["next"] is None
    waiting = (await api.get("/api/orders", params={"state": "waiting"})).json()
    assert len(waiting["orders"]) == 2
    assert (await api.get("/api/orders", params={"state": "lost"})).status_code == 422


async def test_one_order_is_told_with_its_numbers_masked(api: httpx.AsyncClient, journal: Journal) -> None:
    answer = await api.get("/api/orders/GZ2611300001")
    assert answer.json()["state"] == "under_way"
    assert answer.json()["attempts"][0]["reason"] == "plate_mismatch"
    assert "粤B12341" not in answer.text
    assert answer.json()["parts"][0]["number"] == "粤B***41"
    missing = await api.get("/api/orders/GZ404")
    assert (missing.status_code, error(missing)["code"]) == (404, "unknown_order")


async def test_an_items_story_and_its_picture(api: httpx.AsyncClient, journal: Journal) -> None:
    story = (await api.get("/api/items/GZ2611300001")).json()
    assert story["acceptance"] == "GZ2611300001"
    picture = story["evidence"][0]["picture"]
    answer = await api.get(f"/api/evidence/{picture}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    assert (await api.get("/api/items/nobody")).status_code == 404


@pytest.mark.parametrize("digest", ["../../token", "..%2f..%2ftoken", "A" * 64, "0" * 63, "0" * 64 + "%00", "0" * 64])
async def test_only_pictures_come_from_the_evidence_folder(api: httpx.AsyncClient, digest: str) -> None:
    answer = await api.get(f"/api/evidence/{digest}.jpg")
    assert answer.status_code in (404, 422)


async def test_rejects_name_devices_as_people_call_them(api: httpx.AsyncClient, journal: Journal) -> None:
    detail = json.dumps({"cause": "wide_camera: no picture within 5.0 s"})
    told = "UPDATE items SET reason = 'suspect', detail = ?"
    await journal.write(lambda ledger: ledger.connection.execute(told, (detail,)))
    (reject,) = (await api.get("/api/rejects")).json()
    assert reject["text"] == "nobody can vouch for it any more (Plate camera: no picture within 5.0 s)"
    assert "号牌相机" in reject["text_zh"]


async def test_rejects_summary_and_pick_list(api: httpx.AsyncClient, journal: Journal) -> None:
    rejects = (await api.get("/api/rejects")).json()
    assert rejects[0]["reason"] == "plate_mismatch"
    assert rejects[0]["pictures"]
    summary = (await api.get("/api/summary")).json()
    assert summary["rejected_by_reason"] == {"plate_mismatch": 1}
    assert summary["waiting"] == 2
    assert (await api.get("/api/pick-list")).json() == []


async def test_without_a_journal_it_says_so(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/summary")
    assert (answer.status_code, error(answer)["code"]) == (503, "journal")


async def test_rework_and_acknowledgement(api: httpx.AsyncClient, line: FakeLine) -> None:
    await api.post("/api/orders/GZ2611300001/rework")
    await api.post("/api/alarms/17/acknowledge")
    assert line.calls == [
        ("rework", {"acceptance": "GZ2611300001", "by": "api"}),
        ("acknowledge_alarm", {"alarm": 17, "by": "api"}),
    ]
    assert (await api.post("/api/alarms/zero/acknowledge")).status_code == 422


async def test_without_a_line_commands_answer_503_in_both_languages(config: LineConfig) -> None:
    async with web_up(config) as base, client(base) as api:
        answer = await api.post("/api/commands/hold")
        assert (answer.status_code, error(answer)["code"]) == (503, "line_unreachable")
        assert "sealline run" in error(answer)["zh"]
        assert "retry-after" in answer.headers
        assert (await api.get("/health")).json()["line"] == "away"
        assert "sealline_up 0" in (await api.get("/metrics")).text


async def events(api: httpx.AsyncClient, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The next events of the live feed."""
    found: list[tuple[str, dict[str, Any]]] = []
    name = ""
    async with asyncio.timeout(8), api.stream("GET", "/api/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for row in stream.aiter_lines():
            if row.startswith("event: "):
                name = row.removeprefix("event: ")
            if row.startswith("data: "):
                found.append((name, json.loads(row.removeprefix("data: "))))
            if len(found) == count:
                break
    return found


async def test_the_live_feed_tells_snapshots(api: httpx.AsyncClient, line: FakeLine) -> None:
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(events(api, 3))
        await asyncio.sleep(0.6)
        line.shown = line.shown.model_copy(update={"state": "Held"})
    told = [body.get("state") for name, body in following.result() if name == "snapshot"]
    assert "Execute" in told
    assert told[-1] == "Held"


async def test_the_live_feed_tells_that_the_line_went_and_came(
    config: LineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "RETRY_S", 0.1)
    async with web_up(config) as base, client(base) as api:
        assert (await events(api, 1))[0][0] == "away"
        async with line_up(FakeLine(config)):
            told = await events(api, 3)
            assert "snapshot" in [name for name, _ in told]
        names = [name for name, _ in await events(api, 3)]
        assert "away" in names


async def test_too_many_watchers_are_refused(api: httpx.AsyncClient, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "WATCHER_LIMIT", 0)
    answer = await api.get("/api/events")
    assert (answer.status_code, error(answer)["code"]) == (503, "too_many_watchers")


async def test_metrics_are_prometheus_text(api: httpx.AsyncClient, line: FakeLine) -> None:
    await events(api, 2)
    text = (await api.get("/metrics")).text
    assert "sealline_up 1" in text
    assert "sealline_packed_total 1234" in text
    assert 'sealline_rejected_by_reason_total{reason="wrong_part"} 2' in text
    assert 'sealline_device_online{device="scale",type="scale"} 1' in text
    assert 'sealline_state{state="Execute",mode="Production"} 1' in text


async def test_the_page_speaks_both_languages(web: str) -> None:
    async with client(web, Accept="text/html") as browser:
        assert "剔除与返工" in (await browser.get("/")).text
        switched = await browser.get("/language/en")
        assert (switched.status_code, switched.headers["location"]) == (303, "/")
        page = (await browser.get("/")).text
        assert "Rejects &amp; rework" in page
        assert 'lang="en"' in page
        words = (await browser.get("/texts/en.json")).json()
        assert words["product.licences"] == "Vehicle licence with driving licence"
        assert (await browser.get("/language/fr")).status_code == 422


async def test_the_api_describes_itself(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/api/openapi.json")).json()["paths"]
    for path in ("/api/snapshot", "/api/orders", "/api/commands/{command}", "/api/evidence/{digest}.jpg", "/metrics"):
        assert path in paths


@pytest.mark.parametrize(
    ("path", "body", "call", "arguments"),
    [
        ("items/7/answer", {"found": "dispatch"}, "answer_item", {"item": 7, "found": "dispatch"}),
        ("carriers/4/answer", {"found": "gone"}, "answer_carrier", {"carrier": 4, "found": "gone"}),
        ("bags/2/answer", {"parcels": 31}, "answer_bag", {"bag": 2, "parcels": 31}),
        ("events/12/send-again", {}, "send_event_again", {"sequence": 12}),
    ],
)
async def test_an_answer_goes_to_the_line_with_its_why(
    api: httpx.AsyncClient, line: FakeLine, path: str, body: dict[str, Any], call: str, arguments: dict[str, Any]
) -> None:
    answer = await api.post(f"/api/{path}", json={**body, "why": "looked into the bag"})
    assert answer.status_code == 200, answer.text
    assert line.calls == [(call, {**arguments, "why": "looked into the bag", "by": "api"})]
    for wrong in (body, {**body, "why": ""}, {**body, "why": "x" * 201}, {**body, "why": "y", "more": 1}):
        answer = await api.post(f"/api/{path}", json=wrong)
        assert answer.status_code == 422
        assert error(answer)
    assert len(line.calls) == 1


async def test_an_answer_that_is_none_names_those_that_are(api: httpx.AsyncClient, line: FakeLine) -> None:
    answer = await api.post("/api/items/7/answer", json={"found": "elsewhere", "why": "y"})
    assert answer.status_code == 422
    assert "'on_line'" in str(error(answer)["allowed"])
    assert line.calls == []
