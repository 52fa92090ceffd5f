"""Scanner and scale on real pseudo-terminals, printer and control port on real TCP ports."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from plant_lines import DEADLINE_S, Line, serial_line, tcp_line
from plc_bench import part

from devices.links.address import parse_link
from simulators.faults import Fault, FaultKind
from simulators.history import LabelPrinted
from simulators.offers import find
from simulators.plant import Plant, PlantWiring
from simulators.scanner import ScannerTwin

LABEL = (
    "^XA^CI28^PW800^LL1200^FO50,300^A0N,40,40^FH_^FD{text}^FS"
    "^FO50,50^BY3^BCN,120,Y,N,N,A^FD{number}^FS^FO50,20^A0N,40,40^FDabove^FS^FO50,500^FDbelow^FS^PQ1^XZ"
)


@asynccontextmanager
async def plant_at(tmp_path: Path, *faults: Fault, speed: float = 20.0) -> AsyncIterator[Plant]:
    async with Plant(PlantWiring(directory=tmp_path, speed=speed), faults) as plant:
        yield plant


def carrier_in(plant: Plant, zone: str, kit: str = "K1") -> None:
    plant.world.feed_load()
    plant.world.begin_kit("load", kit)
    plant.world.move_by_hand("load", zone)


async def pass_under(scanner: ScannerTwin, code: str | None) -> bool:
    async with asyncio.timeout(DEADLINE_S):
        await scanner.triggered.wait()
        return await scanner.present(code)


async def test_scanner_reads_one_code_a_trigger(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, serial_line(plant.wires["infeed_scanner"].address) as line:
        line.say(b"LON\r")
        assert await line.hear(b"\r") == b"OK,LON\r"
        assert await pass_under(plant.infeed_scanner, "YB12345-1")
        assert await line.hear(b"\r") == b"]C0YB12345-1\r"
        assert not await plant.infeed_scanner.present("NEXT")
        line.say(b"LOFF\r")
        assert await line.hear(b"\r") == b"ER,LOFF,22\r"


async def test_scanner_no_read(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, serial_line(plant.wires["certificate_scanner"].address) as line:
        line.say(b"junk\x1bLO")
        line.say(b"N\r")
        assert await line.hear(b"\r") == b"OK,LON\r"
        assert not await pass_under(plant.certificate_scanner, None)
        line.say(b"LOFF\r")
        assert await line.hear(b"\r") == b"ERROR\r"
        assert await line.hear(b"\r") == b"OK,LOFF\r"
        line.say(b"FOO\r")
        assert await line.hear(b"\r") == b"ER,FOO,00\r"


async def test_scanner_button_ends_the_trigger_with_a_no_read(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, serial_line(plant.wires["infeed_scanner"].address) as line:
        plant.infeed_scanner.release()  # nothing is triggered, nothing is said
        line.say(b"LON\r")
        assert await line.hear(b"\r") == b"OK,LON\r"
        plant.infeed_scanner.release()
        assert await line.hear(b"\r") == b"ERROR\r"
        assert await line.silent()


async def test_scale_is_dynamic_first_and_then_stable(tmp_path: Path) -> None:
    async with plant_at(tmp_path, speed=2.0) as plant, serial_line(plant.wires["scale"].address) as line:
        carrier_in(plant, "inspect")
        plant.world.lay_part("inspect", part("P1", weight_g=200.0), 10.0, 10.0)
        line.say(b"SI\r\n")
        assert re.fullmatch(rb"S D +-?\d+\.\d\d g\r\n", await line.hear(b"\n"))
        line.say(b"S\r\n")
        stable = re.fullmatch(rb"S S +(\d+\.\d\d) g\r\n", await line.hear(b"\n"))
        assert stable
        assert float(stable[1]) == pytest.approx(242.0, abs=0.06)
        assert len(stable[0]) == len(b"S S     100.00 g\r\n")


async def test_scale_zero_tare_reset_and_syntax(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, serial_line(plant.wires["scale"].address) as line:
        line.say(b"Z\r\nQ\r\n")
        assert await line.hear(b"\n") == b"Z A\r\n"
        assert await line.hear(b"\n") == b"ES\r\n"
        line.say(b"S\r\n@\r\n")  # the reset forgets what was asked before
        assert await line.hear(b"\n") == b'I4 A "SEALLINE-TWIN"\r\n'
        carrier_in(plant, "inspect")
        line.say(b"T\r\nS\r\n")
        assert re.fullmatch(rb"T S +42\.\d\d g\r\n|T S +41\.9\d g\r\n", await line.hear(b"\n"))
        net = re.fullmatch(rb"S S +(-?\d+\.\d\d) g\r\n", await line.hear(b"\n"))
        assert net
        assert abs(float(net[1])) <= 0.2


async def test_drifting_scale_lies_by_its_drift_each_time(tmp_path: Path) -> None:
    fault = Fault(FaultKind.SCALE_DRIFT, "K1")
    async with plant_at(tmp_path, fault) as plant, serial_line(plant.wires["scale"].address) as line:
        carrier_in(plant, "inspect")
        for _ in range(2):
            line.say(b"S\r\n")
            answer = await line.hear(b"\n")
            assert float(answer.split()[2]) == pytest.approx(102.0, abs=0.06)
        assert plant.faults.fired == [fault]


async def test_printer_prints_to_the_peel_edge_and_holds_the_second(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["printer"].address) as line:
        first = LABEL.format(number="9876543210123", text="_E7_B2_A4B_5E12345")
        line.say(first[:40].encode())
        await asyncio.sleep(0.01)
        line.say(first[40:].encode() + LABEL.format(number=">:LN000000002CN", text="two").encode())
        waiting, queued = await host_status_until(line, lambda waiting, _: waiting == 1)
        assert (waiting, queued) == (1, 1)
        assert plant.world.peel is not None
        assert (plant.world.peel.mail_number, plant.world.peel.text) == ("9876543210123", "粤B^12345")
        plant.world.peel_off()
        await host_status_until(line, lambda waiting, queued: waiting == 1 and queued == 0)
        assert [event.mail_number for event in plant.world.history if isinstance(event, LabelPrinted)] == [
            "9876543210123",
            "LN000000002CN",
        ]


async def host_status(line: Line) -> tuple[bytes, bytes]:
    """Ask ~HS, check the form of its three lines and return the fields of the first two."""
    line.say(b"~HS")
    one, two, three = [await line.hear(b"\x03\r\n") for _ in range(3)]
    assert re.fullmatch(rb"\x02\d{3},[01],[01],\d{4},\d{3},[01],[01],[01],000,[01],[01],[01]\x03\r\n", one)
    assert re.fullmatch(rb"\x02\d{3},[01],[01],[01],\d,\d,\d,[01],\d{8},\d,\d{3}\x03\r\n", two)
    assert re.fullmatch(rb"\x02\d{4},\d\x03\r\n", three)
    return one, two


async def host_status_until(line: Line, reached: Callable[[int, int], bool]) -> tuple[int, int]:
    """Ask until the flag label-waiting and the number of queued formats are as wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            one, two = await host_status(line)
            waiting, queued = int(two.split(b",")[7]), int(one.split(b",")[4])
            if reached(waiting, queued):
                return waiting, queued
            await asyncio.sleep(0.01)


