"""Processes of a local cluster, found by a mark in their environment, which their children inherit.

Rule: never stop a process by its id alone, because the system may have given the id to another process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MARK = "GRESS_CLUSTER_DIR"
"""Environment variable of every process of a cluster: the cluster's folder."""

_PROC = Path("/proc")
_POLL_S = 0.1


def marked_processes(folder: Path) -> set[int]:
    """Return the processes with a cluster's mark: its JVMs and Python workers, also those whose JVM is dead.

    The result is empty if the system does not show environments (no ``/proc``).
    """
    mark = f"{MARK}={folder}".encode()
    found = set()
    for entry in _PROC.glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            # The process belongs to another user, or has ended.
            continue
        if mark in environment.split(b"\0") and state != "Z":
            found.add(int(entry.name))
    return found - {os.getpid()}


def is_member(pid: int, folder: Path) -> bool:
    """Return whether a process belongs to a cluster, by its mark or by the folder in its command line."""
    if _PROC.is_dir():
        return pid in marked_processes(folder)
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(folder) in shown.stdout


def stop_processes(pids: Callable[[], Iterable[int]], *, patience_s: float = 10.0) -> int:
    """End processes with SIGTERM, then SIGKILL; return their number.

    Args:
        pids: function that returns those that still run.
        patience_s: seconds before the remaining processes are killed.
    """
    first = set(pids())
    for number, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, patience_s)):
        for pid in pids():
            _signal(pid, number)
        deadline = time.monotonic() + wait_s
        while left := set(pids()):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_S)
        if not left:
            break
    return len(first)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
