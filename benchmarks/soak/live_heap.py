"""The memory of a JVM's objects that are in use, by a full collection."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

_PATIENCE_S = 20.0
_POLL_S = 0.05


def live_heap_mib(pid: int) -> float | None:
    """Ask a JVM to collect all garbage and to count the live bytes.

    HotSpot answers on a socket that it opens when a file of a certain name is there and it gets SIGQUIT, as ``jmap
    -histo:live`` asks for; a JRE has no such program.

    Args:
        pid: a HotSpot JVM of this user.

    Returns:
        MiB; None: it is no JVM, has ended, or does not answer.
    """
    with suppress(OSError, ValueError, IndexError):
        # Anything else would die of the signal.
        if Path(f"/proc/{pid}/comm").read_text().strip() != "java":
            return None
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_PATIENCE_S)
            client.connect(str(_listening(pid)))
            # Protocol 1: version, command and three arguments.
            client.sendall(b"\0".join((b"1", b"inspectheap", b"-live", b"", b"", b"")))
            with client.makefile("rb") as answer:
                lines = answer.read().splitlines()
        # "Total   NUMBER   BYTES" ends the table.
        return int(lines[-1].split()[2]) / (1 << 20)
    return None


def _listening(pid: int) -> Path:
    """Return a JVM's socket, which it makes first where there is none."""
    address, asked = Path(f"/tmp/.java_pid{pid}"), Path(f"/tmp/.attach_pid{pid}")
    if not address.exists():
        asked.touch()
        try:
            os.kill(pid, signal.SIGQUIT)
            deadline = time.monotonic() + _PATIENCE_S
            while not address.exists() and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        finally:
            asked.unlink(missing_ok=True)
    return address
