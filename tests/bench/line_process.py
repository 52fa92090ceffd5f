"""The line of a benchmark: `sealline run` itself, with two names exchanged.

The desk also tells what happened on the links, and with `--pictures off` a stand-in judges. Run as
`python -m tests.bench.line_process CONFIG on|off`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from controller import composition
from controller.composition import Composed, Seams, compose
from controller.desk.channel import Handler
from controller.desk.desk import Desk
from controller.line import Line
from controller.plan.config import LineConfig
from tests.bench.stand_ins import AcceptingVision

RUN = import_module("controller.commands.run")


class BenchDesk(Desk):
    """The line's desk, and what a benchmark asks beside."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self._bench_line = line

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {**super().handlers, "bench_links": self._links}

    async def _links(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """What each link missed since the line's start: answers in time, good answers, the link itself."""
        drivers: Mapping[str, Any] = self._bench_line.equipment.drivers
        counters = {name: driver.counters for name, driver in drivers.items()}
        return {
            name: {"timeouts": each.timeouts, "bad_replies": each.bad_replies, "reconnects": each.reconnects}
            for name, each in counters.items()
        } | {"permits": {"asked_again": self._bench_line.permits.asked_again}}


def _unseeing(config: LineConfig) -> AbstractAsyncContextManager[Composed]:
    """The line with a stand-in at the seam from picture to verdict."""
    return compose(config, Seams(vision=AcceptingVision(1)))


def main(config: Path, *, pictures: bool) -> None:
    """Run the line until SIGTERM."""
    with ExitStack() as exchanged:
        exchanged.enter_context(patch.object(composition, "Desk", BenchDesk))
        if not pictures:
            exchanged.enter_context(patch.object(RUN, "compose", _unseeing))
        RUN.run(config)


if __name__ == "__main__":
    main(Path(sys.argv[1]), pictures=sys.argv[2] == "on")
