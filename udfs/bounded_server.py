"""A small HTTP server beside a job's work: clients cannot use up the process's threads, files or CPU."""

from __future__ import annotations

import errno
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MOST_CONNECTIONS = 16
_PAUSE_S = 0.2
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class BoundedServer(ThreadingHTTPServer):
    """A server with a thread a connection, few connections, and a time limit for each as a whole.

    A connection beyond the bound is closed at once. A limit for each read alone would not do: a client that sends a
    byte now and then would keep its thread forever.

    Args:
        address: host and port to listen on.
        handler: answers one request.
        limit_s: how long a connection may last, from its start to the end of the answer, > 0.
    """

    daemon_threads = True
    # Two sockets on one port would each see half of the requests.
    allow_reuse_port = False
    # With the base class's 5, a burst makes an honest client wait for seconds.
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], *, limit_s: float = 10.0
    ) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._ends: dict[socket.socket, float] = {}
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; without a free file descriptor wait a little, as the base class asks again at once."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                time.sleep(_PAUSE_S)
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether there is room for another connection; the base class closes it otherwise."""
        self._end_overdue()
        with self._lock:
            has_room = len(self._ends) < MOST_CONNECTIONS
            if has_room:
                self._ends[request] = time.monotonic() + self._limit_s
            return has_room

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and give its place back."""
        with self._lock:
            self._ends.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away or is cut off is no fault of the process."""

    def service_actions(self) -> None:
        """End connections that last too long; the base class calls this between requests and while it waits."""
        self._end_overdue()

    def _end_overdue(self) -> None:
        now = time.monotonic()
        with self._lock:
            for request, end in self._ends.items():
                if end <= now:
                    # Wakes the thread that waits for this client; that thread closes the socket.
                    with suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)
