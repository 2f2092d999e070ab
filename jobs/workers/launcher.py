"""The program that Flink starts as its Python: it asks the fork server for a worker, or becomes an ordinary Python.

Rules of this file:

- It needs only the standard library and runs without `site`, because each worker waits for it.
- Where the fork server does not answer, the worker starts as it would without one.
- The worker and this process end together, whoever is killed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

HEAD = 8
"""Bytes before a request, which hold its length."""

# The server may still import on a busy machine.
_ANSWER_S = 30.0
# Processes between this one and the JVM, and the time between two looks at it.
_HEIGHT, _LOOK_S = 4, 5.0


def main(address: str, python: str, module: str, *arguments: str) -> None:
    """Run a module in a fork of the server, or Python with other arguments.

    Args:
        address: path of the server's socket.
        python: the ordinary Python.
        module: the module that workers run.
        arguments: Python's arguments.
    """
    if arguments[:2] == ("-m", module):
        with suppress(OSError), socket.socket(socket.AF_UNIX) as server:
            server.settimeout(_ANSWER_S)
            server.connect(address)
            status = _run_worker(server, *arguments[1:])
            if status is not None:
                sys.exit(status)
    os.execv(python, [python, *arguments])


def _run_worker(server: socket.socket, module: str, *arguments: str) -> int | None:
    """Return the status of a worker that has ended; None: the server started none."""
    request = {
        "module": module,
        "arguments": [text(os.fsencode(each)) for each in arguments],
        "folder": text(os.getcwdb()),
        "environment": {text(name): text(value) for name, value in os.environb.items()},
    }
    content = json.dumps(request).encode()
    socket.send_fds(server, [len(content).to_bytes(HEAD, "big")], [0, 1, 2])
    server.sendall(content)
    with server.makefile("r", encoding="ascii") as answers:
        pid = answers.readline()
        if not pid:
            return None

        def forward(number: int, frame: FrameType | None) -> None:
            with suppress(ProcessLookupError):
                os.kill(int(pid), number)

        signal.signal(signal.SIGTERM, forward)
        _end_with_jvm()
        server.settimeout(None)
        # A server that has ended cannot tell the status.
        return int(answers.readline() or 1)


def _end_with_jvm() -> None:
    """End this process, and with it the worker, when the JVM that started it is killed.

    Where its JVM is gone, Beam's log handler may wait for ever for a thread that waits for the handler's lock. Flink's
    script stands between the JVM and this process, so no process learns of its end from the system.
    """
    jvm = _jvm()
    if jvm is None:
        return

    def look(number: int, frame: FrameType | None) -> None:
        if _stat(jvm[0])[1:] != jvm[1:]:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)


def _jvm() -> tuple[int, str, str] | None:
    """Return number, name and start of the nearest process above that is a JVM; None: there is none."""
    pid = os.getppid()
    for _ in range(_HEIGHT):
        parent, name, start = _stat(pid)
        if name == "java":
            return pid, name, start
        pid = parent
    return None


def _stat(pid: int) -> tuple[int, str, str]:
    """Return parent, name and start time of a process; no name where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            head, _, rest = file.read().rpartition(")")
    except OSError:
        return 0, "", ""
    fields = rest.split()
    return int(fields[1]), head.partition("(")[2], fields[19]


def text(data: bytes) -> str:
    """Return bytes as JSON can hold them: the two processes may have different locales."""
    return data.decode("latin-1")


if __name__ == "__main__":
    main(*sys.argv[1:])
