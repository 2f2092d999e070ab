"""Answers of the feature store to the rows of a batch, in columns."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.group import Group
from state.feature_store.reads.wanted import Wanted
from udfs.feature_store.entity_keys import EntityKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from state.feature_store.feature_store import FeatureStore
    from state.feature_store.features import Features
    from udfs.feature_store.join_listener import JoinListener
    from udfs.features.feature import Columns
    from udfs.features.stored.stored_value import StoredValue


_NO_COLUMNS: Columns = MappingProxyType({})
_NEVER_OLD = 1 << 62


@dataclass(frozen=True)
class _Table:
    """Values of one group, for the entities of one field."""

    key: str
    group: Group
    names: tuple[str, ...]
    values: tuple[StoredValue, ...]


class StoredJoin:
    """A join of batches with the feature store; a row without an answer gets its defaults, and never fails.

    Threads may share it.

    Args:
        store: the store, which is closed with the join.
        values: what features need.
        time_field: name of the field with the event time, in ms since 1970.
        event_ttl_ms: oldest age that counts for any value; None: any.
        listener: listener of counts and times; None: there is none.
        clock: function that returns seconds that only grow.
    """

    def __init__(
        self,
        store: FeatureStore,
        values: Sequence[StoredValue],
        time_field: str,
        *,
        event_ttl_ms: int | None = None,
        listener: JoinListener | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._tables = _tables(values)
        self._time_field = time_field
        self._event_ttl_ms = event_ttl_ms
        self._listener = listener
        self._clock = clock

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the event fields with entities."""
        return tuple(dict.fromkeys(table.key for table in self._tables))

    def join(self, columns: Columns, exact: Columns = _NO_COLUMNS) -> dict[str, NDArray[np.float64]]:
        """Return the answers for all values, (n,) each, under the names that features read them by.

        The store is asked once, for the distinct entities of all tables.

        Args:
            columns: event fields, (n,) each; those with the entities and the time among them.
            exact: whole numbers again where some are absent, as objects.
        """
        start_s = self._clock()
        times_ms, fields = columns[self._time_field], {**columns, **exact}
        keys = {table.key: EntityKeys.of(fields[table.key]) for table in self._tables}
        found = self._store.get_all([Wanted(each.group, keys[each.key].distinct, each.names) for each in self._tables])
        answers = {
            value.given_as: self._answer(value, features, keys[table.key], times_ms)
            for table, features in zip(self._tables, found, strict=True)
            for value in table.values
        }
        if self._listener is not None:
            self._listener.joined(self._clock() - start_s)
        return answers

    def close(self) -> None:
        """Let the store go."""
        if self._listener is not None:
            self._listener.close()
        self._store.close()

    def _answer(
        self, value: StoredValue, found: Features, keys: EntityKeys, times_ms: NDArray[np.generic]
    ) -> NDArray[np.float64]:
        default = np.nan if value.default is None else value.default
        numbers = keys.spread(found.floats(value.name, default), default)
        is_there, written_ms = found.is_number(value.name), found.times_ms(value.name)
        old = 0
        limits = [limit for limit in (value.max_age_ms, self._event_ttl_ms) if limit is not None]
        if limits and is_there.any():
            # What is not there has its default already, and its time must not count as old.
            written = np.where(is_there, written_ms, _NEVER_OLD)
            is_old = times_ms - keys.spread(written, _NEVER_OLD) > min(limits)
            numbers[is_old] = default
            old = int(np.count_nonzero(is_old))
        if self._listener is not None:
            unanswered, missing = keys.rows(found.is_failed), keys.rows(~is_there & ~found.is_failed)
            self._listener.defaulted(value.column, {"unanswered": unanswered, "missing": missing, "old": old})
            if is_there.any():
                self._listener.aged(value.column, times_ms.max() - written_ms[is_there])
        return numbers


def _tables(values: Sequence[StoredValue]) -> tuple[_Table, ...]:
    parts: dict[tuple[str, Group], list[StoredValue]] = {}
    for value in values:
        parts.setdefault((value.key, Group(value.entity, value.feature_set)), []).append(value)
    return tuple(
        _Table(key, group, tuple(dict.fromkeys(value.name for value in own)), tuple(own))
        for (key, group), own in parts.items()
    )
