from __future__ import annotations

import errno
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from udfs.bounded_server import MOST_CONNECTIONS, BoundedServer

LIMIT_S = 0.3


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[BoundedServer]:
    with BoundedServer(("127.0.0.1", 0), Hello, limit_s=LIMIT_S) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def threads_before(server: BoundedServer) -> int:
    """Threads of this process before anybody connects; other tests leave some."""
    return threading.active_count()


@pytest.fixture
def half_sent(server: BoundedServer, threads_before: int) -> Iterator[list[socket.socket]]:
    """Connections, more than there is room for, that begin a request and never end it."""
    opened = [socket.create_connection(server.server_address[:2], timeout=10) for _ in range(5 * MOST_CONNECTIONS)]
    for each in opened:
        each.send(b"GET / HT")
    yield opened
    for each in opened:
        each.close()


def status(server: BoundedServer) -> int:
    host, port = server.server_address[:2]
    asked = http.client.HTTPConnection(str(host), int(port), timeout=10)
    asked.request("GET", "/")
    return asked.getresponse().status


def answers_soon(server: BoundedServer) -> bool:
    """Whether an honest client is answered: a place is free once the thread of a connection that was cut off ends.

    On a busy machine the limit may cut off an honest client, too, so it asks again.
    """
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            return status(server) == 200
    return False


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection; waits for it."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def is_open_after(connection: socket.socket, sent: bytes) -> bool:
    """Whether the other side goes on to wait after some bytes."""
    try:
        connection.send(sent)
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


def test_half_sent_requests_take_few_threads_and_end(
    server: BoundedServer, threads_before: int, half_sent: list[socket.socket]
) -> None:
    threads = threading.active_count() - threads_before
    # Those beyond the bound are closed at once, and the others after the limit.
    assert all(is_closed(each) for each in half_sent)
    assert threads <= 2 * MOST_CONNECTIONS
    assert answers_soon(server)


def test_client_that_sends_a_byte_at_a_time_is_cut_off(server: BoundedServer) -> None:
    with socket.create_connection(server.server_address[:2], timeout=LIMIT_S / 10) as slow:
        assert any(not is_open_after(slow, b"G") for _ in range(1000))
    assert answers_soon(server)


def test_place_of_an_answered_request_is_free_again(server: BoundedServer) -> None:
    assert all(answers_soon(server) for _ in range(2 * MOST_CONNECTIONS))


class Exhausted:
    """A socket of a process that has no file descriptor left."""

    def accept(self) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    def close(self) -> None:
        """Close nothing."""


def test_server_without_file_descriptors_waits_calmly(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("udfs.bounded_server.time.sleep", waits.append)
    with BoundedServer(("127.0.0.1", 0), Hello) as server:
        server.socket.close()
        monkeypatch.setattr(server, "socket", Exhausted())
        with pytest.raises(OSError, match="Too many open files"):
            server.get_request()
    assert waits == [0.2]
