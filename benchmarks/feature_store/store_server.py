"""A Redis server of a benchmark's own, on this machine."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.flink.ports import free_port


@contextmanager
def store_server() -> Iterator[int]:
    """Start a server that saves nothing, and yield its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                yield port
            finally:
                server.kill()
