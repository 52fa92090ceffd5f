"""Addresses, TCP, serial ports and the in-memory pair."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from devices.links.address import (
    AddressError,
    CaptureLink,
    HttpLink,
    Link,
    ModbusLink,
    SerialLink,
    TcpLink,
    dial,
    parse_link,
)
from devices.links.modbus import master_for
from devices.links.serial_port import dial_serial
from devices.links.state import backoff_s
from devices.links.tcp import dial_tcp
from tests.devices.memory_link import memory_pair


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("modbus-tcp://10.0.0.5:502?unit=7", ModbusLink(TcpLink("10.0.0.5", 502), 7)),
        ("modbus-tcp://[::1]:1502", ModbusLink(TcpLink("::1", 1502), 1)),
        ("modbus-rtu:///dev/ttyS1?baud=115200&parity=E&unit=3", ModbusLink(SerialLink("/dev/ttyS1", 115200, "E"), 3)),
        ("modbus-rtu:///dev/ttyS1", ModbusLink(SerialLink("/dev/ttyS1", 19200, "N"), 1)),
        ("serial:///dev/serial/by-id/usb-X?baud=9600", SerialLink("/dev/serial/by-id/usb-X", 9600, "N")),
        ("tcp://printer.local:9100", TcpLink("printer.local", 9100)),
        ("http://u:p@10.0.0.9:8080/snap?q=90", HttpLink("http://u:p@10.0.0.9:8080/snap?q=90")),
        ("opencv:0", CaptureLink(0)),
        ("opencv:rtsp://10.0.0.9/main", CaptureLink("rtsp://10.0.0.9/main")),
    ],
)
def test_addresses(text: str, link: Link) -> None:
    assert parse_link(text) == link


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "allowed: modbus-tcp://host:port"),
        ("ftp://x:1", "scheme 'ftp' is unknown"),
        ("tcp://:9100", "host is missing"),
        ("tcp://printer", "port is missing or 0; allowed: 1..65535"),
        ("tcp://printer:0", "port is missing"),
        ("tcp://printer:99999", "Port out of range"),
        ("tcp://printer:9100/x", "path '/x' has no meaning"),
        ("tcp://printer:9100?unit=1", "option 'unit' is unknown; allowed for tcp: none"),
        ("modbus-tcp://plc:502?unit=0", "unit '0'; allowed: 1..247"),
        ("modbus-tcp://plc:502?unit=x", "unit 'x'"),
        ("modbus-rtu:///dev/ttyS1?baud=12345", "baud '12345'; allowed: 1200, 2400"),
        ("modbus-rtu:///dev/ttyS1?parity=X", "parity 'X'; allowed: N, E, O"),
        ("serial://dev/ttyS1", "three slashes"),
        ("http:///x", "host is missing"),
        ("opencv:", "source is missing"),
        ("tcp://[::1:9100", "Invalid IPv6 URL"),
    ],
)
def test_bad_addresses_name_value_and_allowed(text: str, why: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_link(text)
    assert why in str(refused.value)
    assert repr(text) in str(refused.value)


def test_only_byte_links_are_dialled() -> None:
    with pytest.raises(AddressError, match="carries no byte stream"):
        dial(CaptureLink(0))


def test_backoff_grows_to_five_seconds_and_is_repeatable() -> None:
    waits = [backoff_s("plc", attempt) for attempt in range(1, 9)]
    assert 0.16 <= waits[0] <= 0.2
    assert all(4.0 <= wait <= 5.0 for wait in waits[5:])
    assert waits == [backoff_s("plc", attempt) for attempt in range(1, 9)]
    assert waits[0] != backoff_s("gate", 1)


async def test_tcp_carries_bytes_both_ways_and_ends() -> None:
    ended = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    stream = await dial_tcp(*server.sockets[0].getsockname()[:2])()
    big = os.urandom(3 << 20)
    stream.write(big)
    back = bytearray()
    while len(back) < len(big):
        back += await stream.read(1 << 16)
    await stream.drain()
    assert bytes(back) == big
    assert stream.read_now() == b""
    stream.close()
    stream.close()
    assert await stream.read() == b""
    with pytest.raises(BrokenPipeError):
        stream.write(b"x")
    await ended.wait()
    server.close()
    await server.wait_closed()


async def test_tcp_finds_the_other_end_gone_before_it_writes() -> None:
    here, there = socket.socketpair()
    server = socket.create_server(("127.0.0.1", 0))
    here.close()
    there.close()
    stream = await dial_tcp(*server.getsockname())()
    accepted, _ = server.accept()
    accepted.sendall(b"last words")
    accepted.close()
    server.close()
    await asyncio.sleep(0.01)
    assert stream.read_now() == b"last words"
    with pytest.raises(OSError, match="closed"):
        stream.read_now()
    assert await stream.read() == b""
    stream.close()


async def test_tcp_refused_names_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(OSError, match=f"tcp://127.0.0.1:{port}: Connection refused"):
        await dial_tcp("127.0.0.1", port)()


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    far, near = os.openpty()
    tty.setraw(near)
    path = os.ttyname(near)
    os.close(near)
    os.set_blocking(far, False)
    yield far, path
    os.close(far)


async def test_serial_carries_bytes_and_is_exclusive(pty: tuple[int, str]) -> None:
    far, path = pty
    stream = await dial_serial(path, 9600)()
    assert stream.read_now() == b"", "an empty port has not ended"
    os.write(far, b"]C0ABC\r")
    assert await stream.read() == b"]C0ABC\r"
    stream.write(b"LON\r")
    await asyncio.sleep(0.01)
    assert os.read(far, 64) == b"LON\r"
    with pytest.raises(ConnectionError, match=f"serial port {path} is in use by another program"):
        await dial_serial(path, 9600)()
    stream.close()
    again = await dial_serial(path, 9600)()
    again.close()


async def test_serial_unplugged_ends_the_stream() -> None:
    far, near = os.openpty()
    tty.setraw(near)
    stream = await dial_serial(os.ttyname(near), 9600)()
    os.close(near)
    os.close(far)
    try:
        assert await asyncio.wait_for(stream.read(), 1) == b""
    except OSError as error:
        assert error.errno == errno.EIO
    stream.close()


async def test_serial_errors_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionError, match="serial port /dev/ttyNONE does not exist: plugged in"):
        await dial_serial("/dev/ttyNONE", 9600)()

    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(errno.EACCES, "no")

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(ConnectionError, match="may not be opened by this user: add the user to the group"):
        await dial_serial("/dev/ttyS0", 9600)()


async def test_memory_pair() -> None:
    here, there = memory_pair()
    waiting = asyncio.create_task(there.read())
    await asyncio.sleep(0)
    here.write(b"abc")
    assert await waiting == b"abc"
    here.write(b"de")
    here.write(b"f")
    assert await there.read(2) == b"de"
    assert there.read_now() == b"f"
    here.close()
    assert await there.read() == b""
    with pytest.raises(BrokenPipeError):
        there.write(b"x")
    with pytest.raises(ConnectionResetError):
        there.read_now()


async def test_rtu_over_a_real_serial_port(pty: tuple[int, str]) -> None:
    far, path = pty
    link = parse_link(f"modbus-rtu://{Path(path)}?baud=115200&unit=1")
    assert isinstance(link, ModbusLink)
    master = master_for("sealer_2", link, timeout_s=0.1)
    await master.connect()
    loop = asyncio.get_running_loop()
    loop.add_reader(far, lambda: os.read(far, 64) and os.write(far, bytes.fromhex("01 03 04 5E A1 00 01 79 F9")))
    try:
        assert await master.read(9000, 2) == [0x5EA1, 1]
        assert await master.read(9000, 2) == [0x5EA1, 1]
    finally:
        loop.remove_reader(far)
        master.close()
