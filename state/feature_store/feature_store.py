"""The feature store that callers hold: batches of rows in front of a backend of cells."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.attempts import Attempts
from state.feature_store.cells import Cells, check_lengths, check_times, pack_rows
from state.feature_store.counts import Counting, StoreCounts
from state.feature_store.features import Features
from state.feature_store.reads.views import Views
from state.feature_store.reads.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from state.feature_store.attempts import Breaker, Patience
    from state.feature_store.backend import Backend, BackendStats
    from state.feature_store.group import Group
    from state.feature_store.reads.store_options import StoreOptions

# Entities, and values, of one call to a server, which does nothing else meanwhile.
_WRITTEN_AT_ONCE = 500
_VALUES_AT_ONCE = 50_000


class FeatureStore:
    """Values of features by entity; threads may share it.

    Reading never raises for an outage: rows without an answer are marked failed, and counted. What this object writes
    it sees at once, others once their caches are over.

    Args:
        backend: where cells are kept.
        options: how they are read.
        patience: tries of each call.
        breaker: decision whether the backend may be called.
        clock: function that returns monotonic seconds.
        sleep: function that waits.
    """

    def __init__(
        self,
        backend: Backend,
        options: StoreOptions,
        *,
        patience: Patience,
        breaker: Breaker,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._backend = backend
        self._options = options
        self._counting = Counting()
        self._attempts = Attempts(patience, breaker, sleep=sleep, on_failure=self._counting.add_error)
        self._views = Views(self._read, options, self._counting, clock)

    def get_many(
        self, group: Group, keys: Sequence[str], names: Sequence[str], *, as_of_ms: NDArray[np.int64] | None = None
    ) -> Features:
        """Return the values of the rows of a batch; the backend is asked once, for the distinct keys it must answer.

        Args:
            group: table of the entities.
            keys: entity of each of n rows; they repeat.
            names: names of the values.
            as_of_ms: event time of each row, (n,); with ``event_ttl_ms`` older values are missing.
        """
        if not names:
            return Features((), Cells.empty(len(keys), 0), np.zeros(len(keys), bool))
        (found,) = self.get_all([Wanted(group, keys, tuple(names))])
        ttl_ms = self._options.event_ttl_ms
        if as_of_ms is None or ttl_ms is None:
            return found
        young = found.cells.not_before(as_of_ms - ttl_ms)
        self._counting.add(expired=int((young.kinds != found.cells.kinds).sum()))
        return replace(found, cells=young)

    def get_all(self, wanted: Sequence[Wanted]) -> list[Features]:
        """Return the values that a batch needs from several tables, of any age; the backend is asked once for all.

        Args:
            wanted: table, entities and names, one or more, of each part.
        """
        return self._views.get_all(wanted)

    def put_many(
        self, group: Group, keys: Sequence[str], columns: Mapping[str, ArrayLike], times_ms: NDArray[np.int64]
    ) -> int:
        """Keep the values of rows, each with its event time; one older than the kept value changes nothing.

        Of two values with one event time the later call's is kept, so that a replay ends as the first run did.

        Args:
            group: table of the entities.
            keys: entity of each of n rows.
            columns: values by name, (n,) each; None is "no value".
            times_ms: event time of each row, milliseconds since 1970.

        Returns:
            The number of cells that were older.

        Raises:
            StoreError: the backend did not take them; those before may be there, and all may be written again.
            TypeError: a value is no number, boolean, text or None.
            ValueError: times are no milliseconds, lengths differ, or a whole number has more than 64 bits.
        """
        times = np.asarray(times_ms, np.int64)
        check_times(times)
        check_lengths(len(keys), {"times": times, **columns})
        if not columns:
            return 0
        rows, names, full = pack_rows(columns, times), list(columns), [group.key(key) for key in keys]
        at_once = max(1, min(_WRITTEN_AT_ONCE, _VALUES_AT_ONCE // len(names)))
        older = 0
        try:
            for start in range(0, len(full), at_once):
                part = slice(start, start + at_once)
                older += self._attempts.call(partial(self._backend.write, full[part], names, rows[part]))
        finally:
            # A write that failed may have been done all the same.
            self._counting.add(older=older)
            self._views.forget(group, keys)
        return older

    def names(self, group: Group, key: str) -> list[str]:
        """Return the names of the values that an entity has, sorted.

        Raises:
            StoreError: the backend did not answer.
        """
        return self._attempts.call(lambda: self._backend.names(group.key(key)))

    def delete(self, group: Group, keys: Sequence[str]) -> int:
        """Forget entities; return how many there were.

        Raises:
            StoreError: the backend did not answer.
        """
        number = self._attempts.call(lambda: self._backend.delete([group.key(key) for key in keys]))
        self._views.forget(group, keys)
        return number

    def stats(self) -> BackendStats:
        """Return the state of the backend.

        Raises:
            StoreError: it did not answer.
        """
        return self._attempts.call(self._backend.stats)

    def counts(self) -> StoreCounts:
        """Return the counters of this object."""
        return self._counting.now()

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        return self._attempts.call(partial(self._backend.read, keys, names))