async def test_a_head_that_wears_prints_each_label_worse_until_it_is_changed(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["printer"].address) as line:

        async def wear() -> float:
            line.say(LABEL.format(number="9876543210123", text="one").encode())
            await host_status_until(line, lambda waiting, _: waiting == 1)
            return plant.world.peel_off().wear

        worn = find(plant, "head_worn", "printer")
        assert await wear() == 0
        worn.do(True)
        assert 0 < await wear() < await wear()
        worn.do(False)
        assert await wear() == 0


@pytest.mark.parametrize("trouble", ["media_out", "head_open"])
async def test_printer_in_trouble_is_silent_and_prints_nothing(tmp_path: Path, trouble: str) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["printer"].address) as line:
        setattr(plant.printer, trouble, True)
        line.say(LABEL.format(number="1", text="x").encode() + b"~HS")
        assert await line.silent()
        assert plant.world.peel is None
        setattr(plant.printer, trouble, False)
        await host_status_until(line, lambda waiting, _: waiting == 1)


async def test_paused_printer_tells_it_and_cancel_empties_the_buffer(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["printer"].address) as line:
        line.say(b"~PP" + LABEL.format(number="1", text="x").encode())
        first, _ = await host_status(line)
        assert (first.split(b",")[2], first.split(b",")[4]) == (b"1", b"001")
        line.say(b"~JA~PS")
        await host_status_until(line, lambda waiting, queued: (waiting, queued) == (0, 0))


