"""The commands that hand data in and show it, as a terminal runs them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from mosquitto_bench import mosquitto
from order_bench import EXAMPLE, LINE, car_order, open_journal
from typer.testing import CliRunner, Result

from controller.commands.item import failed_checks, item
from controller.commands.mail_numbers import mail_numbers
from controller.commands.orders import orders
from controller.desk.channel import ChannelServer, load_or_make_token
from controller.desk.handing_in import NumbersReport, OrdersReport, RefusedRow
from controller.dispatch.events import EventData, EventType, put_event
from controller.dispatch.outbox import OutboxState, outbox_counts
from controller.dispatch.publisher import DispatchLink
from controller.journal.reading import EvidenceRow
from controller.plan.sections import DispatchSection
from controller.snapshot import Snapshot

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "line.toml"
    shutil.copy(EXAMPLE, path)
    path.write_text(path.read_text().replace('language = "zh"', 'language = "en"'))
    return path


def invoke(app: Any, config: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--config", str(config)], env={"COLUMNS": "250"})


async def run_command(*arguments: str | Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "controller.commands",
        *map(str, arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def test_orders_go_into_the_journal_while_no_line_runs(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([car_order(1), car_order(2, priority=11), car_order(3)]))
    first = invoke(orders, config, "import", file)
    assert first.exit_code == 1
    assert "line 2 GA000002: priority is 11, must be a whole number from 0 to 9" in first.stderr
    assert "2 accepted, 0 known already, 1 refused" in first.stdout
    assert "0 accepted, 2 known already, 1 refused" in invoke(orders, config, "import", file).stdout
    listed = invoke(orders, config, "list", "--state", "waiting").stdout
    assert "GA000001" in listed
    assert "GA000002" not in listed
    assert "GA000001" not in invoke(orders, config, "list", "--state", "packed").stdout
    shown = invoke(item, config, "show", "GA000001")
    assert shown.exit_code == 0
    assert "order_accepted" in shown.stdout
    assert "PM0000000002" in shown.stdout
    assert "粤" not in shown.stdout


def test_a_gbk_file_is_taken_and_said(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    header = "acceptance,product,due,number,code:front,code:rear\n"
    row = "GA000001,small_car_plates,2026-12-01T17:00:00+08:00,粤A00001,PM0000000002,PM0000000003\n"
    file.write_bytes((header + row).encode("gbk"))
    found = invoke(orders, config, "import", file)
    assert found.exit_code == 0
    assert "read as GB18030" in found.stdout
    assert "1 accepted" in found.stdout


def test_mistakes_end_with_a_sentence(config: Path, tmp_path: Path) -> None:
    nothing = invoke(orders, config, "import", tmp_path / "none.csv")
    assert nothing.exit_code == 2
    assert "can't be read" in nothing.stderr
    assert "no journal yet" in invoke(orders, config, "list").stderr
    assert "no journal yet" in invoke(item, config, "show", "1").stderr
    config.write_text("[line]\n")
    broken = invoke(orders, config, "import", tmp_path / "none.csv")
    assert broken.exit_code == 2
    assert "mistakes" in broken.stderr


def test_an_unknown_item_is_said(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([car_order(1)]))
    invoke(orders, config, "import", file)
    unknown = invoke(item, config, "show", "EA123456785CN")
    assert unknown.exit_code == 2
    assert "EA123456785CN: no mail number, order or item" in unknown.stderr


def test_mail_numbers_fill_the_pool(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text("# from the carrier\nEA123456785CN\n\n1100000001460  # parcel\nEA123456784CN\n")
    found = invoke(mail_numbers, config, "import", file)
    assert found.exit_code == 1
    assert "EA123456784CN: check character must be 5, found 4" in found.stderr
    assert "2 added, 0 known already, 1 refused" in found.stdout
    listed = invoke(mail_numbers, config, "list").stdout
    assert "free" in listed
    assert "2" in listed


async def test_a_running_line_is_handed_everything(config: Path, tmp_path: Path) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    async def take_orders(arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append(("orders", arguments))
        refused = RefusedRow(line=3, acceptance="GA000002", en="no", zh="不")
        return OrdersReport(accepted=("GA000001",), refused=(refused,)).model_dump(mode="json")

    async def take_numbers(arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append(("numbers", arguments))
        return NumbersReport(added=1).model_dump(mode="json")

    handlers = {"import_orders": take_orders, "import_mail_numbers": take_numbers}
    token = load_or_make_token(tmp_path / "var" / "token")
    snapshot = Snapshot(line=LINE, name="", at="", epoch=1, mode="Production", state="Stopped", commands=())
    server = ChannelServer(tmp_path / "var" / "line.sock", token, handlers, lambda: snapshot)
    order_file, number_file = tmp_path / "orders.json", tmp_path / "numbers.txt"
    order_file.write_text(json.dumps([car_order(1)]))
    number_file.write_text("EA123456785CN\n")
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        await server.listening.wait()
        code, out, err = await run_command("orders", "import", order_file, "--config", config)
        assert (code, out, err) == (1, "1 accepted, 0 known already, 1 refused\n", "line 3 GA000002: no\n")
        code, out, _ = await run_command("mail-numbers", "import", number_file, "--config", config)
        assert (code, out) == (0, "1 added, 0 known already, 0 refused\n")
        serving.cancel()
    assert [name for name, _ in asked] == ["orders", "numbers"]
    assert asked[0][1]["rows"][0]["data"]["acceptance"] == "GA000001"
    assert asked[1][1] == {"numbers": ["EA123456785CN"]}
    assert not (tmp_path / "var" / "line.db").exists()


async def test_dispatch_listens_until_it_is_stopped(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, open_journal(tmp_path / "line.db") as journal:
        ledger = tmp_path / "dispatch.db"
        arguments = ["dispatch", "listen", "--port", broker.port, "--line", LINE, "--ledger", ledger, "--print"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "controller.commands", *map(str, arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        link = DispatchLink(DispatchSection(host="127.0.0.1", port=broker.port, receipt_deadline_s=0.5), LINE, journal)
        data = EventData(mail_number="EA123456785CN", acceptance="GA000001")
        await journal.write(lambda each: put_event(each, LINE, EventType.SEALED, None, data))
        async with asyncio.TaskGroup() as group, asyncio.timeout(30):
            serving = group.create_task(link.serve())
            while not (await journal.write(lambda each: outbox_counts(each.connection)))[OutboxState.ACKNOWLEDGED]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            serving.cancel()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.decode().splitlines() == [
        "1 cn.sealline.item.sealed.v1 EA123456785CN: accepted",
        "1 applied, 0 refused, 0 unreadable",
    ]
    with contextlib.closing(sqlite3.connect(ledger)) as connection:
        assert connection.execute("SELECT subject, state FROM events").fetchall() == [("EA123456785CN", "applied")]


async def test_a_bad_rule_is_refused() -> None:
    code, _, err = await run_command("dispatch", "listen", "--ledger", "x.db", "--refuse", "colour=blue")
    assert code == 2
    assert "'colour=blue' is no rule, allowed: type=…, subject=…, acceptance=…" in err


def test_a_check_of_the_whole_picture_is_told_without_a_gap() -> None:
    checks = [
        {"name": "carrier_code", "subject": "", "outcome": "reject", "expected": "C013", "found": "C011"},
        {"name": "plate_pose", "subject": "front", "outcome": "reject", "expected": "up", "found": "down"},
    ]
    row = EvidenceRow(29, "verify", "wide_camera", "reject", "", "", checks)
    assert failed_checks(row) == (
        "carrier_code: expected 'C013', found 'C011'\nplate_pose front: expected 'up', found 'down'"
    )
