"""Check that a run served the features that an export of its input has: for every prediction, not a sample."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gress.feature_store.feature_skew import FeatureSkew, Skew
from gress.feature_store.refuse_parquet import refuse_parquet
from gress.report.reading.rows import column_names, has_rows, read_rows
from jobs.errors import fail, refuse
from jobs.run_folder.arrow import arrow_schema
from udfs.columns.feature_texts import features_of
from udfs.feature_store.file_columns import is_number
from udfs.rows import SERVED, pick, predictions_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from conf.settings import JobSettings
    from jobs.run_folder.row_counts import Counts
    from jobs.runs.prepare import RunRequest
    from udfs.feature_store.past.history_file import HistoryFile


@dataclass(frozen=True)
class Verified:
    """Outcome of a check.

    Attributes:
        rows: predictions that were compared.
        unknown: predictions whose event the export lacks.
        repeated: predictions that were not compared, as several events have their id.
        others: predictions by the models of another feature set.
        skews: features that differ, those that do most often first.
    """

    rows: int
    unknown: int
    repeated: int
    others: int
    skews: tuple[Skew, ...]

    @property
    def is_equal(self) -> bool:
        """Whether predictions were compared, and each of them has an event, and its features."""
        return self.rows > 0 and not (self.unknown or self.others or self.skews)


def verify_replayed(
    run: Path,
    job: JobSettings,
    request: RunRequest,
    show: Callable[[Counts, int], None],
    history: Sequence[HistoryFile] = (),
) -> Verified:
    """Compute the features of a run's input again, and compare all predictions of the run with them.

    Args:
        run: folder of the run.
        job: settings of its job.
        request: input and settings to export from; its output is not used.
        show: function that is called with the progress of the export.
        history: rows that the feature store was given, by table.

    Raises:
        JobError: the run has no features, or the export is of something else.
    """
    from jobs.runs.export import export_features

    _check_logged(run)
    with tempfile.TemporaryDirectory(prefix="gress-verify-") as folder:
        target = Path(folder) / "features.parquet"
        export_features(replace(request, output=target), show, history)
        return verify_exported(run, job, target)


def verify_exported(run: Path, job: JobSettings, export: Path) -> Verified:
    """Compare all predictions of a run with the features in a file of `gress features export`.

    Args:
        run: folder of the run.
        job: settings of its job.
        export: the file.

    Raises:
        JobError: the run has no features, or the file lacks some.
    """
    _check_logged(run)
    table, feature_set = _read_export(export, job.events.id)
    columns = job.inference.feature_fields or tuple(json.loads(table.schema.metadata[b"gress.feature_columns"]))
    matrix = _matrix(export, table, columns)
    skew: FeatureSkew | None = None
    others = 0
    for block in _predictions(run, job):
        is_ours = np.array(block["feature_set"].to_pylist(), object) == feature_set
        others += int((~is_ours).sum())
        ids = block["event_id"].combine_chunks().filter(_mask(is_ours))
        if skew is None:
            skew = FeatureSkew(columns, _ids(export, table, job.events.id, ids.type), matrix)
        texts = block[SERVED.name].filter(_mask(is_ours)).to_pylist()
        skew.add(ids, _served(run, texts, len(columns)))
    if skew is None:
        return Verified(0, 0, 0, 0, ())
    return Verified(skew.rows, skew.unknown, skew.repeated, others, tuple(skew.skews))


def _check_logged(run: Path) -> None:
    if not has_rows(run, "predictions"):
        refuse(str(run), "a folder with the predictions of a run", "none", "name the folder of gress run --output")
    if SERVED.name not in column_names(run, "predictions"):
        refuse(str(run), f"predictions with a column {SERVED.name!r}", "none", "run with job.sink.features=true")


def _read_export(path: Path, id_field: str) -> tuple[pa.Table, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        refuse_parquet(path, error)
    about = table.schema.metadata or {}
    if not {b"gress.feature_columns", b"gress.feature_set_hash"} <= about.keys() or id_field not in table.column_names:
        refuse(str(path), f"a file of gress features export, with {id_field!r}", ", ".join(table.column_names))
    return table, about[b"gress.feature_set_hash"].decode()


def _predictions(run: Path, job: JobSettings) -> Iterator[pa.Table]:
    columns = predictions_of(job.model_copy(update={"sink": job.sink.model_copy(update={"features": True})}))
    return read_rows(run, "predictions", arrow_schema(pick(columns, "event_id", "feature_set", SERVED.name)))


def _ids(export: Path, table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    try:
        return table[name].combine_chunks().cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        fail(f"{export}: {name}", f"expected ids as the run has them, {kind}: {error}", "export the run's own input")


def _matrix(export: Path, table: pa.Table, columns: tuple[str, ...]) -> NDArray[np.float32]:
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        refuse(str(export), f"a column {missing[0]!r}, which the model reads", ", ".join(table.column_names))
    for name in columns:
        if not is_number(table.schema.field(name).type):
            refuse(str(export), f"numbers in column {name!r}", table.schema.field(name).type)
    values: list[Any] = [table[name].to_numpy() for name in columns]
    return np.column_stack([column.astype(np.float32) for column in values])


def _served(run: Path, texts: list[str], width: int) -> NDArray[np.float32]:
    try:
        return features_of(texts, width)
    except (TypeError, ValueError) as error:
        fail(f"{run}: {SERVED.name}", str(error), "give the run's own settings")


def _mask(values: NDArray[np.bool_]) -> Any:
    import pyarrow as pa

    return pa.array(values.astype(bool))
