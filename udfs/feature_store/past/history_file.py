"""Files with the history of the rows that a feature store was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from udfs.feature_store.file_columns import check_columns, entities_of, times_of
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

    def check(self, names: Sequence[str]) -> None:
        """Refuse a file that has not the columns, or has others under their names, before a job starts with it.

        Raises:
            FeatureError: the first that is wrong.
        """
        import pyarrow.parquet as pq

        check_columns(self.path, pq.read_schema(self.path), key=self.key, time=self.time, numbers=names)
        times = pq.read_table(self.path, columns=[self.time])[self.time]
        times_of(self.path, self.time, times.drop_null())

    def read(self, names: Sequence[str]) -> History:
        """Return the history of some columns; rows without a time are left out.

        Raises:
            FeatureError: a time is no time in milliseconds.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(self.path, columns=list(dict.fromkeys([self.key, self.time, *names])))
        table = table.filter(table[self.time].is_valid())
        times = times_of(self.path, self.time, table[self.time])
        values = {name: np.asarray(table[name].cast(pa.float64()).to_numpy(), np.float64) for name in names}
        is_missing = {name: np.asarray(table[name].is_null().to_numpy(), bool) for name in names}
        return History(entities_of(table[self.key]), times, values, is_missing)
