"""A run held against its plan, and a run that stands still: each difference is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.demo import until_done as waiting
from simulators.demo.line_api import Counters, Escape, Figures, LineApi, LineRefused, LineView
from simulators.demo.report import Ended, compare, make_report
from simulators.demo.until_done import StandstillError, until_done
from simulators.faults import FaultKind
from simulators.oracle import Judgement
from simulators.scenario import REASONS, Ending, Scenario, make_scenario

SCENARIO = make_scenario(1, 20)


def as_planned(scenario: Scenario) -> dict[str, Ended]:
    return {
        acceptance: Ended(
            expected.ending,
            expected.attempts,
            expected.reasons[:1] * (expected.attempts - (expected.ending is Ending.PACKED)),
        )
        for acceptance, expected in scenario.expected().items()
    }


def test_a_run_as_planned_has_no_mismatch() -> None:
    assert compare(SCENARIO, as_planned(SCENARIO), SCENARIO.faults) == []


def test_a_trouble_that_got_through_is_named() -> None:
    fault = next(fault for fault in SCENARIO.faults if fault.kind is FaultKind.SEAL_TOO_COLD)
    ended = as_planned(SCENARIO) | {fault.kit: Ended("packed", 1)}
    (found,) = compare(SCENARIO, ended, SCENARIO.faults)
    assert fault.kit in found
    assert "seal_too_cold" in found
    assert "packed at attempt 1" in found


def test_a_trouble_caught_as_another_is_named() -> None:
    fault = next(fault for fault in SCENARIO.faults if fault.kind is FaultKind.WRONG_PLATE)
    ended = as_planned(SCENARIO) | {fault.kit: Ended("rejected", 1, ("weight_out_of_limits",))}
    (found,) = compare(SCENARIO, ended, SCENARIO.faults)
    assert "weight_out_of_limits" in found
    assert str(list(REASONS[FaultKind.WRONG_PLATE])) in found


def test_a_good_order_that_was_rejected_is_named() -> None:
    good = next(kit for kit, expected in SCENARIO.expected().items() if expected.trouble is None)
    ended = as_planned(SCENARIO) | {good: Ended("rejected", 1, ("part_count",))}
    (found,) = compare(SCENARIO, ended, SCENARIO.faults)
    assert found.startswith(f"order {good}: rejected at attempt 1 ['part_count']")


def test_a_trouble_that_never_struck_is_named() -> None:
    found = compare(SCENARIO, as_planned(SCENARIO), SCENARIO.faults[1:])
    assert found == [f"planned {SCENARIO.faults[0].kind} never struck order {SCENARIO.faults[0].kit}"]


def test_an_order_that_the_line_does_not_know_is_named() -> None:
    ended = as_planned(SCENARIO)
    gone = SCENARIO.orders[0].acceptance
    del ended[gone]
    assert f"order {gone}" in compare(SCENARIO, ended, SCENARIO.faults)[0]


def test_the_report_holds_what_issue_2_asks_for() -> None:
    counters = Counters(rejected_by_reason={"wrong_part": 2}, reworked=3, events_published=9, events_acknowledged=9)
    report = make_report(
        SCENARIO, 10, 36.0, counters, Figures(p50_ms=1, p99_ms=5), as_planned(SCENARIO), Judgement(), []
    )
    data = json.loads(report.model_dump_json())
    assert data["orders"] == 20
    assert data["packed"] == 14
    assert data["rejected"] == {"wrong_part": 2}
    assert data["items_per_hour"] == 1400
    assert {name: data["oracle"][name] for name in ("wrong_contents", "wrong_waybill", "lost", "doubled")} == {
        "wrong_contents": 0,
        "wrong_waybill": 0,
        "lost": 0,
        "doubled": 0,
    }
    assert data["decision_latency"] == {"p50_ms": 1, "p99_ms": 5}
    assert {"reworked", "events_published", "events_acknowledged", "duration_s"} <= data.keys()
    assert report.clean


def test_a_test_kit_that_was_let_through_spoils_the_run_and_the_bound_is_reported() -> None:
    escape = Escape(one_in=1506, text="below 1 in 1,506", kits={"wrong_plate": (3, 0), "light_weight": (2, 1)})
    report = make_report(SCENARIO, 10, 36.0, Counters(), Figures(), as_planned(SCENARIO), Judgement(), [], escape)
    assert report.mismatches == ("test kit light_weight: let through 1 times",)
    assert not report.clean
    assert json.loads(report.model_dump_json())["escape_bound"]["one_in"] == 1506


@pytest.mark.parametrize("spoilt", [Judgement(lost=("a parcel",)), Judgement(badly_sealed=("a parcel",))])
def test_a_finding_spoils_the_run(spoilt: Judgement) -> None:
    report = make_report(SCENARIO, 10, 36.0, Counters(), Figures(), as_planned(SCENARIO), spoilt, [])
    assert not report.clean
    assert report.oracle_findings


class Line:
    """A line's API that a test plays."""

    def __init__(self, tmp_path: Path) -> None:
        self.snapshot: dict[str, Any] = {"state": "Execute", "counters": {}}
        self.orders: list[dict[str, Any]] = []
        self.refuse = ""
        self.tokens: set[str] = set()
        self.token_file = tmp_path / "token"
        self.token_file.write_text("secret\n")

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.tokens.add(request.headers["Authorization"])
        if self.refuse:
            return httpx.Response(409, text=self.refuse)
        body = self.snapshot if request.url.path == "/api/snapshot" else {"orders": self.orders, "next": None}
        return httpx.Response(200, json=body)

    def api(self) -> LineApi:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return LineApi(client, "http://127.0.0.1:1", self.token_file)


