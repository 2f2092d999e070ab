"""Entities that the rows of a batch name, each once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EntityKeys:
    """Distinct entities of n rows.

    Attributes:
        distinct: d entities as the store names them.
        codes: place of each row's entity among them, (n,); -1: the row names none.

    Example:
        >>> keys = EntityKeys.of(np.array(["b", None, "a", "b"], dtype=object))
        >>> keys.distinct, keys.codes.tolist(), keys.spread(np.array([0.5, 0.25]), 9.0).tolist()
        (['b', 'a'], [0, -1, 1, 0], [0.5, 9.0, 0.25, 0.5])
    """

    distinct: list[str]
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, column: NDArray[np.generic]) -> EntityKeys:
        """Read a column of texts or whole numbers; None and NaN are no entity.

        Args:
            column: objects, integers, or floats that are whole, (n,).
        """
        if column.dtype.kind != "O":
            return cls._of_numbers(column)
        listed = column.tolist()
        seen = dict.fromkeys(listed)
        seen.pop(None, None)
        distinct = list(seen)
        places = {None: -1, **dict(zip(distinct, range(len(distinct)), strict=True))}
        if {*map(type, distinct)} - {str}:
            distinct = [key if isinstance(key, str) else str(int(key)) for key in distinct]
        return cls(distinct, np.fromiter(map(places.__getitem__, listed), np.intp, len(listed)))

    @classmethod
    def _of_numbers(cls, column: NDArray[Any]) -> EntityKeys:
        # NaN comes last, and once.
        values, codes = np.unique(column, return_inverse=True)
        if len(values) and values[-1] != values[-1]:
            codes = np.where(codes == len(values) - 1, -1, codes)
            values = values[:-1]
        return cls([str(int(value)) for value in values.tolist()], codes)

    def spread(self, values: NDArray[Any], other: Any) -> NDArray[Any]:
        """Return the value of each row's entity, (n,), of values of the entities, (d,); ``other`` where it has none."""
        return np.append(values, np.asarray(other, values.dtype))[self.codes]

    def rows(self, is_meant: NDArray[np.bool_]) -> int:
        """Return how many rows name one of the entities that are meant, (d,)."""
        return int(self._sizes[is_meant].sum()) if is_meant.any() else 0

    @cached_property
    def _sizes(self) -> NDArray[np.intp]:
        return np.bincount(self.codes + 1, minlength=len(self.distinct) + 1)[1:]
