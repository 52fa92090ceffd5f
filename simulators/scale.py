"""The twin of the scale under zone inspect, in MT-SICS on a serial line.

It weighs the mailer alone: the platform reaches through the carrier. A weight is stable once the mailer has stood
for 0.2 s of plant time; before that `SI` answers a dynamic value and `S` waits. The wire is `devices.scale.wire`'s;
beside what the line needs of it the twin knows `SI` (weight at once) and `T` (tare). Any other answers `ES`.
Source: MT-SICS level 0 and 1 command set.
"""

from __future__ import annotations

import asyncio
import random

from devices.scale.wire import Answered, Failed, Request, Said, Status, WasReset, Weighed, encode, frames
from simulators.faults import FaultKind, Faults
from simulators.wires import Send
from simulators.world import World

ZONE = "inspect"
SETTLING_S = 0.2
NOISE_G = 0.05
DRIFT_G = 60.0
CAPACITY_G = 6000.0
SERIAL_NUMBER = "SEALLINE-TWIN"


class ScaleTwin:
    """One scale. Weights in g. :ivar drift_g: how much too much it shows."""

    def __init__(self, world: World, faults: Faults, *, speed: float = 1.0, seed: int = 0) -> None:
        self._world, self._faults, self._speed = world, faults, speed
        self._chance = random.Random(f"scale {seed}")
        self.drift_g = 0.0
        self._zero = self._tare = 0.0
        self._send: Send | None = None
        self._frames = frames()
        self._resets = 0
        self._commands: asyncio.Queue[str] = asyncio.Queue()

    def face(self, send: Send) -> ScaleTwin:
        """Take the wire's sender; a scale has one serial line."""
        self._send = send
        return self

    def received(self, data: bytes) -> None:
        """Take bytes of commands; they are obeyed in their order. A reset cancels what waits."""
        for frame in self._frames.feed(data):
            command = frame.decode("ascii", "replace")
            if command == Request.RESET:
                self._resets += 1
                while not self._commands.empty():
                    self._commands.get_nowait()
            self._commands.put_nowait(command)

    async def run(self) -> None:
        """Obey one command after the other until cancelled."""
        while True:
            command = await self._commands.get()
            await self._obey(command)

    def gross_g(self) -> float:
        """Return what lies on the platform, with noise and drift; while it settles, off by what is left to settle."""
        carrier = self._world.zones.get(ZONE)
        mailer = None if carrier is None else carrier.mailer
        noise = self._chance.uniform(-NOISE_G, NOISE_G)
        if mailer is None:
            return noise
        drift = DRIFT_G if self._faults.lasts(FaultKind.SCALE_DRIFT, mailer) else self.drift_g
        return (mailer.weight_g + drift) * (1.0 - self._unsettled_s() / SETTLING_S * 0.5) + noise

    async def _obey(self, command: str) -> None:
        match command:
            case Request.WEIGH | Request.ZERO | "T":
                if await self._settled():
                    self._weigh(command)
            case "SI":
                self._say_weight(stable=self._unsettled_s() <= 0.0)
            case Request.RESET:
                self._zero = self._tare = 0.0
                self._say(WasReset(SERIAL_NUMBER))
            case _:
                self._say(Failed("ES"))

    def _weigh(self, command: str) -> None:
        """Do what needs a stable weight."""
        match command:
            case Request.ZERO:
                self._zero, self._tare = self.gross_g(), 0.0
                self._say(Answered(Request.ZERO, Status.DONE))
            case Request.WEIGH:
                self._say_weight(stable=True)
            case _:
                self._tare = self.gross_g() - self._zero
                self._send_line(f"T S {self._tare:>10.2f} g\r\n".encode("ascii"))

    async def _settled(self) -> bool:
        """Wait until the weight is stable, a new load starting it anew; return False if a reset came meanwhile."""
        resets = self._resets
        while (left := self._unsettled_s()) > 0.0:  # noqa: ASYNC110 -- it sleeps for what is left, it does not poll
            await asyncio.sleep(left / self._speed)
        return resets == self._resets

    def _unsettled_s(self) -> float:
        """Plant seconds until the weight is stable."""
        if ZONE not in self._world.zones:
            return 0.0
        return max(0.0, self._world.arrived[ZONE] + SETTLING_S - self._world.clock())

    def _say_weight(self, *, stable: bool) -> None:
        net = self.gross_g() - self._zero - self._tare
        if abs(net) > CAPACITY_G:
            self._say(Answered(Request.WEIGH, Status.OVERLOAD if net > 0 else Status.UNDERLOAD))
        else:
            self._say(Weighed(net, stable))

    def _say(self, said: Said) -> None:
        self._send_line(encode(said))

    def _send_line(self, line: bytes) -> None:
        assert self._send is not None, "the scale is on no wire"
        self._send(line)
