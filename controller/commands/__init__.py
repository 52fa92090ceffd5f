"""The command line, `sealline --help`. A command's modules are loaded when it is asked for: a page needs no camera."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line. Ctrl-C ends it at once, also while it loads; what must end in order says so itself.

    Not by an exception: one that is raised in the middle of an import comes out as any other error, or not at all.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        from controller.commands.table import command_line

        command_line()
    except KeyboardInterrupt:  # a loop that had a handler of its own gives Python's back when it closes
        sys.exit(130)
