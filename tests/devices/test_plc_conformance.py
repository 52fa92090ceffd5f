"""The conformance trial against the twins, which keep the contract, and against twins that break one clause each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devices.links.address import ModbusLink, parse_link
from devices.links.modbus import master_for
from devices.plc import conformance
from devices.plc.conformance import Clause, Trial, conform
from devices.plc.contract import Answer, BlockState, DeviceKind
from simulators.plant import Plant, PlantWiring
from simulators.plc import PlcTwin

ALL_STILL = set(Clause) - {
    Clause.BOUNDS,
    Clause.RESULT,
    Clause.TWICE,
    Clause.NEXT,
    Clause.WRONG_ACKNOWLEDGEMENT,
    Clause.ACKNOWLEDGEMENT,
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What must come comes within a few scans here, and what must not come is not waited for so long."""
    monkeypatch.setattr(conformance, "_WATCHED_S", 0.2)


async def tried(plant: Plant, name: str, kind: DeviceKind, *, motion: bool = False) -> list[Trial]:
    link = parse_link(plant.links[name])
    assert isinstance(link, ModbusLink)
    return [trial async for trial in conform(master_for(name, link), kind, motion=motion)]


def broken(trials: list[Trial]) -> set[Clause]:
    # The twin shares this test's processor: what it says of time is for a machine of its own.
    return {trial.clause for trial in trials if trial.kept is False} - {Clause.CLOCK}


@pytest.mark.parametrize(
    ("name", "kind", "more"),
    [
        ("conveyor", DeviceKind.CONVEYOR, set()),
        ("sealer_2", DeviceKind.SEALER, {Clause.BOUNDS}),
        ("applicator", DeviceKind.APPLICATOR, set()),
        ("gate", DeviceKind.GATE, set()),
    ],
)
async def test_every_twin_keeps_the_contract_and_nothing_moves(
    tmp_path: Path, name: str, kind: DeviceKind, more: set[Clause]
) -> None:
    async with Plant(PlantWiring(directory=tmp_path, speed=50)) as plant:
        trials = await tried(plant, name, kind)
        assert broken(trials) == set()
        assert {trial.clause for trial in trials} == ALL_STILL | more
        assert [block.state for block in plant.plcs[name].status().blocks if block.state is not BlockState.IDLE] == []


@pytest.mark.parametrize(("name", "kind"), [("sealer_1", DeviceKind.SEALER), ("conveyor", DeviceKind.CONVEYOR)])
async def test_one_motion_shows_how_a_result_is_kept(tmp_path: Path, name: str, kind: DeviceKind) -> None:
    async with Plant(PlantWiring(directory=tmp_path, speed=50)) as plant:
        if kind is DeviceKind.CONVEYOR:
            plant.world.feed_load()
        trials = await tried(plant, name, kind, motion=True)
        assert broken(trials) == set()
        assert {trial.clause for trial in trials} >= {Clause.RESULT, Clause.TWICE, Clause.NEXT, Clause.ACKNOWLEDGEMENT}
        assert [block.state for block in plant.plcs[name].status().blocks if block.state is not BlockState.IDLE] == []


async def test_another_kind_of_plc_is_tried_no_further(tmp_path: Path) -> None:
    async with Plant(PlantWiring(directory=tmp_path)) as plant:
        assert [trial.clause for trial in await tried(plant, "gate", DeviceKind.SEALER)] == [Clause.IDENTITY]


def _forgets_expiry(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("simulators.plc.has_expired", lambda *_: False)


def _needs_no_host(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("simulators.plc.HEARTBEAT_LOST_S", 60.0)


def _checks_no_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("simulators.plc.check_word", lambda words: words and _LAST[0])
    whole = PlcTwin._take_command

    def take(self: PlcTwin, number: int, block: object) -> None:
        _LAST[0] = block.registers[13]  # type: ignore[attr-defined]
        whole(self, number, block)  # type: ignore[arg-type]

    patch.setattr(PlcTwin, "_take_command", take)


_LAST = [0]


def _takes_any_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    whole = PlcTwin._take_acknowledgement

    def take(self: PlcTwin, block: object) -> None:
        block.registers[16:18] = [block.result.epoch, block.result.sequence]  # type: ignore[attr-defined]
        whole(self, block)  # type: ignore[arg-type]

    patch.setattr(PlcTwin, "_take_acknowledgement", take)


def _overwrites_a_result(patch: pytest.MonkeyPatch) -> None:
    whole = PlcTwin._judge

    def judge(self: PlcTwin, number: int, block: object, words: list[int]) -> Answer:
        if block.state is BlockState.DONE:  # type: ignore[attr-defined]
            block.state = BlockState.IDLE  # type: ignore[attr-defined]
        return whole(self, number, block, words)  # type: ignore[arg-type]

    patch.setattr(PlcTwin, "_judge", judge)


@pytest.mark.parametrize(
    ("mistake", "clause"),
    [
        (_forgets_expiry, Clause.EXPIRED),
        (_needs_no_host, Clause.HOST_LOST),
        (_checks_no_word, Clause.BAD_CRC),
        (_takes_any_acknowledgement, Clause.WRONG_ACKNOWLEDGEMENT),
        (_overwrites_a_result, Clause.NEXT),
    ],
)
async def test_a_plc_that_breaks_a_clause_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: Callable[[pytest.MonkeyPatch], None], clause: Clause
) -> None:
    mistake(monkeypatch)
    async with Plant(PlantWiring(directory=tmp_path, speed=50)) as plant:
        trials = await tried(plant, "sealer_1", DeviceKind.SEALER, motion=True)
    assert clause in broken(trials)
    # Whoever takes what must be refused is given nothing else to take.
    assert [trial.clause for trial in trials if trial.taken] in ([], [trials[-2].clause])
    assert any(trial.taken for trial in trials) == (trials[-1].clause is Clause.STILL)
