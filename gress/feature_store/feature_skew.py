"""Comparison of the features that rows were served with and those that an export has for the same events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass
class Skew:
    """Differences of one feature.

    Attributes:
        feature: its column.
        rows: rows with another value than the export's.
        event_id: event of the first of them.
        served: its value when it was scored.
        exported: its value in the export.
    """

    feature: str
    rows: int
    event_id: Any
    served: float
    exported: float


class FeatureSkew:
    """A comparison of served rows, block by block, with all rows of an export.

    Values are compared as models get them, in float32; NaN equals NaN, and nothing else is near enough.

    Args:
        columns: names of the k features.
        ids: ids of the export's n events.
        matrix: their features, (n, k), float32.

    Attributes:
        rows: rows that were compared.
        unknown: rows whose event the export lacks.
        repeated: rows that were not compared, as several events of the export have their id.
    """

    def __init__(self, columns: Sequence[str], ids: pa.Array, matrix: NDArray[np.float32]) -> None:
        import pyarrow as pa

        self._columns = tuple(columns)
        counts = ids.value_counts()
        self._repeated = counts.field("values").filter(pa.compute.greater(counts.field("counts"), 1))
        self._ids, self._matrix = ids, matrix
        self._skews: dict[str, Skew] = {}
        self.rows = self.unknown = self.repeated = 0

    @property
    def skews(self) -> list[Skew]:
        """Features with differences, those with most of them first."""
        return sorted(self._skews.values(), key=lambda each: (-each.rows, self._columns.index(each.feature)))

    def add(self, ids: pa.Array, served: NDArray[np.float32]) -> None:
        """Compare a block of served rows.

        Args:
            ids: ids of m events.
            served: their features, (m, k).
        """
        import pyarrow.compute as pc

        is_repeated = pc.is_in(ids, self._repeated).to_numpy(zero_copy_only=False)
        places = pc.fill_null(pc.index_in(ids, self._ids), -1).to_numpy(zero_copy_only=False)
        self.repeated += int(is_repeated.sum())
        self.unknown += int((places < 0).sum())
        rows = np.flatnonzero((places >= 0) & ~is_repeated)
        self.rows += len(rows)
        exported, served = self._matrix[places[rows]], served[rows]
        differs = (served != exported) & ~(np.isnan(served) & np.isnan(exported))
        for column in np.flatnonzero(differs.any(axis=0)).tolist():
            wrong = np.flatnonzero(differs[:, column])
            row = int(wrong[0])
            pair = float(served[row, column]), float(exported[row, column])
            first = Skew(self._columns[column], 0, ids[int(rows[row])].as_py(), *pair)
            self._skews.setdefault(first.feature, first).rows += len(wrong)
