"""Opening of the feature store that settings describe."""

from __future__ import annotations

import functools
from importlib.util import find_spec
from typing import TYPE_CHECKING

from state.feature_store.attempts import Patience
from state.feature_store.feature_store import FeatureStore
from state.feature_store.memory_backend import MemoryBackend
from state.feature_store.reads.store_options import StoreOptions
from state.feature_store.redis_backend import RedisBackend
from state.feature_store.redis_client import RedisOptions
from udfs.feature_store.errors import StoreSettingError
from udfs.scoring.breaker import BreakerOptions, CircuitBreaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from conf.settings import FeatureStoreSettings
    from state.feature_store.backend import Backend
    from udfs.scoring.breaker import BreakerState


def open_store(
    settings: FeatureStoreSettings, on_breaker: Callable[[BreakerState], None] = lambda state: None
) -> FeatureStore:
    """Return the store that settings describe; a server is called with the first read or write.

    All stores of a process with ``backend: memory`` and one lifetime hold the same values: what one operator writes,
    another reads.

    Args:
        settings: `ml.feature_store`.
        on_breaker: function that is called with each new state of the breaker.

    Raises:
        StoreSettingError: the backend's library is missing.

    Example:
        >>> from conf.settings import FeatureStoreSettings
        >>> open_store(FeatureStoreSettings()).stats().backend
        'memory'
    """
    options = StoreOptions(
        cache_size=settings.cache_size,
        cache_ttl_s=settings.cache_ttl_ms / 1000,
        event_ttl_ms=settings.ttl_ms if settings.ttl_on == "event" else None,
        is_serving_stale=settings.on_error == "stale",
    )
    breaker = BreakerOptions(failures=settings.breaker_failures, open_s=settings.breaker_open_ms / 1000, successes=1)
    patience = Patience(retries=settings.retries)
    return FeatureStore(_backend(settings), options, patience=patience, breaker=CircuitBreaker(breaker, on_breaker))


def _backend(settings: FeatureStoreSettings) -> Backend:
    lifetime_ms = settings.ttl_ms if settings.ttl_on == "write" else max(settings.ttl_ms, settings.retention_ms)
    if settings.backend == "memory":
        return _embedded(lifetime_ms / 1000)
    if find_spec("redis") is None:
        raise StoreSettingError
    return RedisBackend(redis_options(settings), lifetime_ms / 1000)


@functools.cache
def _embedded(lifetime_s: float) -> MemoryBackend:
    return MemoryBackend(lifetime_s)


def redis_options(settings: FeatureStoreSettings) -> RedisOptions:
    """Return how the server of the settings is reached."""
    pairs = (address.rpartition(":") for address in settings.redis_addr.split(","))
    return RedisOptions(
        addresses=tuple((host.strip("[]"), int(port)) for host, _, port in pairs),
        mode=settings.redis_mode,
        master=settings.redis_master,
        db=settings.redis_db,
        user=settings.redis_user,
        password=settings.redis_password,
        is_tls=settings.redis_tls,
        ca_file=settings.redis_ca,
        cert_file=settings.redis_cert,
        key_file=settings.redis_cert_key,
        timeout_s=settings.timeout_ms / 1000,
    )