def as_listed(scenario: Scenario) -> list[dict[str, Any]]:
    return [
        {"acceptance": acceptance, "state": expected.ending.value, "attempt": expected.attempts, "route": "X"}
        for acceptance, expected in scenario.expected().items()
    ]


async def test_a_run_is_done_when_every_order_has_ended(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.orders = as_listed(SCENARIO)
    shown: list[str] = []
    view = await until_done(line.api(), SCENARIO, lambda view: shown.append(view.state), 5)
    assert view.state == "Execute"
    assert shown == ["Execute"]
    assert line.tokens == {"Bearer secret"}


async def test_a_rework_to_come_is_waited_for_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "STANDSTILL_S", 0.3)
    line = Line(tmp_path)
    line.orders = as_listed(SCENARIO)
    kit = next(iter(SCENARIO.mended))
    next(order for order in line.orders if order["acceptance"] == kit).update(state="rejected", attempt=1)
    with pytest.raises(StandstillError, match=rf"waits for orders {kit} \(rejected, attempt 1\)"):
        await until_done(line.api(), SCENARIO, lambda view: None, 5)


async def test_unacknowledged_events_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "STANDSTILL_S", 0.3)
    line = Line(tmp_path)
    line.orders = as_listed(SCENARIO)
    line.snapshot["counters"] = {"events_pending": 2}
    with pytest.raises(StandstillError, match="2 events unacknowledged"):
        await until_done(line.api(), SCENARIO, lambda view: None, 5)


async def test_a_line_that_holds_is_named_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "HELD_S", 0.3)
    line = Line(tmp_path)
    line.snapshot = {
        "state": "Held",
        "hold_text": "printer: media out",
        "counters": {"under_way": 1},
        "stations": [{"zone": "label", "carrier": 7, "acceptance": "SL1", "activity": "printing"}],
    }
    with pytest.raises(StandstillError, match=r"Held printer: media out.*label: SL1 printing"):
        await until_done(line.api(), SCENARIO, lambda view: None, 5)


async def test_a_line_that_a_person_holds_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who tries the page's Hold in a demo must not lose the demo by it."""
    monkeypatch.setattr(waiting, "HELD_S", 0.1)
    monkeypatch.setattr(waiting, "LOOK_S", 0.05)
    line = Line(tmp_path)
    line.orders = as_listed(SCENARIO)
    line.snapshot = {"state": "Held", "counters": {"under_way": 1}}
    looks = 0

    def show(view: LineView) -> None:
        nonlocal looks
        looks += 1
        if looks == 8:
            line.snapshot = {"state": "Execute"}

    assert (await until_done(line.api(), SCENARIO, show, 0.2)).state == "Execute"
    assert looks == 9


async def test_of_many_orders_waited_for_a_few_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "STANDSTILL_S", 0.1)
    line = Line(tmp_path)
    line.orders = [{**order, "state": "waiting", "attempt": 0} for order in as_listed(SCENARIO)]
    line.snapshot["counters"] = {"waiting": len(line.orders)}
    with pytest.raises(StandstillError, match=rf"{len(line.orders) - waiting.NAMED} more; at the stations"):
        await until_done(line.api(), SCENARIO, lambda view: None, 5)


async def test_a_run_has_a_deadline(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.snapshot["counters"] = {"waiting": 1}
    with pytest.raises(StandstillError, match="not done after 0 s"):
        await until_done(line.api(), SCENARIO, lambda view: None, 0.1)


async def test_a_refusal_is_told_in_the_lines_words(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.refuse = "start is not allowed in Held"
    with pytest.raises(LineRefused, match="409 start is not allowed in Held"):
        await line.api().command("start", "Execute", 1)
