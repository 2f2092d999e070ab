"""Servers in processes of their own, that can be stopped and killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from jobs.flink.ports import free_port

S3_SERVER = Path(__file__).with_name("s3_server.py")
GCS_SERVER = Path(__file__).with_name("gcs_server.py")
_START_S = 180


class ServerProcess:
    """A server on this machine.

    Args:
        command: what starts it, given its port.
        log: file for what it prints.
    """

    def __init__(self, command: Callable[[int], list[str]], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = command(self.port)
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while not self._is_listening():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                problem = f"{self._command} did not start: {self._log.read_text()[-2000:]}"
                raise RuntimeError(problem)
            time.sleep(0.05)

    def pause(self) -> None:
        """Suspend the server, so that it accepts connections and does not answer."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _is_listening(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


def s3_command(port: int) -> list[str]:
    return [sys.executable, str(S3_SERVER), str(port)]


def gcs_command(port: int) -> list[str]:
    return [sys.executable, str(GCS_SERVER), str(port), "models"]


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """A server of this process, answering from other threads."""
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """URL of a server of this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"
