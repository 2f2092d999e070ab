"""Ports of this machine."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port of every address of this machine."""
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True
