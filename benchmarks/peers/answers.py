"""Predictions of a program, read from its folder and compared with those of another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jobs.run_folder.part_files import final_parts

if TYPE_CHECKING:
    import pyarrow as pa

TOLERANCE = 1e-6
_COLUMNS = ("event_id", "event_time", "key", "prediction")


def read_answers(folder: Path) -> pa.Table:
    """Return id, time, key and prediction of each line of JSON in a folder, in the order of the ids."""
    import pyarrow as pa
    import pyarrow.json

    kinds = (pa.int64(), pa.string(), pa.string(), pa.float64())
    schema = pa.schema(list(zip(_COLUMNS, kinds, strict=True)))
    parsing = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    paths = [path for path in final_parts(folder) if path.stat().st_size]
    tables = [pa.json.read_json(path, parse_options=parsing) for path in paths]
    return _in_order(pa.concat_tables([schema.empty_table(), *tables]))


def read_bare(folder: Path) -> pa.Table:
    """Return the same columns of the files that ``bare`` writes."""
    import pyarrow as pa
    import pyarrow.csv

    kinds = (pa.int64(), pa.int64(), pa.string(), pa.float64())
    converting = pa.csv.ConvertOptions(column_types=dict(zip(_COLUMNS, kinds, strict=True)))
    reading = pa.csv.ReadOptions(column_names=_COLUMNS)
    tables = [pa.csv.read_csv(path, reading, convert_options=converting) for path in sorted(folder.iterdir())]
    return _in_order(pa.concat_tables(tables))


def difference(expected: pa.Table, found: pa.Table) -> str | None:
    """Return the first thing in which the answers differ from those expected; None: in nothing that matters."""
    wanted, given = expected["event_id"].to_numpy(), found["event_id"].to_numpy()
    if not np.array_equal(wanted, given):
        return _difference_of_ids(wanted, given)
    for name in ("event_time", "key"):
        if not expected[name].equals(found[name]):
            place = next(row for row, (a, b) in enumerate(zip(expected[name], found[name], strict=True)) if a != b)
            return f"event {given[place]}: expected {name} {expected[name][place]}, got {found[name][place]}"
    scores, others = expected["prediction"].to_numpy(), found["prediction"].to_numpy()
    # NaN is not close to anything.
    is_wrong = ~(np.abs(scores - others) <= TOLERANCE)
    if is_wrong.any():
        place = int(is_wrong.argmax())
        return f"event {given[place]}: expected prediction {scores[place]}, got {others[place]}"
    return None


def _difference_of_ids(wanted: np.ndarray, given: np.ndarray) -> str:
    ids, counts = np.unique(given, return_counts=True)
    parts = {
        "lost": np.setdiff1d(wanted, ids),
        "doubled": ids[counts > 1],
        "unknown": np.setdiff1d(ids, wanted),
    }
    told = [f"{len(found):,} {name}, the first {found[0]}" for name, found in parts.items() if len(found)]
    return f"expected {len(wanted):,} events, got {len(given):,}: {'; '.join(told)}"


def _in_order(table: pa.Table) -> pa.Table:
    """Return a table in the order of its ids, its times as milliseconds."""
    import pyarrow as pa

    times = table["event_time"]
    if pa.types.is_string(times.type):
        moments = times.cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
        table = table.set_column(1, "event_time", moments)
    return table.sort_by("event_id")
