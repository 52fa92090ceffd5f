"""SIGSTOP of the line in the middle of a motion: every PLC notices by its own clock, and nothing moves after that.

The twins' scans are the witness: how late a busy machine lets them scan changes nothing of what they may show.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from devices.plc.contract import HEARTBEAT_ADDRESS, HEARTBEAT_LOST_S, BlockState, ResultCode, Safety
from simulators.history import JawClosed
from simulators.plc import PlcTwin
from tests.line.floor import Floor, floor
from tests.line.plans import quick

STANDS_S = 0.5
"""Longer no motion but a closed jaw's goes on after the heartbeat is lost."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a PLC showed after one scan. :ivar now: the scan's own time in s."""

    now: float
    heartbeat: int
    alive: bool
    busy: tuple[bool, ...]


class Log:
    """Every scan of one PLC from now on. :ivar look: told of each."""

    def __init__(self, plc: PlcTwin) -> None:
        self.scans: list[Scan] = []
        self.look: Callable[[Scan], None] = lambda scan: None
        scan_as_ever = plc.scan

        def scan(now: float) -> None:
            scan_as_ever(now)
            status = plc.status()
            busy = tuple(block.state is BlockState.BUSY for block in status.blocks)
            heartbeat = plc.read(HEARTBEAT_ADDRESS, 1)[0]
            self.scans.append(Scan(now, heartbeat, Safety.HOST_ALIVE in status.safety, busy))
            self.look(self.scans[-1])

        plc.scan = scan  # type: ignore[method-assign]

    @property
    def last_beat(self) -> float:
        """When the PLC last saw another heartbeat."""
        return max(after.now for before, after in itertools.pairwise(self.scans) if before.heartbeat != after.heartbeat)

    def without_host(self) -> list[Scan]:
        """The scans from which on the heartbeat counts as lost; checks that each of them says so."""
        lost = [scan for scan in self.scans if scan.now - self.last_beat > HEARTBEAT_LOST_S]
        assert lost
        assert not any(scan.alive for scan in lost), "HOST_ALIVE must be lost 400 ms after the last heartbeat"
        began = [after for before, after in itertools.pairwise(lost) if _begins(before, after)]
        assert not began, "a motion began without a host"
        return lost


def _begins(before: Scan, after: Scan) -> bool:
    return any(now and not then for then, now in zip(before.busy, after.busy, strict=True))


async def _scanned(here: Floor, logs: dict[str, Log], seconds: float) -> None:
    """Wait until every PLC has scanned so long without its host."""

    async def looked() -> bool:
        return all(log.scans[-1].now - log.last_beat > HEARTBEAT_LOST_S + seconds for log in logs.values())

    await here.wait_for(looked, "PLCs that scan on")


async def test_a_belt_in_motion_stands_half_a_second_after_the_line_has_died() -> None:
    async with floor(quick(2)) as here:
        logs = {name: Log(plc) for name, plc in here.plant.plcs.items()}
        here.plant.plcs["conveyor"]._speed = 1.0  # a move takes its 0.5 s
        moving: list[float] = []

        def freeze_in_motion(scan: Scan) -> None:
            if any(scan.busy) and not moving:
                moving.append(scan.now)
                here.freeze_line()

        async def begun() -> bool:
            return bool(moving)

        await here.hand_in()
        await here.command("reset", "Idle")
        logs["conveyor"].look = freeze_in_motion
        await here.call("command", command="start", by="test")
        await here.wait_for(begun, "a belt in motion")
        await _scanned(here, logs, 2 * STANDS_S)
        taken = here.commands_taken()
        for log in logs.values():
            lost = log.without_host()
            assert not any(any(scan.busy) for scan in lost if scan.now - lost[0].now > STANDS_S)
        assert here.commands_taken() == taken
        here.thaw_line()
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}


async def test_a_closed_jaw_ends_its_dwell_and_opens_without_the_line() -> None:
    async with floor(quick(1)) as here:
        sealers = {name: plc for name, plc in here.plant.plcs.items() if name.startswith("sealer")}
        for plc in sealers.values():
            plc._speed = 0.5  # the jaw stays down for 1.6 s
        logs = {name: Log(plc) for name, plc in sealers.items()}
        closed = here.moment(JawClosed, do=here.freeze_line)
        await here.hand_in()
        await here.begin()
        event = await here.comes(closed)
        name = "sealer_1" if event.zone == "seal_1" else "sealer_2"
        await here.retained(name)
        await _scanned(here, logs, STANDS_S)
        lost = logs[name].without_host()
        assert lost[0].busy == (True,), "the jaw was down when the heartbeat was lost"
        assert lost[-1].busy == (False,)
        result = sealers[name].status().blocks[0].result
        dwell_ms = here.journal("SELECT json_extract(data, '$.setpoints[1]') FROM history WHERE kind = 'sealing'")[0][0]
        assert (result.code, result.measured["dwell_ms"]) == (ResultCode.OK, dwell_ms)
        assert event.zone not in here.plant.world.clamped, "the jaw is up again"
        here.thaw_line()
        await here.unhold_until_done()
        run = here.result()
        assert run.judgement.clean, run.judgement
        assert not any(each.again for each in here.witness if isinstance(each, JawClosed))
