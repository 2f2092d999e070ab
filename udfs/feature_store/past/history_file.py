"""Files with the history of what a feature store was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from udfs.feature_store.newest_rows import entity_keys
from udfs.feature_store.past.history import History

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class HistoryFile:
    """A Parquet file with all rows of a table of the store, such as `gress features export` writes.

    Attributes:
        path: the file.
        entity: kind of the entities.
        feature_set: hash of the feature set, or the name that the rows were loaded under.
        key: column of the entities.
        time: column of the event times: timestamps, or whole milliseconds since 1970.
    """

    path: str
    entity: str
    feature_set: str
    key: str
    time: str

    def read(self, names: Sequence[str]) -> History:
        """Return the history of some columns; rows without a time are left out."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(self.path, columns=list(dict.fromkeys([self.key, self.time, *names])))
        table = table.filter(table[self.time].is_valid())
        times = table[self.time]
        if pa.types.is_timestamp(times.type):
            times = times.cast(pa.timestamp("ms", times.type.tz), safe=False)
        keys = np.empty(len(table), object)
        keys[:] = table[self.key].cast(pa.string()).to_pylist()
        values = {name: np.asarray(table[name].cast(pa.float64()).to_numpy(), np.float64) for name in names}
        return History(entity_keys(keys), times.cast(pa.int64()).to_numpy(), values)
