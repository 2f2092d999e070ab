"""Rows as models take them: the matrix of features, and raw fields of the events beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Inputs:
    """The n rows of a batch.

    Attributes:
        matrix: features, (n, k).
        raw: fields of the events by name, (n,) each: text as objects, whole numbers as integers, or as objects where
            some are absent. There may be more of them than a model reads.
    """

    matrix: NDArray[Any]
    raw: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.matrix)

    def only(self, names: Iterable[str]) -> Inputs:
        """Return the rows with these raw fields alone, as far as they are there."""
        found = {name: self.raw[name] for name in names if name in self.raw}
        return Inputs(self.matrix, found)

    def take(self, rows: slice | NDArray[np.int64]) -> Inputs:
        """Return some rows; views of these where they are a slice."""
        return Inputs(self.matrix[rows], {name: values[rows] for name, values in self.raw.items()})

    def copy(self) -> Inputs:
        """Return rows that no caller changes."""
        return Inputs(self.matrix.copy(), {name: values.copy() for name, values in self.raw.items()})
