"""Opening of the store for the features that are looked up in it, and why that cannot be."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from udfs.feature_store.errors import StoreSettingError
from udfs.feature_store.lookups.breaker_log import tell_breaker
from udfs.feature_store.lookups.join_recorder import JoinRecorder
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.feature_store.open_store import open_store
from udfs.features.errors import FeatureError
from udfs.metrics.series import series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conf.settings import FeatureStoreSettings
    from udfs.features.feature_set import FeatureSet


def open_join(
    settings: FeatureStoreSettings, features: FeatureSet, job: str = "", *, has_metrics: bool = False
) -> StoredJoin | None:
    """Return the join that a feature set needs; None where nothing is looked up in the store.

    Args:
        settings: `ml.feature_store`.
        features: the feature set.
        job: name of the job in metrics and logs.
        has_metrics: record metrics.

    Raises:
        FeatureError: the store is not switched on.
        StoreSettingError: the backend's library is missing.
    """
    if not features.stored or features.events is None:
        return None
    if not settings.enabled:
        raise _switched_off(features)
    store = open_store(settings, partial(tell_breaker, job))
    series("feature_store_breaker_state", job).inc(0)
    recorder = None
    if has_metrics:
        recorder = JoinRecorder(job, (value.column for value in features.stored))
        recorder.follow(store.counts)
    limit_ms = settings.ttl_ms if settings.ttl_on == "event" else None
    return StoredJoin(store, features.stored, features.events.time, event_ttl_ms=limit_ms, listener=recorder)


def lookup_problems(settings: FeatureStoreSettings, features: FeatureSet) -> Iterator[FeatureError | StoreSettingError]:
    """Yield why the workers of a job cannot look up what its features need."""
    if not features.stored:
        return
    if not settings.enabled:
        yield _switched_off(features)
    elif settings.backend == "memory":
        got, hint = "'memory', which each worker has for itself", "set it, and ml.feature_store.redis_addr"
        yield FeatureError("ml.feature_store.backend", f"redis, where {_named(features)}", got, hint)
    elif find_spec("redis") is None:
        yield StoreSettingError()


def _switched_off(features: FeatureSet) -> FeatureError:
    hint = "set it, and where the store is, or look up in a table"
    return FeatureError("ml.feature_store.enabled", f"true, as {_named(features)}", "false", hint)


def _named(features: FeatureSet) -> str:
    names = ", ".join(repr(value.column) for value in features.stored)
    return f"{names} {'is' if len(features.stored) == 1 else 'are'} looked up"
