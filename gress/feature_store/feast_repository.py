"""A repository of Feast with the features that a job publishes, and their history as Parquet files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gress.feature_store.refuse_parquet import refuse_parquet
from jobs.errors import refuse
from udfs.feature_store.file_columns import check_columns, is_text, times_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

TIME = "event_timestamp"
_HEAD = '''"""Features of {job}, made by `gress features feast`."""

from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64

_DATA = Path(__file__).parent / "data"
'''
_VIEW = """
{name}_entity = Entity(name={entity}, join_keys=[{key}], value_type=ValueType.{kind})
{name}_source = FileSource(name={source}, path=str(_DATA / {file}), timestamp_field={time})
{name}_view = FeatureView(
    name={entity},
    entities=[{name}_entity],
    ttl=timedelta(milliseconds={ttl_ms}),
    schema=[
{fields}
    ],
    source={name}_source,
    tags={{"feature_set": {feature_set}}},
)
"""
_STORE = """project: {project}
provider: local
registry: data/registry.db
offline_store:
  type: file
online_store:
  type: sqlite
  path: data/online_store.db
entity_key_serialization_version: 3
"""


@dataclass(frozen=True)
class FeastView:
    """Features of one kind of entity.

    Attributes:
        entity: kind of the entities.
        key: column with their keys.
        columns: columns with the features.
    """

    entity: str
    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FeastRepository:
    """A repository to write.

    Attributes:
        job: name of the job.
        time: column with the event times.
        views: what it holds, at least one.
        ttl_ms: age from which on values no longer count; 0: any age does.
    """

    job: str
    time: str
    views: tuple[FeastView, ...]
    ttl_ms: int = 0

    def write(self, folder: Path, export: Path) -> dict[str, int]:
        """Write definitions and data into a folder; return the rows of each kind of entity.

        Of rows with one key and one time the last is written, as the store keeps it; rows without either are left out.

        Args:
            folder: new or empty folder.
            export: file of `gress features export`.

        Raises:
            JobError: the folder holds something, or the file is no Parquet file.
            FeatureError: the file lacks a column, or has one of another type.
        """
        import pyarrow.parquet as pq

        table, feature_set = self._read(export)
        times = times_of(str(export), self.time, table[self.time])
        if folder.exists() and any(folder.iterdir()):
            refuse(str(folder), "a new or empty folder", "one that holds something", "name another")
        (folder / "data").mkdir(parents=True, exist_ok=True)
        rows = {}
        texts = [_HEAD.format(job=self.job)]
        for name, view in zip(_names(self.views), self.views, strict=True):
            history = _history(table, view, times)
            pq.write_table(history, folder / "data" / f"{view.entity}.parquet")
            texts.append(_definition(name, view, history, self.ttl_ms, feature_set))
            rows[view.entity] = len(history)
        (folder / "features.py").write_text("".join(texts), "utf-8")
        project = re.sub(r"\W", "_", self.job)
        (folder / "feature_store.yaml").write_text(_STORE.format(project=project), "utf-8")
        return rows

    def _read(self, export: Path) -> tuple[pa.Table, str]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(export)
        except (OSError, pa.ArrowInvalid) as error:
            refuse_parquet(export, error)
        about = table.schema.metadata or {}
        for view in self.views:
            check_columns(str(export), table.schema, key=view.key, time=self.time, numbers=view.columns)
        return table.filter(table[self.time].is_valid()), about.get(b"gress.feature_set_hash", b"").decode()


def _history(table: pa.Table, view: FeastView, times_ms: NDArray[np.int64]) -> pa.Table:
    """Return key, time and features of a view's rows, ascending in time."""
    import numpy as np
    import pyarrow as pa

    marked = pa.table({"key": table[view.key], "time": times_ms, "place": np.arange(len(table))})
    marked = marked.filter(marked["key"].is_valid())
    last = marked.group_by(["key", "time"]).aggregate([("place", "max")])["place_max"].combine_chunks().sort()
    kept, times = table.take(last), pa.array(times_ms).take(last)
    stamps = times.cast(pa.timestamp("ms")).cast(pa.timestamp("us", "UTC"))
    columns: dict[str, Any] = {view.key: kept[view.key], TIME: stamps}
    columns |= {name: kept[name].cast(pa.float64()) for name in view.columns}
    return pa.table(columns).sort_by([(TIME, "ascending")])


def _names(views: Sequence[FeastView]) -> list[str]:
    """Return a name in Python for each view; a number parts those that differ in other characters alone."""
    names = [re.sub(r"\W", "_", view.entity) for view in views]
    return [f"of{place if names.count(name) > 1 else ''}_{name}" for place, name in enumerate(names)]


def _definition(name: str, view: FeastView, history: pa.Table, ttl_ms: int, feature_set: str) -> str:
    fields = "\n".join(f"        Field(name={json.dumps(name)}, dtype=Float64)," for name in view.columns)
    return _VIEW.format(
        name=name,
        entity=json.dumps(view.entity),
        key=json.dumps(view.key),
        kind="STRING" if is_text(history.schema.field(view.key).type) else "INT64",
        source=json.dumps(f"{view.entity}_source"),
        file=json.dumps(f"{view.entity}.parquet"),
        time=json.dumps(TIME),
        ttl_ms=ttl_ms,
        fields=fields,
        feature_set=json.dumps(feature_set),
    )
