"""Ports of this machine."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

# The system gives connections ports from 32768 (Linux) or 49152 on, and so could give away one that was found free.
_FIRST, _END = 20_000, 32_768
_TRIES = 100


def free_port() -> int:
    """Return a port of this machine on which nothing listens, and which stays free unless a program names it.

    Raises:
        OSError: no port is free.
    """
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(_END - _FIRST)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port of every address of this machine."""
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True
