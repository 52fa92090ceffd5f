"""A recorded line, replayed: the same code decides the same; altered input and altered code are told."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.commands.table import command_line
from controller.desk.channel import ChannelRefused
from controller.journal.tally import Tally
from controller.recording.tape import Kind, packed, read_noted, segments
from controller.replaying.reading import find_run, read_timeline
from controller.replaying.run import Comparison, replay
from controller.stations import seal
from simulators.faults import FaultKind
from simulators.history import CarrierMoved
from tests.line.floor import Floor, floor
from tests.line.plans import MOTORCYCLE, of_product, quick, struck

Piece = tuple[Kind, int, bytes]


async def _trouble(here: Floor) -> None:
    """Hold and Unhold under way, and a conveyor that is silent for longer than a link may falter."""
    await here.hand_in()
    await here.begin()
    await here.comes(here.moment(CarrierMoved, target="label"))
    await _press(here, "hold")
    await here.state("Held")
    await asyncio.sleep(0.3)
    await here.wait_for(partial(_has_rejected, here), "a parcel rejected after Unhold")
    await here.ask_plant(do="pause", device="conveyor")
    await here.state("Held")
    await here.ask_plant(do="resume", device="conveyor")
    await here.ask_plant(do="drop", device="printer")
    await here.unhold_until_done()


async def _has_rejected(here: Floor) -> bool:
    """On a busy machine the line holds of itself as well: press Unhold as often as that."""
    if (await here.view()).state == "Held":
        await _press(here, "unhold")
    return bool(here.journal("SELECT 1 FROM history WHERE kind = 'rejected'"))


async def _press(here: Floor, command: str) -> None:
    with contextlib.suppress(ChannelRefused):
        await here.call("command", command=command, by="test")


async def _record(home: Path) -> list[str]:
    """Record a line in trouble, and return why its items were rejected."""
    plan = quick(4)
    plan = struck(plan, FaultKind.SEAL_TOO_COLD, of_product(plan, MOTORCYCLE))
    async with floor(plan, record=home, move_s=4) as here:
        await _trouble(here)
        result = here.result()
    assert result.judgement.clean, result.judgement
    return [reason for reasons in result.reasons.values() for reason in reasons]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One run of a real line with its real programs: rejects, a hold, a broken PLC link; ended by SIGTERM."""
    home = tmp_path_factory.mktemp("recordings")
    reasons = asyncio.run(_record(home))
    assert "seal_out_of_limits" in reasons, reasons
    yield find_run(home)


def _replayed(recording: Path) -> Comparison:
    return replay(read_timeline(recording))


def test_a_recorded_incident_is_decided_in_the_same_way(recording: Path) -> None:
    done = _replayed(recording)
    assert not done.differences, f"{done.differences[0]} {done.remarks} {done.left_step}"
    assert not done.left_step, "something that the line's loop takes up is not on the tape in its turn"
    assert done.items >= 4  # and one more for each that the silent conveyor made suspect, if it did
    assert done.permits > 30
    assert done.entries > 100


def test_the_command_says_so(recording: Path) -> None:
    told = CliRunner().invoke(command_line, ["replay", str(recording.parent)])
    assert told.exit_code == 0, told.output
    assert "same decisions: " in told.output
    assert "** test pressed Hold" in told.output
    assert "** conveyor did not answer for 0." in told.output
    assert "** printer ended its link" in told.output
    assert "ended as rejected: the seal cycle's values are out of limits (expected lowest temperature" in told.output
    record = CliRunner().invoke(command_line, ["replay", str(recording), "--json"])
    assert json.loads(record.stdout)["same"] is True


def test_code_that_no_longer_looks_at_the_seal_is_told(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = read_timeline(recording)
    cold = next(row[3] for row in line.entries if row[2] == "rejected" and "seal_out_of_limits" in row[5])
    sealed_at = next(row[1] for row in line.entries if row[2] == "sealed" and row[3] == cold)
    monkeypatch.setattr(seal, "demand_cycle", lambda item, result: None)
    done = replay(line)
    first = done.differences[0]
    assert first.matter in (f"item {cold}", f"permits of item {cold}"), first
    assert first.at > datetime.fromisoformat(sealed_at), "nothing before the decision that was changed"
    assert done.left_step
    told = [str(each) for each in done.differences]
    assert any("rejected" in each for each in told), told


def test_code_that_ends_the_line_is_told_where_it_does(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as decisions that are missing: it makes none from there on."""
    line = read_timeline(recording)

    def fail(tally: Tally, *seen: object) -> None:
        raise LookupError("nothing was counted")

    monkeypatch.setattr(Tally, "_take", fail)
    done = replay(line)
    (first,) = done.differences
    assert (first.matter, first.now) == ("the whole line", "LookupError: nothing was counted")
    assert first.at < min(datetime.fromisoformat(row[1]) for row in line.entries if row[2] == "line_clear")


def test_a_verdict_that_was_altered_is_told(recording: Path, tmp_path: Path) -> None:
    def reject(record: Piece) -> Piece:
        kind, stream, data = record
        if kind is not Kind.VERDICT:
            return record
        facts = json.loads(data)
        facts["verdict"]["outcome"] = "reject"
        facts["verdict"]["checks"][0]["outcome"] = "reject"
        return kind, stream, json.dumps(facts).encode()

    difference = _replayed(_altered(recording, tmp_path, reject)).differences[0]
    assert difference.then is not None and "outcome accept" in difference.then
    assert difference.now is not None and "outcome reject" in difference.now


def test_bytes_that_were_altered_are_told(recording: Path, tmp_path: Path) -> None:
    def another_code(record: Piece) -> Piece:
        kind, stream, data = record
        altered = kind is Kind.IN and data.startswith(b"]C0")
        return (kind, stream, data[:-2] + b"X\r") if altered else record

    difference = _replayed(_altered(recording, tmp_path, another_code)).differences[0]
    assert difference.then is not None and difference.then.startswith("matched")
    assert difference.matter == "item 1"


def test_a_recording_holds_no_password_and_is_for_its_owner_only(recording: Path) -> None:
    assert recording.stat().st_mode & 0o077 == 0
    assert not any(b"uthorization: Basic" in each[2] for each in read_noted(recording) if not isinstance(each, int))


def test_what_a_kill_cut_off_is_left_out(recording: Path, tmp_path: Path) -> None:
    whole = list(read_noted(recording))
    torn = _altered(recording, tmp_path, lambda record: record)
    last = segments(torn)[-1]
    with last.open("ab") as file:
        file.write(gzip.compress(b"the beginning of a member")[:-6])
    assert list(read_noted(torn)) == whole
    with last.open("ab") as file:
        file.write(bytes(4096))  # as a power cut leaves it: the length is there, the bytes are not
    assert list(read_noted(torn)) == whole


def _altered(recording: Path, folder: Path, alter: Callable[[Piece], Piece]) -> Path:
    """A copy of a recording with other records."""
    there = folder / "altered"
    there.mkdir()
    for name in ("meta.json", "config.json"):
        (there / name).write_bytes((recording / name).read_bytes())
    noted = (each if isinstance(each, int) else alter(each) for each in read_noted(recording))
    (there / "wires-00001.gz").write_bytes(packed(noted))
    return there
