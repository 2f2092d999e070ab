"""Entities that the rows of a batch name, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EntityKeys:
    """Distinct entities of n rows, named the same wherever the store is written or read.

    Attributes:
        distinct: d entities as the store names them.
        codes: place of each row's entity among them, (n,); -1: the row names none.

    Example:
        >>> keys = EntityKeys.of(np.array(["b", None, "a", "b"], dtype=object))
        >>> keys.distinct, keys.codes.tolist(), keys.spread(np.array([0.5, 0.25]), 9.0).tolist()
        (['b', 'a'], [0, -1, 1, 0], [0.5, 9.0, 0.25, 0.5])
        >>> EntityKeys.of(np.array(["7", 7.0, 7, 7.5], dtype=object))
        EntityKeys(distinct=['7'], codes=array([ 0,  0,  0, -1]))
    """

    distinct: list[str]
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, column: NDArray[np.generic]) -> EntityKeys:
        """Read a column of texts or whole numbers; whatever else a row has is no entity.

        A whole number has one name, be it an integer, a float or a text.

        Args:
            column: objects, texts, integers, or floats that are whole, (n,).
        """
        return cls._of_numbers(column) if column.dtype.kind in "iufb" else cls.of_values(column.tolist())

    @classmethod
    def of_values(cls, values: Sequence[Any]) -> EntityKeys:
        """Do as `of` with a sequence."""
        seen = dict.fromkeys(values)
        places: dict[Any, int]
        if {*map(type, seen)} <= {str, type(None)}:
            seen.pop(None, None)
            distinct: list[str] = list(seen)
            places = {None: -1, **dict(zip(distinct, range(len(distinct)), strict=True))}
        else:
            names = [_named(value) for value in seen]
            distinct = list(dict.fromkeys(name for name in names if name is not None))
            place_of = {name: place for place, name in enumerate(distinct)}
            places = {value: -1 if name is None else place_of[name] for value, name in zip(seen, names, strict=True)}
        return cls(distinct, np.fromiter(map(places.__getitem__, values), np.intp, len(values)))

    @classmethod
    def _of_numbers(cls, column: NDArray[Any]) -> EntityKeys:
        values, codes = np.unique(column, return_inverse=True)
        is_whole = np.isfinite(values) & (values == np.floor(values))
        if not is_whole.all():
            codes = np.where(is_whole, np.cumsum(is_whole) - 1, -1)[codes]
            values = values[is_whole]
        return cls([str(int(value)) for value in values.tolist()], codes)

    @property
    def names(self) -> list[str | None]:
        """The entity of each row, (n,); None where it names none."""
        return list(map([*self.distinct, None].__getitem__, self.codes.tolist()))

    def spread(self, values: NDArray[Any], other: Any) -> NDArray[Any]:
        """Return the value of each row's entity, (n,), of values of the entities, (d,); ``other`` where it has none."""
        return np.append(values, np.asarray(other, values.dtype))[self.codes]

    def rows(self, is_meant: NDArray[np.bool_]) -> int:
        """Return how many rows name one of the entities that are meant, (d,)."""
        return int(self._sizes[is_meant].sum()) if is_meant.any() else 0

    @cached_property
    def _sizes(self) -> NDArray[np.intp]:
        return np.bincount(self.codes + 1, minlength=len(self.distinct) + 1)[1:]


def _named(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    try:
        whole = int(value)
        return str(whole) if whole == value else None
    except (OverflowError, TypeError, ValueError):
        return None
