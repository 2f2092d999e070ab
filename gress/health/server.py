"""Health over HTTP, for probes and load balancers: ``GET /healthz``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from gress.health.examine import Health
from jobs.errors import refuse
from udfs.bounded_server import BoundedServer

PATH = "/healthz"
# A cluster that does not answer takes its time, and that is an answer, too.
_LIMIT_S = 30.0


def health_document(health: Health) -> dict[str, object]:
    """Return the JSON document that the command and the endpoint show."""
    return asdict(health)


def health_server(examine: Callable[[], Health], host: str, port: int) -> BoundedServer:
    """Return a server that examines the job at every request and answers 503 for ``down``, else 200.

    A degraded job still works, so no probe should restart it; the document has the details.

    Raises:
        JobError: the port is in use.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] != PATH:
                self._answer(HTTPStatus.NOT_FOUND, {"error": f"expected {PATH}, got {self.path}"})
                return
            health = examine()
            is_down = health.state == "down"
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE if is_down else HTTPStatus.OK, health_document(health))

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as inherited
            """Log nothing, as probes come every few seconds."""

        def _answer(self, status: HTTPStatus, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    try:
        return BoundedServer((host, port), Handler, limit_s=_LIMIT_S)
    except OSError as error:
        refuse(f"{host}:{port}", "a free port", error.strerror, "--serve PORT takes another")
