"""Every HTTP server of the package, before clients that connect and say nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from conf.settings import MetricsSettings
from gress.autoscale.exposition import DecisionMetrics, metrics_server
from gress.health.examine import Health
from gress.health.server import health_server
from jobs.flink.ports import free_port
from udfs.bounded_server import MOST_CONNECTIONS
from udfs.metrics.exporter import MetricsServer

HOST = "127.0.0.1"
# Less than any server gives a client, so that a connection within it was closed for want of room.
WAIT_S = 5


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    with server:
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def health(folder: Path) -> AbstractContextManager[int]:
    return serving(health_server(lambda: Health("c:1", "ok", (), 0), HOST, 0))


def autoscale(folder: Path) -> AbstractContextManager[int]:
    return serving(metrics_server(DecisionMetrics("j"), HOST, 0))


@contextmanager
def metrics(folder: Path) -> Iterator[int]:
    settings = MetricsSettings(port=free_port(), folder=str(folder))
    server = MetricsServer(settings)
    server.start()
    assert server.wait_for_port(30)
    yield settings.port
    server.stop()


@pytest.mark.parametrize("serve", [health, autoscale, metrics], ids=lambda serve: serve.__name__)
def test_a_client_beyond_the_bound_is_refused_at_once(
    serve: Callable[[Path], AbstractContextManager[int]], tmp_path: Path
) -> None:
    with serve(tmp_path) as port, ExitStack() as opened:
        for _ in range(MOST_CONNECTIONS):
            opened.enter_context(socket.create_connection((HOST, port), timeout=WAIT_S)).send(b"GET / HT")
        one_more = opened.enter_context(socket.create_connection((HOST, port), timeout=WAIT_S))
        assert is_closed(one_more)


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False
