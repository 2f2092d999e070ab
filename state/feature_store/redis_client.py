"""Clients of Redis: one server, a cluster, or the master that sentinels name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class RedisOptions:
    """Addresses of a server, and the credentials that it asks for.

    Attributes:
        addresses: host and port; of a cluster some nodes; of sentinels each, which are asked without
            user and encryption.
        mode: what answers at the addresses.
        master: name under which sentinels know the server.
        db: number of the database.
        user: name of the user; None: the server's default user.
        password: of the user; None: there is none.
        is_tls: encrypt the connection, and check the server's certificate.
        ca_file: certificates of those who may vouch for the server; None: those that the machine trusts.
        cert_file: certificate of ours, where the server asks for one.
        key_file: its key.
        timeout_s: longest wait for a connection, and for each answer.
        connections: most connections at once to a single server; further threads wait for one.
    """

    addresses: tuple[tuple[str, int], ...] = (("localhost", 6379),)
    mode: Literal["single", "cluster", "sentinel"] = "single"
    master: str = "mymaster"
    db: int = 0
    user: str | None = None
    password: str | None = None
    is_tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    timeout_s: float = 0.25
    connections: int = 16

    def __repr__(self) -> str:
        """Return the addresses, and no password."""
        return f"RedisOptions({', '.join(f'{host}:{port}' for host, port in self.addresses)}, {self.mode})"


def open_client(options: RedisOptions) -> Any:
    """Return a client of redis-py; it connects with its first command.

    Raises:
        OSError: a file of certificates cannot be read. The library would not say which.
    """
    from redis import BlockingConnectionPool, Connection, Redis, SSLConnection
    from redis.backoff import NoBackoff
    from redis.cluster import ClusterNode, RedisCluster
    from redis.retry import Retry
    from redis.sentinel import Sentinel

    shared = _connection(options)
    if options.mode == "cluster":
        nodes = [ClusterNode(host, port) for host, port in options.addresses]
        return RedisCluster(startup_nodes=nodes, cluster_error_retry_attempts=0, **shared)
    # Tries are counted, and paused, by `Attempts` alone.
    shared |= {"db": options.db, "retry": Retry(NoBackoff(), 0)}
    if options.mode == "sentinel":
        timeouts = {name: shared[name] for name in ("socket_timeout", "socket_connect_timeout")}
        return Sentinel(list(options.addresses), sentinel_kwargs=timeouts, **shared).master_for(options.master)
    host, port = options.addresses[0]
    pool = BlockingConnectionPool(
        max_connections=options.connections,
        timeout=options.timeout_s,
        connection_class=SSLConnection if shared.pop("ssl", False) else Connection,
        host=host,
        port=port,
        **shared,
    )
    return Redis.from_pool(pool)


def _connection(options: RedisOptions) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "username": options.user,
        "password": options.password,
        "socket_timeout": options.timeout_s,
        "socket_connect_timeout": options.timeout_s,
        "socket_keepalive": True,
    }
    if options.is_tls:
        for file in filter(None, (options.ca_file, options.cert_file, options.key_file)):
            Path(file).open("rb").close()
        shared |= {
            "ssl": True,
            "ssl_ca_certs": options.ca_file,
            "ssl_certfile": options.cert_file,
            "ssl_keyfile": options.key_file,
            "ssl_check_hostname": True,
        }
    return shared
