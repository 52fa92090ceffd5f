"""Exchanges of the line's own Modbus master over a wire that lies: how many were accepted, thrown away, and wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from devices.errors import DeviceError
from devices.links.address import parse_link
from devices.links.modbus import ModbusMaster, master_for
from simulators.hostile_wire import HostileWire, Lie
from simulators.modbus_server import rtu_face, tcp_face
from simulators.wires import pty_wire, tcp_wire

TIMEOUT_S = 0.03
LATE_S = (1.2 * TIMEOUT_S, 1.8 * TIMEOUT_S)
TCP_LIES, SERIAL_LIES = 0.25, 0.15
"""Share of replies that are spoiled."""
_WRITES = 0.1
_WRITTEN_FROM = 10_000


@dataclass(slots=True)
class Tally:
    """How exchanges came out.

    :ivar wrong: accepted values that were not the register's, and writes taken for done that were not.
    """

    accepted: int = 0
    thrown: int = 0
    wrong: list[str] = field(default_factory=list)
    told: Counter[Lie] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.accepted + other.accepted,
            self.thrown + other.thrown,
            self.wrong + other.wrong,
            self.told + other.told,
        )


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


async def over_tcp(exchanges: int, seed: int) -> Tally:
    """Exchanges over a real TCP connection."""
    bank = Numbers()
    wire = HostileWire(tcp_face(bank), seed, TCP_LIES, LATE_S, serial=False)
    async with tcp_wire(wire) as plc:
        master = master_for("plc", parse_link(f"modbus-tcp://{plc.address}?unit=1"), timeout_s=TIMEOUT_S)
        return await _exchange(master, bank, wire, exchanges, seed)


async def over_serial(exchanges: int, seed: int, folder: Path) -> Tally:
    """Exchanges over a real pseudo-terminal, made in `folder`."""
    bank, port = Numbers(), folder / f"plc{seed}"
    wire = HostileWire(rtu_face(bank), seed, SERIAL_LIES, LATE_S, serial=True)
    with pty_wire(wire, port):
        master = master_for("plc", parse_link(f"modbus-rtu://{port}?baud=115200&unit=1"), timeout_s=TIMEOUT_S)
        return await _exchange(master, bank, wire, exchanges, seed)


async def _exchange(master: ModbusMaster, bank: Numbers, wire: HostileWire, exchanges: int, seed: int) -> Tally:
    chance, loop = Random(seed), asyncio.get_running_loop()
    tally = Tally()
    while tally.accepted + tally.thrown < exchanges:
        writes = chance.random() < _WRITES
        # Of one length mostly, so that another question's answer would fit.
        address, count = chance.randrange(5000), chance.choice((2, 2, 2, 10))
        value = (tally.accepted + tally.thrown) & 0xFFFF
        try:
            if not master.connected:
                await master.connect()
            wire.asked_at = loop.time()
            found = await (_written(master, bank, address, value) if writes else master.read(address, count))
        except DeviceError:
            tally.thrown += 1
            continue
        tally.accepted += 1
        expected = [value] if writes else bank.read(address, count)
        if found != expected:
            tally.wrong.append(f"register {address}, {'written' if writes else 'read'}: {found}, not {expected}")
    master.close()
    tally.told = wire.told
    return tally


async def _written(master: ModbusMaster, bank: Numbers, address: int, value: int) -> list[int | None]:
    """Write, and return what stands there when the write is taken for done."""
    await master.write(_WRITTEN_FROM + address, [value])
    return [bank.written.get(_WRITTEN_FROM + address)]
