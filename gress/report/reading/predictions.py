"""Reader of scores, labels, latencies and times of all predictions: some fifty bytes a row, without ids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gress.report.reading.rows import column_names, has_rows, read_rows
from jobs.errors import refuse
from jobs.run_folder.arrow import arrow_schema
from udfs.rows import SCORE, pick, prediction_row

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Groups:
    """A name for each row, out of a few.

    Attributes:
        names: names, those with most rows first.
        codes: index into ``names``, -1 = none, (n,).
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def rows_of(self, name: str) -> NDArray[np.bool_]:
        """Return whether each row has a name, (n,)."""
        mask: NDArray[np.bool_] = self.codes == self.names.index(name)
        return mask


@dataclass(frozen=True)
class Predictions:
    """Columns of the predictions of a run, all of one length.

    Attributes:
        score: score; NaN = none.
        truth: label; NaN = none.
        latency_us: latency of the row's batch in microseconds; NaN = none.
        event_time: event time in UTC; NaT = none.
        version: model version of each row.
        variant: variant of each row.
    """

    score: NDArray[np.float64]
    truth: NDArray[np.float64]
    latency_us: NDArray[np.float64]
    event_time: NDArray[np.datetime64]
    version: Groups
    variant: Groups

    def __len__(self) -> int:
        return len(self.score)

    @property
    def has_labels(self) -> bool:
        """Whether any row has a label."""
        return bool(np.isfinite(self.truth).any())

    @property
    def groups(self) -> tuple[str, Groups]:
        """The grouping of rows with its name: by variant of an experiment, or else by version of the model."""
        return ("variant", self.variant) if self.variant.names else ("version", self.version)


def find_score_column(run: Path, name: str = "predictions") -> str:
    """Return the column that holds the score, whose name a job may choose.

    Raises:
        JobError: no column, or more than one, may be the score.
    """
    names = column_names(run, name)
    if SCORE in names or not names:
        return SCORE
    found = _where_the_score_is(names)
    if len(found) != 1:
        refuse(
            str(run / name),
            "`prediction` or one column beside those of every job",
            ', '.join(found) or 'none',
            "run the job again",
        )
    return found[0]


def _where_the_score_is(names: list[str]) -> list[str]:
    """Return the columns of no known name; event fields, which a row may carry, come after the known ones."""
    known = [column.name for column in prediction_row()]
    behind = known[known.index(SCORE) + 1 :]
    end = next((index for index, name in enumerate(names) if name in behind), len(names))
    return [name for name in names[:end] if name not in known]


def read_predictions(run: Path) -> Predictions | None:
    """Return the columns of all predictions of a run; None if the run wrote them elsewhere.

    Raises:
        JobError: a file was not written by a run.
    """
    import pyarrow as pa

    if not has_rows(run, "predictions"):
        return None
    score = find_score_column(run)
    names = (score, "truth", "latency_us", "event_time", "version", "variant")
    schema = arrow_schema(pick(prediction_row(score), *names))
    blocks = [_coded(block) for block in read_rows(run, "predictions", schema)]
    table = pa.concat_tables(blocks) if blocks else _coded(schema.empty_table())
    return Predictions(
        score=_floats(table[score]),
        truth=_floats(table["truth"]),
        latency_us=_floats(table["latency_us"]),
        event_time=_times(table["event_time"]),
        version=_groups(table["version"]),
        variant=_groups(table["variant"]),
    )


def _coded(table: pa.Table) -> pa.Table:
    """Encode the texts of a block, to save memory."""
    for name in ("version", "variant"):
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, table[name].dictionary_encode())
    return table


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    # An absent number becomes NaN.
    values: NDArray[np.float64] = column.to_numpy().astype(np.float64, copy=False)
    return values


def _times(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    values: NDArray[np.datetime64] = column.to_numpy().astype("datetime64[ms]")
    return values


def _groups(column: pa.ChunkedArray) -> Groups:
    import pyarrow as pa

    whole: Any = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], pa.string()).dictionary_encode()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    names = whole.dictionary.to_pylist()
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = sorted(range(len(names)), key=lambda code: (-counts[code], names[code]))
    ranks = np.full(len(names) + 1, -1, np.int32)  # the last one: none
    ranks[order] = np.arange(len(names), dtype=np.int32)
    return Groups(tuple(names[code] for code in order), ranks[codes])
