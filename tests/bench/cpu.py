"""CPU time from the operating system: what the kernel has charged to each process of a run, by role."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_STATE, _PARENT, _UTIME = 0, 1, 11
"""Places in /proc/<pid>/stat behind the name, proc(5): state, ppid, utime; then stime and those of ended children."""


def cpu_s(roles: Mapping[int, str]) -> dict[str, float]:
    """Seconds of CPU that each role has used since its processes began.

    :param roles: process id → role. A child counts as `<role>'s children`; ended ones are in it.
    """
    used: defaultdict[str, float] = defaultdict(float)
    stats = {pid: _stat(pid) for pid in _pids()}
    for pid, fields in stats.items():
        if fields and pid in roles:
            used[roles[pid]] += _seconds(fields, _UTIME)
            used[f"{roles[pid]}'s children"] += _seconds(fields, _UTIME + 2)
        elif fields and int(fields[_PARENT]) in roles:
            used[f"{roles[int(fields[_PARENT])]}'s children"] += _seconds(fields, _UTIME)
    return used


def machine_s() -> tuple[float, float]:
    """Seconds of CPU that the whole machine has been busy since its start, and that others had taken it (steal)."""
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(each) / _TICKS for each in first[:8])
    return user + nice + system + irq + softirq, steal


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields behind the process's name, which may hold anything; none for a process that has just ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _seconds(fields: list[str], place: int) -> float:
    return (int(fields[place]) + int(fields[place + 1])) / _TICKS
