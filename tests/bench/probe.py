"""The control probe: what this machine's disk and loopback take by themselves, while everything else runs.

Each beat appends to a file and calls fdatasync, then sends a small packet through the loopback and waits for its
echo: the two things that stand between an input and a permit whatever the program. Run as
`python -m tests.bench.probe FOLDER`; it prints its figures as JSON on SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from controller.flow.latency import LatencyRecord

BEAT_S = 0.02
WRITTEN = bytes(4096)
"""About what one small commit adds to the journal's log."""
SENT = bytes(41)
"""As long as one command block in Modbus TCP."""


def main(folder: Path) -> None:
    """Beat until SIGTERM, then print the percentiles."""
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    disk, echo, both = LatencyRecord(), LatencyRecord(), LatencyRecord()
    line, far_end = _connected()
    threading.Thread(target=_answer, args=(far_end,), daemon=True).start()
    file = os.open(folder / "probe.bin", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    while not ending.wait(BEAT_S):
        begun_at = time.monotonic()
        os.write(file, WRITTEN)
        os.fdatasync(file)
        durable_at = time.monotonic()
        line.sendall(SENT)
        line.recv(len(SENT), socket.MSG_WAITALL)
        echoed_at = time.monotonic()
        disk.add(durable_at - begun_at)
        echo.add(echoed_at - durable_at)
        both.add(echoed_at - begun_at)
    records = {"fdatasync": disk, "echo": echo, "both": both}
    print(json.dumps({name: record.summary().model_dump() for name, record in records.items()}), flush=True)


def _connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = socket.create_connection(server.getsockname())
        far_end, _ = server.accept()
    for end in (line, far_end):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line, far_end


def _answer(far_end: socket.socket) -> None:
    while data := far_end.recv(4096):
        far_end.sendall(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
