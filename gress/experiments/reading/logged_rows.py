"""Predictions as logged rows of an experiment: the variant of each unit, its probability, and its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from gress.experiments.reading.row_columns import RowColumns
from gress.experiments.reading.row_files import find_row_files, read_row_files
from jobs.errors import refuse
from jobs.run_folder.arrow import arrow_schema
from udfs.experiments.units import Units
from udfs.verdicts.answered import Answered

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class LoggedRows:
    """Rows whose variant was drawn, (n,) each.

    Attributes:
        points: points of the units.
        times: event times, ms since 1970.
        arms: places of the variants that answered.
        propensity: probability with which the unit got its variant.
        answered: scores, outcomes and fields.
    """

    points: NDArray[np.uint64]
    times: NDArray[np.int64]
    arms: NDArray[np.int64]
    propensity: NDArray[np.float64]
    answered: Answered

    def __len__(self) -> int:
        return len(self.times)


def read_logged_rows(paths: Sequence[Path], experiment: ExperimentSettings, columns: RowColumns) -> LoggedRows:
    """Return the rows of an experiment whose variant was drawn.

    Args:
        paths: folders and files of predictions.
        experiment: the experiment.
        columns: the columns to read.

    Raises:
        JobError: there are no such rows, or they have other variants than the settings, or propensities that are none.
    """
    import pyarrow as pa

    schema = arrow_schema(columns.columns)
    others: Counter[str] = Counter()
    kept = []
    for block in read_row_files(find_row_files(paths), schema):
        kept.append(_drawn(block, experiment, columns.unit))
        others.update({str(each["values"]): each["counts"] for each in block["experiment"].value_counts().to_pylist()})
    table = pa.concat_tables(kept) if kept else schema.empty_table()
    if not len(table):
        lacking = others.pop(experiment.name, 0)
        found = ", ".join(name for name in others if name != "None") or "none of an experiment"
        if lacking:
            found = f"{lacking:,} rows of it that lack one"
        expected = f"predictions of experiment {experiment.name!r} with propensity and {columns.unit}"
        refuse(f"predictions {', '.join(map(str, paths))}", expected, found, "name the predictions of its run")
    return _logged(table, experiment, columns)


def _drawn(block: pa.Table, experiment: ExperimentSettings, unit: str) -> pa.Table:
    import pyarrow.compute as pc

    is_own = pc.equal(block["experiment"], experiment.name)
    known = (pc.is_valid(block[name]) for name in ("propensity", "event_time", unit))
    for each in known:
        is_own = pc.and_(is_own, each)
    return block.filter(is_own)


def _logged(table: pa.Table, experiment: ExperimentSettings, columns: RowColumns) -> LoggedRows:
    propensity = _floats(table["propensity"])
    is_chance = (propensity > 0) & (propensity <= 1)
    if not is_chance.all():
        expected, advice = "propensities over 0, up to 1", "name the predictions that a run wrote"
        refuse(f"experiment {experiment.name!r}", expected, f"{propensity[~is_chance][0]:g}", advice)
    score, label = (_floats(table[name]) for name in (columns.score, "truth"))
    failed = 1.0 - table["reason"].is_null().to_numpy().astype(np.float64)
    fields = {field: _floats(table[name]) for field, name in columns.fields.items()}
    units = Units(table[columns.unit].to_numpy().astype(object))
    return LoggedRows(
        units.points(experiment.name),
        table["event_time"].to_numpy().astype("datetime64[ms]").astype(np.int64),
        _arms(table["variant"], experiment),
        propensity,
        Answered(score, label, failed, np.full(len(table), np.nan), fields),
    )


def _arms(column: pa.ChunkedArray, experiment: ExperimentSettings) -> NDArray[np.int64]:
    names = [variant.name for variant in experiment.variants]
    found = column.unique().to_pylist()
    unknown = [name for name in found if name not in names]
    if unknown:
        advice = "name the settings of the run with --config"
        refuse(f"experiment {experiment.name!r}", f"variants {', '.join(names)}", f"rows of {unknown[0]!r}", advice)
    coded: Any = column.combine_chunks()
    made = np.full(len(column), -1, np.int64)
    values = coded.to_numpy(zero_copy_only=False)
    for name in found:
        made[values == name] = names.index(name)
    return made


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    import pyarrow as pa

    # An absent number becomes NaN.
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy().astype(np.float64, copy=False)
    return values
