"""A feature store that takes its time for each entity, so that a worker waits for it instead of using a core.

It speaks as much of Redis as a look-up needs, and has no entity. Connections are served at the same time.
"""

from __future__ import annotations

import socketserver
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

_LOOKUP = b"HMGET"


class SlowStore:
    """A server in a thread of this process.

    Args:
        entity_s: seconds for each entity that a connection asks for.
    """

    def __init__(self, entity_s: float) -> None:
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.entity_s = entity_s
        self._thread = threading.Thread(target=self._server.serve_forever, name="slow store", daemon=True)

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> SlowStore:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64
    entity_s = 0.0


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer until the client leaves, or is killed."""
        with suppress(ConnectionError):
            self._answer()

    def _answer(self) -> None:
        while words := read_command(self.rfile):
            if words[0].upper() != _LOOKUP:
                self.wfile.write(b"+OK\r\n")
                continue
            time.sleep(self.server.entity_s)
            fields = len(words) - 2
            self.wfile.write(b"*%d\r\n" % fields + b"$-1\r\n" * fields)


def read_command(stream: BinaryIO) -> list[bytes]:
    r"""Return the words of the next command of Redis's protocol; none at the end.

    >>> import io
    >>> read_command(io.BytesIO(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"))
    [b'GET', b'a']
    """
    head = stream.readline()
    if not head.startswith(b"*"):
        return []
    words = []
    for _ in range(int(head[1:])):
        size = int(stream.readline()[1:])
        words.append(stream.read(size + 2)[:-2])
    return words
