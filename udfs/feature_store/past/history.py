"""Values of entities over time, and what was known of each at a time."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from udfs.feature_store.entity_keys import EntityKeys

_NONE: Mapping[str, NDArray[np.bool_]] = MappingProxyType({})


class History:
    """All values that a store of features was given, with their event times.

    Of two rows of an entity with one time the last counts, as in the store.

    Args:
        keys: entities of n rows; rows without one count for nothing.
        times_ms: event times, (n,).
        columns: values by name, (n,) each; NaN is a value, as in the store.
        is_missing: rows with "no value", by name, (n,) each; a name that is not there has none.
    """

    def __init__(
        self,
        keys: EntityKeys,
        times_ms: NDArray[np.int64],
        columns: Mapping[str, NDArray[np.float64]],
        is_missing: Mapping[str, NDArray[np.bool_]] = _NONE,
    ) -> None:
        self._codes = {name: code for code, name in enumerate(keys.distinct)}
        codes = keys.codes
        order = np.lexsort((times_ms, codes))
        order = order[codes[order] >= 0]
        self._row_times = times_ms[order]
        self._row_codes = codes[order]
        self._times = np.unique(times_ms)
        # Codes and times as one number, which grows with both.
        self._points = self._row_codes * (len(self._times) + 1) + np.searchsorted(self._times, self._row_times) + 1
        self._columns = {name: values[order] for name, values in columns.items()}
        self._is_missing = {name: rows[order] for name, rows in is_missing.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values."""
        return tuple(self._columns)

    def as_of(
        self,
        keys: EntityKeys,
        times_ms: NDArray[np.int64],
        name: str,
        *,
        max_age_ms: int | None = None,
        default: float = np.nan,
    ) -> NDArray[np.float64]:
        """Return the newest value of each entity at a time: of a row at that time or before, never of a later one.

        Args:
            keys: entities of m rows.
            times_ms: time at which each look-up happens, (m,).
            name: name of the values.
            max_age_ms: age from which on a value no longer counts; None: any age does.
            default: answer where there is no value.

        Returns:
            Values, (m,).

        Example:
            >>> from udfs.feature_store.entity_keys import EntityKeys
            >>> rows, asked = EntityKeys.of_values(["a", "a"]), EntityKeys.of_values(["a", "a", "b"])
            >>> history = History(rows, np.array([10, 20]), {"x": np.array([1.0, 2.0])})
            >>> history.as_of(asked, np.array([9, 19, 30]), "x").tolist()
            [nan, 1.0, nan]
        """
        found = np.full(len(times_ms), default)
        if not len(self._points):
            return found
        known = np.fromiter((self._codes.get(key, -1) for key in keys.distinct), np.int64, len(keys.distinct))
        codes = keys.spread(known, -1)
        points = codes * (len(self._times) + 1) + np.searchsorted(self._times, times_ms, "right")
        places = np.searchsorted(self._points, points, "right") - 1
        is_known = (codes >= 0) & (places >= 0)
        is_known &= self._row_codes[places] == codes
        if max_age_ms is not None:
            is_known &= times_ms - self._row_times[places] <= max_age_ms
        if name in self._is_missing:
            is_known &= ~self._is_missing[name][places]
        found[is_known] = self._columns[name][places[is_known]]
        return found
