"""A TaskManager that comes back when it ends by itself.

Flink ends a TaskManager for good when a task cannot be cleaned up, and PyFlink's operators sometimes cannot: when a job
fails or is cancelled while its rows are in a worker, Beam may count one reader of the worker too few ("Reference count
must not be negative"), and Arrow may find its channel closed by the interrupt.

Rules: one that is stopped or killed from outside is not replaced. Nor is one that ends within seconds, as a new one
would not help.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LEAST_S = 10
"""Seconds that a process must have lived to be started again."""

# 128 and a signal's number: hangup, interrupt, kill, termination. Other signals are the process's own fault.
_LOOP = """
while true; do
  begin=$SECONDS
  "$@"
  code=$?
  case $code in 0|129|130|137|143) exit $code;; esac
  if ((SECONDS - begin < LEAST)); then exit $code; fi
done
"""
_POLL_S = 0.1


def keep_running(
    command: Sequence[str], environ: Mapping[str, str], *, least_s: int = LEAST_S
) -> subprocess.Popen[bytes]:
    """Start a command in the background, and again whenever it ends by itself.

    Args:
        command: stays in the foreground, and writes its output elsewhere.
        environ: its environment.
        least_s: seconds that it must have lived.

    Returns:
        The process that waits for it, which ends with it.
    """
    loop = _LOOP.replace("LEAST", str(least_s))
    nowhere = subprocess.DEVNULL
    # A session of its own: Ctrl-C in the terminal that started the cluster is not meant for it.
    return subprocess.Popen(
        ["bash", "-c", loop, "bash", *command],
        env=dict(environ),
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )


def start_task_manager(flink_home: Path, environ: Mapping[str, str], name: str) -> subprocess.Popen[bytes]:
    """Start a TaskManager that comes back, with Flink's own script, which notes its process in the folder of ids.

    Args:
        flink_home: folder of Flink.
        environ: environment of the cluster's processes.
        name: id of the TaskManager and name of its log files.
    """
    script = ["bash", str(flink_home / "bin" / "taskmanager.sh"), "start-foreground"]
    return keep_running(
        [*script, "-D", f"taskmanager.resource-id={name}"],
        {**environ, "FLINK_IDENT_STRING": name, "STD_REDIRECT_TO_FILE": "true"},
    )


def noted_pid(folder: Path, name: str) -> int | None:
    """Return the process that Flink's script noted last under a name in a folder of ids; None: none.

    The script adds a line for each start.
    """
    lines = [line for path in folder.glob(f"flink-{name}-*.pid") for line in _lines(path)]
    return int(lines[-1]) if lines and lines[-1].isdecimal() else None


def wait_for_pid(keeper: subprocess.Popen[bytes], folder: Path, name: str, patience_s: float) -> int | None:
    """Return the process under a name as soon as it is noted; None: its keeper ended, or it took too long.

    Args:
        keeper: what `start_task_manager` gave.
        folder: folder of ids.
        name: of the TaskManager.
        patience_s: longest wait.
    """
    deadline = time.monotonic() + patience_s
    while (pid := noted_pid(folder, name)) is None:
        if keeper.poll() is not None or time.monotonic() > deadline:
            return None
        time.sleep(_POLL_S)
    return pid


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").split()
    except FileNotFoundError:
        return []  # the script replaces it
