"""Flink's SQL gateway as a process, and a client of its REST API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_START_S = 120.0
_QUERY_S = 180.0


class Gateway:
    """A client of the gateway's REST API with one session."""

    def __init__(self, port: int) -> None:
        self._base = f"http://localhost:{port}/v1"

    def open(self, process: subprocess.Popen[bytes], said: Path) -> None:
        """Wait for the gateway, whose output a file has, and open the session."""
        end = time.monotonic() + _START_S
        while True:
            try:
                self._session = self._ask("/sessions", {})["sessionHandle"]
            except (OSError, urllib.error.URLError):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < end
                time.sleep(0.2)
            else:
                return

    def run(self, statement: str) -> list[list[Any]]:
        """Return the rows of a statement."""
        given = {"statement": statement}
        operation = self._ask(f"/sessions/{self._session}/statements", given)["operationHandle"]
        path, rows, end = f"/sessions/{self._session}/operations/{operation}/result/0", [], time.monotonic() + _QUERY_S
        while True:
            found = self._ask(path)
            rows += [row["fields"] for row in found.get("results", {}).get("data", [])]
            if found["resultType"] == "EOS":
                return rows
            assert time.monotonic() < end
            path = found.get("nextResultUri", f"/v1{path}").removeprefix("/v1")
            time.sleep(0.1)

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def running_gateway(command: Sequence[str], folder: Path, port: int) -> Iterator[Gateway]:
    """Run the command of a gateway in a folder, and end it.

    Args:
        command: the whole command line.
        folder: where it runs, and where ``gateway.log`` has what it says.
        port: on which it listens.
    """
    said = folder / "gateway.log"
    with said.open("w") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            found = Gateway(port)
            found.open(process, said)
            yield found
        finally:
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM
