"""Answers of one table of the store to the rows of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from state.feature_store.group import Group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from state.feature_store.features import Features
    from udfs.feature_store.entity_keys import EntityKeys
    from udfs.feature_store.lookups.join_listener import JoinListener
    from udfs.features.stored.stored_value import StoredValue

_NEVER_OLD = 1 << 62


@dataclass(frozen=True)
class JoinedTable:
    """Values that features need of one table, for the entities of one event field.

    Attributes:
        key: the event field.
        group: the table.
        values: v values; features may share a name.
        event_ttl_ms: oldest age that counts for all of them; None: any.
    """

    key: str
    group: Group
    values: tuple[StoredValue, ...]
    event_ttl_ms: int | None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the values in the store, each once."""
        return tuple(dict.fromkeys(value.name for value in self.values))

    def answer(
        self, found: Features, keys: EntityKeys, times_ms: NDArray[Any], listener: JoinListener | None
    ) -> NDArray[np.float64]:
        """Return what rows get, (n, v): the number of their entity, or the default.

        Args:
            found: the store's values of the d entities, each once.
            keys: entities of the n rows.
            times_ms: event times of the rows, (n,).
            listener: gets numbers of defaults, and ages; None: there is none.
        """
        numbers, is_there = found.numbers()
        if len(self.names) < len(self.values):
            numbers, is_there = numbers.take(self._places, axis=1), is_there.take(self._places, axis=1)
        if not is_there.all():
            numbers = np.where(is_there, numbers, self._defaults)
        # Rows without an entity have the code -1, and so the last row.
        answers: NDArray[np.float64] = np.concatenate([numbers, self._defaults[np.newaxis]]).take(keys.codes, axis=0)
        if listener is None and not self._is_limited:
            return answers
        written_ms = np.where(is_there, found.cells.times_ms[:, self._places], _NEVER_OLD)
        is_old = self._is_old(written_ms, keys, times_ms)
        if is_old is not None:
            answers = np.where(is_old, self._defaults, answers)
        if listener is not None:
            self._tell(listener, (keys, found.is_failed, is_there, is_old))
            if is_there.any():
                _tell_ages(listener, self.values, np.fmax.reduce(times_ms) - written_ms, is_there)
        return answers

    def _is_old(
        self, written_ms: NDArray[np.int64], keys: EntityKeys, times_ms: NDArray[Any]
    ) -> NDArray[np.bool_] | None:
        """Return which answers are beyond their age, (n, v); None: none, which one look at the newest row shows."""
        if not self._is_limited or not len(times_ms) or not len(written_ms):
            return None
        if not (np.fmax.reduce(times_ms) - written_ms > self._limits_ms).any():
            return None
        written = np.vstack([written_ms, np.full(len(self.values), _NEVER_OLD)])[keys.codes]
        is_old: NDArray[np.bool_] = times_ms[:, np.newaxis] - written > self._limits_ms
        return is_old

    def _tell(
        self,
        listener: JoinListener,
        seen: tuple[EntityKeys, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_] | None],
    ) -> None:
        keys, is_failed, is_there, is_old = seen
        if is_there.all() and is_old is None:
            return
        for place, value in enumerate(self.values):
            rows = {
                "missing": keys.rows(~is_there[:, place] & ~is_failed),
                "old": 0 if is_old is None else int(np.count_nonzero(is_old[:, place])),
                "unanswered": keys.rows(is_failed),
            }
            listener.defaulted(value.column, rows)

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        return np.array([self.names.index(value.name) for value in self.values], np.intp)

    @cached_property
    def _defaults(self) -> NDArray[np.float64]:
        return np.array([np.nan if value.default is None else value.default for value in self.values])

    @cached_property
    def _limits_ms(self) -> NDArray[np.int64]:
        limits = ((value.max_age_ms, self.event_ttl_ms) for value in self.values)
        return np.array([min((each for each in pair if each is not None), default=_NEVER_OLD) for pair in limits])

    @cached_property
    def _is_limited(self) -> bool:
        return bool((self._limits_ms < _NEVER_OLD).any())


def joined_tables(values: Iterable[StoredValue], event_ttl_ms: int | None) -> tuple[JoinedTable, ...]:
    """Return the tables that values are in, for each event field with entities."""
    parts: dict[tuple[str, Group], list[StoredValue]] = {}
    for value in values:
        parts.setdefault((value.key, Group(value.entity, value.feature_set)), []).append(value)
    return tuple(JoinedTable(key, group, tuple(own), event_ttl_ms) for (key, group), own in parts.items())


def _tell_ages(
    listener: JoinListener, values: Iterable[StoredValue], ages_ms: NDArray[Any], is_there: NDArray[np.bool_]
) -> None:
    for place, value in enumerate(values):
        listener.aged(value.column, ages_ms[is_there[:, place], place])
