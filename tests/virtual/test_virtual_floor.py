"""The gate: whole virtual floors with all trouble. A seed that fails here is told with its story; run it again with
`sealline simulate --seed S --items 40`.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulators.virtual import pixels
from simulators.virtual.campaign import Run, simulate
from simulators.virtual.floor import Depth, Ended, VirtualFloor
from simulators.virtual.soak import Depths, Wish, every_so_many, processes, soak, summed, table, told
from simulators.virtual.troubles import AT_RANDOM, AT_ZONES, BEHIND_LOAD, Kind
from simulators.world import ImpossibleError
from vision.verdict import Check, Outcome, Verdict

RUN = "import sys; from controller.commands import main; sys.argv[0] = 'sealline'; main()"
SEEDS = {"heavy": 160, "few": 80, "none": 60}
"""By level, as many as two cores run in 150 s; more stand behind `make soak`. In calm nothing at all may be excused."""
AT_ONCE = 10
"""Seeds a test: few enough that two processes end at about the same time, many enough to cost nothing by themselves."""
ITEMS = 40


@pytest.mark.parametrize("depth", Depth)
def test_a_calm_run_packs_everything(depth: Depth) -> None:
    run = simulate(5, 10, "none", depth=depth)
    assert not told(run)
    assert run.faults == {}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("level", "first"), [(level, first) for level, seeds in SEEDS.items() for first in range(1, seeds + 1, AT_ONCE)]
)
def test_nothing_wrong_is_sealed_and_nothing_lost(level: str, first: int) -> None:
    runs = [simulate(seed, ITEMS, level, depth=Depths.MIXED.of(seed)) for seed in range(first, first + AT_ONCE)]
    stories = [line for run in runs for line in told(run)]
    assert not stories, "\n".join(stories)


def test_a_run_that_breaks_is_a_finding_of_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(self: VirtualFloor) -> Ended:
        raise ExceptionGroup("people", [ImpossibleError("carrier 7 bears no mailer")])

    monkeypatch.setattr(VirtualFloor, "run", breaks)
    assert simulate(3, 2, "none").findings == ["ImpossibleError: carrier 7 bears no mailer"]


def test_nothing_of_a_run_remains_in_memory() -> None:
    """A night is tens of thousands of runs: what each leaves behind ends it."""
    while gc.collect():
        pass
    assert simulate(3, 4, "heavy", (Kind.LINE_KILLED,)).kills
    assert gc.collect() < 100, "objects that only a further collection finds"


@pytest.mark.parametrize("kind", AT_RANDOM)
def test_each_kind_of_trouble_strikes_and_nothing_comes_of_it(kind: Kind) -> None:
    run = simulate(3, 12 if kind is Kind.PART_ADDED else 6, "heavy", (kind,))
    assert kind in run.faults
    assert not run.findings, "\n".join(told(run))


BESIDE_A_TECHNICIAN = (
    Kind.TECHNICIAN_JOGS,
    Kind.TECHNICIAN_JOGS,
    Kind.GUARD_OPENED,
    Kind.LINK_DROPPED,
    Kind.PLC_RESTARTED,
    Kind.LINE_KILLED,
    Kind.OPERATOR_STOPS,
    Kind.CARRIER_MOVED,
    Kind.SENSOR_STUCK,
    Kind.GATE_STUCK,
    Kind.DISK_FULL,
)


@pytest.mark.parametrize("seed", [1, 6, 100, 117])
def test_a_technician_in_manual_mode_lets_nothing_wrong_leave(seed: int) -> None:
    run = simulate(seed, 12, "heavy", BESIDE_A_TECHNICIAN if seed >= 100 else (Kind.TECHNICIAN_JOGS,))
    assert run.faults["technician_jogs"]
    assert run.rare["mode MANUAL"]
    assert not run.findings, "\n".join(told(run))


@pytest.mark.parametrize("seed", [2, 5])
def test_what_a_blind_detector_let_through_is_recalled_once_a_test_kit_shows_it(seed: int) -> None:
    """In these seeds no label lies on another parcel before a detector that is blind to it: of such a parcel dispatch
    is told under a number that is not on it, until the recall, and the inspector says so (14 of the seeds 1 to 39)."""
    with_kits = simulate(seed, 30, "light", (Kind.DETECTOR_BLIND,), challenges=3)
    assert not with_kits.findings, "\n".join(told(with_kits))
    assert with_kits.faults["detector_blind"]
    without = simulate(seed, 30, "light", (Kind.DETECTOR_BLIND,))
    assert without.oracle["wrong_contents"], "else this shows nothing"


def test_test_kits_disturb_nothing() -> None:
    run = simulate(5, 10, "none", challenges=2)
    assert not run.findings, "\n".join(told(run))


def test_a_parcel_carried_off_before_its_label_was_pressed_does_not_stop_the_line_for_ever() -> None:
    run = simulate(10, 40, "heavy", (Kind.PARCEL_WALKED,))
    assert run.coverage["parcel_walked@label"]
    assert not run.findings, "\n".join(told(run))


def test_a_gate_that_stuck_pushes_again_without_the_line_being_started_anew() -> None:
    run = simulate(1, 20, "heavy", (Kind.GATE_STUCK,))
    assert run.rare["result NOT_CONFIRMED"]
    assert not run.rare["operator began anew"]
    assert not run.findings, "\n".join(told(run))


def test_a_campaign_says_what_struck_where_and_what_never_happened() -> None:
    run = simulate(1, 8, "heavy", (Kind.OPERATOR_HOLDS,))
    done = summed([run] * 51, (Kind.OPERATOR_HOLDS,), run.wall_s)
    struck = {f"operator_holds@{zone}" for zone in AT_ZONES.get(Kind.OPERATOR_HOLDS, BEHIND_LOAD)}
    assert set(done["coverage"]) | set(done["never_struck"]) == struck
    assert "answer OLD_EPOCH" in done["never_happened"]
    assert "state HELD" in done["sometimes"]
    assert done["findings"] == 0
    told_rarest = next(line for line in table(done).splitlines() if line.startswith("sometimes: "))
    assert len(told_rarest) < 400
    assert f" of {len(done['sometimes'])} came; the rarest: " in told_rarest


@pytest.mark.parametrize("depth", Depth)
def test_the_same_seed_is_the_same_run_whatever_the_hash_seed(depth: Depth) -> None:
    assert _hash("0", depth) == _hash("4711", depth)


def test_each_hundredth_seed_of_a_campaign_runs_at_full_wire() -> None:
    assert [seed for seed in range(1, 301) if Depths.MIXED.of(seed) is Depth.WIRE] == [100, 200, 300]


class Canned(Wish):
    """Runs of which nothing is simulated; the first of two takes longer."""

    def run(self, place: int) -> Run:
        time.sleep(0.02 * (1 - place % 2))
        oracle = {"run": [f"found at {place}"]} if place % 3 == 0 else {}
        return Run(self.first + place, self.items, oracle, {}, {}, f"hash {place}", 100.0, 1.0, 1.0)


@pytest.mark.parametrize("jobs", [1, 3])
def test_however_many_run_at_once_a_campaign_is_told_and_summed_in_the_order_of_its_seeds(jobs: int) -> None:
    heard: list[str] = []
    done = soak(Canned(first=5, items=4, level="heavy"), 10, 0.0, jobs, heard.append, ThreadPoolExecutor)
    assert [line for line in heard if line.startswith("seed")] == [
        f"seed {seed}, 4 items, depth wire:" for seed in (5, 8, 11, 14)
    ]
    hashes = "".join(f"hash {place}" for place in range(10))
    assert done["trace_hash"] == hashlib.blake2b(hashes.encode(), digest_size=16).hexdigest()
    assert (done["seeds"], done["failed_seeds"]) == (10, [5, 8, 11, 14])


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_campaign_by_time_ends_with_what_is_under_way(jobs: int) -> None:
    done = soak(Canned(first=1, items=4, level="heavy"), 1, 0.1, jobs, lambda _: None, ThreadPoolExecutor)
    assert done["seeds"] >= 1
    assert done["failed_seeds"] == [seed for seed in range(1, done["seeds"] + 1) if seed % 3 == 1]


def test_processes_of_their_own_run_seeds() -> None:
    with processes(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()


def test_so_many_items_of_a_campaign_are_met_with_drawn_pictures() -> None:
    wish = Wish(first=1, items=40, level="heavy", pixels=1000)
    drawn = [place for place in range(2000) if wish.draws(place)]
    assert len(drawn) * wish.items == 1000
    assert drawn[:2] == [0, 50]
    assert not any(Wish(first=1, items=40, level="heavy").draws(place) for place in range(2000))


@pytest.mark.parametrize("seeds", [25, 60, 500, 5000])
def test_a_short_campaign_comes_to_as_many_items_with_drawn_pictures(seeds: int) -> None:
    wish = Wish(first=7001, items=40, level="heavy", pixels=1000, every=every_so_many(1000, 40, seeds))
    assert sum(wish.draws(place) for place in range(seeds)) * wish.items == 1000


def test_drawn_pictures_are_judged_by_the_lines_own_vision() -> None:
    run = simulate(1, 2, "none", pixels=True)
    assert not run.findings, "\n".join(told(run))
    assert run.pixels["pictures"] >= 8
    assert (run.pixels["escapes"], summed([run], (), run.wall_s)["pixel_items"]) == (0, 2)


def test_vision_that_accepts_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = Verdict(Outcome.ACCEPT, (Check("picture_readable", Outcome.ACCEPT),), b"\xff\xd8\xff")
    monkeypatch.setattr(pixels, "_judge", lambda: lambda picture, task: everything)
    run = simulate(3, 4, "heavy", (Kind.PART_REMOVED,), pixels=True)
    assert run.pixels["escapes"]
    assert any("vision accepted" in finding for finding in run.oracle["run"])


def _hash(hash_seed: str, depth: Depth) -> str:
    arguments = ["simulate", "--seed", "3", "--items", "8", "--faults", "heavy", "--depth", depth.value, "--json"]
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return str(json.loads(run.stdout.splitlines()[-1])["trace_hash"])
