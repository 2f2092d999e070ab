"""Rules for reading a store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoreOptions:
    """Rules for reading a store.

    Attributes:
        cache_size: most entities that the cache of a table holds; 0: no cache.
        cache_ttl_s: seconds that an entry of the cache is used.
        event_ttl_ms: values that are older than this, in event time of the row that asks, are missing; None: any age.
        is_serving_stale: during an outage, use cached values beyond their time to live.
    """

    cache_size: int = 10_000
    cache_ttl_s: float = 1.0
    event_ttl_ms: int | None = None
    is_serving_stale: bool = False
