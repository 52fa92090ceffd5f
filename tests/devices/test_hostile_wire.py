"""Thousands of exchanges over a wire that lies, on real TCP and a real pseudo-terminal: no wrong value is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from devices.errors import BadReply, DeviceError
from devices.links.address import parse_link
from devices.links.modbus import ModbusMaster, master_for
from simulators.hostile_wire import HARMLESS, HostileWire, Lie
from simulators.modbus_server import rtu_face, tcp_face
from simulators.wires import pty_wire, tcp_wire

TIMEOUT_S = 0.03
LATE_S = (1.2 * TIMEOUT_S, 1.8 * TIMEOUT_S)


class Numbers:
    """Registers of which each tells its own address, and what was written to it."""

    def __init__(self) -> None:
        self.written: dict[int, int] = {}

    def read(self, address: int, count: int) -> list[int]:
        return [value_at(each) for each in range(address, address + count)]

    def write(self, address: int, values: Sequence[int]) -> None:
        self.written |= {address + place: value for place, value in enumerate(values)}


def value_at(address: int) -> int:
    return (address * 40503 + 12345) % 65536


async def ask(master: ModbusMaster, exchanges: int, seed: int) -> tuple[int, int]:
    """Ask as often; returns how many answers were accepted, all right, and how many exchanges were thrown away."""
    chance = Random(seed)
    accepted = thrown = 0
    while accepted + thrown < exchanges:
        try:
            if not master.connected:
                await master.connect()
            # Of one length mostly, so that another question's answer would fit.
            address, count = chance.randrange(5000), chance.choice((2, 2, 2, 10))
            values = await master.read(address, count)
        except DeviceError:
            thrown += 1
            continue
        accepted += 1
        assert values == [value_at(each) for each in range(address, address + count)], f"register {address}"
    master.close()
    return accepted, thrown


async def test_no_wrong_value_is_accepted_over_tcp() -> None:
    wire = HostileWire(tcp_face(Numbers()), 1, 0.25, LATE_S, serial=False)
    async with tcp_wire(wire) as plc:
        master = master_for("plc", parse_link(f"modbus-tcp://{plc.address}?unit=1"), timeout_s=TIMEOUT_S)
        accepted, thrown = await ask(master, 2000, 1)
    _was_hostile(wire, set(Lie), accepted, thrown)


async def test_no_wrong_value_is_accepted_over_a_serial_line(tmp_path: Path) -> None:
    wire = HostileWire(rtu_face(Numbers()), 2, 0.15, LATE_S, serial=True)
    with pty_wire(wire, tmp_path / "plc"):
        link = parse_link(f"modbus-rtu://{tmp_path}/plc?baud=115200&unit=1")
        accepted, thrown = await ask(master_for("plc", link, timeout_s=TIMEOUT_S), 500, 2)
    told = set(Lie) - {Lie.BEFORE, Lie.TRANSACTION_ZERO, Lie.WRONG_TRANSACTION, Lie.WRONG_LENGTH}
    _was_hostile(wire, told, accepted, thrown)


def _was_hostile(wire: HostileWire, kinds: set[Lie], accepted: int, thrown: int) -> None:
    assert set(wire.told) == kinds
    lies = sum(count for lie, count in wire.told.items() if lie not in HARMLESS)
    assert thrown >= lies * 0.6, "a silent connection takes some of the lies with it"
    assert accepted > 50, "else nothing was shown"


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
