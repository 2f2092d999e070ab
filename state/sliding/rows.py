"""Rows as the windows see them: the event time, the key, and the fields and filters that some aggregate reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Column(NamedTuple):
    """Values of one field.

    Attributes:
        values: ``int64`` of a BIGINT, ``float64`` of a DOUBLE, ``object`` of a STRING; any filler where there is none.
        nulls: mask of rows without a value; None: there is none.
    """

    values: NDArray[Any]
    nulls: NDArray[np.bool_] | None = None

    def take(self, places: NDArray[np.integer[Any]]) -> Column:
        """Return the values at some places, in that order."""
        return Column(self.values.take(places), None if self.nulls is None else self.nulls.take(places))

    def part(self, begin: int, end: int) -> Column:
        """Return the values from one place to before another, in the same memory."""
        return Column(self.values[begin:end], None if self.nulls is None else self.nulls[begin:end])

    def copy(self) -> Column:
        """Return the values in memory of their own."""
        return Column(self.values.copy(), None if self.nulls is None else self.nulls.copy())


@dataclass(frozen=True)
class Rows:
    """Rows in any order.

    Attributes:
        times: event times in epoch milliseconds, ``(m,)`` int64.
        key: values of the key field.
        fields: values of the fields that aggregates read, by name.
        passes: by text of a filter, the rows for which it is true; unknown counts as false.
    """

    times: NDArray[np.int64]
    key: Column
    fields: Mapping[str, Column] = field(default_factory=dict)
    passes: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def take(self, places: NDArray[np.integer[Any]]) -> Rows:
        """Return the rows at some places, in that order."""
        return Rows(
            self.times.take(places),
            self.key.take(places),
            {name: column.take(places) for name, column in self.fields.items()},
            {text: mask.take(places) for text, mask in self.passes.items()},
        )

    def part(self, begin: int, end: int) -> Rows:
        """Return a copy of the rows from one place to before another."""
        return Rows(
            self.times[begin:end].copy(),
            self.key.part(begin, end).copy(),
            {name: column.part(begin, end).copy() for name, column in self.fields.items()},
            {text: mask[begin:end].copy() for text, mask in self.passes.items()},
        )

    @staticmethod
    def concatenate(parts: Sequence[Rows]) -> Rows:
        """Return the rows of all parts, one part after the other; parts have the same fields and filters."""
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        return Rows(
            np.concatenate([part.times for part in parts]),
            _concatenate([part.key for part in parts]),
            {name: _concatenate([part.fields[name] for part in parts]) for name in first.fields},
            {text: np.concatenate([part.passes[text] for part in parts]) for text in first.passes},
        )


def _concatenate(columns: Sequence[Column]) -> Column:
    values = np.concatenate([column.values for column in columns])
    if all(column.nulls is None for column in columns):
        return Column(values)
    masks = [np.zeros(len(c.values), np.bool_) if c.nulls is None else c.nulls for c in columns]
    return Column(values, np.concatenate(masks))
