"""Thousands of exchanges over a wire that lies, on real TCP and a real pseudo-terminal: no wrong value is accepted.

`make hostile` does the same for as long as it is told.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.errors import BadReply, DeviceError
from devices.links.address import parse_link
from devices.links.modbus import ModbusMaster, master_for
from simulators.hostile_wire import HARMLESS, HostileWire, Lie
from simulators.modbus_server import tcp_face
from simulators.wires import tcp_wire
from tests.hostile.exchanges import LATE_S, TIMEOUT_S, Numbers, Tally, over_serial, over_tcp


async def test_no_wrong_value_is_accepted_over_tcp() -> None:
    _was_hostile(await over_tcp(2000, 1), set(Lie))


async def test_no_wrong_value_is_accepted_over_a_serial_line(tmp_path: Path) -> None:
    told = set(Lie) - {Lie.BEFORE, Lie.TRANSACTION_ZERO, Lie.WRONG_TRANSACTION, Lie.WRONG_LENGTH}
    _was_hostile(await over_serial(500, 2, tmp_path), told)


def _was_hostile(tally: Tally, kinds: set[Lie]) -> None:
    assert not tally.wrong
    assert set(tally.told) == kinds
    lies = sum(count for lie, count in tally.told.items() if lie not in HARMLESS)
    assert tally.thrown >= lies * 0.6, "a silent connection takes some of the lies with it"
    assert tally.accepted > 50, "else nothing was shown"


async def test_the_campaign_would_find_a_master_that_does_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes any transaction's answer believes the reply to the question before."""

    def believe(master: ModbusMaster, data: bytes) -> bytes:
        length = 6 + int.from_bytes(data[4:6], "big")
        return data[7:length] if len(data) >= length > 8 else b""

    monkeypatch.setattr(ModbusMaster, "_cut_tcp", believe)
    assert (await over_tcp(300, 1)).wrong


async def test_a_spoiled_answer_to_a_write_is_no_acknowledgement() -> None:
    bank = Numbers()
    wire = HostileWire(tcp_face(bank), 3, 1.0, LATE_S, serial=False)
    async with tcp_wire(wire) as plc:
        master = master_for("plc", parse_link(f"modbus-tcp://{plc.address}?unit=1"), timeout_s=TIMEOUT_S)
        refused = 0
        for number in range(120):
            try:
                if not master.connected:
                    await master.connect()
                await master.write(100 + number, [number])
            except BadReply:
                refused += 1
            except DeviceError:
                continue
            else:
                assert bank.written[100 + number] == number
        master.close()
    assert refused > 20
