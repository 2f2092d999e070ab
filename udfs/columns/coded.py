"""Columns of few values, a code a row: where several models answer a batch, each gives one value to all its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of n values; numpy takes it for an array of objects, or of doubles.

    Attributes:
        codes: (n,) places in ``values``; columns of one batch share them.
        values: texts or None; or numbers, NaN where there is none.
    """

    codes: NDArray[np.int8]
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, int | np.integer):
            return self.values[self.codes[rows]]
        return Coded(self.codes[rows], self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        are_numbers = all(isinstance(value, float) for value in self.values)
        found: NDArray[Any] = (np.array(self.values) if are_numbers else objects(self.values))[self.codes]
        return found if dtype is None else found.astype(dtype)


def objects(values: Sequence[Any]) -> NDArray[np.object_]:
    """Return an array that holds these objects, whatever they are."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def as_column(values: Any) -> Any:
    """Return values that a mask can be put to: an array, or a column of codes as it is."""
    return values if isinstance(values, Coded) else np.asarray(values)
