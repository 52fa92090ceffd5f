"""Serving the web application on a loopback port until the process is told to end."""

from __future__ import annotations

import errno
import socket as sockets

import uvicorn

from controller.plan.sections import WebSection
from controller.web.app import make_app
from controller.web.plant import Plant
from controller.web.share import Share

CONNECTIONS_AT_ONCE = 200
GRACE_S = 3


class PortTaken(Exception):
    """The page's port can't be had; the message names it and what to do."""


class _Server(uvicorn.Server):
    """Ends the live streams first, which would never end by themselves."""

    def __init__(self, config: uvicorn.Config, plant: Plant) -> None:
        super().__init__(config)
        self._plant = plant

    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._plant.feed.close()
        await super().shutdown(sockets)


def bind_web(web: WebSection) -> sockets.socket:
    """Take the page's port; 0 takes any free one.

    :raises PortTaken: another process has it, or it is not allowed.
    """
    family = sockets.AF_INET6 if ":" in web.host else sockets.AF_INET
    bound = sockets.socket(family, sockets.SOCK_STREAM)
    bound.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        bound.bind((web.host, web.port))
        bound.listen()  # who opens the page before it is served waits a moment
    except OSError as error:
        bound.close()
        raise PortTaken(_why(web, error)) from error
    return bound


def address(bound: sockets.socket) -> str:
    """Where a browser finds the page, as `http://127.0.0.1:8080/`."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def web_server(plant: Plant, share: Share) -> uvicorn.Server:
    """The server of this plant's page; `await server.serve([bound])` runs it, `should_exit` ends it."""
    config = uvicorn.Config(
        make_app(plant, share),
        log_level="warning",
        proxy_headers=False,
        access_log=False,  # an address line may hold the token
        server_header=False,
        limit_concurrency=CONNECTIONS_AT_ONCE,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=32 * 1024,
        ws="none",
    )
    return _Server(config, plant)


def _why(web: WebSection, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"web.port = {web.port} on {web.host} is taken: end what listens there (ss -ltnp), or set another web.port"
        )
    if error.errno == errno.EACCES:
        return f"web.port = {web.port} on {web.host} is not allowed for this user: set web.port to 1024 or higher"
    return f"web.port = {web.port} on {web.host} can't be had: {error.strerror}"
