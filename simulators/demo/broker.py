"""A mosquitto of the run's own: a free loopback port, a password file, nothing kept on disk."""

from __future__ import annotations

import asyncio
import getpass
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from simulators.demo.processes import GLANCE_S, Child, ChildDied, ChildSilent, Crew

USER = "line"
START_S = 10.0


class BrokerMissing(Exception):
    """This machine has no mosquitto; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Broker:
    """The running broker. :ivar password_file: holds the password alone, as the line's configuration wants it."""

    port: int
    password_file: Path


async def start_broker(crew: Crew, folder: Path) -> Broker:
    """Start mosquitto and return when it accepts connections.

    :raises BrokerMissing: mosquitto or mosquitto_passwd isn't installed.
    :raises ChildDied: it does not start. :raises ChildSilent: it does not listen in time.
    """
    mosquitto = _program("mosquitto")
    password = secrets.token_urlsafe(16)
    password_file = folder / "mqtt-password"
    _write_private(password_file, password + "\n")
    await _hash_password(folder / "mqtt-users", password)
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(_config(port, folder), encoding="utf-8")
    await _listening(await crew.start("broker", mosquitto, "-c", str(config)), port)
    return Broker(port, password_file)


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _config(port: int, folder: Path) -> str:
    return "\n".join(
        [
            f"listener {port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {folder / 'mqtt-users'}",
            f"user {getpass.getuser()}",
            "persistence false",
            "log_dest stderr",
            "",
        ]
    )


async def _hash_password(users: Path, password: str) -> None:
    """Make the broker's user file; the password goes in by a file, never by a command line that others can read."""
    _write_private(users, f"{USER}:{password}\n")
    process = await asyncio.create_subprocess_exec(_program("mosquitto_passwd"), "-U", str(users))
    if await process.wait() != 0:
        raise BrokerMissing(f"mosquitto_passwd -U {users} ended with {process.returncode}; reinstall mosquitto")


async def _listening(child: Child, port: int) -> None:
    try:
        async with asyncio.timeout(START_S):
            while True:
                if child.ended:
                    raise ChildDied(child.last_words())
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(GLANCE_S)
                else:
                    writer.close()
                    await writer.wait_closed()
                    return
    except TimeoutError as error:
        raise ChildSilent(f"the broker does not listen on 127.0.0.1:{port} after {START_S:g} s") from error


def _program(name: str) -> str:
    """Debian keeps mosquitto in /usr/sbin, which isn't in every user's path."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise BrokerMissing(f"{name} isn't installed: apt-get install mosquitto")
    return found


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
