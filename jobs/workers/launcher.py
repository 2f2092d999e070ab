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
"""Bytes before a request that tell its length."""

# The server may still import on a busy machine.
_ANSWER_S = 30.0


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
        server.settimeout(None)
        # A server that has ended cannot tell the status.
        return int(answers.readline() or 1)


def text(data: bytes) -> str:
    """Return bytes as JSON can hold them: the two processes may have different locales."""
    return data.decode("latin-1")


if __name__ == "__main__":
    main(*sys.argv[1:])
