"""Answers that the feature store would have given at the time of each event, from the history of its values."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.group import Group
from udfs.feature_store.entity_keys import EntityKeys
from udfs.features.errors import FeatureError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from udfs.feature_store.past.history import History
    from udfs.feature_store.past.history_file import HistoryFile
    from udfs.features.feature import Columns
    from udfs.features.feature_set import FeatureSet
    from udfs.features.stored.stored_value import StoredValue

_NO_COLUMNS: Columns = MappingProxyType({})


class AsOfJoin:
    """A join of rows with what was known at their event times: training sees no value from later.

    Args:
        values: what features need.
        histories: history of each table of the store that they are in.
        time_field: name of the field with the event time, in ms since 1970.
        event_ttl_ms: oldest age that counts for any value; None: any.
    """

    def __init__(
        self,
        values: Sequence[StoredValue],
        histories: Mapping[Group, History],
        time_field: str,
        *,
        event_ttl_ms: int | None = None,
    ) -> None:
        self._values = tuple(values)
        self._histories = histories
        self._time_field = time_field
        self._event_ttl_ms = event_ttl_ms

    def join(self, columns: Columns, exact: Columns = _NO_COLUMNS) -> dict[str, NDArray[np.float64]]:
        """Return the values for all features, (n,) each, under the names that features read them by.

        Args:
            columns: event fields, (n,) each; those with the entities and the time among them.
            exact: whole numbers again where some are absent, as objects.
        """
        fields = {**columns, **exact}
        times = columns[self._time_field].astype(np.int64)
        keys = {name: EntityKeys.of(fields[name]) for name in {value.key for value in self._values}}
        return {value.given_as: self._known(value, keys[value.key], times) for value in self._values}

    def _known(self, value: StoredValue, keys: EntityKeys, times: NDArray[np.int64]) -> NDArray[np.float64]:
        limits = [limit for limit in (value.max_age_ms, self._event_ttl_ms) if limit is not None]
        history = self._histories[Group(value.entity, value.feature_set)]
        default = np.nan if value.default is None else value.default
        return history.as_of(keys, times, value.name, max_age_ms=min(limits, default=None), default=default)


@dataclass(frozen=True)
class PastStore:
    """The store as it was at any time, from files.

    Attributes:
        files: history of its tables.
        event_ttl_ms: oldest age that counts for any value; None: any.
    """

    files: tuple[HistoryFile, ...] = ()
    event_ttl_ms: int | None = None

    def lacking(self, features: FeatureSet) -> list[StoredValue]:
        """Return what features look up in tables that no file has the history of."""
        known = {Group(file.entity, file.feature_set) for file in self.files}
        return [value for value in features.stored if Group(value.entity, value.feature_set) not in known]

    def check(self, features: FeatureSet) -> None:
        """Refuse files that have not what features look up in their tables.

        Raises:
            FeatureError: the first that is wrong.
        """
        for _, file, names in self._needed(features):
            file.check(names)

    def _needed(self, features: FeatureSet) -> list[tuple[Group, HistoryFile, tuple[str, ...]]]:
        """Return the tables that features need and have the file of, and the columns there, each once."""
        names: dict[Group, dict[str, None]] = {}
        for value in features.stored:
            names.setdefault(Group(value.entity, value.feature_set), {})[value.name] = None
        files = {Group(file.entity, file.feature_set): file for file in self.files}
        return [(group, files[group], tuple(wanted)) for group, wanted in names.items() if group in files]

    def open(self, features: FeatureSet) -> AsOfJoin | None:
        """Read what features need; None where they look nothing up in the store.

        Raises:
            FeatureError: a table has no file; the store itself knows the newest values only.
        """
        if not features.stored or features.events is None:
            return None
        names_lacking = ", ".join(repr(value.column) for value in self.lacking(features))
        if names_lacking:
            where, expected = "job.features.specs", "the history of what is looked up in the feature store"
            raise FeatureError(where, expected, f"none for {names_lacking}", "add --history")
        histories = {group: file.read(names) for group, file, names in self._needed(features)}
        return AsOfJoin(features.stored, histories, features.events.time, event_ttl_ms=self.event_ttl_ms)


NO_PAST = PastStore()
"""The past of a store that nothing is known of."""
