"""An HTTP server that answers as Flink's REST API does, from a table of answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JOB = "0123456789abcdef0123456789abcdef"


class FlinkStub:
    """Answers by path; a list of answers is given one after the other, its last again and again.

    Attributes:
        answers: what to say at a path, without its query; a path that is not there is a 404.
        asked: (method, path, body) of all requests.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.address = ""

    def answer(self, path: str) -> Any:
        found = self.answers.get(path.partition("?")[0])
        if isinstance(found, Series):
            return found.rest.pop(0) if len(found.rest) > 1 else found.rest[0]
        return found


class Series:
    """Answers that change from request to request."""

    def __init__(self, *answers: Any) -> None:
        self.rest = list(answers)


@contextmanager
def serve(stub: FlinkStub) -> Iterator[FlinkStub]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            stub.asked.append((self.command, self.path, json.loads(body) if body else None))
            found = stub.answer(self.path)
            text = json.dumps({"errors": ["Not found: x\n\tat y"]} if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = _handle

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def overview(*jobs: tuple[str, str, str, int]) -> dict[str, Any]:
    """The cluster's list of jobs, from (id, name, state, start)."""
    return {"jobs": [{"jid": i, "name": n, "state": s, "start-time": t} for i, n, s, t in jobs]}


def healthy_job(state: str = "RUNNING", *, start_ms: int = 0) -> dict[str, Any]:
    """Answers for a job that is well."""
    path = f"/jobs/{JOB}"
    vertices = f"{path}/vertices/v1/subtasks/metrics"
    return {
        "/overview": {"taskmanagers": 2, "slots-total": 4, "slots-available": 2},
        "/jobs/overview": overview((JOB, "fraud", state, start_ms)),
        path: {"state": state, "vertices": [{"id": "v1", "name": "Source", "tasks": {"RUNNING": 2, "FAILED": 0}}]},
        f"{path}/exceptions": {"exceptionHistory": {"entries": []}},
        f"{path}/metrics": [{"id": "numRestarts", "value": "0"}],
        f"{path}/checkpoints/config": {"interval": 10_000},
        f"{path}/checkpoints": {
            "counts": {"completed": 3, "failed": 0},
            "latest": {
                "completed": {"latest_ack_timestamp": start_ms + 5_000, "end_to_end_duration": 12},
                "failed": None,
            },
        },
        vertices: [{"id": "backPressuredTimeMsPerSecond", "max": 120.0}],
    }
