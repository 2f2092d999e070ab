"""A Redis server of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from state.feature_store.redis_client import RedisOptions, open_client
from tests.support.servers import ServerProcess

PROGRAM = "redis-server"


class RedisServer(ServerProcess):
    """A server without a file of its data: what it holds ends with it.

    Args:
        folder: where it writes its log.
        arguments: further options of its own.
        tls: encrypt all connections.
        conf: file of a sentinel; None: a server.
    """

    def __init__(self, folder: Path, *arguments: str, tls: bool = False, conf: Path | None = None) -> None:
        def command(port: int) -> list[str]:
            ports = ["--port", "0", "--tls-port", str(port)] if tls else ["--port", str(port)]
            if conf is not None:
                return [PROGRAM, str(conf), "--sentinel", *ports]
            return [PROGRAM, *ports, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *arguments]

        super().__init__(command, folder / "redis.log")

    def options(self, **more: Any) -> RedisOptions:
        return RedisOptions(**{"addresses": (("127.0.0.1", self.port),), **more})

    def ask(self, section: str) -> dict[str, Any]:
        """The numbers of a section of INFO."""
        client = open_client(self.options())
        try:
            return client.info(section)
        finally:
            client.close()

    def forget_counts(self) -> None:
        """Begin to count commands anew."""
        client = open_client(self.options())
        client.config_resetstat()
        client.close()

    def set(self, name: str, value: str) -> None:
        client = open_client(self.options())
        client.config_set(name, value)
        client.close()


@contextmanager
def redis_server(folder: Path, *arguments: str, tls: bool = False, conf: Path | None = None) -> Iterator[RedisServer]:
    server = RedisServer(folder, *arguments, tls=tls, conf=conf)
    try:
        yield server
    finally:
        server.kill()
