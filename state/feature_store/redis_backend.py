"""A backend on a Redis server: one hash an entity, one pipeline a batch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from state.feature_store.backend import BackendStats
from state.feature_store.errors import Reason, StoreError
from state.feature_store.redis_client import open_client
from state.feature_store.redis_script import WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from state.feature_store.redis_client import RedisOptions

# Entities whose size `stats` asks for.
_SAMPLED = 100
_ACCESS = ("WRONGPASS", "NOAUTH", "NOPERM", "invalid username-password")


class RedisBackend:
    """Entities in hashes of a server, or of a cluster.

    Args:
        options: where it is.
        lifetime_s: seconds that an entity lives after the last write that changed it.
    """

    def __init__(self, options: RedisOptions, lifetime_s: float) -> None:
        self._options = options
        self._lifetime_ms = max(1, round(1000 * lifetime_s))
        self._opened: Any = None
        self._script: Any = None

    def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        """Return the cells of distinct keys under the names of each.

        All commands go out before the first answer is awaited. A key of another type has none: it was not written here.
        """
        with self._failures():
            pipeline = self._client().pipeline(transaction=False)
            for key, own in zip(keys, names, strict=True):
                pipeline.hmget(_bytes(key), own)
            return [_cells(row, own) for row, own in zip(pipeline.execute(raise_on_error=False), names, strict=True)]

    def write(self, keys: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[bytes]]) -> int:
        """Keep the cells that are not older than those kept; return how many were older."""
        head = (self._lifetime_ms, len(names), *names)
        with self._failures():
            client = self._client()
            if self._options.mode != "cluster":
                return int(self._script([*map(_bytes, keys)], [*head, *(cell for row in rows for cell in row)]))
            # The keys of a script must be on one node.
            pipeline = client.pipeline(transaction=False)
            for key, row in zip(keys, rows, strict=True):
                pipeline.execute_command("EVAL", WRITE, 1, _bytes(key), *head, *row)
            return sum(map(int, pipeline.execute()))

    def names(self, key: str) -> list[str]:
        """Return the names of the cells of a key, sorted."""
        with self._failures():
            return sorted(name.decode(errors="replace") for name in self._client().hkeys(_bytes(key)))

    def delete(self, keys: Sequence[str]) -> int:
        """Forget keys; return how many there were."""
        with self._failures():
            pipeline = self._client().pipeline(transaction=False)
            for key in keys:
                pipeline.delete(_bytes(key))
            return sum(map(int, pipeline.execute()))

    def stats(self) -> BackendStats:
        """Return the state of the server; of a cluster the sums."""
        with self._failures():
            client = self._client()
            if self._options.mode == "cluster":
                answers = [client.info(target_nodes=node) for node in client.get_primaries()]
            else:
                answers = [client.info()]
            sizes = [client.memory_usage(key) or 0 for key in self._some_keys(client)]
            return BackendStats(
                "redis",
                int(client.dbsize()),
                sum(int(answer["used_memory"]) for answer in answers),
                sum(int(answer["maxmemory"]) for answer in answers),
                round(sum(sizes) / len(sizes)) if sizes else 0,
                sum(int(answer["evicted_keys"]) for answer in answers),
            )

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()

    def _client(self) -> Any:
        """Return the client; a cluster's connects at once, so it is opened where failures are handled."""
        if self._opened is None:
            client = open_client(self._options)
            self._script = client.register_script(WRITE)
            self._opened = client
        return self._opened

    def _some_keys(self, client: Any) -> list[bytes]:
        keys: list[bytes] = []
        for key in client.scan_iter(match="gress:*", count=_SAMPLED):
            keys.append(key)
            if len(keys) == _SAMPLED:
                break
        return keys

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn the library's errors into ours, which say where and why."""
        from redis.exceptions import RedisClusterException, RedisError

        try:
            yield
        except (RedisError, RedisClusterException, OSError) as error:
            where = ", ".join(f"{host}:{port}" for host, port in self._options.addresses)
            raise StoreError(_reason(error), f"redis at {where}: {str(error).rstrip('.')}") from error


def _bytes(key: str) -> bytes:
    """Return a key as the server has it; one with half a character, which JSON can hold, is a key like others."""
    return key.encode(errors="surrogatepass")


def _cells(row: Any, names: Sequence[str]) -> Sequence[bytes | None]:
    if isinstance(row, list):
        return row
    if str(row).startswith("WRONGTYPE"):
        return [None] * len(names)
    raise row


def _reason(error: Exception) -> Reason:
    from redis import exceptions

    text = str(error)
    if isinstance(error, exceptions.AuthenticationError | exceptions.NoPermissionError) or any(
        mark in text for mark in _ACCESS
    ):
        return "access"
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return "timeout"
    # A server that is loading its file or runs someone's script, or that has no master, says so in a reply.
    is_away = text.startswith(("LOADING", "BUSY ", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"))
    is_away = is_away or isinstance(error, exceptions.RedisClusterException | exceptions.ClusterDownError)
    if isinstance(error, exceptions.ConnectionError | OSError) or is_away:
        return "unreachable"
    return "full" if "OOM " in text or text.startswith("command not allowed when used memory") else "refused"
