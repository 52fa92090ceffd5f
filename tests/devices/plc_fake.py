"""A small register bank behind a Modbus TCP server of its own: a PLC that does just what a test says.

Made without the driver, the twin and pymodbus. `scan` is the PLC's program; the server answers what stands in the
bank. What the line writes is in `written`, in order.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from devices.plc.contract import (
    ALL_SAFE,
    Answer,
    Block,
    BlockState,
    DeviceKind,
    Echo,
    Permit,
    Result,
    ResultCode,
    StatusImage,
    has_expired,
)
from devices.plc.identity import Identity

SCAN_S = 0.005


@dataclass
class FakePlc:
    """One PLC.

    :ivar mute: reads nothing and answers nothing; :ivar lose_reply: closes instead of answering a write.
    :ivar curve: registers of its curve; None: it has none.
    """

    kind: DeviceKind = DeviceKind.SEALER
    count: int = 1
    boot_id: int = 3
    clock_ms: int = 0
    clock_runs: bool = True
    takes: bool = True
    acts: bool = True
    mute: bool = False
    lose_reply: bool = False
    answer: Answer = Answer.ACCEPTED
    blocks: list[Block] = field(default_factory=list)
    curve: list[int] | None = None
    written: list[tuple[int, list[int]]] = field(default_factory=list)
    commands: list[list[int]] = field(default_factory=list)
    beats: list[int] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    _sequence: int = 0
    _scanned_at: float = 0.0
    _pending: list[tuple[int, list[int]]] = field(default_factory=list)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    tamper: Callable[[list[int]], list[int]] = lambda words: words

    def __post_init__(self) -> None:
        self.blocks = self.blocks or [Block(carrier=17 + number) for number in range(self.count)]

    def read(self, address: int, count: int) -> list[int]:
        if address == 9000:
            return Identity(self.kind, self.count).encode()[:count]
        if address == 2000:
            assert self.curve is not None
            return self.curve[:count]
        image = StatusImage(self._sequence, self.boot_id, self.clock_ms, ALL_SAFE, 0, tuple(self.blocks))
        return self.tamper(image.encode(self.kind))[:count]

    def write(self, address: int, values: list[int]) -> None:
        self.written.append((address, values))
        if address == 900:
            self.beats.append(values[0])
        else:
            self._pending.append((address, values))

    def scan(self) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        now = asyncio.get_running_loop().time()
        passed_ms, self._scanned_at = round(1000 * (now - (self._scanned_at or now))), now
        if self.clock_runs:
            self.clock_ms = (self.clock_ms + passed_ms) & 0xFFFFFFFF
        pending, self._pending = self._pending, []
        for address, values in pending:
            block, offset = divmod(address - 1000, 20)
            if offset == 16:
                self._acknowledge(block, values)
            elif self.takes:
                self._take(block, values)
        for number, block_now in enumerate(self.blocks):
            if block_now.state is BlockState.BUSY and self.acts:
                self.finish(number)

    def finish(self, number: int, **changes: int) -> None:
        echo = self.blocks[number].echo
        result = replace(Result(echo.epoch, echo.sequence, echo.token, ResultCode.OK, {"cycles": 1}), **changes)
        self.blocks[number] = replace(self.blocks[number], state=BlockState.DONE, result=result)

    def _take(self, number: int, words: list[int]) -> None:
        self.commands.append(words)
        permit = Permit.decode(words)
        answer = Answer.EXPIRED if has_expired(permit.expires_ms, self.clock_ms) else self.answer
        echo = Echo(permit.epoch, permit.sequence, permit.token, words[-1], answer)
        state = BlockState.BUSY if answer is Answer.ACCEPTED else BlockState.IDLE
        self.blocks[number] = replace(self.blocks[number], echo=echo, state=state)

    def _acknowledge(self, number: int, values: list[int]) -> None:
        result = self.blocks[number].result
        if [result.epoch, result.sequence] == values:
            self.blocks[number] = replace(self.blocks[number], state=BlockState.IDLE, result=Result())

    async def run(self) -> None:
        while True:
            self.scan()
            await asyncio.sleep(SCAN_S)

    def drop(self) -> None:
        for writer in self._writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(7)
                pdu = await reader.readexactly(struct.unpack(">H", head[4:6])[0] - 1)
                reply = self._reply(pdu)
                if self.mute:
                    continue
                if pdu[0] == 16 and self.lose_reply:
                    self.lose_reply = False
                    return
                writer.write(head[:4] + struct.pack(">H", len(reply) + 1) + head[6:7] + reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    def _reply(self, pdu: bytes) -> bytes:
        function, address, count = struct.unpack_from(">BHH", pdu)
        if function == 3 and address == 2000 and self.curve is None:
            return bytes((0x83, 2))
        if function == 3:
            words = self.read(address, count)
            return struct.pack(f">BB{len(words)}H", 3, 2 * len(words), *words)
        if function == 6:
            self.write(address, [count])
            return pdu
        self.write(address, list(struct.unpack_from(f">{count}H", pdu, 6)))
        return pdu[:5]


@asynccontextmanager
async def running(plc: FakePlc) -> AsyncIterator[FakePlc]:
    """Serve `plc` on a free port and scan it."""
    server = await asyncio.start_server(plc.serve, "127.0.0.1", plc.port)
    plc.port = server.sockets[0].getsockname()[1]
    scanning = asyncio.create_task(plc.run())
    try:
        yield plc
    finally:
        scanning.cancel()
        server.close()
        plc.drop()
        await server.wait_closed()
        await asyncio.gather(scanning, return_exceptions=True)
        await asyncio.sleep(0)