async def test_double_print(tmp_path: Path) -> None:
    async with plant_at(tmp_path, Fault(FaultKind.DOUBLE_PRINT, "K1")) as plant:
        carrier_in(plant, "label")
        async with tcp_line(plant.wires["printer"].address) as line:
            line.say(LABEL.format(number="1", text="x").encode())
            await host_status_until(line, lambda waiting, queued: (waiting, queued) == (1, 1))
            plant.world.peel_off()
            await host_status_until(line, lambda waiting, queued: (waiting, queued) == (1, 0))


async def command(line: Line, **request: object) -> dict[str, object]:
    line.say(json.dumps(request).encode() + b"\n")
    answer: dict[str, object] = json.loads(await line.hear(b"\n"))
    return answer


async def test_control_port_breaks_things_and_tells_the_truth(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["control"].address) as line:
        assert await command(line, do="guards", closed=False) == {"ok": True}
        assert not plant.world.guards_closed
        assert (await command(line, do="emergency_stop", pressed=True))["ok"]
        boot_id = plant.plcs["sealer_1"].status().boot_id
        assert (await command(line, do="restart", device="sealer_1", keep_memory=False))["ok"]
        assert plant.plcs["sealer_1"].status().boot_id == boot_id + 1
        assert (await command(line, do="pause", device="scale"))["ok"]
        assert plant.wires["scale"].paused
        assert (await command(line, do="resume", device="scale"))["ok"]
        assert (await command(line, do="printer", media_out=True))["ok"]
        assert plant.printer.media_out
        assert (await command(line, do="heater", device="sealer_2", powered=False))["ok"]
        assert (await command(line, do="tracking", device="conveyor", ok=False))["ok"]
        assert (await command(line, do="fault", kind="seal_too_cold", kit="K9"))["ok"]
        truth = await command(line, do="truth")
        assert truth["chutes"] == {"reject": [], "dispatch": []}
        assert truth["faults_planned"] == [{"kind": "seal_too_cold", "kit": "K9", "attempt": 1, "other": ""}]
        events = truth["history"]
        assert isinstance(events, list)
        swung = next(event for event in events if event["event"] == "GuardsSwung")
        assert swung == {"event": "GuardsSwung", "at": swung["at"], "closed": False}
        later = await command(line, do="truth", since=len(events))
        assert later["history"] == []


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"do": "explode"}, "explode"),
        ({"do": "guards"}, "closed"),
        ({"do": "restart", "device": "scale"}, "allowed: ['applicator', 'conveyor', 'gate', 'sealer_1', 'sealer_2']"),
        ({"do": "heater", "device": "gate", "powered": False}, "only sealers"),
        ({"do": "move_by_hand", "source": "verify", "target": "label"}, "no carrier stands in 'verify'"),
        ({"do": "fault", "kind": "label_on_other", "kit": "K1"}, "needs `other`"),
        ({"do": "lay", "zone": "verify", "product": "bicycle"}, "allowed: ['ebike_plate', 'licences',"),
        ({"do": "lay", "zone": "nowhere"}, "no carrier can be set down in 'nowhere'"),
    ],
)
async def test_control_port_refuses_with_a_reason(tmp_path: Path, request_: dict[str, object], says: str) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["control"].address) as line:
        answer = await command(line, **request_)
        assert answer["ok"] is False
        assert says in str(answer["error"])


async def test_samples_are_laid_to_teach_a_camera_without_a_line(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant, tcp_line(plant.wires["control"].address) as line:
        plant.world.feed_load()
        seen = set()
        for _ in range(2):
            answer = await command(line, do="lay", zone="verify", product="small_car_plates")
            assert answer == {"ok": True, "carrier": 2}
            front, rear = plant.world.mailer_at("verify").contents
            assert front.part.text == rear.part.text, "a pair bears one number"
            seen.add((front.part.text, front.part.code, front.x))
        assert len(seen) == 2
        assert (await command(line, do="lay", zone="verify"))["ok"]
        assert plant.world.mailer_at("verify").contents == []
        plant.world.begin_kit("verify", "K1")
        refused = await command(line, do="lay", zone="verify", product="licences")
        assert "filled for 'K1'" in str(refused["error"])


async def test_links_are_as_in_line_toml(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        for text in plant.links.values():
            parse_link(text)
        assert sorted(serial_lines(tmp_path)) == ["certificate_scanner", "infeed_scanner", "scale", "sealer_2"]
    assert serial_lines(tmp_path) == []


def serial_lines(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir() if path.is_symlink()]
