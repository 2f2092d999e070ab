"""Publication of features: which of them go into which table of the store, and what of a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from conf.nearest import suggest
from state.feature_store.cells import MAX_TIME_MS
from state.feature_store.group import Group
from udfs.feature_store.entity_keys import EntityKeys
from udfs.feature_store.errors import PublishError
from udfs.feature_store.newest_rows import newest_rows
from udfs.feature_store.store_writer import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    from conf.settings import EventSettings, FeatureStoreSettings, PublishSettings
    from udfs.features.feature_set import FeatureSet

_KEYS = ("string", "long")


@dataclass(frozen=True)
class Publication:
    """Columns of a feature set that go into one table of the store.

    Attributes:
        group: the table.
        key: event field with the entities' keys.
        columns: the columns.
    """

    group: Group
    key: str
    columns: tuple[str, ...]

    def rows(self, keys: NDArray[Any], times_ms: NDArray[np.int64], values: Mapping[str, NDArray[np.float64]]) -> Rows:
        """Return the rows that a batch writes: the newest of each entity.

        A value that is not computable is "no value", as in the files of `gress features export`.

        Args:
            keys: of n rows; those without one are left out, and so are rows whose time no backend can compare.
            times_ms: event times, (n,).
            values: the columns, (n,) each.
        """
        entities = EntityKeys.of(keys)
        is_kept = (times_ms > -MAX_TIME_MS) & (times_ms < MAX_TIME_MS)
        codes = np.where(is_kept, entities.codes, -1)
        places = newest_rows(codes, times_ms)
        named = [entities.distinct[code] for code in codes[places].tolist()]
        columns = {name: _with_none(values[name][places]) for name in self.columns}
        return Rows(self.group, named, columns, times_ms[places])


def publications_of(
    settings: FeatureStoreSettings, features: FeatureSet, events: EventSettings
) -> tuple[Publication, ...]:
    """Return what settings let a job publish; nothing where its store is not switched on.

    Raises:
        PublishError: the first problem.
    """
    for problem in publish_problems(settings, features, events):
        raise problem
    return listed_publications(settings, features, events) if settings.enabled else ()


def listed_publications(
    settings: FeatureStoreSettings, features: FeatureSet, events: EventSettings
) -> tuple[Publication, ...]:
    """Return what settings list to publish, whether their store is switched on or not.

    Raises:
        PublishError: the first problem of the list.
    """
    for place, each in enumerate(settings.publish):
        for problem in _problems(f"publish.{place}", each, features, events):
            raise problem
    return tuple(
        Publication(Group(each.entity, features.hash), each.key or events.key, each.features or features.columns)
        for each in settings.publish
    )


def publish_problems(
    settings: FeatureStoreSettings, features: FeatureSet, events: EventSettings
) -> Iterator[PublishError]:
    """Yield the reasons why a job cannot publish the features in its settings."""
    if settings.enabled and settings.publish and settings.backend == "memory":
        got = "'memory', which each process has for itself"
        yield PublishError("backend", "redis, as others are to read what is published", got, "set it, and redis_addr")
    for place, each in enumerate(settings.publish):
        yield from _problems(f"publish.{place}", each, features, events)


def _problems(
    place: str, publish: PublishSettings, features: FeatureSet, events: EventSettings
) -> Iterator[PublishError]:
    key = publish.key or events.key
    field = events.fields.get(key)
    if field is None:
        yield PublishError(f"{place}.key", "a field of the events", repr(key), suggest(key, list(events.fields)))
    elif field.type not in _KEYS:
        yield PublishError(f"{place}.key", "a field of type string or long", f"{key!r}, a {field.type}")
    for index, name in enumerate(publish.features):
        if name not in features.columns:
            hint = suggest(name, features.columns)
            yield PublishError(f"{place}.features.{index}", "a column of the feature set", repr(name), hint)


def only(features: FeatureSet, columns: set[str]) -> FeatureSet:
    """Return a feature set without the features that make none of some columns."""
    return replace(features, features=tuple(each for each in features.features if columns & {*each.columns}))


def _with_none(values: NDArray[np.float64]) -> ArrayLike:
    is_missing = np.isnan(values)
    if not is_missing.any():
        return values
    found = values.astype(object)
    found[is_missing] = None
    return found
