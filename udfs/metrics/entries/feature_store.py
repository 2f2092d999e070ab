"""Metrics of the feature store, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from udfs.metrics.entries.metric import AGES, LATENCY, Metric

STORE_METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "feature_store_lookups_total": Metric(
            "counter",
            ("job", "source"),
            "Entities of batches by what answered: cache, server, shared (another's read), stale (old cache) or none.",
            "none or stale grows: see feature_store_errors_total. Few from the cache: raise cache_size or cache_ttl.",
        ),
        "feature_store_misses_total": Metric(
            "counter",
            ("job",),
            "Entities that were answered and have no value in the store.",
            "Growing: nothing writes these entities, their ttl is too short, or feature_set names another hash.",
        ),
        "feature_store_defaults_total": Metric(
            "counter",
            ("job", "feature", "reason"),
            "Rows with the default of a look-up: missing, old (beyond max_age or ttl), or unanswered.",
            "missing or old grows: look at the job that writes. unanswered: the store is away.",
        ),
        "feature_store_errors_total": Metric(
            "counter",
            ("job", "error_type"),
            "Reads that failed: unreachable, timeout, access, refused, or open, where the breaker spares the server.",
            "Growing: rows get defaults meanwhile; `gress doctor` says what to do.",
        ),
        "feature_store_breaker_state": Metric(
            "gauge",
            ("job",),
            "0 closed, 1 half-open, 2 open: the store is not read.",
            "Open: rows get defaults; the job tries the store again by itself.",
            merge="livemax",
        ),
        "feature_store_latency_seconds": Metric(
            "histogram",
            ("job",),
            "Seconds to look a batch up, in the cache and the store.",
            "Growing: the server is slow or far; raise cache_ttl, or lower timeout and retries.",
            LATENCY,
        ),
        "feature_store_age_seconds": Metric(
            "histogram",
            ("job", "feature"),
            "Age in event time of the numbers that look-ups found, once for each entity of a batch.",
            "Growing: the job that writes them falls behind.",
            AGES,
        ),
        "feature_store_written_total": Metric(
            "counter",
            ("job", "entity"),
            "Rows of entities that the feature store took from the job, the newest of each batch.",
            "Stands still while events arrive: see feature_store_write_errors_total, and whether events have the key.",
        ),
        "feature_store_dropped_total": Metric(
            "counter",
            ("job", "entity"),
            "Rows of entities that were never written, as ml.feature_store.on_full is drop.",
            "Growing: the store is away or too slow; load what is missing with `gress features load`.",
        ),
        "feature_store_write_errors_total": Metric(
            "counter",
            ("job", "error_type"),
            "Writes that failed and are tried again, by the same causes, or full.",
            "Growing: the job waits for the store; `gress doctor` says what to do.",
        ),
        "feature_store_write_seconds": Metric(
            "histogram",
            ("job",),
            "Seconds to write the newest rows of a batch.",
            "Longer than scoring takes: writing holds up the job; publish fewer features, or a faster server.",
            LATENCY,
        ),
    }
)
"""Metrics of the feature store, by name without prefix."""
