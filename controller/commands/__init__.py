"""The command line, `sealline --help`. A command's modules are loaded when it is asked for: a page needs no camera."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Ctrl-C ends it with 130, also while it is still loading."""
    try:
        from controller.commands.table import command_line

        command_line()
    except KeyboardInterrupt:
        sys.exit(130)
