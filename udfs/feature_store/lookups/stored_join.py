"""Answers of the feature store to the rows of a batch, in columns."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from state.feature_store.reads.wanted import Wanted
from udfs.feature_store.entity_keys import EntityKeys
from udfs.feature_store.lookups.joined_table import joined_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from state.feature_store.feature_store import FeatureStore
    from udfs.feature_store.lookups.join_listener import JoinListener
    from udfs.features.feature import Columns
    from udfs.features.stored.stored_value import StoredValue

_NO_COLUMNS: Columns = MappingProxyType({})


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
        self._tables = joined_tables(values, event_ttl_ms)
        self._time_field = time_field
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
        keys = {name: EntityKeys.of(exact.get(name, columns[name])) for name in self.keys}
        found = self._store.get_all([Wanted(each.group, keys[each.key].distinct, each.names) for each in self._tables])
        answers: dict[str, NDArray[np.float64]] = {}
        for table, features in zip(self._tables, found, strict=True):
            numbers = table.answer(features, keys[table.key], columns[self._time_field], self._listener)
            answers |= {value.given_as: numbers[:, place] for place, value in enumerate(table.values)}
        if self._listener is not None:
            self._listener.joined(self._clock() - start_s)
        return answers

    def close(self) -> None:
        """Let the store go."""
        if self._listener is not None:
            self._listener.close()
        self._store.close()
