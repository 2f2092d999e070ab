"""Reader of the most important alerts, those with the highest scores."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gress.report.reading.predictions import find_score_column
from gress.report.reading.rows import has_rows, read_rows

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
    schema = pa.schema(
        {
            "event_id": pa.string(),
            "event_time": pa.timestamp("ms", "UTC"),
            "key": pa.string(),
            score: pa.float64(),
            "model": pa.string(),
            "version": pa.string(),
            "variant": pa.string(),
            "truth": pa.float64(),
        }
    )
    top = schema.empty_table()
    for block in read_rows(run, "alerts", schema):
        top = _highest(pa.concat_tables([top, block]), score, limit)
    return [Alert(*row.values()) for row in top.to_pylist()]


def _highest(table: pa.Table, score: str, limit: int) -> pa.Table:
    order = [(score, "descending"), ("event_time", "ascending"), ("event_id", "ascending")]
    return table.sort_by(order).slice(0, limit)
