"""Reader of the most important alerts, those with the highest scores."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from gress.report.reading.predictions import find_score_column
from gress.report.reading.rows import has_rows, read_rows
from jobs.run_folder.arrow import arrow_schema
from udfs.rows import pick, prediction_row

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Alert:
    """A prediction over the threshold; a value that its row lacks is None."""

    event_id: str | None
    event_time: dt.datetime | None
    key: str | None
    score: float | None
    model: str | None
    version: str | None
    variant: str | None
    truth: float | None


def read_top_alerts(run: Path, limit: int) -> list[Alert] | None:
    """Return the alerts with the highest scores, earlier ones first among equals; None without a threshold.

    Raises:
        JobError: a file was not written by a run.
    """
    import pyarrow as pa

    if not has_rows(run, "alerts"):
        return None
    score = find_score_column(run, "alerts")
    names = {field.name: score if field.name == "score" else field.name for field in fields(Alert)}
    schema = arrow_schema(pick(prediction_row(score), *names.values()))
    top = schema.empty_table()
    for block in read_rows(run, "alerts", schema):
        top = _highest(pa.concat_tables([top, block]), score, limit)
    return [Alert(**{field: row[name] for field, name in names.items()}) for row in top.to_pylist()]


def _highest(table: pa.Table, score: str, limit: int) -> pa.Table:
    order = [(score, "descending"), ("event_time", "ascending"), ("event_id", "ascending")]
    return table.sort_by(order).slice(0, limit)
