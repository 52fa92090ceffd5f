"""A PLC twin on the bench: scanned by hand in steps of 10 ms, its heartbeat kept or withheld, no sleeping."""

from __future__ import annotations

from devices.plc.contract import (
    HEARTBEAT_ADDRESS,
    SCAN_S,
    Answer,
    Block,
    Command,
    Permit,
    acknowledge_address,
    command_address,
)
from simulators.cycles import Machine
from simulators.matter import Part, PartKind
from simulators.plc import PlcTwin
from simulators.world import World

SEAL_150 = (1500, 400, 300, 200)
"""150.0 °C, 400 ms dwell, 300 N, 200 ms cooling."""


def part(part_id: str, weight_g: float = 200.0) -> Part:
    """Return a plate."""
    return Part(part_id, "owner", PartKind.PLATE, "blue", "粤B12345", f"CODE{part_id}", (440.0, 140.0), weight_g)


def world_with_carrier(zone: str, kit: str = "K1", attempt: int = 1) -> World:
    """Return a world whose carrier 1 stands in `zone` with an open mailer for `kit`."""
    world = World(carriers=3)
    world.feed_load()
    if zone != "load":
        world.move_by_hand("load", zone)
        world.disturbances = 0
    world.begin_kit(zone, kit, attempt)
    return world


class Bench:
    """One PLC twin with its host's hands on registers."""

    def __init__(self, machine: Machine, *, speed: float = 1.0, beats: bool = True) -> None:
        self.plc = PlcTwin("bench", machine, speed=speed, boot_id=7)
        self.now = 100.0
        self.beats = beats
        self._sequence = 0
        self.scan(2)

    def scan(self, times: int = 1) -> None:
        """Let the PLC scan, with a heartbeat before each scan if the host is alive."""
        for _ in range(times):
            if self.beats:
                self.plc.write(HEARTBEAT_ADDRESS, [(self.plc.read(HEARTBEAT_ADDRESS, 1)[0] + 1) & 0xFFFF])
            self.now += SCAN_S
            self.plc.scan(self.now)

    def run(self, seconds: float) -> None:
        """Let real seconds pass."""
        self.scan(round(seconds / SCAN_S))

    def permit(
        self,
        command: Command,
        carrier: int = 1,
        target: int = 0,
        setpoints: tuple[int, ...] = (),
        *,
        epoch: int = 1,
        life_ms: int = 400,
    ) -> Permit:
        """Return a permit, with the next sequence number."""
        self._sequence += 1
        expires_ms = self.plc.status().clock_ms + life_ms
        return Permit(epoch, self._sequence, 4711, command, carrier, target, expires_ms, setpoints)

    def write(self, permit: Permit, block: int = 0) -> None:
        """Write the command block, as one FC16 would."""
        self.plc.write(command_address(block), permit.encode())

    def ask(self, permit: Permit, block: int = 0) -> Answer:
        """Write the permit, let one scan take it, return the answer."""
        self.write(permit, block)
        self.scan()
        return self.block(block).echo.answer

    def acknowledge(self, block: int = 0) -> None:
        """Acknowledge the retained result."""
        result = self.block(block).result
        self.plc.write(acknowledge_address(block), [result.epoch, result.sequence])
        self.scan()

    def block(self, number: int = 0) -> Block:
        """Return one block of the status image."""
        return self.plc.status().blocks[number]
