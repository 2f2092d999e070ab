"""The gateway's address is that of its options, and a line says when it answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gress.sql_tools.gateway_address import gateway_url, listening_line, wait_for_gateway

PORT, ADDRESS = "sql-gateway.endpoint.rest.port", "sql-gateway.endpoint.rest.address"


@pytest.mark.parametrize(
    ("options", "arguments", "url"),
    [
        pytest.param({}, [], "http://localhost:8083", id="usual"),
        pytest.param({PORT: "1"}, ["-s", "x"], "http://localhost:1", id="options"),
        pytest.param({PORT: "1"}, [f"-D{PORT}=2", f"-D{ADDRESS}=host"], "http://host:2", id="arguments win"),
    ],
)
def test_address_is_that_of_the_options(options: dict[str, str], arguments: list[str], url: str) -> None:
    assert gateway_url(options, arguments) == url


def test_line_has_the_first_thing_to_ask() -> None:
    url = "http://localhost:1"
    assert listening_line(url) == f"SQL gateway listens at {url}; a session: curl -X POST {url}/v1/sessions -d '{{}}'"


class Info(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/v1/info" else 404)
        self.end_headers()

    def log_message(self, *given: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("localhost", 0), Info) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def test_a_gateway_that_answers_is_found(server: HTTPServer) -> None:
    assert wait_for_gateway(f"http://localhost:{server.server_port}", lambda: True)


def test_a_gateway_that_ends_before_it_answers_is_not_waited_for() -> None:
    running, pauses = iter([True, True, False]), []
    assert not wait_for_gateway("http://localhost:1", lambda: next(running), pauses.append)
    assert len(pauses) == 2
