"""The program of one vision worker: questions on standard input, answers on standard output, until the line closes.

Started by `vision_workers` only: `python -m controller.eyes.vision_worker MEMORY_MB LINE_PID`. It judges one picture
after the other, in bounded memory, at low priority, and dies with the line.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from typing import BinaryIO

from controller.eyes.vision_wire import HEAD, OUT_OF_MEMORY, Answer, lengths, pack, pack_verdict, read_question

NICE = 5
"""The line's own process goes first."""
_PR_SET_PDEATHSIG = 1
_NO_MEMORY = -4
"""How OpenCV tells that an allocation failed, as `cv2.error.code`."""


def main() -> None:
    """Judge until standard input ends."""
    memory_mb, line_pid = int(sys.argv[1]), int(sys.argv[2])
    answers = _own_output()
    _die_with(line_pid)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    try:
        _prepare()
    except Exception as error:
        _say(answers, pack(Answer(error=f"{type(error).__name__}: {error}")))
        sys.exit(1)
    _say(answers, pack(Answer()))
    while (head := sys.stdin.buffer.read(HEAD.size)) and len(head) == HEAD.size:
        text, picture = lengths(head)
        _say(answers, _answer(sys.stdin.buffer.read(text), sys.stdin.buffer.read(picture)))


def _answer(question: bytes, picture: bytes) -> bytes:
    from vision.judge import judge

    try:
        return pack_verdict(judge(picture, read_question(question)))
    except MemoryError:
        # After an allocation that failed the heap may be anything: a new worker is the safer one.
        sys.exit(OUT_OF_MEMORY)
    except Exception as error:
        if getattr(error, "code", None) == _NO_MEMORY:
            sys.exit(OUT_OF_MEMORY)
        return pack(Answer(error=f"{type(error).__name__}: {error}"))


def _say(answers: BinaryIO, message: bytes) -> None:
    answers.write(message)
    answers.flush()


def _prepare() -> None:
    import cv2

    from vision.characters import load

    cv2.setNumThreads(1)
    load()
    # What is loaded stays: to look it all through for garbage takes a fifth of a proof, every fifty proofs.
    gc.freeze()


def _own_output() -> BinaryIO:
    """Take standard output for the answers alone: what native code prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _die_with(line_pid: int) -> None:
    """Ask the kernel to kill this process when the line ends.

    A Ctrl-C at the terminal, and the SIGTERM that a service manager sends to all of a service's processes, are the
    line's to act on.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != line_pid:
        sys.exit("the line ended before its worker began")


if __name__ == "__main__":
    main()
