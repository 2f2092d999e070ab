"""The JVM that writes into a run's folder: after `kill -9` of its command it works on for some seconds.

A run that continued from a checkpoint of that moment would write again what the JVM still commits. So the folder names
the JVM, and the next run waits for its end. Where the system does not show processes (no ``/proc``), nobody waits.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jobs.errors import refuse

MARKER = ".gress-run"
"""File that tells a folder written by a run from one that holds something else; it names the run's JVM."""
SAVEPOINTS = "savepoints"
"""Folder of the state of a run that was stopped."""

_PROC = Path("/proc")
_JVM = b"PythonGatewayServer"
_POLL_S = 0.1
_NAME_END = ")"


class _Process(NamedTuple):
    pid: int
    parent: int
    start: str  # ticks since the system's start, which tell it from a later process with the same number


def note_owner(output: Path) -> None:
    """Write down the JVM of this process as the one that writes into a folder."""
    for entry in _PROC.glob("[0-9]*"):
        found = _jvm(int(entry.name))
        if found is not None and found.parent == os.getpid():
            (output / MARKER).write_text(f"{found.pid} {found.start}\n", encoding="ascii")


def wait_for_owner(
    output: Path, *, patience_s: float = 30.0, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait until the JVM of an earlier run no longer writes into a folder; that of this process is no hindrance.

    Args:
        output: folder of the run.
        patience_s: longest wait in seconds.
        sleep: function that waits between two looks.

    Raises:
        JobError: it still runs.
    """
    deadline = time.monotonic() + patience_s
    while (owner := _owner(output)) is not None and owner.parent != os.getpid():
        if time.monotonic() >= deadline:
            refuse(
                f"output {output}",
                "a folder that no other run writes to",
                f"that of a run at work, process {owner.pid}",
                "stop it, or name another --output",
            )
        sleep(_POLL_S)


def _owner(output: Path) -> _Process | None:
    try:
        pid, _, start = (output / MARKER).read_text(encoding="ascii").strip().partition(" ")
    except OSError:
        return None
    found = _jvm(int(pid)) if pid.isdigit() else None
    return found if found is not None and found.start == start else None


def _jvm(pid: int) -> _Process | None:
    """Return a process if it is the JVM of some run."""
    try:
        command = (_PROC / str(pid) / "cmdline").read_bytes()
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(_NAME_END)[2].split()
    except OSError:
        return None
    # The 3rd, 4th and 22nd of stat, of which the first two are before the name's end.
    state, parent, start = fields[0], fields[1], fields[19]
    return _Process(pid, int(parent), start) if _JVM in command and state != "Z" else None
